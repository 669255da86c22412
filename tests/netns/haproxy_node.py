#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node of a cluster, as an HAProxy in front sees it.

haproxy_node.py NAME FOLDER HEALTH_PORTS PORTS: answers each line on PORTS with "NAME CLIENT", where
CLIENT is what a PROXY header says, else who connected. On HEALTH_PORTS it speaks HTTP: 200, or the
number in FOLDER/NAME.PORT; on PORTS too, if the line is a request, with the X-Forwarded-For in it, and
the number is that in FOLDER/NAME.WORD for the path /WORD. Each request for /WORD is a line, its time, in
FOLDER/NAME.WORD.seen. Each datagram on PORTS is answered likewise.
"""
import asyncio
import ipaddress
import os
import sys
import time

name, folder = sys.argv[1:3]
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def status_of(word):
    path = os.path.join(folder, f"{name}.{word}")
    return open(path).read().strip() if os.path.exists(path) else "200"


async def health(reader, writer, port):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 {status_of(port)} x\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def proxy_header(reader, first):
    """The client that the header before @first tells of, and the line behind it."""
    if first.startswith(b"PROXY "):
        return "v1:" + first.split()[2].decode(), await reader.readline()
    if first == b"\r\n":
        head = first + await reader.readexactly(14)
        assert head.startswith(V2), head
        body = await reader.readexactly(int.from_bytes(head[14:16], "big"))
        size = 4 if head[13] >> 4 == 1 else 16
        return "v2:" + str(ipaddress.ip_address(body[:size])), await reader.readline()
    return None, first


async def request(reader, writer, first, client):
    forwarded = "-"
    word = first.split()[1].decode().strip("/")
    if word:
        with open(os.path.join(folder, f"{name}.{word}.seen"), "a") as seen:
            seen.write(f"{time.monotonic()}\n")
    while (line := (await reader.readline()).strip()):
        if line.lower().startswith(b"x-forwarded-for:"):
            forwarded = line.split(b":", 1)[1].strip().decode()
    body = f"{name} {client} {forwarded}\n".encode()
    head = f"HTTP/1.1 {status_of(word)} x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def serve(reader, writer):
    client = writer.get_extra_info("peername")[0]
    try:
        told, line = await proxy_header(reader, await reader.readline())
        while line:
            if line.startswith(b"GET "):
                await request(reader, writer, line, told or client)
            else:
                writer.write(f"{name} {told or client}\n".encode())
                await writer.drain()
            line = await reader.readline()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        self.transport.sendto(f"{name} {client[0]}\n".encode(), client)


async def main():
    for port in sys.argv[3].split(","):
        await asyncio.start_server(lambda r, w, p=port: health(r, w, p), None, int(port), backlog=1024)
    for port in sys.argv[4].split(","):
        await asyncio.start_server(serve, None, int(port), backlog=1024)
        await asyncio.get_running_loop().create_datagram_endpoint(
            Datagrams, local_addr=("0.0.0.0", int(port)))
    await asyncio.Event().wait()


asyncio.run(main())
