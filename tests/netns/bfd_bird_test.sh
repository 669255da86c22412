#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BFD with BIRD: one hop and several, IPv4 and IPv6, each side passive once, every authentication that
# BIRD has, timers changed while Up, either side restarted. Topology: bfd_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bfd_lib.sh
. "$(dirname "$0")/bfd_lib.sh"

make_segment
add_far

# configure_bird HOST INTERVAL AUTHENTICATION-LINES [NEIGHBORS]: BIRD's side
configure_bird() {
	local neighbors='neighbor 192.0.2.1 dev "eth0"; neighbor 2001:db8::1 dev "eth0";'

	cat >"$work/bird-$1.conf" <<-EOF
	router id 198.51.100.1;
	protocol device { }
	protocol bfd {
	  interface "eth0" { min rx interval $2 ms; min tx interval $2 ms; multiplier 5; $3 };
	  multihop { interval $2 ms; multiplier 5; passive yes; $3 };
	  ${4:-$neighbors}
	}
	EOF
}
reconfigure() {
	configure_bird "$@"
	birdc -s "$work/bird-$1.ctl" configure | grep -q -e Reconfigured -e 'in progress' ||
		fail "BIRD does not take its configuration"
}
here=if=eth0,tx=100,rx=100,mult=8

configure_bird node-b 150 ""
start_bird node-b
start_ours node-a "peer=192.0.2.2,$here" "peer=2001:db8::2,local=2001:db8::1,$here,passive"
wait_for 15 "IPv4" is node-a 192.0.2.2 state=Up || fail "IPv4 is not Up"
wait_for 15 "IPv6, ours passive" is node-a 2001:db8::2 state=Up || fail "IPv6 is not Up"
wait_for 10 "BIRD says so" bird_is node-b 192.0.2.1 Up || fail "BIRD: IPv4"
wait_for 10 "BIRD says so" bird_is node-b 2001:db8::1 Up || fail "BIRD: IPv6"
wait_for 10 "what was agreed" is node-a 192.0.2.2 detect_us=750000 tx_us=100000 poll=0 ||
	fail "detection time: $(view node-a 192.0.2.2)"

# Timers change while Up: ours, then BIRD's. Nobody falls.
tell node-a put "peer=192.0.2.2,if=eth0,tx=400,rx=300,mult=8"
wait_for 10 "the poll sequence ends" is node-a 192.0.2.2 poll=0 tx_us=400000 detect_us=1500000 ||
	fail "our change"
reconfigure node-b 500 ""
wait_for 15 "BIRD's change" is node-a 192.0.2.2 remote_tx_us=500000 detect_us=2500000 ||
	fail "BIRD's change: $(view node-a 192.0.2.2)"
is node-a 192.0.2.2 state=Up flaps=0 || fail "it fell when timers changed"
reconfigure node-b 150 ""
tell node-a put "peer=192.0.2.2,$here"
wait_for 15 "quick again" is node-a 192.0.2.2 detect_us=750000 || fail "quick again"

# Killed, BIRD is noticed by ICMP within an interval; it comes back with another discriminator.
: >"$work/node-a.log"
kill -9 "$pid_bird"
wait_for 10 "ICMP tells" grep -q '^peer-gone peer=192.0.2.2' "$work/node-a.log" || fail "ICMP"
wait_for 10 "ICMPv6 tells" grep -q '^peer-gone peer=2001:db8::2' "$work/node-a.log" || fail "ICMPv6"
wait_for 10 "silence tells" is node-a 192.0.2.2 state=Down diag=1 || fail "silence"
rm -f "$work/bird-node-b.ctl"
start_bird node-b
wait_for 15 "Up with the new BIRD" is node-a 192.0.2.2 state=Up || fail "BIRD restarted"
# Killed, ours is missed by BIRD, and a new one is taken.
kill -9 "$pid_ours_node_a"
wait_for 10 "BIRD misses us" bird_is node-b 192.0.2.1 Down || fail "BIRD misses us"
start_ours node-a "peer=192.0.2.2,$here"
wait_for 15 "Up again" is node-a 192.0.2.2 state=Up || fail "ours restarted"
kill "$pid_ours_node_a"
wait_for 10 "AdminDown is taken" bird_is node-b 192.0.2.1 Down || fail "our AdminDown"

# Each authentication; then a wrong key is dropped as such and no session.
for type in simple "keyed md5" "meticulous keyed md5" "keyed sha1" "meticulous keyed sha1"; do
	ours=${type// /-}
	ours=${ours/meticulous-keyed/meticulous}
	reconfigure node-b 150 "authentication $type; password \"north wind\" { id 7; };"
	start_ours node-a "peer=192.0.2.2,$here,auth=$ours:7:north wind,auth=$ours:8:old key"
	wait_for 20 "$type" is node-a 192.0.2.2 state=Up || fail "$type: $(view node-a 192.0.2.2)"
	wait_for 10 "BIRD says so" bird_is node-b 192.0.2.1 Up || fail "BIRD: $type"
	is node-a 192.0.2.2 flaps=0 || fail "$type: it flaps"
	if [ "$type" = "meticulous keyed sha1" ]; then
		tell node-a put "peer=192.0.2.2,$here,auth=$ours:7:south wind"
		wait_for 15 "a wrong key" is node-a 192.0.2.2 state=Down || fail "a wrong key is taken"
		[[ $(field node-a 192.0.2.2 drops) == *auth_digest:* ]] || fail "it is not counted"
	fi
	kill "$pid_ours_node_a"
	wait "$pid_ours_node_a" 2>/dev/null
done

# Two hops, BIRD passive; authenticated. BIRD sends with the kernel's TTL of 64.
key="authentication meticulous keyed sha1; password \"north wind\" { id 7; };"
configure_bird far 150 "$key" "neighbor 192.0.2.1 local 198.51.100.2 multihop;
	neighbor 2001:db8::1 local 2001:db8:1::2 multihop;"
start_bird far
hops=multihop,ttl=63,tx=100,rx=100,mult=8,auth=meticulous-sha1:7:north
start_ours node-a "peer=198.51.100.2,local=192.0.2.1,$hops wind" \
	"peer=2001:db8:1::2,local=2001:db8::1,$hops wind"
wait_for 20 "two hops, IPv4" is node-a 198.51.100.2 state=Up || fail "two hops, IPv4"
wait_for 20 "two hops, IPv6" is node-a 2001:db8:1::2 state=Up || fail "two hops, IPv6"
echo "good"
