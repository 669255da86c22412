#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One node allocates and publishes into the directory that both read; the other follows: it has what
# was published and nothing else, also when it starts later, when older Services go, and when the
# allocator is not there. Topology: lib.sh.
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
given() { ctl "$1" -o json services | jq -r '.[] | "\(.name) \(.addresses[0].ip)"' | sort; }
# agree COUNT: both have the same addresses, COUNT of them
agree() {
	given node-a >"$work/a"
	given node-b >"$work/b"
	cmp -s "$work/a" "$work/b" && [ "$(grep -c ' 192' "$work/a")" -eq "$1" ]
}
published="$work/manifests/zz-assignments.json"
self() {
	start_bellmand node-a "$work/manifests" 'allocator = "self";' "publish = \"$published\";" \
		'metrics = { listen = ""; };'
}

for i in 1 2 3 4 5; do service "$i"; done
start_bellmand node-b "$work/manifests" 'allocator = "follow";' 'metrics = { listen = ""; };'
[ "$(given node-b | grep -c 192)" -eq 0 ] || fail "it follows nobody and has an address"
ctl node-b explain s1 | grep -q not_published ||
	ctl node-b explain default/s1 | grep -q "not_published\|published" ||
	fail "explain does not say that nothing is published: $(ctl node-b explain default/s1)"
self
wait_for 10 "the follower has what was published" agree 5 || fail "5: $(diff "$work/a" "$work/b")"

# The oldest goes: nobody moves; a new one comes and gets the free address.
cp "$work/a" "$work/before"
rm "$work/manifests/s1.yaml"
wait_for 10 "s1 is gone from both" agree 4 || fail "4: $(diff "$work/a" "$work/b")"
for i in 2 3 4 5; do
	grep -q "$(grep "^s$i " "$work/before")" "$work/b" || fail "s$i moved on the follower"
done
service 6
wait_for 10 "s6 is on both" agree 5 || fail "6: $(diff "$work/a" "$work/b")"

# Without the allocator: what was published stays, nothing new is invented; a restart changes nothing.
kill "$pid_node_a"
wait "$pid_node_a" 2>/dev/null
service 7
seen() { [ "$(ctl node-b -o json services | jq length)" -eq 6 ]; }
wait_for 10 "s7 is seen" seen || fail "s7"
kill "$pid_node_b"
wait "$pid_node_b" 2>/dev/null
start_bellmand node-b "$work/manifests" 'allocator = "follow";' 'metrics = { listen = ""; };'
given node-b | grep ' 192' >"$work/b"
cmp -s "$work/a" "$work/b" || fail "after a restart: $(diff "$work/a" "$work/b")"
self
wait_for 10 "s7 is on both" agree 6 || fail "7: $(diff "$work/a" "$work/b")"
[ "$(ctl node-b -o json status | jq .errors)" -eq 0 ] || fail "the follower complains"
[ "$(ctl node-a -o json status | jq .errors)" -eq 0 ] || fail "the allocator complains"
echo "good"
