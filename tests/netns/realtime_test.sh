#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The wire thread has a real-time priority and the process locked memory where that is allowed; where
# not, the log says so and what to do, and it answers all the same. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

# A sanitizer makes mlockall() a function that does nothing.
is_sanitized=
ldd "$build/speaker/bellmand" | grep -qE 'lib[at]san' && is_sanitized=yes

status_of() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid_node_a/status"; }
wire_thread() { grep -l "^Name:.wire$" /proc/"$pid_node_a"/task/*/status | cut -d / -f 5; }
answers() { [ "$(who_has 192.0.2.240)" = "$(mac_of node-a)" ]; }
start_node_a() {
	: >"$work/node-a.log"
	start_bellmand node-a "$work/manifests"
	wait_for 10 "node-a answers" answers || fail "no answer"
}
stop_node_a() {
	kill "$pid_node_a"
	wait "$pid_node_a" 2>/dev/null
}

make_segment
mkdir "$work/manifests"
cp "$root/conf/examples/manifests/webui.yaml" "$work/manifests"
awk 'BEGIN { RS = ORS = "---\n" } !/name: node-b/' "$root/conf/examples/manifests/cluster.yaml" \
	>"$work/manifests/cluster.yaml"

# Nothing is allowed.
under=(setpriv "--bounding-set=-ipc_lock,-sys_nice,-sys_resource")
ulimit -S -l 64
start_node_a
grep -q 'level=warn.*wire thread has no real-time priority.*CAP_SYS_NICE' "$work/node-a.log" || fail "a missing priority is not told"
grep -q 'memory is not locked.*LimitMEMLOCK=infinity' "$work/node-a.log" || fail "memory that is not locked is not told"
chrt -p "$(wire_thread)" | grep -q SCHED_OTHER || fail "$(chrt -p "$(wire_thread)")"
[ "$(status_of VmLck)" -eq 0 ] || fail "memory is locked: $(status_of VmLck) kB"
plain=$(status_of VmRSS)
stop_node_a

# check_locked WHAT: the memory of what runs is locked, and only what is used is there
check_locked() {
	grep -q 'memory is not locked' "$work/node-a.log" && fail "$1: memory is not locked"
	[ -n "$is_sanitized" ] && return
	[ "$(status_of VmLck)" -gt 1000 ] || fail "$1: only $(status_of VmLck) kB are locked"
	[ "$(status_of VmRSS)" -lt $((plain * 3 / 2)) ] || fail "$1: $(status_of VmRSS) kB in place of $plain"
	# It goes on taking memory: more Services, and a larger answer.
	for ((i = 0; i < 300; i++)); do
		printf 'apiVersion: v1\nkind: Service\nmetadata: { name: more-%d, namespace: default }\nspec: { type: LoadBalancer, ports: [ { port: 80 } ] }\n---\n' "$i"
	done >"$work/manifests/more.yaml"
	wait_for 10 "300 more Services" more || fail "$1: more Services are not taken"
	rm "$work/manifests/more.yaml"
}
more() { [ "$(ctl node-a -o json services | jq length)" -ge 300 ]; }

# Priority and memory, each if this shell may itself.
under=()
if chrt -f 10 true 2>/dev/null; then
	start_node_a
	chrt -p "$(wire_thread)" | grep -q SCHED_FIFO || fail "$(chrt -p "$(wire_thread)")"
	chrt -p "$(wire_thread)" | grep -q 'priority: 10' || fail "$(chrt -p "$(wire_thread)")"
	chrt -p "$pid_node_a" | grep -q SCHED_OTHER || fail "main: $(chrt -p "$pid_node_a")"
	grep -q 'wire thread has no real-time priority' "$work/node-a.log" && fail "a priority that is there is missed"
	stop_node_a
fi
if may 14; then # CAP_IPC_LOCK
	under=(setpriv "--bounding-set=-sys_resource")
	start_node_a
	check_locked "by CAP_IPC_LOCK"
	stop_node_a
fi
if prlimit --memlock=unlimited true 2>/dev/null; then
	under=(prlimit --memlock=unlimited setpriv "--bounding-set=-sys_resource,-ipc_lock")
	start_node_a
	check_locked "by the limit"
	stop_node_a
fi
grep -E 'ThreadSanitizer|AddressSanitizer' "$work/node-a.log" && fail "a sanitizer complained"
echo "good"
