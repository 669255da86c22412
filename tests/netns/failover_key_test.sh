#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The key of the cluster is replaced by a wrong one on the owner alone. The others tell of it, all of
# them hear that the owner goes on answering, and exactly one node answers for each address all the
# same. With the right key again nothing is left of it. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"


make_addresses 2
# shellcheck disable=SC2119 # no settings besides
start_cluster
owner=$(owner_of "$first")
mapfile -t left < <(others "$owner")

# use_key KEY NODE: which reads it again; the others go on with theirs
use_key() {
	cp "$work/key" "$work/key.good"
	echo "$1" >"$work/key"
	kill -HUP "$(pid_of "$2")"
	wait_for 10 "$2 has read the key" "$3" || fail "$what: key"
	mv "$work/key.good" "$work/key"
}
refused() { [ "$(ctl "${left[0]}" -o json l2 | jq .counters.messages_refused)" -gt 3 ]; }
alone() { sees "$owner" 0; }

begin "another key on $owner" 2000 5000
use_key "no secret of this cluster" "$owner" alone
# The owner goes on; each of the others claims what it has, hears it answer and announce, and one yields.
wait_for 10 "its messages are refused" refused || fail "$what: no messages refused"
grep -q 'a message of another speaker is refused' "$work/${left[0]}.log" || fail "$what: not told"
sleep 20
forget
sleep 10
finish
at_most two_owners_ms 8000 "$what" # the client saw the beginning too
watched_at_most two_owners_ms 300
watched_at_most changes ${#all[@]}
watched_at_most rounds_per_s 100

begin "the right key again" 2000 500
kill -HUP "$(pid_of "$owner")"
settled
finish
echo "good"
