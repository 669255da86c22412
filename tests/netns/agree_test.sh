#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes read the same manifests and agree on every address and owner without talking, although
# one starts later and has seen none of the history. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
cp -r "$root/conf/examples/manifests" "$work/manifests"
start_bellmand node-a "$work/manifests"
for i in 1 2 3 4 5 6; do
	cat >"$work/manifests/n$i.yaml" <<Y
apiVersion: v1
kind: Service
metadata: { name: n$i, namespace: default, creationTimestamp: "2026-01-0$((7 - i))T00:00:00Z" }
spec: { type: LoadBalancer, selector: { app: webui }, ports: [ { port: 80 } ] }
Y
	seen() { [ "$(ctl node-a -o json status | jq .services)" -eq $((i + 1)) ]; }
	wait_for 5 "n$i is seen" seen || fail "n$i"
done
rm "$work/manifests/n3.yaml"
gone() { [ "$(ctl node-a -o json status | jq .services)" -eq 6 ]; }
wait_for 5 "n3 is gone" gone || fail "n3 is still there"
start_bellmand node-b "$work/manifests"
who() { ctl "$1" -o json services | jq -c '.[] | [.name, [.addresses[] | .ip, .owner]]'; }
who node-a >"$work/a"
who node-b >"$work/b"
cmp "$work/a" "$work/b" || fail "the nodes do not agree: $(diff "$work/a" "$work/b")"
[ "$(grep -c node-a "$work/a")" -gt 0 ] && [ "$(grep -c node-b "$work/a")" -gt 0 ] ||
	fail "all went to one node: $(cat "$work/a")"
echo "good"
