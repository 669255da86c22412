#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BFD between two of ours, as speakers watch one another: UDP 4784 on one segment, HMAC-SHA256, gated
# until ready. Readiness, change of keys, loss, a process stopped and killed, a polite end, links and
# addresses that go and come. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bfd_lib.sh
. "$(dirname "$0")/bfd_lib.sh"

make_segment
old=auth=hmac-sha256:1:old,
new=auth=hmac-sha256:2:new,
common=multihop,tx=100,rx=100,mult=6,gated
a="peer=192.0.2.2,local=192.0.2.1,$common"
b="peer=192.0.2.1,local=192.0.2.2,$common"
both_up() { is node-a 192.0.2.2 state=Up && is node-b 192.0.2.1 state=Up; }

# Until it is ready a speaker says AdminDown, so that nobody counts on it.
start_ours node-a "$a,${old%,}"
start_ours node-b "$b,${old%,}"
tell node-a ready on
wait_for 10 "the one that is not ready says so" is node-a 192.0.2.2 state=Down remote_diag=7 ||
	fail "not ready is not told"
tell node-b ready on
wait_for 10 "ready, they come Up" both_up || fail "not Up"

# What is on the wire: TTL 255, a source port of RFC 5881, CS6.
in_ns node-b timeout 10 tcpdump -nv -c 4 -i eth0 src 192.0.2.1 and udp port 4784 >"$work/wire.log" 2>&1
port=$(sed -n 's/.*192\.0\.2\.1\.\([0-9]*\) > 192\.0\.2\.2\.4784.*/\1/p' "$work/wire.log" | sort -u)
[ "$(wc -w <<<"$port")" -eq 1 ] && [ "$port" -ge 49152 ] || fail "source port: $port"
grep -q 'tos 0xc0, ttl 255' "$work/wire.log" || fail "TTL or class: $(head -n 4 "$work/wire.log")"

# Keys change one node after the other; nobody falls.
rekey() {
	tell "$1" put "$3,$4"
	view "$1" "$2" >/dev/null
}
rekey node-a 192.0.2.2 "$a" "$old${new%,}"
rekey node-b 192.0.2.1 "$b" "$old${new%,}"
rekey node-a 192.0.2.2 "$a" "$new${old%,}"
rekey node-b 192.0.2.1 "$b" "$new${old%,}"
rekey node-a 192.0.2.2 "$a" "${new%,}"
rekey node-b 192.0.2.1 "$b" "${new%,}"
received=$(field node-b 192.0.2.1 in)
heard_more() { [ "$(field node-b 192.0.2.1 in)" -gt $((received + 10)) ]; }
wait_for 10 "packets under the new key" heard_more || fail "the new key is not taken"
is node-a 192.0.2.2 state=Up flaps=0 && is node-b 192.0.2.1 state=Up flaps=0 || fail "keys: a fall"

# 20 % of packets lost: patience of ours alone, the peer need not agree.
tell node-a put "$a,patience=12,${new%,}"
tell node-b put "$b,patience=12,${new%,}"
for host in node-a node-b; do
	in_ns "$host" nft -f - <<-EOF
	table inet loss { chain in { type filter hook input priority 0; udp dport 4784 numgen random mod 100 < 20 drop; }; }
	EOF
done
received=$(($(field node-b 192.0.2.1 in) + 30))
wait_for 20 "packets in spite of loss" heard_more || fail "no packets"
is node-a 192.0.2.2 state=Up flaps=0 && is node-b 192.0.2.1 state=Up flaps=0 || fail "loss: a fall"
for host in node-a node-b; do
	in_ns "$host" nft delete table inet loss
done

# Stopped for longer than its detection time, a process that wakes up reads its queue before it judges.
rekey node-a 192.0.2.2 "$a" "${new%,}" # and without patience, before it is stopped
tell node-b put "$b,patience=60,${new%,}"
: >"$work/node-a.log"
kill -STOP "$pid_ours_node_a"
received=$(field node-b 192.0.2.1 out)
sent_more() { [ "$(field node-b 192.0.2.1 out)" -gt $((received + 12)) ]; }
wait_for 10 "the other sends on" sent_more || fail "node-b does not send"
kill -CONT "$pid_ours_node_a"
wait_for 10 "it notices its sleep" grep -q '^stall' "$work/node-a.log" || fail "sleep is not noticed"
is node-a 192.0.2.2 state=Up flaps=0 || fail "its own sleep killed a session"
is node-b 192.0.2.1 state=Up flaps=0 || fail "patience did not help"

# Stopped for longer than the peer's patience it is dead, and comes back.
tell node-b put "$b,${new%,}"
kill -STOP "$pid_ours_node_a"
wait_for 10 "a process that hangs is missed" is node-b 192.0.2.1 state=Down diag=1 || fail "hang"
kill -CONT "$pid_ours_node_a"
wait_for 10 "Up again" both_up || fail "not Up after a hang"

# A link that goes and comes; an address that goes and comes.
ip -n "$run-node-b" link set eth0 down
wait_for 10 "a link down" is node-a 192.0.2.2 state=Down || fail "link down"
ip -n "$run-node-b" link set eth0 up
wait_for 15 "Up again" both_up || fail "not Up after link down"
ip -n "$run-node-a" addr del 192.0.2.1/24 dev eth0
wait_for 10 "an address gone" is node-b 192.0.2.1 state=Down || fail "address gone"
ip -n "$run-node-a" addr add 192.0.2.1/24 dev eth0
wait_for 15 "Up again" both_up || fail "not Up after the address came back"

# Killed on a living host: the host says so before the detection time is over.
: >"$work/node-a.log"
tell node-a put "$a,patience=40,${new%,}"
wait_for 10 "patience is in force" is node-a 192.0.2.2 detect_us=4000000 || fail "patience"
kill -9 "$pid_ours_node_b"
wait_for 10 "silence" grep -q '^state .*state=Down cause=silence' "$work/node-a.log" || fail "silence"
[ "$(grep -m 1 -o -e '^peer-gone' -e '^state' "$work/node-a.log")" = peer-gone ] ||
	fail "ICMP came after the detection time"

# A polite end is told at once, and is no silence.
tell node-a put "$a,${new%,}"
start_ours node-b "$b,${new%,}"
tell node-b ready on
wait_for 15 "Up with a new process" both_up || fail "not Up with a new process"
: >"$work/node-a.log"
kill "$pid_ours_node_b"
wait_for 10 "the end is told" grep -q \
	'old=Up state=Down cause=packet diag=3 remote_state=AdminDown remote_diag=7' "$work/node-a.log" ||
	fail "a polite end"
echo "good"
