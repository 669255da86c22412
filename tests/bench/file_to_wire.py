# SPDX-License-Identifier: Apache-2.0
"""Adds one Service at a time to FOLDER and waits for the first ARP frame for its address."""
import os
import socket
import statistics
import sys
import time

folder, count = sys.argv[1], int(sys.argv[2])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(("eth0", 0))
wire.settimeout(10)
times = []
for i in range(count):
    ip = f"10.64.200.{i + 1}"
    with open(f"{folder}/.new", "w") as out:
        out.write(f"""apiVersion: v1
kind: Service
metadata: {{name: z{i}, namespace: default, annotations: {{metallb.io/loadBalancerIPs: {ip}}}}}
spec: {{type: LoadBalancer, clusterIP: 10.97.0.{i + 1}, selector: {{app: a1}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Endpoints
metadata: {{name: z{i}, namespace: default}}
subsets: [{{addresses: [{{ip: 10.1.0.1}}], ports: [{{port: 80}}]}}]
""")
    begin = time.monotonic_ns()
    os.rename(f"{folder}/.new", f"{folder}/z{i}.yaml")
    wanted = socket.inet_aton(ip)
    while wire.recv(64)[38:42] != wanted:
        pass
    times.append((time.monotonic_ns() - begin) / 1e6)
times.sort()
print(f"file_to_first_frame_ms: median={statistics.median(times):.2f} "
      f"p99={times[int(len(times) * 0.99) - 1]:.2f} max={times[-1]:.2f}")
