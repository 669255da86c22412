#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# RFC 5227: an address that a living host has is found before its first use and not announced; a
# foreign claim on an announced address is seen, told and defended. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
mkdir "$work/manifests"
cp "$root/conf/examples/manifests/webui.yaml" "$work/manifests"
awk 'BEGIN { RS = ORS = "---\n" } !/name: node-b/' "$root/conf/examples/manifests/cluster.yaml" |
	sed '/2001:db8::240/d' >"$work/manifests/cluster.yaml"

# The client has the first address of the pool itself.
ip -n "$run-client" addr add 192.0.2.240/24 dev eth0
start_bellmand node-a "$work/manifests"
refused() {
	ctl node-a -o json announcements | jq -e '.[] | select(.ip == "192.0.2.240" and .state == "refused")'
}
wait_for 5 "the living host is found" refused || fail "an address in use was announced"
ctl node-a announcements | grep -q "$(mac_of client)" || fail "the other host's MAC is not shown"
[ "$(in_ns node-b arping -c 1 -W 0.3 -r -I eth0 192.0.2.240 | sort -u)" = "$(mac_of client)" ] ||
	fail "node-a answers for it nevertheless"

# The host gives it up: it is asked for again and announced.
ip -n "$run-client" addr del 192.0.2.240/24 dev eth0
announced() { [ "$(who_has 192.0.2.240)" = "$(mac_of node-a)" ]; }
wait_for 15 "it is announced when it is free" announced || fail "never announced"

# Somebody claims it by gratuitous ARP: told with his MAC, and answered by an announcement.
start_in node-b "$work/arp.log" tcpdump -l -n -i eth0 arp
wait_for 5 "tcpdump listens" grep -q 'listening on' "$work/arp.log" || fail "tcpdump"
in_ns client arping -c 1 -W 0.1 -U -S 192.0.2.240 -I eth0 192.0.2.240 >/dev/null
contested() { ctl node-a -o json announcements | jq -e '.[] | select(.conflicts > 0 and .contested)'; }
wait_for 5 "the claim is seen" contested || fail "a foreign claim was not seen"
defended() { grep -c "Reply 192.0.2.240 is-at $(mac_of node-a)" "$work/arp.log"; }
wait_for 5 "it is defended" defended || fail "not defended"
echo "good"
