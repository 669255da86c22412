#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An owner is drained while the only heir is stopped, so that "please take these" waits in the heir's
# socket. Nobody takes them: the owner keeps them. When the heir wakes up, it must not take what it was
# asked to in the past. Topology: cluster.sh, of which two nodes run.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"


make_addresses 4
# The heir is to be believed alive for longer than the owner asks it: 20 times 100 ms.
liveness="multiplier = 20;"
# shellcheck disable=SC2119 # no settings besides
start_cluster
owner=$(owner_of "$first")
mapfile -t left < <(others "$owner")
heir=${left[0]}
stop_node "${left[1]}" TERM
wait_for 20 "two nodes are left" agreed 1 "$owner" "$heir" || fail "two nodes"
owned_before=$(owned "$owner")

waiting() { [ "$(in_ns "$heir" ss -Huan "sport = :7473" | awk '{ n += $2 } END { print n + 0 }')" -gt 0 ]; }
keeps() {
	ctl "$owner" -o json l2 >"$work/$owner.l2" &&
		jq -e '.alone and all(.addresses[]; .state == "owner")' "$work/$owner.l2"
}

begin "a heir that slept through a drain" 2000 300
kill -STOP "$(pid_of "$heir")"
ctl "$owner" drain >/dev/null || fail "drain"
wait_for 5 "the owner asks the heir" waiting || fail "nothing waits in the heir's socket"
wait_for 20 "the owner is alone and keeps all" keeps || fail "$what: $(ctl "$owner" l2)"
ctl "$owner" undrain >/dev/null || fail "undrain"
forget
kill -CONT "$(pid_of "$heir")"
wait_for 20 "both see each other" agreed 1 "$owner" "$heir" || fail "$what: sessions"
[ "$(owned "$owner")" = "$owned_before" ] || fail "$what: the owner lost something"
finish
woke_quietly "$heir" 0
! waiting || fail "$what: it does not read its messages"
echo "good"
