#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# New settings while the agent runs, by signal and by command: good ones are put in force, bad ones
# change nothing and are told with file and line. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
start_bellmand node-a "$root/conf/examples/manifests" 'metrics = { listen = ""; };'
conf=$work/node-a.conf
cp "$conf" "$work/good.conf"
serves() { [ "$(ctl node-a -o json status | jq .links)" -eq "$1" ]; }
wait_for 5 "eth0 serves" serves 1 || fail "no link serves at the start"

# Good: eth0 is excluded, so nothing serves any more.
sed 's/"^lo\$"/"^lo$", "^eth0$"/' "$work/good.conf" >"$conf"
kill -HUP "$pid_node_a"
wait_for 5 "eth0 is excluded after SIGHUP" serves 0 || fail "SIGHUP did not reload"
cp "$work/good.conf" "$conf"
ctl node-a reload >"$work/said" || fail "reload: $(cat "$work/said")"
wait_for 5 "eth0 serves again" serves 1 || fail "the command did not reload"

# Bad: nothing changes, and both ways tell where it is wrong.
{ sed 's/"^lo\$"/"^lo$", "^eth0$"/' "$work/good.conf"; echo 'announce = { refresh_seconds = -1; };'; } >"$conf"
line=$(wc -l <"$conf")
if ctl node-a reload >"$work/said" 2>&1; then fail "bad settings were taken"; fi
grep -q "$conf:$line: announce.refresh_seconds: is out of range" "$work/said" ||
	fail "not told where: $(cat "$work/said")"
kill -HUP "$pid_node_a"
told() { [ "$(grep -c "the old ones stay in force" "$work/node-a.log")" -eq 2 ]; }
wait_for 5 "the log tells of both" told || fail "the log says nothing"
grep -q "$conf:$line: announce.refresh_seconds" "$work/node-a.log" || fail "the log says not where"
serves 1 || fail "a part of the bad settings is in force"

# Gone: the same.
rm "$conf"
if ctl node-a reload >"$work/said" 2>&1; then fail "a missing file was taken"; fi
grep -q "can not be read" "$work/said" || fail "not told why: $(cat "$work/said")"
serves 1 || fail "the agent does not serve without its file"

# The check of a file before it is used.
"$build/speaker/bellmand" --check "$work/good.conf" >/dev/null || fail "good settings are refused"
echo 'nod = "a";' >"$work/bad.conf"
if "$build/speaker/bellmand" --check "$work/bad.conf" 2>"$work/said"; then fail "bad settings pass"; fi
grep -q 'bad.conf:1: .*nod: there is no such key; did you mean node?' "$work/said" ||
	fail "--check: $(cat "$work/said")"

# A word too many behind a command of two words: how it is used is said.
ctl node-a bgp received router 2>"$work/said"
[ $? -eq 2 ] || fail "a word too many is no usage error"
grep -q '^usage: bellmanctl bgp received' "$work/said" || fail "not told how: $(cat "$work/said")"

# A mistyped command: the one that was meant is said.
ctl node-a bgp refersh router 2>"$work/said"
[ $? -eq 2 ] || fail "a command that is not there is no usage error"
grep -q "there is no command 'bgp refersh'; did you mean 'bgp refresh'?" "$work/said" ||
	fail "not told which: $(cat "$work/said")"

# Nobody there: what to do is said.
kill "$pid_node_a"
wait "$pid_node_a" 2>/dev/null
ctl node-a status 2>"$work/said"
[ $? -eq 3 ] || fail "the exit status does not say that nobody is there"
grep -q "is bellmand running" "$work/said" || fail "not helpful: $(cat "$work/said")"
echo "good"
