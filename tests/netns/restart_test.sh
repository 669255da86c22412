#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The one allocator keeps what it gave: through kill -9 at any moment, restarts, and the removal of
# older Services. Topology: lib.sh; the manifests change while it is killed.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

make_segment
mkdir "$work/manifests"
cat >"$work/manifests/pool.yaml" <<Y
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: p, namespace: m }
spec: { addresses: [ 192.0.2.100-192.0.2.199 ] }
Y
service() {
	cat >"$work/.new" <<Y
apiVersion: v1
kind: Service
metadata: { name: s$1, namespace: default }
spec: { type: LoadBalancer, ports: [ { port: 80 } ] }
Y
	mv "$work/.new" "$work/manifests/s$1.yaml"
}
for i in $(seq 10 29); do service "$i"; done
start_bellmand node-a "$work/manifests" 'allocator = "self";' 'metrics = { listen = ""; };'
given() { ctl node-a -o json services | jq -r '.[] | "\(.name) \(.addresses[0].ip)"' | sort; }
saved() {
	jq -r '.items[] | "\(.metadata.name) \(.status.loadBalancer.ingress[0].ip)"' \
		"$work/node-a.state/assignments.json" | sort
}
given >"$work/before"
for round in $(seq 1 40); do
	# Change something and kill it at a random moment while it works on that.
	rm -f "$work/manifests/s$((round % 7 + 10)).yaml"
	service "$((round % 5 + 30))"
	python3 -c "import time, random; time.sleep(random.random() * 0.01)"
	kill -9 "$pid_node_a"
	wait "$pid_node_a" 2>/dev/null
	jq -e .kind "$work/node-a.state/assignments.json" >/dev/null || fail "the file is torn"
	[ -z "$(saved | cut -d' ' -f2 | sort | uniq -d)" ] || fail "an address is doubled on the disk"
	saved >"$work/saved"
	rm -f "$work/node-a.sock"
	start_bellmand node-a "$work/manifests" 'allocator = "self";' 'metrics = { listen = ""; };'
	given >"$work/after"
	[ -z "$(cut -d' ' -f2 "$work/after" | sort | uniq -d)" ] || fail "an address is doubled"
	# Whoever still exists has the address that was on the disk.
	while read -r name ip; do
		[ -f "$work/manifests/$name.yaml" ] || continue
		grep -q "^$name $ip\$" "$work/after" || fail "round $round: $name lost $ip"
	done <"$work/saved"
	service "$((round % 7 + 10))"
done
# Those that were never touched have what they had from the beginning.
for i in $(seq 20 29); do
	grep -q "$(grep "^s$i " "$work/before")" "$work/after" || fail "s$i moved"
done
echo "good"
