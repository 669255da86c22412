#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two speakers on a link without numbers, by their router advertisements: one of them only listens,
# and both have a password. So the key of the one that listens is for an address that it finds. Who
# has another key, or none, never gets a session. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

make_segment

# speak HOST NAME KEY=VALUE...: a speaker whose lines go to NAME.log
speak() {
	local host=$1 name=$2

	shift 2
	ip netns exec "$run-$host" "$build/tests/tools/bgp_peer" "$@" >"$work/$name.log" 2>&1 &
	pids+=($!)
	eval "pid_$name=$!"
}
said() { grep -qF -- "$2" "$work/$1.log"; }

speak node-a listener id=10.0.0.1 as=65001 interface=eth0 peer_as=external exthop=1 \
	passive=1 listen=:: password=secret routes=3
speak node-b unsigned id=10.0.0.2 as=65002 interface=eth0 peer_as=external exthop=1 routes=2
found() { said listener "router found" && said unsigned "router found"; }
wait_for 30 "they find each other" found || fail "not found: $(cat "$work/listener.log")"
wait_for 20 "the dial without a key comes to nothing" said unsigned "failed" || fail "unsigned"
said listener "up " && fail "a session without a signature"
said unsigned "up " && fail "a session without a signature"
kill -TERM "$pid_unsigned"
wait "$pid_unsigned"

speak node-b signed id=10.0.0.2 as=65002 interface=eth0 peer_as=external exthop=1 routes=2 password=secret
wait_for 40 "the signed session" said signed "up " || fail "signed: $(cat "$work/signed.log" "$work/listener.log")"
wait_for 10 "its routes" said signed "received 3" || fail "routes: $(cat "$work/signed.log")"
wait_for 10 "and ours" said listener "received 2" || fail "routes: $(cat "$work/listener.log")"
echo "good"
