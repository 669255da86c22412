#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A constant number of new connections a second, each asked for one line.

haproxy_load.py RATE COUNT OUT ADDRESS:PORT...: in turn. A line of OUT per connection: when it was
begun, milliseconds it took, and who answered, or "! ERROR". The last line says how many failed.
"""
import asyncio
import sys
import time

rate, count = int(sys.argv[1]), int(sys.argv[2])
targets = [target.rsplit(":", 1) for target in sys.argv[4:]]
out = open(sys.argv[3], "w", buffering=1)
failed = 0
times = []


async def one(number):
    global failed
    host, port = targets[number % len(targets)]
    begun, clock = time.time(), time.monotonic()
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
        if not line:
            raise ConnectionError("closed without an answer")
        answer = line.decode().split()[0]
    except (OSError, TimeoutError) as error:
        failed += 1
        answer = f"! {type(error).__name__} {error}"
    took = 1000 * (time.monotonic() - clock)
    times.append(took)
    out.write(f"{begun:.3f} {took:.1f} {answer}\n")


async def main():
    begun = time.monotonic()
    tasks = set()
    for number in range(count):
        wait = begun + number / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    times.sort()
    out.write(f"failed {failed} of {count}, p50 {times[len(times) // 2]:.1f} ms, "
              f"p99 {times[len(times) * 99 // 100]:.1f} ms, max {times[-1]:.1f} ms\n")


asyncio.run(main())
