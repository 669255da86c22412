#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether an HAProxy runs what its file says, read independently of haproxy-gen.

haproxy_same.py FILE SOCKET: the servers of each section with address, port, weight and maintenance, the
ranges of each ACL, and the listeners of this network namespace. Prints what differs, and fails then.
"""
import re
import socket
import subprocess
import sys

MAINTENANCE = 1  # in srv_admin_state: the server's own
wrong = []


def ask(command):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(sys.argv[2])
        s.sendall(command.encode() + b"\n")
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def split_endpoint(text):
    address, port = text.rsplit(":", 1)
    return address.strip("[]"), port


servers, binds, ranges = {}, set(), {}
section = None
for line in open(sys.argv[1]):
    words = line.split("#")[0].split()
    if words and not line[0].isspace():
        section = words[1] if len(words) > 1 else None
    elif words[:1] == ["server"]:
        address, port = split_endpoint(words[2])
        weight = words[words.index("weight") + 1] if "weight" in words else "1"
        servers[section, words[1]] = (address, port, weight, "disabled" in words)
    elif words[:1] == ["bind"]:
        binds.add(split_endpoint(words[1]))
    elif words[:3] == ["acl", "allowed", "src"]:
        ranges[words[4]] = set(words[5:])

running = {}
for line in ask("show servers state").splitlines()[2:]:
    words = line.split()
    if len(words) > 18:
        running[words[1], words[3]] = (
            words[4], words[18], words[7], bool(int(words[6]) & MAINTENANCE))
for key in servers.keys() | running.keys():
    said, is_so = servers.get(key), running.get(key)
    if said and is_so and said[0] == "0.0.0.0" and said[3] and is_so[3]:
        continue  # a spare one
    if said is None and is_so[3]:
        continue  # waits for its last connection
    if said != is_so:
        wrong.append(f"server {key}: the file says {said}, HAProxy {is_so}")

for number, said in ranges.items():
    is_so = {line.split()[1] for line in ask(f"show acl #{number}").splitlines() if line.startswith("0x")}
    if said != is_so:
        wrong.append(f"acl {number}: the file says {sorted(said)}, HAProxy {sorted(is_so)}")

listening = set()
for line in subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True).stdout.splitlines():
    if re.search(r'"haproxy"', line):
        listening.add(split_endpoint(line.split()[3]))
if binds - listening:
    wrong.append(f"not listened on: {binds - listening}")
# The peers of its own are no bind.
extra = {one for one in listening - binds if one != ("127.0.0.1", "10024")}
if extra:
    wrong.append(f"listened on, and not in the file: {extra}")
print("\n".join(wrong))
sys.exit(bool(wrong))
