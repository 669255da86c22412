#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two routers that reset their session every second for a minute. The one that we dial is left alone
# longer and longer, up to the connectTime of its BGPPeer; the one that dials us is let in each time.
# It costs no descriptor and no memory, and in the end both have all routes.
# Topology: lib.sh, with the routers calm (.250) and eager (.251).
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

# The sanitizers keep freed memory for a while, which would look like a leak.
export ASAN_OPTIONS=quarantine_size_mb=1

make_segment
add_host calm 250
add_host eager 251
# write_router ADDRESS LINE: a BIRD that says LINE about who dials
write_router() {
	cat <<-CONF
		router id $1;
		protocol device {}
		protocol bgp node {
			local $1 as 65000;
			neighbor 192.0.2.1 as 65001;
			direct;
			$2
			connect delay time 0;
			connect retry time 1;
			error wait time 1, 1;
			ipv4 { import all; export none; };
			ipv6 { import all; export none; };
		}
	CONF
}
write_router 192.0.2.250 "passive on;" | start_bird calm
write_router 192.0.2.251 "" | start_bird eager

dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" calm "peerAddress: 192.0.2.250, dualStackAddressFamily: true, connectTime: 8s"
put "$dir/eager.yaml" <<'YAML'
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: eager, namespace: metallb-system, annotations: {bellman.dev/bgp-passive: "true"}}
spec: {myASN: 65001, peerASN: 65000, peerAddress: 192.0.2.251, dualStackAddressFamily: true}
YAML
put_advertisement "$dir" all
services=50
for number in $(seq $services); do
	put_service "$dir" "web$number" "$number"
done
start_bellmand node-a "$dir" 'bgp = { listen = [ "192.0.2.1" ]; };'

# holds ROUTER: it has every route
holds() { bird_say "$1" show route count | grep -q "^$services of $services routes for $services networks in table master4"; }
all_there() { is_established node-a "$1" && holds "$1"; }
for router in calm eager; do
	wait_for 20 "$router has all routes" all_there $router || fail "$router: $(ctl node-a bgp $router)"
done
descriptors() { find "/proc/$pid_node_a/fd" -mindepth 1 2>/dev/null | wc -l; }
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$pid_node_a/status"; }
sessions() { peer_field node-a "$1" .established_count; }
before=$(descriptors)

# One reset a second, whatever the session does meanwhile. Memory is looked at when all ways were gone.
began=$(date +%s)
for i in $(seq 60); do
	bird_say calm restart node >/dev/null
	bird_say eager restart node >/dev/null
	[ "$i" = 20 ] && early=$(resident_kb)
	until [ $(($(date +%s) - began)) -ge "$i" ]; do sleep 0.05; done
done
late=$(resident_kb)
calm_sessions=$(sessions calm)
calm_opens=$(peer_field node-a calm .messages_out.open)
eager_sessions=$(sessions eager)
echo "sessions: calm $calm_sessions by $calm_opens OPENs, eager $eager_sessions; resident $early kB, then $late kB"

# Waits of 0, 0.25, 0.5, 1, 2, 4, 8, 8, ... s make about a dozen sessions in a minute.
[ "$calm_sessions" -ge 6 ] && [ "$calm_sessions" -le 25 ] || fail "no patience: $calm_sessions sessions"
[ "$calm_opens" -le 40 ] || fail "no patience: $calm_opens OPENs"
[ "$eager_sessions" -ge 30 ] || fail "who dials was not let in: $eager_sessions sessions"
[ $((late - early)) -le 2048 ] || fail "memory grew from $early kB to $late kB"

for router in calm eager; do
	wait_for 20 "$router has all routes again" all_there $router || fail "$router: $(ctl node-a bgp $router) $(bird_say $router show route count)"
done
same_descriptors() { [ "$(descriptors)" = "$before" ]; }
wait_for 10 "the descriptors of before" same_descriptors || fail "descriptors: $before, then $(descriptors)"
list() { bird_say "$1" show route | awk '/^198\.51\.100\./ { print $1 }' | sort; }
[ "$(list calm)" = "$(list eager)" ] && [ "$(list calm | wc -l)" = $services ] || fail "the tables differ"
ctl node-a bgp calm | grep -q Established || fail "calm is not Established"
echo "good"
