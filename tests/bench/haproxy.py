#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manifests of SERVICES Services, and NODES nodes.

haproxy.py FOLDER SERVICES NODES HOST LOCAL: one in LOCAL Services has externalTrafficPolicy Local; the Services' addresses are in 198.18.0.0/15, and every node is
an address of HOST, as in 192.0.2.1. One file of Services for each hundred; nodes and the slice of
service-00001 in files of their own.
"""
import os
import sys

folder, services, nodes, host, local_every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])


def service(n):
    local = ", externalTrafficPolicy: Local, healthCheckNodePort: 32000" if n % local_every == 1 else ""
    return (f"apiVersion: v1\nkind: Service\nmetadata: {{name: service-{n:05}}}\n"
            f"spec: {{type: LoadBalancer, clusterIP: 10.96.0.1{local}, "
            f"ports: [{{port: 80, nodePort: {30080 + n % 2}}}]}}\n"
            f'status: {{loadBalancer: {{ingress: [{{ip: "198.18.{n // 250}.{n % 250 + 1}"}}]}}}}\n')


def slice_of(n, at):
    ready = "".join(f"- {{addresses: [10.1.0.{i + 1}], nodeName: node-{node}, "
                    "conditions: {ready: true}}\n" for i, node in enumerate(at))
    return ("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
            f"metadata: {{name: service-{n:05}-1, "
            f"labels: {{kubernetes.io/service-name: service-{n:05}}}}}\n"
            f"addressType: IPv4\nports: [{{port: 8080}}]\nendpoints:\n{ready}")


def put(name, text):
    with open(f"{folder}/.new", "w") as file:
        file.write(text)
    os.rename(f"{folder}/.new", f"{folder}/{name}.yaml")


def node(n, spec=""):
    put(f"node-{n}", f"apiVersion: v1\nkind: Node\nmetadata: {{name: node-{n}}}\nspec: {{{spec}}}\n"
        f'status: {{addresses: [{{type: InternalIP, address: {host.rsplit(".", 1)[0]}.{n}}}]}}\n')


if __name__ == "__main__":
    for first in range(0, services, 100):
        documents = [service(n) for n in range(first, min(first + 100, services))]
        documents += [slice_of(n, [1, 2]) for n in range(first, min(first + 100, services))
                      if n % local_every == 1 and n != 1]
        put(f"services-{first:05}", "---\n".join(documents))
    put("slice", slice_of(1, [1, 2]))
    for n in range(1, nodes + 1):
        node(n)
