#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what is lost on the way to an address.

udp_probe.py serve ADDRESS PORT NAME      answers each datagram with NAME
udp_probe.py ask ADDRESS PORT FLOWS       asks every 5 ms, from FLOWS ports in turn, until SIGTERM;
                                          then prints {"sent", "lost", "longest_ms", "by": {NAME: n}}:
                                          the longest outage of one flow
"""
import json
import selectors
import signal
import socket
import sys
import time

GAP = 0.005
LATE = 0.5  # an answer after this long counts as lost


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(address, port, name):
    server = socket.socket(family_of(address), socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        data, peer = server.recvfrom(64)
        server.sendto(data + b" " + name.encode(), peer)


def longest(lost, sent, flows):
    """The longest outage of any flow, in milliseconds: from its first loss to what came through."""
    best = 0
    for flow in range(flows):
        since = None
        for number in range(flow, len(sent), flows):
            if number in lost and since is None:
                since = sent[number]
            if since is not None:
                best = max(best, sent[number] - since)
            if number not in lost:
                since = None
    return round(best * 1000)


def ask(address, port, flows):
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.__setitem__(0, False))
    selector = selectors.DefaultSelector()
    sockets = []
    for _ in range(flows):
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.connect((address, port))
        selector.register(sock, selectors.EVENT_READ)
        sockets.append(sock)
    sent, lost, by = [], set(), {}
    answered = set()

    def collect(timeout):
        for key, _ in selector.select(max(timeout, 0)):
            try:
                number, name = key.fileobj.recv(64).decode().split(" ")
            except OSError:
                continue
            if not answered:
                print("answered", file=sys.stderr, flush=True)
            if time.monotonic() - sent[int(number)] < LATE:
                answered.add(int(number))
                by[name] = by.get(name, 0) + 1

    due = time.monotonic()
    while running[0]:
        now = time.monotonic()
        if now < due:
            collect(due - now)
            continue
        due = max(due + GAP, now - GAP)
        sent.append(now)
        try:
            sockets[len(sent) % flows].send(str(len(sent) - 1).encode())
        except OSError:
            pass  # unreachable for the moment: lost
        collect(0)
    end = time.monotonic() + LATE
    while time.monotonic() < end:
        collect(end - time.monotonic())
    lost = set(range(len(sent))) - answered
    print(json.dumps({"sent": len(sent), "lost": len(lost), "by": by,
                      "longest_ms": longest(lost, sent, flows)}))


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
