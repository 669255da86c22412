#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# While the main thread stands for two seconds, every ARP and NS question is answered and a BFD session
# of 3 x 50 ms with BIRD stays up; a wire thread that stood itself asks anew before it answers. Needs a test build (debug_ops). Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
mkdir "$work/manifests"
cp "$root/conf/examples/manifests/webui.yaml" "$work/manifests"
awk 'BEGIN { RS = ORS = "---\n" } !/name: node-b/' "$root/conf/examples/manifests/cluster.yaml" \
	>"$work/manifests/cluster.yaml"
start_bellmand node-a "$work/manifests"
answers() { [ "$(who_has 192.0.2.240)" = "$(mac_of node-a)" ] && [ "$(who_has6 2001:db8::240)" = "$(mac_of node-a)" ]; }
wait_for 10 "node-a answers" answers || fail "no answer at all"

cat >"$work/bird.conf" <<-'BIRD'
	protocol device {}
	protocol bfd {
		interface "*" { interval 50 ms; multiplier 3; };
		neighbor 192.0.2.1 dev "eth0";
	}
BIRD
# BIRD must not be the one that is late, on a machine where much else runs.
realtime=()
chrt -f 5 true 2>/dev/null && realtime=(chrt -f 5)
start_in node-b "$work/bird.log" "${realtime[@]}" bird -f -c "$work/bird.conf" -s "$work/bird.ctl"
ask node-a debug-bfd '{"peer": "192.0.2.2", "interval_ms": 50, "multiplier": 3}' >/dev/null
bfd_is_up() { ask node-a debug-bfd-sessions '{}' | jq -e '.data[0].state == "Up"'; }
bird_changed() { birdc -s "$work/bird.ctl" show bfd sessions | awk '$1 == "192.0.2.1" { print $3, $4, $5 }'; }
wait_for 10 "the BFD session is up" bfd_is_up || fail "BFD: $(ask node-a debug-bfd-sessions '{}')"
bird_is_up() { bird_changed | grep -q '^Up .* 0.050'; }
wait_for 10 "BIRD has it at 50 ms" bird_is_up || fail "BIRD: $(bird_changed)"
# Neither thread keeps more than CAP_NET_ADMIN (12) and CAP_NET_RAW (13), and CAP_IPC_LOCK (14) where
# there is a limit on locked memory that can not be raised. A sanitizer may have threads of its own,
# started before main began.
kept=0000000000003000
prlimit --memlock=unlimited true 2>/dev/null || ! may 14 || kept=0000000000007000
for status in "/proc/${pids[0]}/status" $(grep -l "^Name:.wire$" /proc/"${pids[0]}"/task/*/status); do
	[ "$(awk '$1 == "CapPrm:" { print $2 }' "$status")" = "$kept" ] || fail "capabilities: $(grep Cap "$status")"
done
# Where this shell may, the wire thread may; where not, a line says so.
if chrt -f 10 true 2>/dev/null; then
	[ "$(ask node-a wire '{}' | jq -r .data.realtime)" = yes ] || fail "no real-time priority: $(ask node-a wire '{}')"
else
	grep -q 'wire thread has no real-time priority' "$work/node-a.log" || fail "it is not told"
fi

# stall_main: the main thread stands, so that its request has no reply; every question on the wire
# must have one. True if BFD held too.
stall_main() {
	local asked=0 missed=0 stall sessions heard_before flaps_before bird_before

	wait_for 10 "the BFD session is up" bfd_is_up || fail "BFD: $(ask node-a debug-bfd-sessions '{}')"
	wait_for 10 "BIRD has it at 50 ms" bird_is_up || fail "BIRD: $(bird_changed)"
	bird_before=$(bird_changed)
	sessions=$(ask node-a debug-bfd-sessions '{}')
	heard_before=$(jq '.data[0].packets_in' <<<"$sessions")
	flaps_before=$(jq '.data[0].flaps' <<<"$sessions")
	ask node-a debug-stall '{"thread": "main", "ms": 2000}' >"$work/stall.reply" &
	stall=$!
	while kill -0 "$stall" 2>/dev/null; do
		in_ns client arping -c 1 -W 1 -I eth0 192.0.2.240 >/dev/null 2>&1 || missed=$((missed + 1))
		in_ns client ndisc6 -m -1 -q -r 1 -w 1000 2001:db8::240 eth0 >/dev/null 2>&1 ||
			missed=$((missed + 1))
		asked=$((asked + 2))
	done
	wait "$stall"
	grep -q '"ms": *2000' "$work/stall.reply" || fail "main was not held up: $(cat "$work/stall.reply")"
	[ "$asked" -ge 4 ] || fail "only $asked questions fitted into the stall"
	[ "$missed" -eq 0 ] || fail "$missed of $asked questions had no answer while main stood"
	sessions=$(ask node-a debug-bfd-sessions '{}')
	[ "$(jq '.data[0].packets_in' <<<"$sessions")" -gt $((heard_before + 20)) ] ||
		fail "BFD packets were not taken while main stood: $sessions"
	[ "$(jq '.data[0].flaps' <<<"$sessions")" -eq "$flaps_before" ] && [ "$(bird_changed)" = "$bird_before" ]
}
# A loaded machine may itself be 150 ms late; what main does would show each time.
stall_main || stall_main || stall_main || fail "BFD fell each time that main stood"

# The wire thread stands: it knows, asks whether somebody took the address, and answers again.
before=$(ask node-a wire '{}' | jq .data.stalls)
ask node-a debug-stall '{"thread": "wire", "ms": 3000}' >/dev/null
stalled() { [ "$(ask node-a wire '{}' | jq .data.stalls)" -gt "$before" ]; }
wait_for 10 "the wire thread knows that it slept" stalled || fail "a stall was not noticed"
grep -q 'the wire thread slept' "$work/node-a.log" || fail "a stall was not told"
wait_for 10 "node-a answers again" answers || fail "no answer after a stall"

# In doubt it is asked for: another host that took it meanwhile keeps it.
in_ns client sysctl -qw net.ipv4.conf.eth0.arp_announce=2
ask node-a debug-stall '{"thread": "wire", "ms": 3000}' >/dev/null &
stall=$!
ip -n "$run-client" addr add 192.0.2.240/32 dev eth0
wait "$stall"
refused() {
	ctl node-a -o json announcements | jq -e '.[] | select(.ip == "192.0.2.240" and .state == "refused")'
}
wait_for 10 "the new holder is found" refused || fail "two owners after a stall"
# The whole process stands: questions that waited are old when it wakes, and get no answer.
ip -n "$run-client" addr del 192.0.2.240/32 dev eth0
wait_for 30 "node-a answers once more" answers || fail "no answer when the address is free again"
start_in client "$work/arp.log" tcpdump -l -n -i eth0 arp
wait_for 5 "tcpdump listens" grep -q 'listening on' "$work/arp.log" || fail "tcpdump"
kill -STOP "${pids[0]}"
in_ns client arping -c 25 -W 0.1 -I eth0 192.0.2.240 >/dev/null 2>&1
[ "$(grep -c 'Request who-has 192.0.2.240 tell 192.0.2.9' "$work/arp.log")" -ge 20 ] || fail "too few questions"
begin=$(wc -l <"$work/arp.log")
kill -CONT "${pids[0]}"
after() { tail -n +$((begin + 1)) "$work/arp.log"; }
asks_anew() { after | grep -q 'Request who-has 192.0.2.240 tell 0.0.0.0'; }
wait_for 10 "it asks anew" asks_anew || fail "it did not ask after it stood"
stale=$(after | sed '/tell 0.0.0.0/,$d' | grep -c 'Reply 192.0.2.240')
[ "$stale" -le 2 ] || fail "$stale stale answers"
wait_for 10 "node-a answers after all" answers || fail "no answer after a stop"
grep -E 'ThreadSanitizer|AddressSanitizer' "$work/node-a.log" && fail "a sanitizer complained"
echo "good"
