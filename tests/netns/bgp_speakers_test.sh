#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# OpenBGPD and ExaBGP as peers of one agent, both families on one session each: OpenBGPD with GTSM,
# ExaBGP with TCP-MD5. What the manifests ask for is what they hold: communities, large ones,
# prepends; a withdrawal; the marks of a drain; and last words. An internal OpenBGPD gets its local
# preference. Topology: lib.sh, with the routers openbgpd (.250), exabgp (.251) and internal (.252).
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
add_host openbgpd 250
add_host exabgp 251
add_host internal 252
start_openbgpd openbgpd 192.0.2.250 <<'CONF'
AS 65000
router-id 192.0.2.250
neighbor 192.0.2.1 {
	remote-as 65001
	passive
	ttl-security yes
	announce IPv4 unicast
	announce IPv6 unicast
}
allow from any
CONF
start_openbgpd internal 2001:db8::252 <<'CONF'
AS 65001
router-id 192.0.2.252
neighbor 2001:db8::1 {
	remote-as 65001
	passive
	announce IPv6 unicast
}
allow from ibgp
CONF
start_exabgp exabgp 192.0.2.251 <<'CONF'
neighbor 192.0.2.1 {
	router-id 192.0.2.251; local-address 192.0.2.251; local-as 65000; peer-as 65001;
	passive true;
	md5-password "s3cret";
	family { ipv4 unicast; ipv6 unicast; }
	api { processes [ saw ]; neighbor-changes; receive { parsed; update; } }
}
CONF

dir=$work/manifests
write_cluster "$dir"
put "$dir/bgp.yaml" <<'YAML'
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: openbgpd, namespace: metallb-system, annotations: {bellman.dev/bgp-ttl-security: "1"}}
spec: {myASN: 65001, peerASN: 65000, peerAddress: 192.0.2.250, dualStackAddressFamily: true}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: metallb-system}
type: kubernetes.io/basic-auth
stringData: {password: s3cret}
YAML
put_peer "$dir" exabgp "peerAddress: 192.0.2.251, dualStackAddressFamily: true, passwordSecret: {name: key}"
peer_as=65001 put_peer "$dir" internal 'peerAddress: "2001:db8::252", sourceAddress: "2001:db8::1"'
put_advertisement "$dir" all 'communities: ["65001:1", "large:65001:2:3"], localPref: 250'
put_service "$dir" web 7 ', bellman.dev/bgp-as-path-prepend: "1"'
put_six "$dir" node-a
start_bellmand node-a "$dir" "bgp = { drain_seconds = 2; };"
for peer in openbgpd exabgp internal; do
	wait_for 30 "the session with $peer" is_established node-a $peer || fail "$peer: $(ctl node-a bgp $peer)"
done
ctl node-a bgp exabgp | grep -q MD5 || fail "no MD5: $(ctl node-a bgp exabgp)"
openbgpd_say openbgpd -j show neighbor 192.0.2.1 | jq -e '.neighbors[0].config.ttl_security == true' >/dev/null ||
	fail "no GTSM: $(openbgpd_say openbgpd -j show neighbor 192.0.2.1)"

# at_openbgpd HOST PREFIX EXPRESSION: of the route in its table
at_openbgpd() { openbgpd_say "$1" -j show rib detail "$2" | jq -e ".rib[0] | $3" >/dev/null; }
web=198.51.100.7/32
six=2001:db8:100::6/128
wait_for 10 "OpenBGPD has the route" at_openbgpd openbgpd $web '.valid' || fail "OpenBGPD: $(openbgpd_say openbgpd -j show rib detail)"
at_openbgpd openbgpd $web '.aspath == "65001 65001" and .exit_nexthop == "192.0.2.1"' ||
	fail "path: $(openbgpd_say openbgpd -j show rib detail)"
at_openbgpd openbgpd $web '.communities == ["65001:1"] and .large_communities == ["65001:2:3"]' ||
	fail "communities: $(openbgpd_say openbgpd -j show rib detail)"
wait_for 10 "OpenBGPD has the route of IPv6" at_openbgpd openbgpd $six '.exit_nexthop == "2001:db8::1" and .aspath == "65001"' ||
	fail "IPv6: $(openbgpd_say openbgpd -j show rib detail)"
wait_for 10 "the internal one has it" at_openbgpd internal $six '.localpref == 250 and .aspath == ""' ||
	fail "internal: $(openbgpd_say internal -j show rib detail)"

