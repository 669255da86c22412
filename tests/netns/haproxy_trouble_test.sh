#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can go wrong around haproxy-gen: answers cut off, sockets gone, a full disk, an edited file that
# is to be left alone, a second writer, HAProxy started or changed by somebody else, a start that fails
# again and again. Each is noticed, said, and put right as soon as it can be. Topology: haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
cfg=$work/lb/haproxy.cfg
same() { in_ns lb python3 "$here/haproxy_same.py" "$cfg" "$work/lb/${1:-admin.sock}"; }
must_be_same() { same "${2:-}" >"$work/differs" || fail "$1: $(cat "$work/differs")"; }
# apply_fails WORDS: and says these
apply_fails() {
	gen lb apply >"$work/said" 2>&1 && fail "apply should fail: $1"
	cat "$work/said" >>"$work/apply.log"
	grep -q -- "$1" "$work/said" || fail "not said: $1: $(cat "$work/said")"
}
take_port() {
	ip netns exec "$run-lb" python3 -c "
import socket, time
s = socket.create_server(('$1', $2))
time.sleep(150)" &
	holder=$!
	pids+=("$holder")
	wait_for 20 "somebody has the port" sh -c "ip netns exec $run-lb ss -Htln | grep -q '$1:$2 '" || fail "port"
}
give_port() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}
# cut FIRST: what stands at the admin socket
cut_answers() {
	mv "$work/lb/admin.sock" "$work/lb/real.sock"
	ip netns exec "$run-lb" python3 "$here/haproxy_cut.py" "$work/lb/admin.sock" "$work/lb/real.sock" "$1" &
	cutter=$!
	pids+=("$cutter")
	wait_for 20 "it stands there" test -S "$work/lb/admin.sock" || fail "cut"
}
# A worker hands its socket on to the next one, so that it is the old one also after a reload.
end_cutting() {
	kill "$cutter"
	wait "$cutter" 2>/dev/null
	mv "$work/lb/real.sock" "$work/lb/admin.sock"
}

node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web 198.51.100.10 80 30080
service ranged 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 10.0.0.0/8 ]"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
must_be_same "at first"

echo "answers that are cut off are no answers: a reload says it all"
for first in 0 40; do
	service ranged 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 10.$first.0.0/16 ]"
	cut_answers "$first"
	gen lb apply >"$work/said" 2>&1 || fail "cut after $first: $(cat "$work/said")"
	end_cutting
	tail -n 1 "$work/said" | grep -qx reload || fail "cut after $first: $(cat "$work/said")"
	must_be_same "cut after $first"
done
apply_says nothing

echo "the admin socket is gone: each change is a reload, and without a change there is none"
mv "$work/lb/admin.sock" "$work/lb/away.sock"
node node-b 192.0.2.2 "unschedulable: true"
apply_says reload
apply_says nothing
must_be_same "without an admin socket" away.sock
node node-b 192.0.2.2
apply_says reload
apply_says nothing
gen lb status | grep -q "does not answer on its admin socket" || fail "$(gen lb status)"
mv "$work/lb/away.sock" "$work/lb/admin.sock"
apply_says nothing
must_be_same "the admin socket is back"

echo "both sockets are gone for a while: what is written then is not taken for what runs"
mv "$work/lb/admin.sock" "$work/lb/away.sock"
mv "$work/lb/master.sock" "$work/lb/away-master.sock"
service new 198.51.100.14 80 30080
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
gen lb status | grep -q "does not answer on its admin socket" || fail "$(gen lb status)"
mv "$work/lb/away.sock" "$work/lb/admin.sock"
mv "$work/lb/away-master.sock" "$work/lb/master.sock"
apply_says reload
must_be_same "the sockets are back"

echo "the master socket is gone: commands are given, and a listener waits"
mv "$work/lb/master.sock" "$work/lb/away-master.sock"
node node-b 192.0.2.2 "unschedulable: true"
gen lb apply 2>>"$work/apply.log" | tail -n 1 | grep -q '^runtime' || fail "commands need no master"
service newer 198.51.100.15 80 30080
apply_fails "master.sock: no reload: No such file or directory"
gen lb status | grep -q '^error ' || fail "$(gen lb status)"
mv "$work/lb/away-master.sock" "$work/lb/master.sock"
apply_says reload
must_be_same "the master socket is back"

