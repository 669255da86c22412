#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Manifests of many Services for haproxy-gen, and how long it takes until HAProxy tells of a change.

haproxy.py FOLDER SERVICES NODES HOST LOCAL: writes them: the Services' addresses are in 198.18.0.0/15,
every node is an address of HOST, as in 192.0.2.1, and one Service in LOCAL has externalTrafficPolicy
Local. One file of Services for each hundred; nodes and the slice of service-00001 have their own.

haproxy.py FOLDER SERVICES NODES HOST LOCAL SOCKET WHAT TIMES: then changes and measures: WHAT is
endpoint (service-00001 has one more on node-1, and then not), drain (node-2) or service (a new one,
which takes a reload). SOCKET is HAProxy's admin socket.
"""
import os
import socket
import statistics
import sys
import time

LIMIT = 60    # seconds for one change
BUDGET = 100  # and for all, after which what was measured is told


class Tree:
    def __init__(self, folder, host, local):
        self.folder, self.net, self.local = folder, host.rsplit(".", 1)[0], local

    def put(self, name, text):
        with open(f"{self.folder}/.new", "w") as file:
            file.write(text)
        os.rename(f"{self.folder}/.new", f"{self.folder}/{name}.yaml")

    def service(self, n):
        local = ("externalTrafficPolicy: Local, healthCheckNodePort: 32000, "
                 if n % self.local == 1 else "")
        return (f"apiVersion: v1\nkind: Service\nmetadata: {{name: service-{n:05}}}\n"
                f"spec: {{type: LoadBalancer, clusterIP: 10.96.0.1, {local}"
                f"ports: [{{port: 80, nodePort: {30080 + n % 2}}}]}}\n"
                f'status: {{loadBalancer: {{ingress: [{{ip: "198.18.{n // 250}.{n % 250 + 1}"}}]}}}}\n')

    def slice(self, n, at):
        ready = "".join(f"- {{addresses: [10.1.0.{i + 1}], nodeName: node-{node}, "
                        "conditions: {ready: true}}\n" for i, node in enumerate(at))
        return ("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
                f"metadata: {{name: service-{n:05}-1, "
                f"labels: {{kubernetes.io/service-name: service-{n:05}}}}}\n"
                f"addressType: IPv4\nports: [{{port: 8080}}]\nendpoints:\n{ready}")

    def put_node(self, n, spec=""):
        self.put(f"node-{n}",
                 f"apiVersion: v1\nkind: Node\nmetadata: {{name: node-{n}}}\nspec: {{{spec}}}\n"
                 f"status: {{addresses: [{{type: InternalIP, address: {self.net}.{n}}}]}}\n")

    def put_all(self, services, nodes):
        for first in range(0, services, 100):
            numbers = range(first, min(first + 100, services))
            documents = [self.service(n) for n in numbers]
            documents += [self.slice(n, [1, 2]) for n in numbers if n % self.local == 1 and n != 1]
            self.put(f"services-{first:05}", "---\n".join(documents))
        self.put("slice", self.slice(1, [1, 2]))
        for n in range(1, nodes + 1):
            self.put_node(n)


class Admin:
    """The admin socket of HAProxy, asked all the time over one connection."""

    def __init__(self, path):
        self.path, self.socket = path, None

    def ask(self, command):
        """The answer, or "" while nobody is there: a worker that was just replaced."""
        try:
            if not self.socket:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(self.path)
                self.socket.sendall(b"prompt\n")
                self.read()
            self.socket.sendall(command.encode() + b"\n")
            return self.read()
        except OSError:
            self.close()
            return ""

    def read(self):
        data = b""
        while not data.endswith(b"\n> "):
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError
            data += more
        return data.decode()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def weight(self, proxy, server):
        return self.ask(f"get weight {proxy}/{server}").split(" ")[0].strip()

    def is_drained(self, proxy, server):
        for line in self.ask(f"show servers state {proxy}").splitlines():
            words = line.split(" ")
            if len(words) > 7 and words[3] == server:
                return int(words[6]) & 3 != 0
        return None


def endpoint(tree, admin, i, services):
    tree.put("slice", tree.slice(1, [1, 2] if i % 2 else [1, 1, 2]))
    return lambda: admin.weight("default.service-00001.80", "node-1") == ("1" if i % 2 else "2")


def drain(tree, admin, i, services):
    last = f"default.service-{(services - 1) // tree.local * tree.local:05}.80"
    tree.put_node(2, "" if i % 2 else "unschedulable: true")
    return lambda: admin.is_drained(last, "node-2") == (i % 2 == 0)


def service(tree, admin, i, services):
    n = (services // tree.local + 1) * tree.local + 2 + i  # not a Local one
    tree.put(f"service-{n}", tree.service(n))
    admin.close()  # it would keep the old worker

    def is_there():
        answer = admin.ask(f"show servers state default.service-{n:05}.80")
        admin.close()
        return "node-1" in answer
    return is_there


def measure(change, tree, admin, services, count, pause):
    times = []
    end = time.monotonic() + BUDGET
    for i in range(count):
        begin = time.monotonic()
        is_done = change(tree, admin, i, services)
        while not is_done():
            if time.monotonic() > begin + LIMIT:
                sys.exit(f"{change.__name__}: not in {LIMIT} s")
        times.append(1000 * (time.monotonic() - begin))
        if time.monotonic() > end:
            break
        time.sleep(pause)
    times.sort()
    print(f"median {statistics.median(times):.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms, "
          f"max {times[-1]:.1f} ms ({len(times)} of {count} times)")


def main():
    folder, services, nodes, host, local = sys.argv[1:6]
    tree = Tree(folder, host, int(local))
    if len(sys.argv) == 6:
        tree.put_all(int(services), int(nodes))
        return
    change = {"endpoint": endpoint, "drain": drain, "service": service}[sys.argv[7]]
    pause = float(sys.argv[9]) if len(sys.argv) > 9 else 0.3
    measure(change, tree, Admin(sys.argv[6]), int(services), int(sys.argv[8]), pause)


if __name__ == "__main__":
    main()
