#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A constant number of new connections a second, each asked for one line.

haproxy_load.py RATE COUNT OUT ADDRESS:PORT...: in turn, at most WORKERS at a time, so that a machine
that is too slow for the rate makes it lower and nothing else. A line of OUT per connection: when it
was begun, milliseconds it took, and who answered, or "! ERROR". The last line says how many failed.
"""
import itertools
import socket
import sys
import threading
import time

WORKERS = 32
rate, count = int(sys.argv[1]), int(sys.argv[2])
targets = []
for target in sys.argv[4:]:
    host, port = target.rsplit(":", 1)
    targets.append((host, int(port)))
out = open(sys.argv[3], "w", buffering=1)
numbers = itertools.count()
results = []
begin = time.monotonic()


def one(number):
    try:
        with socket.create_connection(targets[number % len(targets)], 20) as s:
            s.sendall(b"hello\n")
            line = s.recv(256)
        return line.decode().split()[0] if line else "! closed without an answer"
    except OSError as error:
        return f"! {type(error).__name__} {error}"


def work():
    while (number := next(numbers)) < count:
        wait = begin + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        wall, clock = time.time(), time.monotonic()
        answer = one(number)
        took = 1000 * (time.monotonic() - clock)
        results.append((took, answer))
        out.write(f"{wall:.3f} {took:.1f} {answer}\n")


threads = [threading.Thread(target=work) for _ in range(WORKERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
times = sorted(took for took, _ in results)
failed = sum(answer.startswith("!") for _, answer in results)
out.write(f"failed {failed} of {len(results)}, p50 {times[len(times) // 2]:.1f} ms, "
          f"p99 {times[len(times) * 99 // 100]:.1f} ms, max {times[-1]:.1f} ms\n")
