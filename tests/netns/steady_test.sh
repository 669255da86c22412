#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The wire thread in its steady state, with BFD, messages, ARP and NDP questions and announcements,
# takes no memory and gives none back, nor does it for one more Service of IPv4; and it does not wait
# for a log that nobody reads. Needs a test build (debug_ops) with a sanitizer. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

memory() { ask node-a debug-memory "$1" | jq -c .data; }
figures() {
	ctl node-a -o json l2 | jq '.counters | .messages_in, .messages_out'
	ctl node-a -o json bfd | jq '[.sessions[].packets_in] | add'
	ctl node-a -o json bfd | jq '[.sessions[].packets_out] | add'
	ctl node-a -o json announcements | jq '[.[].answers] | add'
	ctl node-a -o json announcements | jq '[.[].gratuitous] | add'
}

# questions: one for each family, of addresses that node-a has
questions() {
	[ "$(who_has "$four")" = "$mac" ] && [ "$(who_has6 "$six")" = "$mac" ]
}

# node-a comes first, and so has all of them.
make_cluster 6
settings=('announce = { refresh_seconds = 2; };' 'log = { level = "debug"; };')
start_node node-a "${settings[@]}"
wait_for 10 "node-a owns all" all_owned node-a || fail "node-a owns: $(owned node-a)"
start_node node-b
start_node node-c
wait_for 20 "all nodes see all others" all_up || fail "sessions"
wait_for 10 "every address has one owner" all_owned || fail "owners"
four=$(owned node-a | grep -m 1 -v :)
six=$(owned node-a | grep -m 1 :)
mac=$(mac_of node-a)
wait_for 10 "node-a answers" questions || fail "no answers for $four and $six"

memory '{"begin": true}' | jq -e .counting >/dev/null || fail "nothing counts: $(memory '{}')"
mapfile -t before < <(figures)
end=$((SECONDS + 6))
asked=0
while [ $SECONDS -lt $end ]; do
	questions || fail "node-a does not answer"
	asked=$((asked + 1))
done
mapfile -t after < <(figures)
used=$(memory '{}')
jq -e '.taken == 0 and .given == 0' <<<"$used" >/dev/null || fail "memory was moved: $used"
[ "${#before[@]}" -eq 6 ] || fail "figures: ${before[*]}"
for i in "${!before[@]}"; do
	[ "${after[i]}" -gt "${before[i]}" ] || fail "figure $i stands still: ${before[*]} then ${after[*]}"
done
echo "in 6 s, $asked questions of each family: ${before[*]} then ${after[*]}, memory: $used"
# A Service that comes, and one that goes, bring and take their own. (One of IPv6 joins a group.)
memory '{"begin": true}' >/dev/null
write_service one-more IPv4 >"$work/manifests/one-more.yaml"
count_addresses() { [ "$(ctl node-a -o json l2 | jq '.addresses | length')" = "$1" ]; }
wait_for 10 "one more Service" count_addresses 13 || fail "one more Service is not seen"
wait_for 10 "its addresses have owners" all_owned || fail "one more Service has no owner"
rm "$work/manifests/one-more.yaml"
wait_for 10 "one Service less" count_addresses 12 || fail "a Service that is gone is still there"
used=$(memory '{}')
jq -e '.taken == 0 and .given == 0' <<<"$used" >/dev/null || fail "memory was moved for a Service: $used"

# What is to be seen is seen: with another node the tables of nodes are others.
memory '{"begin": true}' >/dev/null
cat >"$work/manifests/node-d.yaml" <<-EOF
	apiVersion: v1
	kind: Node
	metadata: { name: node-d }
EOF
counts() { memory '{}' | jq -e '.taken > 0 and .given > 0'; }
wait_for 10 "memory is moved for another node" counts || fail "nothing is seen: $(memory '{}')"
rm "$work/manifests/node-d.yaml"

# A log that nobody reads holds up main alone. The others are drained, so that node-a has all again.
stop_node node-a TERM
mkfifo "$work/full"
exec 3<>"$work/full"
# shellcheck disable=SC2016
under=(sh -c 'log=$0; exec "$@" >"$log" 2>&1' "$work/full")
start_node node-a "${settings[@]}"
under=()
wait_for 20 "all nodes see all others again" all_up || fail "sessions after a restart"
ctl node-b drain >/dev/null
ctl node-c drain >/dev/null
wait_for 20 "node-a owns all again" all_owned node-a || fail "node-a owns: $(owned node-a)"
wait_for 10 "node-a answers again" questions || fail "no answers after a restart"
changed() { ctl node-b -o json l2 | jq '.nodes[] | select(.node == "node-a") | .state, (now - .since_seconds | round)'; }
up_before=$(changed)
for ((i = 0; i < 600; i++)); do
	printf 'apiVersion: v1\nkind: Service\nmetadata: { name: more-%d, namespace: default }\nspec: { type: LoadBalancer, ports: [ { port: 80 } ] }\n---\n' "$i"
done >"$work/manifests/more.yaml"
main_stands() { ! timeout 1 "$build/bellmanctl/bellmanctl" -s "$work/node-a.sock" status; }
wait_for 30 "main waits for its log" main_stands || fail "the log was not full"
for _ in 1 2 3 4 5 6 7 8; do
	questions || fail "no answer while main waits for its log"
done
main_stands || fail "main did not wait for its log all the time"
up_after=$(changed)
# Rounded, it may be a second further.
[ "${up_before%%$'\n'*}" = '"up"' ] && [ "${up_after%%$'\n'*}" = '"up"' ] &&
	[ $((${up_after##*$'\n'} - ${up_before##*$'\n'})) -le 1 ] ||
	fail "node-b lost node-a: $up_before then $up_after"
cat <&3 >/dev/null &
pids+=($!)
wait_for 20 "main goes on" ctl node-a status || fail "main does not go on"
grep -E 'ThreadSanitizer|AddressSanitizer|runtime error' "$work"/*.log && fail "a sanitizer complained"
echo "good"
