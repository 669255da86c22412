#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One route more, and one less, by BGP with 10,000 announced: from the rename of a manifest into the
# watched directory to the UPDATE as the peer reads it. The peer is bgp_reader.py: it takes what comes
# and holds nothing up. Usage: tests/bench/bgp_change.sh BUILD-DIR [ROUTES [CHANGES]] (a release build).
set -u
build=${1:?usage: $0 BUILD-DIR [ROUTES [CHANGES]]}
routes=${2:-10000} changes=${3:-100}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

make_segment
mkdir "$work/manifests"
python3 "$here/make_tree.py" "$work/manifests" "$routes"
rm "$work/manifests/pool.yaml"
cat >"$work/manifests/bgp.yaml" <<'YAML'
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: p, namespace: m}
spec: {addresses: [10.64.0.0/16]}
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: all, namespace: m}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: reader, namespace: m}
spec: {myASN: 65001, peerASN: 65000, peerAddress: 192.0.2.9}
YAML
ip netns exec "$run-client" python3 "$here/bgp_reader.py" 192.0.2.9 "$work/manifests" "$routes" "$changes" \
	>"$work/reader.out" 2>"$work/reader.log" &
reader=$!
pids+=("$reader")
# shellcheck disable=SC2119
start_bellmand node-a "$work/manifests" 'metrics = { listen = ""; };'
wait "$reader" || fail "the reader gave up"
cat "$work/reader.out"
awk '/^Vm(RSS|HWM):/ { printf "%s%s", sep, tolower($1) $2 "kB"; sep = " " } END { print "" }' \
	"/proc/$pid_node_a/status"