echo "a full disk: the old file stays, whole"
cp "$cfg" "$work/before.cfg"
service full 198.51.100.16 80 30080
(
	trap '' XFSZ
	ulimit -f 1
	gen lb apply
) >"$work/said" 2>&1 && fail "a file that can not be written"
grep -q "haproxy.cfg.new can not be written: File too large" "$work/said" || fail "$(cat "$work/said")"
cmp -s "$cfg" "$work/before.cfg" || fail "the file is not the old one"
[ -e "$cfg.new" ] && fail "half a file is left"
apply_says reload
must_be_same "there is room again"

echo "somebody else reloads, changes servers, restarts"
admin lb "set server default.web.80/node-a addr 192.0.2.77 port 7;set server default.web.80/node-c weight 9" >/dev/null
same >/dev/null && fail "nothing was changed"
apply_says "runtime 2"
must_be_same "changed by somebody else"
pid=$(worker lb)
kill -USR2 "$haproxy_lb"
has_new_worker() { [ -n "$(worker lb)" ] && [ "$(worker lb)" != "$pid" ]; }
wait_for 20 "a new worker answers" has_new_worker || fail "no reload by a signal"
apply_says nothing
must_be_same "reloaded by somebody else"

echo "an edited file is left alone where that is wanted"
cp "$work/lb/gen.conf" "$work/gen.conf"
sed -i 's/^output = { /&on_edit = "leave"; /' "$work/lb/gen.conf"
echo "# by hand" >>"$cfg"
cp "$cfg" "$work/before.cfg"
rm "$work/manifests/service-full.yaml"
apply_fails "was edited since it was written; output.on_edit says to leave it"
cmp -s "$cfg" "$work/before.cfg" || fail "an edit is not left alone"
sed -i '/# by hand/d' "$cfg"
apply_says reload
admin lb "set server default.web.80/node-c weight 9" >/dev/null
gen lb apply >"$work/said" 2>&1 || fail "$(cat "$work/said")"
grep -q 'servers of HAProxy are not as the file says.*servers=1 on_edit=leave' "$work/said" || fail "$(cat "$work/said")"
admin lb "get weight default.web.80/node-c" | grep -q '^9 ' || fail "a server is not left alone"
cp "$work/gen.conf" "$work/lb/gen.conf"
apply_says "runtime 1"
must_be_same "repaired"

echo "two writers: one of them does not start"
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
pids+=($!)
runner=$!
wait_for 20 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
apply_fails "another haproxy-gen writes $cfg"
gen lb run >"$work/said" 2>&1 && fail "two of them run"
grep -q "another haproxy-gen writes $cfg" "$work/said" || fail "$(cat "$work/said")"
gen lb render >/dev/null 2>&1 || fail "render writes nothing, and is kept out"

echo "the manifests are gone for a while: that is no order to serve nobody"
cp "$cfg" "$work/before.cfg"
mv "$work/manifests" "$work/manifests.away"
kill -HUP "$runner"
wait_for 20 "it is told" grep -q 'msg="the source is not there: what runs stays"' "$work/run.log" || fail "$(cat "$work/run.log")"
cmp -s "$cfg" "$work/before.cfg" || fail "without manifests the file changed"
ask 198.51.100.10 80 >/dev/null || fail "without manifests nobody is served"
mv "$work/manifests.away" "$work/manifests"
service back 198.51.100.17 80 30080
wait_for 30 "they are read again" ask 198.51.100.17 80 || fail "$(tail "$work/run.log")"
kill -KILL "$runner"
wait "$runner" 2>/dev/null
apply_says nothing

echo "killed while a reload fails: the file that runs is not lost"
cp "$cfg" "$work/before.cfg"
take_port 192.0.2.50 8404
echo 'stats = { listen = "192.0.2.50:8404"; };' >>"$work/lb/gen.conf"
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" apply >>"$work/apply.log" 2>&1 &
writer=$!
is_replaced() { grep -q 8404 "$cfg"; }
wait_for 20 "the new file is there" is_replaced || fail "the file was not replaced"
kill -KILL "$writer"
wait "$writer" 2>/dev/null
# While the master tries in vain it does not answer.
is_refused() { gen lb apply 2>&1 | tee -a "$work/apply.log" | grep -q "HAProxy could not start with the file"; }
wait_for 60 "HAProxy is asked again, and has no way to start" is_refused || fail "$(gen lb status)"
cmp -s "$cfg" "$work/before.cfg" || fail "the file that runs is lost"
must_be_same "after a start that failed"
echo "good"
