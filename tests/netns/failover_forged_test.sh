#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A host on the segment sends frames in the name of speakers. It has no key, and so it moves nothing:
# the owner stays, its client loses nothing, and when the owner dies another one takes over as ever.
# Topology: cluster.sh.
set -u
build=$1
here=$(dirname "$0")
# shellcheck source=tests/netns/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$here/cluster.sh"

make_cluster 2
# shellcheck disable=SC2119 # no settings besides
start_cluster

four=192.0.2.16
six=2001:db8::1:0
owner=$(owner_of $four) || fail "nobody owns $four"
[ "$owner" = "$(owner_of $six)" ] || ctl "$(owner_of $six)" l2 move default/both-000 "$owner" >/dev/null
has_both() { [ "$(owner_of $four)" = "$owner" ] && [ "$(owner_of $six)" = "$owner" ]; }
wait_for 5 "one node owns both" has_both || fail "move"
mapfile -t others < <(printf '%s\n' "${nodes[@]}" | grep -vxF "$owner")

# start_forging SOURCE-HOST NAMED-HOST: to all other nodes, 20 times a second
start_forging() {
	local node targets=()

	for node in "${nodes[@]}"; do
		[ "$node" = "$2" ] || targets+=("$(mac_of "$node")")
	done
	start_in client "$work/forge.log" python3 "$here/forge.py" eth0 "$(mac_of "$1")" "$(mac_of "$2")" \
		"$(
			IFS=,
			echo "${targets[*]}"
		)" "$four,$six" 50
	forger=$!
}

stop_forging() {
	kill "$forger"
	wait "$forger" 2>/dev/null
}

# l2_count NODE NAME, wire_count NODE NAME
l2_count() { ctl "$1" -o json l2 | jq ".counters.$2"; }
wire_count() { ctl "$1" -o json links | jq "[.[].$2] | add"; }
is_more() { [ "$("$1" "$2" "$3")" -gt "$4" ]; }

what="forged frames"
start_client $four $six

# A name in the frame that is not the frame's own: not even looked at.
seen=$(wire_count "$owner" mismatched)
start_forging client "${others[0]}"
wait_for 10 "such frames are counted" is_more wire_count "$owner" mismatched $((seen + 40)) ||
	fail "frames with two MACs are not counted"
stop_forging

# The whole frame is that of another speaker, of either: it is asked, and says no.
for named in "${others[@]}"; do
	seen=$(l2_count "$owner" denied)
	start_forging "$named" "$named"
	wait_for 10 "$named denies it to $owner" is_more l2_count "$owner" denied $((seen + 8)) ||
		fail "nobody asked $named"
	stop_forging
done
has_both || fail "an owner yielded to a forged frame"
stop_client
[ "$(figure changes)" = 0 ] || fail "$what: the MAC changed: $(cat "$work/client.json")"
at_most lost 5 "$what"
[ "$(l2_count "$owner" two_owners)" = 0 ] || fail "$what: two owners were told of"
ctl "$owner" -o json l2 | jq -e '.counters.given_up.order == null' >/dev/null || fail "$what: given up"

what="owner killed"
# The owner dies while one of its heirs is named all the time.
start_client $four $six
start_forging "${others[1]}" "${others[1]}"
wait_for 5 "the forger sends" is_more l2_count "${others[0]}" denied 0 || fail "not asked by an heir"
stop_node "$owner" KILL
taken() { all_owned "${others[@]}"; }
wait_for 5 "another takes over" taken || fail "forged frames stop a take-over"
stop_forging
stop_client
at_most silence_ms 2000 "$what"
echo "good"
