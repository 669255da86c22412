#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# haproxy-gen run while clients connect all the time: nodes come, go, drain and move, endpoints move,
# Services come in bursts, and of 10,000 connections none fails. Topology: haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

connections=${CONNECTIONS:-10000}
make_cluster
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web 198.51.100.10 80 30080
service local 198.51.100.11 80 30081 "externalTrafficPolicy: Local, healthCheckNodePort: 32000"
endpoints local node-a node-b
echo 'reload = { quiet_ms = 300; max_delay_ms = 3000; verify_seconds = 1; };' >>"$work/lb/gen.conf"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
pids+=($!)
runner=$!
reloads() { gen lb status -o json | jq .reloads; }
is_pid_of_worker() { [ "$(worker lb)" = "$1" ]; }
wait_for 10 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
wait_for 15 "all are up" servers_are up default.web.80 node-a node-b node-c || fail "web"
wait_for 15 "all are up" servers_are up default.local.80 node-a node-b || fail "local"
gen lb apply 2>&1 | grep -q "another haproxy-gen writes" || fail "two writers"

in_ns client python3 "$here/haproxy_load.py" 400 "$connections" "$work/load.txt" \
	198.51.100.10:80 198.51.100.11:80 >>"$work/load.log" 2>&1 &
pids+=($!)
load=$!
load_is_over() { ! kill -0 "$load" 2>/dev/null; }
pid=$(worker lb)
for round in 1 2; do
	echo "round $round: drain, come back, come, move, go, endpoints"
	node node-b 192.0.2.2 "unschedulable: true"
	wait_for 10 "node-b is drained" servers_are maint default.web.80 node-b || fail "drain"
	node node-b 192.0.2.2
	wait_for 15 "node-b is back" servers_are up default.web.80 node-b || fail "back"
	node node-d 192.0.2.4
	wait_for 15 "node-d is there" servers_are up default.web.80 node-d || fail "come"
	endpoints local node-b node-c node-c
	wait_for 15 "endpoints moved" servers_are up default.local.80 node-c || fail "endpoints"
	ip -n "$run-node-a" addr add "192.0.2.10$round/24" dev eth0
	node node-a "192.0.2.10$round"
	wait_for 15 "node-a moved" sh -c \
		"grep -q 'server node-a 192.0.2.10$round:30080' '$work/lb/haproxy.cfg'" || fail "move"
	wait_for 15 "node-a is up" servers_are up default.web.80 node-a || fail "move"
	rm "$work/manifests/node-d.yaml"
	wait_for 15 "node-d is gone" servers_are gone default.web.80 node-d || fail "go"
	endpoints local node-a node-b
	wait_for 15 "endpoints are back" servers_are up default.local.80 node-a || fail "endpoints"
done
is_pid_of_worker "$pid" || fail "there was a reload, and none was due"

echo "a burst of Services is one reload"
for i in 1 2 3 4 5 6 7 8; do service "burst$i" "198.51.100.10$i" 80 30080; done
wait_for 20 "the last of them serves" ask 198.51.100.108 80 || fail "burst"
wait_for 10 "the first of them serves" ask 198.51.100.101 80 || fail "burst"
[ "$(reloads)" -le 2 ] || fail "$(reloads) reloads for one burst"
rm "$work"/manifests/service-burst*
wait_for 20 "they are gone" sh -c "! grep -q burst '$work/lb/haproxy.cfg'" || fail "burst"

echo "edited by hand, and reloaded by hand"
echo "# by hand" >>"$work/lb/haproxy.cfg"
wait_for 20 "the edit is gone" sh -c "! grep -q 'by hand' '$work/lb/haproxy.cfg'" || fail "edit"
echo "a server that somebody disabled is put right"
wait_for 15 "all are up" servers_are up default.web.80 node-a node-b node-c || fail "web"
admin lb "set server default.web.80/node-a state maint" >/dev/null
wait_for 20 "node-a is ready again" servers_are up default.web.80 node-a || fail "drift"

