#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BFD beside BGP where FRR decides the kind of session: an internal peer behind a router (RFC 5883),
# and an external one on a link without addresses. Each session of BGP ends when its path dies.
# Topology: bgp_traffic.sh; FRR is also on the router (unnumbered) and outside (internal).
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
{
	cat <<-'CONF'
		hostname outside
		ip nht resolve-via-default
		router bgp 65001
		 bgp router-id 203.0.113.9
		 neighbor 192.0.2.1 remote-as 65001
		 neighbor 192.0.2.1 bfd profile fast
	CONF
	frr_profile
} | start_frr outside
{
	cat <<-'CONF'
		hostname router
		router bgp 65000
		 bgp router-id 192.0.2.254
		 no bgp ebgp-requires-policy
		 neighbor eth0 interface remote-as external
		 neighbor eth0 bfd profile fast
		 address-family ipv6 unicast
		  neighbor eth0 activate
		 exit-address-family
	CONF
	frr_profile
} | start_frr router

dir=$work/manifests
write_cluster "$dir"
peer_as=65001 put_peer "$dir" far "peerAddress: 203.0.113.9, bfdProfile: fast"
peer_as='' put_peer "$dir" near \
	"dynamicASN: external, interface: eth0, dualStackAddressFamily: true, bfdProfile: fast"
put_advertisement "$dir" all
put_profile "$dir"
put_service "$dir" web 7
start_bellmand node-a "$dir"

bfd_is() { [ "$(peer_field node-a "$1" .bfd.state)" = "$2" ]; }
for peer in far near; do
	wait_for 30 "the session with $peer" is_established node-a $peer || fail "$peer: $(ctl node-a bgp $peer)"
	wait_for 20 "BFD with $peer" bfd_is $peer Up || fail "BFD with $peer: $(ctl node-a bgp $peer)
		$(frr outside 'show bfd peers') $(frr router 'show bfd peers')"
done
frr_bfd() { frr "$1" "show bfd peers json" | jq -r ".[] | \"\(.multihop) \(.status)\""; }
[ "$(frr_bfd outside)" = "true up" ] || fail "outside: $(frr_bfd outside)"
[ "$(frr_bfd router)" = "false up" ] || fail "router: $(frr_bfd router)"
has_route() { path_is "$1" ipv4 198.51.100.7/32 .valid; }
wait_for 10 "the route outside" has_route outside || fail "no route outside"
wait_for 10 "the route of no address" has_route router || fail "no route at the router: $(frr router 'show bgp ipv4 unicast')"

# The path dies while no link loses its carrier: BFD alone tells; the hold time is 90 s.
ip -n "$run-switch" link set router down
for peer in far near; do
	not_up() { ! is_established node-a "$peer"; }
	wait_for 15 "the end of $peer" not_up || fail "$peer stays"
	ctl node-a bgp $peer | grep -qi 'bfd' || fail "BFD is not named: $(ctl node-a bgp $peer)"
done
ip -n "$run-switch" link set router up
for peer in far near; do
	wait_for 45 "the session with $peer again" is_established node-a $peer || fail "$peer: $(ctl node-a bgp $peer)"
	wait_for 20 "BFD with $peer again" bfd_is $peer Up || fail "BFD with $peer: $(ctl node-a bgp $peer)"
done
echo "good"
