#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands at HAProxy's admin socket and cuts its answers off.

haproxy_cut.py SOCKET REAL FIRST: the first FIRST bytes of each answer that REAL gives to something else
than a lone `show info` go on, then the connection ends; with FIRST below 0 nothing is ever answered, and
the connection stays.
"""
import os
import socket
import sys
import threading
import time

path, real, first = sys.argv[1], sys.argv[2], int(sys.argv[3])


def serve(client):
    command = b""
    while not command.endswith(b"\n") and (data := client.recv(65536)):
        command += data
    if first < 0:
        time.sleep(100)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(real)
        s.sendall(command)
        answer = b"".join(iter(lambda: s.recv(65536), b""))
    client.sendall(answer if command == b"show info\n" else answer[:first])
    client.close()


listener = socket.socket(socket.AF_UNIX)
listener.bind(path + ".cut")
listener.listen(16)
os.rename(path + ".cut", path)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
