#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An aggregate draws traffic for addresses that nobody has. Without a discard route such a packet goes
# round between node and router until its TTL is used up; with bgp.discard_aggregates it ends on the node,
# the Services behind the aggregate serve on, and the route comes and goes with what is announced.
# Topology: bgp_traffic.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"
# shellcheck source=tests/netns/bgp_traffic.sh
. "$(dirname "$0")/bgp_traffic.sh"

make_segment
make_router
make_traffic
in_ns node-a sysctl -qw net.ipv4.ip_forward=1
# What comes back from the node is not what the router expects there.
in_ns router sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
{
	write_frr_router
	echo " address-family ipv6 unicast"
	echo "  neighbor 192.0.2.1 activate"
	echo " exit-address-family"
} | start_frr router
dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" router "peerAddress: 192.0.2.254, dualStackAddressFamily: true"
put_advertisement "$dir" all "aggregationLength: 24, aggregationLengthV6: 120"
put_service "$dir" web 7
put_six "$dir" node-a
start_bellmand node-a "$dir" "bgp = { drain_seconds = 0; };"

aggregate=198.51.100.0/24
aggregate6=2001:db8:100::/120
wait_for 20 "the aggregate" has_path router ipv4 $aggregate || fail "no aggregate: $(ctl node-a bgp)"
in_kernel() { in_ns router ip route show $aggregate | grep -q 192.0.2.1; }
wait_for 10 "the router uses it" in_kernel || fail "not used: $(in_ns router ip route)"

# ours: the discard routes of the node, by their protocol and metric
protocol=157
metric=1073741824
ours() {
	{
		in_ns node-a ip -j route show table main proto $protocol metric $metric
		in_ns node-a ip -6 -j route show table main proto $protocol metric $metric
	} | jq -r '.[] | select(.type == "blackhole").dst' | sort | xargs
}
ours_are() { [ "$(ours)" = "$1" ]; }
# What nobody has, from outside: an ICMP says that the TTL is used up if packets go round.
goes_round() {
	in_ns outside python3 - <<-'END'
		import errno, socket, sys
		probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 20)
		probe.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
		probe.settimeout(2)
		probe.connect(("198.51.100.200", 7777))
		probe.send(b"anybody?")
		try:
		    probe.recv(100)
		except OSError as error:
		    sys.exit(error.errno != errno.EHOSTUNREACH)
		sys.exit(1)
	END
}
ours_are "" || fail "a discard route that nobody asked for: $(ours)"
wait_for 10 "the packet goes round" goes_round || fail "nothing to show: it does not go round"

# with SETTING...: the agent anew
again() {
	kill "-$1" "$pid_node_a"
	wait "$pid_node_a" 2>/dev/null
	start_bellmand node-a "$dir" "bgp = { drain_seconds = 0; $2 };"
	wait_for 20 "the session" is_established node-a router || fail "no session: $(ctl node-a bgp)"
	wait_for 10 "the router uses it" in_kernel || fail "not used: $(in_ns router ip route)"
}
# Routes of somebody who uses the same number are not taken for ours.
in_ns node-a ip route add blackhole $aggregate proto $protocol metric 5
in_ns node-a ip -6 route add blackhole $aggregate6 proto $protocol metric $metric table 77
again TERM "discard_aggregates = true;"
wait_for 10 "discard routes" ours_are "$aggregate $aggregate6" || fail "discard routes: $(ours)"
in_ns node-a ip route del blackhole $aggregate proto $protocol metric 5 || fail "the route of somebody went"
in_ns node-a ip -6 route show table 77 | grep -q $aggregate6 || fail "the route of another table went"
goes_round && fail "it goes round"
start_asking
stop_asking
[ "$(jq .lost <<<"$result")" = 0 ] || fail "the Service does not serve: $result"

# They go with the last Service behind, and come back.
in_ns node-a ip route add blackhole $aggregate proto static metric 5
rm "$dir/web.yaml"
wait_for 10 "one goes" ours_are $aggregate6 || fail "stays: $(ours)"
in_ns node-a ip route show $aggregate proto static | grep -q blackhole || fail "the route of the user went"
in_ns node-a ip route del blackhole $aggregate metric 5
put_service "$dir" web 7
wait_for 10 "it comes back" ours_are "$aggregate $aggregate6" || fail "does not come back: $(ours)"

# An agent that was killed takes over what it left, and drops what is not wanted any more.
kill -KILL "$pid_node_a"
wait "$pid_node_a" 2>/dev/null
ours_are "$aggregate $aggregate6" || fail "they went with a killed agent: $(ours)"
rm "$dir/six.yaml"
start_bellmand node-a "$dir" "bgp = { drain_seconds = 0; discard_aggregates = true; };"
wait_for 10 "what is wanted" ours_are $aggregate || fail "left over: $(ours)"

# An end takes them away; and so does a start without the setting.
kill -TERM "$pid_node_a"
wait "$pid_node_a" 2>/dev/null
ours_are "" || fail "left behind: $(ours)"
start_bellmand node-a "$dir" "bgp = { discard_aggregates = true; };"
wait_for 10 "it is there" ours_are $aggregate || fail "not made: $(ours)"
again KILL "discard_aggregates = false;"
ours_are "" || fail "it stays without the setting: $(ours)"
echo "good"
