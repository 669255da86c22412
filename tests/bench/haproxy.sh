#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# haproxy-gen by numbers: from the model to the disk; one moved endpoint and one drained node until
# HAProxy tells of it; connections while 1,000 commands are given, and while HAProxy is reloaded 20
# times, at 1,000 new ones a second. Usage: tests/bench/haproxy.sh BUILD-DIR [SERVICES] (a release
# build), five minutes. Topology: tests/netns/haproxy_lib.sh.
set -u
build=${1:?usage: $0 BUILD-DIR [SERVICES]}
services=${2:-10000}
local=100 # one Service in so many is Local: each server of these has a check of its own
maxconn=2000
bench=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/netns/lib.sh
. "$bench/../netns/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$bench/../netns/haproxy_lib.sh"

echo "from the model to the text, and to the disk"
for shape in "100 3" "1000 3" "10000 3" "1000 100"; do
	# shellcheck disable=SC2086 # two words
	"$build/tests/bench/haproxy_render" $shape
done

# HAProxy wants a file for each listener, two for each connection, and two for each check.
ulimit -n 200000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
most=$((($(ulimit -n) - 2 * maxconn - 200) * 10 / 11))
if [ "$services" -gt "$most" ]; then
	echo "the limit of open files allows $most Services, not $services"
	services=$most
fi
make_segment
add_host node-c 3
mkdir "$work/manifests"
for host in node-a node-b node-c; do
	start_in "$host" "$work/$host.log" "$build/tests/bench/haproxy_load" serve 10256 32000 30080 30081
done
add_lb lb 50
in_ns lb ip route replace local 198.18.0.0/15 dev lo
in_ns client ip route add 198.18.0.0/15 via 192.0.2.50
for host in client lb; do
	in_ns "$host" sysctl -qw net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1
done
tree=("$work/manifests" "$services" 3 192.0.2.1 "$local")
python3 "$bench/haproxy.py" "${tree[@]}"
echo 'reload = { verify_seconds = 0; quiet_ms = 0; };' >>"$work/lb/gen.conf"
sed -i "s/^haproxy = {/haproxy = { maxconn = $maxconn;/" "$work/lb/gen.conf"
gen lb apply >>"$work/apply.log" || fail "apply"
start_haproxy lb
start_in lb "$work/run.log" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run
runner=${pids[-1]}
wait_for 120 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
wait_for 120 "all are up" servers_are up nodes node-1 node-2 node-3 || fail "nodes"

# measure WHAT TIMES [PAUSE]: from the rename of the manifest to the answer of HAProxy
measure() {
	python3 "$bench/haproxy.py" "${tree[@]}" "$work/lb/admin.sock" "$@" || fail "$1"
}
echo "with $services Services, from a file that is renamed until HAProxy tells of it"
said=$(measure endpoint 20) || exit 1
echo "one moved endpoint: $said"
said=$(measure drain 20) || exit 1
echo "one node drained or back: $said"

# load SECONDS: of connections to a Service of either policy
load() {
	ip netns exec "$run-client" "$build/tests/bench/haproxy_load" load 1000 "$1" \
		198.18.0.1:80 198.18.0.2:80 >"$work/load.txt" 2>>"$work/load.log" &
	pids+=($!)
	loading=$!
}
load_is_over() {
	kill "$loading" 2>/dev/null
	wait "$loading"
	echo "connections: $(cat "$work/load.txt" "$work/load.log")"
}
count_of() { gen lb status | sed -n "s/^$1 *//p"; }
# tell COUNT WHAT: as soon as all that was measured is written down, which is behind the answer
tell() {
	local times=${said##*(}

	are_all() { [ $(($(count_of "$1") - before)) -ge "${times%% *}" ]; }
	wait_for 10 "all are written down" are_all "$1"
	echo "$(($(count_of "$1") - before)) $1 for $2, one after the other: $said"
}

load 5
wait "$loading"
load_is_over
before=$(count_of commands)
load 300
said=$(measure endpoint 1000 0) || exit 1
tell commands "endpoints that moved"
load_is_over
before=$(count_of reloads)
load 300
said=$(measure service 20) || exit 1
tell reloads "Services that came"
load_is_over
grep VmHWM "/proc/$runner/status" | sed 's/VmHWM: */peak of haproxy-gen run: /'
