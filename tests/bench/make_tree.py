# SPDX-License-Identifier: Apache-2.0
"""Writes COUNT Services and as many EndpointSlices, a file each, and their pool, into FOLDER.

make_tree.py FOLDER COUNT [l2|bgp]: how the pool is advertised
"""
import sys

folder, count = sys.argv[1], int(sys.argv[2])
kind = "BGPAdvertisement" if "bgp" in sys.argv[3:] else "L2Advertisement"
with open(f"{folder}/pool.yaml", "w") as out:
    out.write(f"""apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{name: p, namespace: m}}
spec: {{addresses: [10.64.0.0/16]}}
---
apiVersion: metallb.io/v1beta1
kind: {kind}
metadata: {{name: p, namespace: m}}
""")
for i in range(count):
    with open(f"{folder}/service-{i}.yaml", "w") as out:
        out.write(f"""apiVersion: v1
kind: Service
metadata:
  name: s{i}
  namespace: default
  labels: {{app: a{i}}}
spec:
  type: LoadBalancer
  clusterIP: 10.96.{i // 250}.{i % 250}
  selector: {{app: a{i}}}
  ports:
  - {{name: http, port: 80, targetPort: 8080}}
""")
    with open(f"{folder}/slice-{i}.yaml", "w") as out:
        out.write(f"""apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: s{i}-x
  namespace: default
  labels: {{kubernetes.io/service-name: s{i}}}
addressType: IPv4
ports:
- {{name: http, port: 8080}}
endpoints:
- addresses: [10.1.{i // 250}.{i % 250}]
  nodeName: node-a
""")
