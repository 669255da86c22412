#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BFD with FRR's bfdd: one hop and several, IPv4 and IPv6, each side passive once, timers changed on
# either side while Up, AdminDown from either side, either side restarted. Topology: bfd_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bfd_lib.sh
. "$(dirname "$0")/bfd_lib.sh"

make_segment
add_far
start_frr node-b \
	"peer 192.0.2.1 interface eth0" " receive-interval 150" " transmit-interval 150" " detect-multiplier 5" " no shutdown" "exit" \
	"peer 2001:db8::1 local-address 2001:db8::2 interface eth0" " passive-mode" \
	" receive-interval 150" " transmit-interval 150" " detect-multiplier 5" " no shutdown" "exit"
eth0=if=eth0,tx=100,rx=100,mult=8
hops=multihop,ttl=250,tx=100,rx=100,mult=8
start_ours node-a "peer=192.0.2.2,$eth0,passive" "peer=2001:db8::2,local=2001:db8::1,$eth0"
wait_for 15 "IPv4, ours passive" is node-a 192.0.2.2 state=Up || fail "IPv4 is not Up"
wait_for 15 "IPv6, FRR passive" is node-a 2001:db8::2 state=Up || fail "IPv6 is not Up"
wait_for 10 "FRR says so" frr_is node-b 192.0.2.1 '.status == "up"' || fail "FRR: IPv4"
wait_for 10 "FRR says so" frr_is node-b 2001:db8::1 '.status == "up"' || fail "FRR: IPv6"

# Both know what was agreed: 5 x max(100, 150) ms of FRR's, 8 x max(150, 100) of ours.
wait_for 10 "our detection time" is node-a 192.0.2.2 detect_us=750000 tx_us=100000 poll=0 ||
	fail "detection time: $(view node-a 192.0.2.2)"
agreed='."remote-detect-multiplier" == 8 and ."remote-transmit-interval" == 100'
wait_for 10 "FRR knows ours" frr_is node-b 192.0.2.1 "$agreed" ||
	fail "FRR: $(frr node-b 'show bfd peers json')"
[ "$(field node-a 192.0.2.2 remote)" = "$(frr node-b 'show bfd peers json' |
	jq '.[] | select(.peer == "192.0.2.1") | .id')" ] || fail "discriminators"

# Timers change while Up: ours, then FRR's. Nobody falls.
tell node-a put "peer=192.0.2.2,if=eth0,tx=400,rx=300,mult=8,passive"
slower='."remote-transmit-interval" == 400 and ."remote-receive-interval" == 300'
wait_for 10 "FRR knows the new ones" frr_is node-b 192.0.2.1 "$slower" || fail "our change"
wait_for 10 "the poll sequence ends" is node-a 192.0.2.2 poll=0 tx_us=400000 || fail "our poll"
frr node-b "conf t" "bfd" "peer 192.0.2.1 interface eth0" "transmit-interval 500" >/dev/null
wait_for 10 "we know the new one" is node-a 192.0.2.2 remote_tx_us=500000 detect_us=2500000 ||
	fail "FRR's change"
tell node-a put "peer=192.0.2.2,$eth0,passive"
frr node-b "conf t" "bfd" "peer 192.0.2.1 interface eth0" "transmit-interval 150" >/dev/null
wait_for 10 "quick again" is node-a 192.0.2.2 tx_us=100000 remote_tx_us=150000 || fail "quick again"
is node-a 192.0.2.2 state=Up flaps=0 || fail "it fell when timers changed"

# AdminDown, from either side, is understood as such (FRR sends no diagnostic with it).
frr node-b "conf t" "bfd" "peer 192.0.2.1 interface eth0" "shutdown" >/dev/null
wait_for 10 "FRR's AdminDown" grep -q \
	'^state peer=192.0.2.2 old=Up state=Down cause=packet.*remote_state=AdminDown' "$work/node-a.log" ||
	fail "FRR's AdminDown"
frr node-b "conf t" "bfd" "peer 192.0.2.1 interface eth0" "no shutdown" >/dev/null
wait_for 15 "Up again" is node-a 192.0.2.2 state=Up || fail "not Up after FRR's AdminDown"
tell node-a admin down
wait_for 10 "our AdminDown" frr_is node-b 192.0.2.1 '.status == "down"' || fail "our AdminDown"
frr_is node-b 192.0.2.1 '."remote-diagnostic" == "administratively down"' ||
	fail "our diagnostic: $(frr node-b 'show bfd peers json')"
tell node-a admin up
wait_for 15 "Up again" is node-a 192.0.2.2 state=Up || fail "not Up after our AdminDown"

# Killed, FRR is noticed by ICMP within an interval; it comes back with another discriminator.
: >"$work/node-a.log"
kill -9 "$pid_bfdd"
wait_for 10 "ICMP tells" grep -q '^peer-gone peer=192.0.2.2' "$work/node-a.log" || fail "ICMP"
wait_for 10 "silence tells" is node-a 192.0.2.2 state=Down diag=1 || fail "silence"
rm -f "$work/frr-node-b/bfdd.pid"
start_bfdd node-b
wait_for 15 "Up with the new bfdd" is node-a 192.0.2.2 state=Up || fail "FRR restarted"
wait_for 15 "Up with the new bfdd" is node-a 2001:db8::2 state=Up || fail "FRR restarted, IPv6"

# Killed, ours is missed by FRR, and a new one is taken.
kill -9 "$pid_ours_node_a"
wait_for 10 "FRR misses us" frr_is node-b 192.0.2.1 '.status == "down"' || fail "FRR misses us"
start_ours node-a "peer=192.0.2.2,$eth0" "peer=2001:db8::2,local=2001:db8::1,$eth0"
wait_for 15 "Up again" is node-a 192.0.2.2 state=Up || fail "ours restarted"
wait_for 15 "Up again" is node-a 2001:db8::2 state=Up || fail "ours restarted, IPv6"

# Two hops, both families. FRR of the far host; one that demands more hops' worth of TTL is not Up.
start_frr far \
	"peer 192.0.2.1 multihop local-address 198.51.100.2" " passive-mode" \
	" minimum-ttl 250" " receive-interval 150" " transmit-interval 150" " detect-multiplier 5" " no shutdown" "exit" \
	"peer 2001:db8::1 multihop local-address 2001:db8:1::2" \
	" minimum-ttl 250" " receive-interval 150" " transmit-interval 150" " detect-multiplier 5" " no shutdown" "exit"
tell node-a put "peer=198.51.100.2,local=192.0.2.1,$hops"
tell node-a put "peer=2001:db8:1::2,local=2001:db8::1,$hops,passive"
wait_for 15 "two hops, IPv4" is node-a 198.51.100.2 state=Up || fail "two hops, IPv4"
wait_for 15 "two hops, IPv6" is node-a 2001:db8:1::2 state=Up || fail "two hops, IPv6"
tell node-a put "peer=198.51.100.2,local=192.0.2.1,multihop,ttl=255,tx=100,rx=100,mult=8"
wait_for 10 "a minimum TTL of 255" is node-a 198.51.100.2 state=Down || fail "minimum TTL"
[[ $(field node-a 198.51.100.2 drops) == *ttl:* ]] || fail "drops by TTL are not counted"
echo "good"
