#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ARP answers a second and how late they are, of bellmand (on node-a) beside the kernel's own (on
# node-b), with 1, 1,000 and 10,000 addresses. Usage: tests/bench/arp_rate.sh BUILD-DIR [SECONDS] (a
# release build); counts="1 1000" measures these alone. Topology: tests/netns/lib.sh.
set -u
build=$(realpath "${1:?usage: $0 BUILD-DIR [SECONDS]}")
seconds=${2:-3}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

make_segment
measure() { # measure WHO FIRST COUNT
	local rate

	for rate in 1000 10000 50000 0; do
		echo "responder=$1 addresses=$3 rate=$rate $(in_ns client "$build/tests/bench/arp_rate" \
			eth0 192.0.2.9 "$2" "$3" "$rate" "$seconds")"
	done
}
in_ns node-b sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
read -ra wanted <<<"${counts:-1 1000 10000}"
for count in "${wanted[@]}"; do
	rm -rf "$work/manifests" "$work/node-a.state"
	mkdir "$work/manifests"
	python3 "$(dirname "$0")/make_tree.py" "$work/manifests" "$count"
	start_bellmand node-a "$work/manifests" 'metrics = { listen = ""; };' 'log = { level = "warn"; };' \
		'announce = { answers_per_second = 1000000; };'
	announced() {
		[ "$(ctl node-a -o json announcements | jq '[.[] | select(.state == "announced")] | length')" -eq "$count" ]
	}
	wait_for 30 "$count addresses are announced" announced || fail "bellmand"
	measure bellmand 10.64.0.0 "$count"
	kill "${pids[-1]}"
	wait "${pids[-1]}" 2>/dev/null

	for ((i = 0; i < count; i++)); do
		echo "addr add 10.65.$((i / 256)).$((i % 256))/32 dev eth0"
	done >"$work/addresses"
	ip -n "$run-node-b" addr flush dev eth0 scope global
	ip -n "$run-node-b" addr add 192.0.2.2/24 dev eth0
	ip -n "$run-node-b" -batch "$work/addresses"
	measure kernel 10.65.0.0 "$count"
done
