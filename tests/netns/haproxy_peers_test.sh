#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two machines with HAProxy in front of the same nodes: a client that is stuck to a node at one of
# them is at the other, also after a reload there. Topology: haproxy_lib.sh, with a second lb (.51).
set -u
# shellcheck disable=SC2034 # the libraries use it
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
add_lb lb2 51
members='"lb 192.0.2.50:10024", "lb2 192.0.2.51:10024"'
for host in lb lb2; do
	echo "affinity = { local = \"$host\"; members = [ $members ]; };" >>"$work/$host/gen.conf"
done
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service sticky 198.51.100.12 80 30082 "sessionAffinity: ClientIP"
for host in lb lb2; do
	gen "$host" apply >>"$work/apply.log" 2>&1 || fail "apply on $host"
	start_haproxy "$host"
done
peers_are_up() { [ "$(admin lb "show peers" | grep -c 'status=ESTA')" -ge 1 ]; }
wait_for 30 "the peers are connected" peers_are_up || fail "$(admin lb "show peers")"
wait_for 15 "the servers are up" servers_are up default.sticky.80 node-a node-b node-c || fail "nodes"

# Twenty clients by lb; the table of both then has the same servers for the same clients.
clients=()
for i in $(seq 100 119); do
	clients+=("192.0.2.$i")
	ip -n "$run-client" addr add "192.0.2.$i/24" dev eth0
done
ask_from 198.51.100.12 80 "${clients[@]}" >"$work/by-lb" || fail "clients are not served"
[ "$(sort -u "$work/by-lb" | wc -l)" -eq 3 ] || fail "clients are not spread: $(sort "$work/by-lb" | uniq -c)"
entries() { admin "$1" "show table default.sticky.80" | grep -c '^0x'; }
has_all() { [ "$(entries "$1")" -ge 20 ]; }
wait_for 20 "the table is there too" has_all lb2 || fail "$(admin lb2 "show table default.sticky.80")"

echo "the other machine takes over"
in_ns client ip route replace 198.51.100.0/24 via 192.0.2.51
ask_from 198.51.100.12 80 "${clients[@]}" >"$work/by-lb2" || fail "clients are not served"
cmp -s "$work/by-lb" "$work/by-lb2" || fail "clients moved: $(paste "$work/by-lb" "$work/by-lb2")"

echo "and is reloaded, with another node before the others"
node node-0 192.0.2.4
service more 198.51.100.20 80 30080
gen lb2 apply 2>>"$work/apply.log" | tail -n 1 | grep -qx reload || fail "no reload"
wait_for 20 "the table is there again" has_all lb2 || fail "the table is lost"
ask_from 198.51.100.12 80 "${clients[@]}" >"$work/by-lb2" || fail "clients are not served"
cmp -s "$work/by-lb" "$work/by-lb2" || fail "clients moved: $(paste "$work/by-lb" "$work/by-lb2")"
echo "good"
