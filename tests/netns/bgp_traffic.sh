# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Traffic through a router, beside lib.sh and bgp.sh:
#
#   outside 203.0.113.9 --- .254 router .254 --- segment --- node-a, node-b
#
# 198.51.100.7 stands on lo of both nodes, where a server answers with the node's name.

make_traffic() {
	local here node

	here=$(dirname "${BASH_SOURCE[0]}")
	ip netns add "$run-outside" && spaces+=("$run-outside")
	ip -n "$run-router" link add eth1 type veth peer name eth0 netns "$run-outside"
	ip -n "$run-router" addr add 203.0.113.254/24 dev eth1
	ip -n "$run-router" link set eth1 up
	ip -n "$run-outside" addr add 203.0.113.9/24 dev eth0
	ip -n "$run-outside" link set lo up
	ip -n "$run-outside" link set eth0 up
	ip -n "$run-outside" route add default via 203.0.113.254
	in_ns router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1
	for node in node-a node-b; do
		ip -n "$run-$node" addr add 198.51.100.7/32 dev lo
		ip -n "$run-$node" route add default via 192.0.2.254
		ip netns exec "$run-$node" python3 "$here/udp_probe.py" serve 198.51.100.7 7777 "$node" \
			>"$work/$node.serve.log" 2>&1 &
		pids+=($!)
	done
}

# start_asking: begins to count; stop_asking ends it
start_asking() {
	rm -f "$work/ask.log" "$work/asked"
	ip netns exec "$run-outside" python3 "$(dirname "${BASH_SOURCE[0]}")/udp_probe.py" \
		ask 198.51.100.7 7777 32 >"$work/asked" 2>"$work/ask.log" &
	asking=$!
	pids+=("$asking")
	wait_for 10 "the client gets answers" grep -q answered "$work/ask.log" || fail "nobody answers the client"
}

# stop_asking: $result is what was counted
stop_asking() {
	kill -TERM "$asking"
	wait "$asking"
	result=$(cat "$work/asked")
	[ -n "$result" ] || fail "the client counted nothing"
}

# next_hops: of the address in the router's kernel, sorted
next_hops() {
	in_ns router ip -j route show 198.51.100.7 |
		jq -r '[.[] | .gateway // empty, (.nexthops // [] | .[].gateway)] | sort | join(" ")'
}

next_hops_are() {
	[ "$(next_hops)" = "$1" ]
}

# write_frr_router MORE...: FRR with node-a and node-b as external peers; lines of MORE for each N
write_frr_router() {
	local number line

	frr_head 65000 "bgp bestpath as-path multipath-relax"
	for number in 1 2; do
		echo " neighbor 192.0.2.$number remote-as 65001"
		for line in "$@"; do
			echo " neighbor 192.0.2.$number $line"
		done
	done
	echo " address-family ipv4 unicast"
	echo "  maximum-paths 8"
	echo "  neighbor 192.0.2.1 activate"
	echo "  neighbor 192.0.2.2 activate"
	echo " exit-address-family"
}

# put_router DIR [SPEC]: the router as a BGPPeer, an advertisement of everything, a BFDProfile
put_router() {
	put_peer "$1" router "peerAddress: 192.0.2.254${2:+, $2}"
	put_advertisement "$1" all
	put_profile "$1"
}
