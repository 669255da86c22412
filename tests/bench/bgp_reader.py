# SPDX-License-Identifier: Apache-2.0
"""A BGP peer that only reads: waits for ROUTES prefixes, then adds and removes a Service at a time in
FOLDER and takes the time until the UPDATE came.

bgp_reader.py ADDRESS FOLDER ROUTES CHANGES
"""
import os
import socket
import statistics
import struct
import sys
import time

MARKER = b"\xff" * 16
KEEPALIVE = MARKER + b"\x00\x13\x04"


class Peer:
    def __init__(self, address):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, 179))
        server.listen(1)
        server.settimeout(60)
        self.sock, _ = server.accept()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(60)
        self.buffer = b""
        body = struct.pack(">BHH4sB", 4, 65000, 90, socket.inet_aton(address), 0)
        self.sock.sendall(MARKER + struct.pack(">HB", 19 + len(body), 1) + body)
        self.established = None

    def message(self):
        """The next UPDATE; answers the rest."""
        while True:
            while len(self.buffer) < 19 or len(self.buffer) < self.length():
                more = self.sock.recv(1 << 16)
                if not more:
                    sys.exit("closed by the peer")
                self.buffer += more
            length, kind = self.length(), self.buffer[18]
            message, self.buffer = self.buffer[:length], self.buffer[length:]
            if kind == 1:
                self.sock.sendall(KEEPALIVE)
            elif kind == 3:
                sys.exit(f"NOTIFICATION {message[19]}/{message[20]}")
            elif kind == 4:
                self.established = self.established or time.monotonic()
                self.sock.sendall(KEEPALIVE)
            elif kind == 2:
                return message

    def length(self):
        return struct.unpack(">H", self.buffer[16:18])[0]


def prefixes(octets):
    count, at = 0, 0
    while at < len(octets):
        at += 1 + (octets[at] + 7) // 8
        count += 1
    return count


def parts(message):
    """Numbers of withdrawn and announced prefixes of IPv4."""
    withdrawn_len = struct.unpack(">H", message[19:21])[0]
    at = 21 + withdrawn_len
    attrs_len = struct.unpack(">H", message[at:at + 2])[0]
    return prefixes(message[21:at]), prefixes(message[at + 2 + attrs_len:])


def report(name, times):
    times.sort()
    print(f"{name}_ms: median={statistics.median(times):.3f} "
          f"p99={times[max(0, int(len(times) * 0.99) - 1)]:.3f} max={times[-1]:.3f}")


def manifest(number):
    return f"""apiVersion: v1
kind: Service
metadata: {{name: z{number}, namespace: default, annotations: {{metallb.io/loadBalancerIPs: 10.64.200.{number % 250}}}}}
spec: {{type: LoadBalancer, clusterIP: 10.97.0.{number % 250}, selector: {{app: a1}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Endpoints
metadata: {{name: z{number}, namespace: default}}
subsets: [{{addresses: [{{ip: 10.1.0.1}}], ports: [{{port: 80}}]}}]
"""


def main():
    address, folder, routes, changes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    peer = Peer(address)
    seen = messages = 0
    while seen < routes:
        seen += parts(peer.message())[1]
        messages += 1
    print(f"routes={seen} messages={messages} "
          f"established_to_last_ms={(time.monotonic() - peer.established) * 1000:.1f}")
    added, removed = [], []
    for number in range(1, changes + 1):
        path = f"{folder}/z.yaml"
        with open(f"{folder}/.z", "w", encoding="ascii") as out:
            out.write(manifest(number))
        begin = time.monotonic()
        os.rename(f"{folder}/.z", path)
        while parts(peer.message())[1] != 1:
            pass
        added.append((time.monotonic() - begin) * 1000)
        begin = time.monotonic()
        os.remove(path)
        while parts(peer.message())[0] != 1:
            pass
        removed.append((time.monotonic() - begin) * 1000)
    report("file_to_update", added)
    report("removal_to_withdrawal", removed)


main()