# at_exabgp FAMILY PREFIX EXPRESSION: of the last announcement that it heard
at_exabgp() {
	jq -c --arg f "$1" --arg p "$2" "select(.neighbor.message.update.announce[\$f] // {} | .[] | any(.[]; .nlri == \$p)) |
		.neighbor.message.update | . + {hop: (.announce[\$f] | keys[0])}" "$work/exabgp.saw" | tail -n 1 | jq -e "$3" >/dev/null
}
wait_for 10 "ExaBGP hears the route" at_exabgp 'ipv4 unicast' $web '.hop == "192.0.2.1"' || fail "ExaBGP: $(cat "$work/exabgp.saw")"
at_exabgp 'ipv4 unicast' $web '.attribute["as-path"] == [65001, 65001]' || fail "path: $(cat "$work/exabgp.saw")"
at_exabgp 'ipv4 unicast' $web '.attribute.community == [[65001, 1]] and .attribute["large-community"] == [[65001, 2, 3]]' ||
	fail "communities: $(cat "$work/exabgp.saw")"
wait_for 10 "ExaBGP hears the route of IPv6" at_exabgp 'ipv6 unicast' $six '.hop == "2001:db8::1"' || fail "IPv6: $(cat "$work/exabgp.saw")"

# A withdrawal.
lacks() { ! at_openbgpd "$1" "$2" '.valid'; }
unheard() { jq -se --arg p "$1" 'any(.[].neighbor.message.update.withdraw // {} | .[][]; .nlri == $p)' "$work/exabgp.saw" >/dev/null; }
put_service "$dir" web 7 '' -
wait_for 10 "OpenBGPD lets go of it" lacks openbgpd $web || fail "OpenBGPD: $(openbgpd_say openbgpd show rib)"
wait_for 10 "ExaBGP hears that it is gone" unheard $web || fail "ExaBGP: $(cat "$work/exabgp.saw")"
at_openbgpd openbgpd $six '.valid' || fail "another route went with it"
put_service "$dir" web 7
wait_for 10 "it comes back" at_openbgpd openbgpd $web '.aspath == "65001"' || fail "not back: $(openbgpd_say openbgpd show rib)"

# A drain marks first, and then withdraws; no session ends.
ctl node-a drain >/dev/null || fail "drain"
wait_for 5 "the mark at OpenBGPD" at_openbgpd openbgpd $web '.communities | index("GRACEFUL_SHUTDOWN") != null' ||
	fail "not marked: $(openbgpd_say openbgpd -j show rib detail)"
at_exabgp 'ipv4 unicast' $web '.attribute.community | index([[65535, 0]]) != null' || fail "not marked: $(tail -n 4 "$work/exabgp.saw")"
wait_for 5 "and the lowest preference inside" at_openbgpd internal $six '.localpref == 0' || fail "localpref"
wait_for 10 "withdrawn" lacks openbgpd $web || fail "not withdrawn"
wait_for 5 "withdrawn inside" lacks internal $six || fail "not withdrawn inside"
wait_for 5 "ExaBGP hears that IPv6 is gone" unheard $six || fail "ExaBGP: $(cat "$work/exabgp.saw")"
for peer in openbgpd exabgp internal; do
	is_established node-a $peer || fail "a drain ended $peer"
done
ctl node-a undrain >/dev/null || fail "undrain"
wait_for 10 "back" at_openbgpd openbgpd $web '.communities == ["65001:1"]' || fail "not back: $(openbgpd_say openbgpd show rib)"

# OpenBGPD asks for all again; its last words, and ours.
refreshes() { peer_field node-a openbgpd '[.families[].refreshes] | add'; }
before=$(refreshes)
openbgpd_say openbgpd neighbor 192.0.2.1 refresh >/dev/null
refreshed() { [ "$(refreshes)" -gt "$before" ]; }
wait_for 5 "refreshed" refreshed || fail "no refresh: $(ctl node-a bgp openbgpd)"
openbgpd_say openbgpd neighbor 192.0.2.1 down "good night" >/dev/null
wait_for 10 "its last words" grep -q 'BGP session down.*good night' "$work/node-a.log" || fail "last words"
kill -TERM "$pid_node_a"
# ExaBGP 4.2 can not read a NOTIFICATION, but it knows that it was one.
wait_for 15 "ExaBGP hears the end" grep -q '"state": "down".*type .*3' "$work/exabgp.saw" || fail "no end: $(tail -n 2 "$work/exabgp.saw")"
wait_for 10 "the agent ends" has_ended "$pid_node_a" || fail "the agent does not end"
echo "good"
