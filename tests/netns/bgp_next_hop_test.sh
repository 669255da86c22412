#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Next hops follow the addresses of the node, and no session is reset for it: one over IPv4 carries
# IPv6 routes as soon as there is a global address, with another one when that is replaced, and no
# more when it is gone. And on a link without numbers an IPv4 address that the router can not reach
# is no next hop. Topology: lib.sh, with a router (.254) that node-a peers with.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
make_router
ip -n "$run-node-a" addr del 2001:db8::1/64 dev eth0
{
	frr_head 65000 "neighbor 192.0.2.1 remote-as 65001"
	frr_family ipv4 192.0.2.1
	frr_family ipv6 192.0.2.1
} | start_frr router

dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" router "peerAddress: 192.0.2.254, ebgpMultiHop: true, dualStackAddressFamily: true"
put_advertisement "$dir" all
put_service "$dir" web 7
put_six "$dir" node-a
start_bellmand node-a "$dir"

four() { has_path router ipv4 198.51.100.7/32; }
six() { frr_path router ipv6 2001:db8:100::6/128; }
has_six() { has_path router ipv6 2001:db8:100::6/128; }
lacks_six() { ! has_six; }
goes_by() { six | jq -e --arg hop "$1" '[.paths[].nexthops[].ip] | index($hop) != null' >/dev/null; }

wait_for 20 "the session" is_established node-a router || fail "session: $(ctl node-a bgp)"
wait_for 10 "the IPv4 route" four || fail "IPv4 route"
has_six && fail "an IPv6 route without a next hop: $(six)"
ctl node-a bgp router | grep -q 'next hop' || fail "it is not said why: $(ctl node-a bgp router)"

ip -n "$run-node-a" addr add 2001:db8::1/64 dev eth0 nodad
wait_for 10 "the IPv6 route, by the address that came" goes_by 2001:db8::1 || fail "came: $(six)"
ip -n "$run-node-a" addr add 2001:db8::77/64 dev eth0 nodad
ip -n "$run-node-a" addr del 2001:db8::1/64 dev eth0
wait_for 10 "the IPv6 route, by the new address" goes_by 2001:db8::77 || fail "replaced: $(six)"
goes_by 2001:db8::1 && fail "the old next hop stayed"
ip -n "$run-node-a" addr del 2001:db8::77/64 dev eth0
wait_for 10 "the IPv6 route is gone" lacks_six || fail "stayed: $(six)"
four || fail "the IPv4 route went with it"
peer_is node-a router '.established_count == 1' || fail "the session was reset"
echo "good"
