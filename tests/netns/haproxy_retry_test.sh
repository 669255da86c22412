#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A start that fails is not tried again and again: while HAProxy tries nobody new is served. haproxy-gen
# run, and a page of statistics on a port that somebody else has. Topology: haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
node node-a 192.0.2.1
node node-b 192.0.2.2
service web 198.51.100.10 80 30080
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
pid=$(worker lb)
ip netns exec "$run-lb" python3 -c "
import socket, time
s = socket.create_server(('192.0.2.50', 8404))
time.sleep(150)" &
holder=$!
pids+=("$holder")
wait_for 20 "somebody has the port" sh -c "ip netns exec $run-lb ss -Htln | grep -q '192.0.2.50:8404 '" || fail "port"

# reloads: how often HAProxy was told to
reloads() { grep -c 'Reloading HAProxy' "$work/lb-haproxy.log"; }
status_is() { gen lb status -o json | jq -e "$1" >/dev/null; }
{
	echo 'stats = { listen = "192.0.2.50:8404"; };'
	echo 'reload = { quiet_ms = 20; max_delay_ms = 100; verify_seconds = 1; };'
} >>"$work/lb/gen.conf"
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
runner=$!
pids+=("$runner")
wait_for 60 "the reload fails" grep -q 'msg="not applied"' "$work/run.log" || fail "run"
[ "$(reloads)" -eq 1 ] || fail "$(reloads) reloads"
grep -q 8404 "$work/lb/haproxy.cfg" && fail "the file that runs is not back"

echo "changes come in by commands, and none of them tries the reload again"
for round in 1 2 3; do
	node node-b 192.0.2.2 "unschedulable: true"
	wait_for 20 "node-b is drained" servers_are maint default.web.80 node-b || fail "drain $round"
	node node-b 192.0.2.2
	wait_for 20 "node-b is back" servers_are up default.web.80 node-b || fail "back $round"
done
[ "$(reloads)" -eq 1 ] || fail "$(reloads) reloads for one thing that fails"
[ "$(worker lb)" = "$pid" ] || fail "another worker"
status_is '.error | contains("could not start with the file")' || fail "$(gen lb status)"
[ "$(grep -c 'msg="not applied"' "$work/run.log")" -eq 1 ] || fail "the same error is told again and again"
ask 198.51.100.10 80 >/dev/null || fail "no service"

echo "another listener is worth a try"
service more 198.51.100.11 80 30080
wait_for 60 "it is tried" sh -c "[ \$(grep -c 'Reloading HAProxy' '$work/lb-haproxy.log') -ge 2 ]" || fail "no try"

echo "the port is free, and somebody says so"
kill "$holder"
wait "$holder" 2>/dev/null
is_served() { [ "$(in_ns client curl -s -m 5 -o /dev/null -w '%{http_code}' http://192.0.2.50:8404/)" = 200 ]; }
# While the master tries in vain it listens to nobody.
is_asked_again() { kill -HUP "$runner" && sleep 0.2 && is_served; }
wait_for 60 "it serves the page" is_asked_again || fail "$(gen lb status)"
wait_for 60 "and the new listener" ask 198.51.100.11 80 || fail "$(gen lb status)"
wait_for 20 "no error is left" status_is '.error == null' || fail "$(gen lb status)"
grep -q 'msg="applied again"' "$work/run.log" || fail "not told"
echo "good"