echo "a bad manifest changes nothing"
before=$(sha256sum <"$work/lb/haproxy.cfg")
echo "kind: [" >"$work/manifests/node-b.yaml"
wait_for 150 "the load is over" load_is_over || fail "load"
[ "$(sha256sum <"$work/lb/haproxy.cfg")" = "$before" ] || fail "a bad file had an effect"
tail -n 1 "$work/load.txt"
tail -n 1 "$work/load.txt" | grep -q "^failed 0 of $connections," || fail "$(grep '!' "$work/load.txt" | head)"

echo "a listener that can not be had keeps out nobody else, and comes when it can be had"
ip netns exec "$run-lb" python3 -c "
import socket, time
s = socket.create_server(('198.51.100.30', 80))
time.sleep(150)" &
pids+=($!)
holder=$!
wait_for 20 "somebody has the port" sh -c "ip netns exec $run-lb ss -Htln | grep -q 198.51.100.30" || fail "port"
failed() { grep -c 'msg="not applied"' "$work/run.log"; }
is_left_out() {
	gen lb status | grep -q "Service default/taken port 80: cannot_bind: .*198.51.100.30 port 80: Address already in use"
}
before=$(failed)
service taken 198.51.100.30 80 30080
wait_for 40 "it is left out" is_left_out || fail "$(gen lb status)"
service other 198.51.100.31 80 30080
wait_for 40 "another new one serves" ask 198.51.100.31 80 || fail "$(gen lb status)"
is_left_out || fail "$(gen lb status)"
[ "$(failed)" -eq "$before" ] || fail "a reload failed: $(gen lb status)"
pid=$(worker lb)
node node-c 192.0.2.3 "unschedulable: true"
wait_for 20 "node-c is drained" servers_are maint default.web.80 node-c || fail "drain"
node node-c 192.0.2.3
wait_for 20 "node-c is back" servers_are up default.web.80 node-c || fail "back"
is_pid_of_worker "$pid" || fail "there was a reload, and none was due"
kill "$holder"
wait_for 40 "it serves" ask 198.51.100.30 80 || fail "$(gen lb status)"
is_left_out && fail "$(gen lb status)"
rm "$work/manifests/service-taken.yaml" "$work/manifests/service-other.yaml"
# The file is there before the reload is over.
are_gone() {
	! grep -qE "taken|other" "$work/lb/haproxy.cfg" && [ "$(gen lb status -o json | jq -r .did)" = reload ]
}
wait_for 20 "they are gone" are_gone || fail "$(gen lb status)"
gen lb status >/dev/null || fail "$(gen lb status)"

echo "HAProxy goes and comes"
kill "$haproxy_lb"
wait "$haproxy_lb" 2>/dev/null
node node-c 192.0.2.3 "unschedulable: true"
wait_for 20 "written" grep -q 'did=written' "$work/run.log" || fail "written"
start_haproxy lb
wait_for 15 "all is as it shall be" servers_are maint default.web.80 node-c || fail "restart"
kill "$runner"
wait "$runner" || fail "run ended with $?"

echo "killed between a command and the file: the next start puts right what nobody wants any more"
sed -i 's/verify_seconds = 1/verify_seconds = 0/' "$work/lb/gen.conf"
weight_is() { [ "$(admin lb "get weight default.local.80/node-a" | cut -d ' ' -f 1)" = "$1" ]; }
start_run() {
	ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
	pids+=($!)
	runner=$!
}
is_told() { gen lb status | grep -q "haproxy.cfg.new can not be written"; }
before=$(sha256sum <"$work/lb/haproxy.cfg")
mkdir "$work/lb/haproxy.cfg.new" # where the new file would be
start_run
endpoints local node-a node-a node-b
wait_for 20 "HAProxy has the command" weight_is 2 || fail "weight"
wait_for 20 "the file can not be written" is_told || fail "$(gen lb status)"
kill -KILL "$runner"
wait "$runner" 2>/dev/null
[ "$(sha256sum <"$work/lb/haproxy.cfg")" = "$before" ] || fail "the file was written"
endpoints local node-a node-b
rmdir "$work/lb/haproxy.cfg.new"
start_run
wait_for 20 "the weight is as the file says" weight_is 1 || fail "weight"
kill "$runner"
wait "$runner" || fail "run ended with $?"
echo "good"
