#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bellmanctl capture on a live link tells who announces an address, and ends when it is told to.
#
#   client (captures) --- switch --- node-a (announces)
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

make_segment
# Without in_ns: the process in the background is then bellmanctl itself.
ip netns exec "$run-client" "$build/bellmanctl/bellmanctl" -o json capture eth0 \
	>"$work/records" 2>"$work/errors" &
capture=$!
pids+=("$capture")

is_told() {
	in_ns node-a arping -c 1 -W 0.1 -U -S 192.0.2.1 -I eth0 192.0.2.1
	jq -e --arg mac "$(in_ns node-a cat /sys/class/net/eth0/address)" \
		'select(.protocol == "arp" and .event == "announce" and .address == "192.0.2.1" and
		.mac == $mac and .from == $mac)' "$work/records"
}
wait_for 20 "the announcement is told" is_told || fail "$(cat "$work/errors")"

# With nothing more on the link it still hears a signal.
kill -TERM "$capture"
wait_for 10 "the capture ends" has_ended "$capture" || fail "it does not end"
wait "$capture" || fail "it ended with status $?: $(cat "$work/errors")"
in_ns client "$build/bellmanctl/bellmanctl" capture no-such-link 2>"$work/errors"
[ $? -eq 2 ] || fail "a link that is not there is no usage error"
grep -q no-such-link "$work/errors" || fail "the link is not named: $(cat "$work/errors")"
