#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# haproxy-gen is killed at random moments while it applies changes, dozens of times: the file is never
# broken, and the next start makes the file, what runs and what is wanted the same. Topology:
# haproxy_lib.sh. ROUNDS and SEED choose how often and which changes; a busy machine does fewer.
set -u
build=$1
rounds=${ROUNDS:-8}
limit=$((rounds * 5)) # seconds for all
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
RANDOM=${SEED:-$$}
echo "seed ${SEED:-$$}"

# What is wanted in round $1, by chance.
change_something() {
	local drained=""

	case $((RANDOM % 5)) in
	0) service "more$((RANDOM % 3))" "198.51.100.$((100 + RANDOM % 3))" 80 30080 ;;
	1) rm -f "$work/manifests/service-more$((RANDOM % 3)).yaml" ;;
	2) endpoints local "node-$(tr 012 abc <<<$((RANDOM % 3)))" node-a node-b ;;
	3) service ranged 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 192.0.2.$((RANDOM % 250))/32, 10.0.0.0/8 ]" ;;
	4)
		[ $((RANDOM % 2)) -eq 0 ] && drained="unschedulable: true"
		node node-c 192.0.2.3 "$drained"
		;;
	esac
}
same() { in_ns lb python3 "$here/haproxy_same.py" "$work/lb/haproxy.cfg" "$work/lb/admin.sock"; }
is_whole() { haproxy -c -f "$work/lb/haproxy.cfg" >/dev/null 2>&1; }
must_be_as_wanted() {
	local said

	gen lb apply >>"$work/apply.log" 2>&1 || fail "$1: apply: $(tail -n 2 "$work/apply.log")"
	same >"$work/differs" || fail "$1: $(cat "$work/differs")"
	said=$(gen lb diff 2>/dev/null | tail -n 1)
	[ "$said" = nothing ] || fail "$1: the file is not as wanted: $said"
}
# Kills process $1 after $2 ms.
kill_after() {
	sleep "$(printf '0.%03d' "$2")"
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web 198.51.100.10 80 30080
service local 198.51.100.11 80 30081 "externalTrafficPolicy: Local, healthCheckNodePort: 32000"
service ranged 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 10.0.0.0/8 ]"
service sticky 198.51.100.12 80 30082 "sessionAffinity: ClientIP"
endpoints local node-a node-a node-b
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
must_be_as_wanted "at first"

echo "apply is killed at any moment"
for i in $(seq "$rounds"); do
	[ "$i" -gt 3 ] && [ "$SECONDS" -gt "$limit" ] && break
	change_something
	change_something
	ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" apply >>"$work/apply.log" 2>&1 &
	kill_after $! $((RANDOM % 500))
	is_whole || fail "round $i: the file is broken"
	must_be_as_wanted "round $i"
done

echo "run is killed at any moment"
echo 'reload = { quiet_ms = 20; max_delay_ms = 100; verify_seconds = 0; };' >>"$work/lb/gen.conf"
for i in $(seq $((rounds / 3))); do
	[ "$i" -gt 1 ] && [ "$SECONDS" -gt $((limit + limit / 2)) ] && break
	: >"$work/run.log"
	ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
	runner=$!
	wait_for 20 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
	for _ in 1 2 3 4; do change_something; done
	kill_after "$runner" $((RANDOM % 900))
	is_whole || fail "round $i: the file is broken"
	must_be_as_wanted "round $i of run"
done
echo "in $SECONDS s"
echo "good"
