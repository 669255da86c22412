#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is asked for politely loses nothing: an agent that is stopped, a node that is drained, an
# address that is moved, and all of it put back. The successor announces before the owner is quiet.
# Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

make_cluster 4
# shellcheck disable=SC2119 # no settings besides
start_cluster
first=192.0.2.16
watched=("$first" 2001:db8::1:0)

others() { printf '%s\n' "${nodes[@]}" | grep -vxF "$1"; }
owns_nothing() { [ "$(owned "$1" | wc -l)" = 0 ]; }
owned_by() { [ "$(owner_of "$2")" = "$1" ]; }

# Whether a packet more or less is late is the machine's matter; silence would be ours.
without_gap() {
	at_most lost 50 "$what"
	at_most two_owners_ms 300 "$what"
}

what="SIGTERM"
owner=$(owner_of $first)
start_client "${watched[@]}"
begin=$(date +%s%N)
stop_node "$owner" TERM
[ $((($(date +%s%N) - begin) / 1000000)) -lt 3000 ] || fail "$what: it took too long"
mapfile -t left < <(others "$owner")
wait_for 5 "the others own all" all_owned "${left[@]}" || fail "$what: not taken over"
stop_client
without_gap
grep -q 'address given up.*reason=leaving' "$work/$owner.log" || fail "$what: it did not hand over"
! grep -q 'stopped before every address' "$work/$owner.log" || fail "$what: nobody was heard to take over"
grep -hq 'address taken.*reason=\(owner_left\|given\)' "$work/${left[0]}.log" "$work/${left[1]}.log" ||
	fail "$what: not taken as from one that left"
start_node "$owner"
wait_for 10 "$what: all see all" all_up || fail "$what: sessions"

what="drain"
owner=$(owner_of $first)
count=$(owned "$owner" | wc -l)
[ "$(ctl "$owner" -o json drain --dry-run | jq '.moves | length')" = "$count" ] || fail "$what: --dry-run"
[ "$(owned "$owner" | wc -l)" = "$count" ] || fail "$what: --dry-run moved something"
start_client "${watched[@]}"
ctl "$owner" drain >/dev/null || fail "$what"
wait_for 5 "it owns nothing" owns_nothing "$owner" || fail "$what: it keeps something"
wait_for 5 "one owner each" all_owned || fail "$what: owners"
# It stays out when it is restarted, and when another fails that it is an heir of.
stop_node "$owner" TERM
start_node "$owner"
wait_for 10 "$what: all see all" all_up || fail "$what: sessions"
owns_nothing "$owner" || fail "$what: a restart forgot it"
stop_client
without_gap
mapfile -t left < <(others "$owner")
gone=$(owner_of $first)
stop_node "$gone" KILL
wait_for 5 "the last node owns all" all_owned "$(others "$owner" | grep -vxF "$gone")" ||
	fail "$what: a drained node took something though another lives"
start_node "$gone"
wait_for 10 "$what: all see all" all_up || fail "$what: sessions"
ctl "$owner" undrain >/dev/null
owns_nothing "$owner" || fail "undrain moved something"

what="move, asked of a node that is not the owner"
owner=$(owner_of $first)
mapfile -t left < <(others "$owner")
start_client "${watched[@]}"
ctl "${left[0]}" l2 move default/both-000 "${left[1]}" >/dev/null || fail "$what"
wait_for 5 "it has moved" owned_by "${left[1]}" $first || fail "$what: still at $(owner_of $first)"
wait_for 5 "its other address too" owned_by "${left[1]}" 2001:db8::1:0 || fail "$what: IPv6"
stop_client
without_gap
! ctl "${left[0]}" l2 move default/both-000 node-x >/dev/null 2>&1 || fail "$what: to a node that there is not"

what="rebalance"
first_of() { ctl node-a -o json l2 | jq -r ".addresses[] | select(.ip == \"$1\") | .candidates[0]"; }
balanced() {
	local ip
	for ip in 192.0.2.16 192.0.2.17 192.0.2.18 192.0.2.19; do
		owned_by "$(first_of $ip)" $ip || return 1
	done
}
start_client "${watched[@]}"
ctl "${left[0]}" l2 rebalance >/dev/null || fail "$what"
wait_for 5 "all at the first of their order" balanced || fail "$what"
all_owned "${nodes[@]}" || fail "$what: owners"
stop_client
without_gap
ctl node-a explain default/both-000 | grep -q "owner $(owner_of $first)" || fail "explain tells another owner"

what="preempt"
for node in "${nodes[@]}"; do
	sed -i '/^liveness/a ownership = { preempt = true; hold_down_seconds = 1; };' "$work/$node.conf"
	kill -HUP "$(pid_of "$node")"
done
owner=$(first_of $first)
stop_node "$owner" TERM
mapfile -t left < <(others "$owner")
wait_for 5 "the others own all" all_owned "${left[@]}" || fail "$what: not taken over"
start_client "${watched[@]}"
start_node "$owner" "ownership = { preempt = true; hold_down_seconds = 1; };"
wait_for 10 "it takes it back" owned_by "$owner" $first || fail "$what"
stop_client
without_gap

what="a node without the key"
echo "another secret altogether" >"$work/key.bad"
stop_node node-c TERM
mv "$work/key" "$work/key.good" && cp "$work/key.bad" "$work/key"
start_node node-c
mv "$work/key.good" "$work/key"
refused() { [ "$(ctl node-a -o json l2 | jq '.counters.messages_refused')" -gt 3 ]; }
wait_for 10 "its messages are refused" refused || fail "$what"
sees node-a 1 || fail "$what: it is let in"
# The key changes under way: both are known for a while.
{
	cat "$work/key"
	cat "$work/key.bad"
} >"$work/key.both"
mv "$work/key.both" "$work/key"
for node in "${nodes[@]}"; do kill -HUP "$(pid_of "$node")"; done
wait_for 10 "all see all with both keys" all_up || fail "key change"
wait_for 5 "one owner each" all_owned || fail "key change: owners"
echo "good"
