#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes, one Service of both families: one node answers, with its own MAC, for the addresses
# that are announced and for nothing else. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
cp -r "$root/conf/examples/manifests" "$work/manifests"
start_bellmand node-a "$work/manifests"
start_bellmand node-b "$work/manifests"

owner=$(ctl node-a -o json services | jq -r '.[0].addresses[0].owner')
case $owner in node-a) other=node-b ;; node-b) other=node-a ;; *) fail "nobody owns: $owner" ;; esac
[ "$(ctl node-b -o json services | jq -r '.[0].addresses[0].owner')" = "$owner" ] ||
	fail "the nodes do not agree on the owner"

answers() { [ "$(who_has "$1")" = "$2" ]; }
answers6() { [ "$(who_has6 "$1")" = "$2" ]; }
mac=$(mac_of "$owner")
wait_for 5 "the owner answers ARP" answers 192.0.2.240 "$mac" || fail "ARP"
wait_for 5 "the owner answers NS" answers6 2001:db8::240 "$mac" || fail "NDP"
[ -z "$(who_has 192.0.2.241)" ] || fail "somebody answers for an address that nobody has"
in_ns client arping -c 1 -W 0.5 -0 -I eth0 192.0.2.240 >/dev/null || fail "a probe (sender 0.0.0.0) was not answered"
ctl "$other" explain default/loadbalancer-service | grep -q not_elected || fail "explain on $other"
ctl "$owner" explain default/loadbalancer-service | grep -q 'announced here' || fail "explain on $owner"

# A new Service is answered for as soon as its file is there; nothing else is read or moved.
sed -e 's/loadbalancer-service/second/; s/10.96.0.11/10.96.0.12/; s/::11/::12/' \
	"$work/manifests/webui.yaml" | awk 'BEGIN { RS = "---\n"; ORS = "" } /name: second/' \
	>"$work/manifests/.second.tmp"
mv "$work/manifests/.second.tmp" "$work/manifests/second.yaml"
has_second() { [ -n "$(who_has 192.0.2.241)" ]; }
wait_for 5 "the second Service is answered for" has_second || fail "second Service"
answers 192.0.2.240 "$mac" || fail "the first Service moved"

# A bad edit changes nothing and is told.
cp "$work/manifests/cluster.yaml" "$work/good"
sed -i 's/192.0.2.240-192.0.2.250/192.0.2.250-192.0.2.240/' "$work/manifests/cluster.yaml"
told() { [ "$(ctl "$owner" -o json config | jq .errors)" -gt 0 ]; }
wait_for 5 "the error is told" told || fail "bad edit not told"
answers 192.0.2.240 "$mac" || fail "a bad edit took the address away"
cp "$work/good" "$work/manifests/cluster.yaml"

# Without ready endpoints nobody answers; with them again the owner does.
sed -i 's/status: "True"/status: "False"/' "$work/manifests/webui.yaml"
silent() { [ -z "$(who_has 192.0.2.240)" ]; }
wait_for 5 "no endpoints, no answer" silent || fail "answers without endpoints"
ctl "$owner" explain default/loadbalancer-service | grep -q no_endpoints || fail "no_endpoints not explained"
sed -i 's/status: "False"/status: "True"/' "$work/manifests/webui.yaml"
wait_for 5 "endpoints are back" answers 192.0.2.240 "$mac" || fail "endpoints back"

# A MAC that changes under way is used at once, and the client is told.
ip -n "$run-$owner" link set eth0 address 02:00:00:00:00:77
wait_for 5 "the new MAC answers" answers 192.0.2.240 02:00:00:00:00:77 || fail "MAC change"

kill -TERM "$(eval echo "\$pid_${owner//-/_}")"
wait_for 5 "it is silent after SIGTERM" silent || fail "answers after SIGTERM"
echo "good"
