#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A router that stops to read (its process is stopped, its kernel goes on): the other router hears of
# every change, what waits for the one that is stuck is bounded, and when it reads again it has the latest
# state. One that says nothing for its hold time loses its session. Topology: lib.sh, with the routers
# stuck (.250) and other (.251).
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

# The sanitizers keep freed memory for a while, which would look like a queue.
export ASAN_OPTIONS=quarantine_size_mb=1
services=1000

make_segment
add_host stuck 250
add_host other 251
# The kernels shall not have room for all that is said while nobody reads.
in_ns node-a sysctl -qw net.ipv4.tcp_wmem="4096 8192 8192"
in_ns stuck sysctl -qw net.ipv4.tcp_rmem="4096 8192 8192"
for router in stuck:250 other:251; do
	start_bird "${router%:*}" <<-CONF
		router id 192.0.2.${router#*:};
		protocol device {}
		protocol bgp node {
			local 192.0.2.${router#*:} as 65000;
			neighbor 192.0.2.1 as 65001;
			direct;
			passive on;
			error wait time 1, 1;
			hold time 600;
			ipv4 { import all; export none; };
		}
	CONF
done
pid_stuck=$(ip netns pids "$run-stuck" | head -n 1)

dir=$work/manifests
write_cluster "$dir"
sed -i 's|198.51.100.0/24|198.18.0.0/16|' "$dir/cluster.yaml"
put_peer "$dir" stuck "peerAddress: 192.0.2.250, holdTime: 600s"
put_peer "$dir" other "peerAddress: 192.0.2.251"
# announce COMMUNITY: everything, with it
announce() { put_advertisement "$dir" all "communities: [\"65001:$1\"]"; }
announce 0
for n in $(seq $services); do
	echo "---"
	echo "{apiVersion: v1, kind: Service, metadata: {name: s$n, annotations: {metallb.io/loadBalancerIPs: 198.18.$((n / 250)).$((n % 250))}}, spec: {type: LoadBalancer, clusterIP: 10.96.$((n / 250)).$((n % 250)), ports: [{port: 80}]}}"
	echo "---"
	echo "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s$n-1, labels: {kubernetes.io/service-name: s$n}}, addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.0.0.1], nodeName: node-a}]}"
done | put "$dir/services.yaml"
start_bellmand node-a "$dir"

# have ROUTER COMMUNITY: it has every route, with the community
have() { [ "$(bird_say "$1" show route where "(65001,$2) ~ bgp_community" count | awk '/in table master4/ { print $1 }')" = $services ]; }
for router in stuck other; do
	wait_for 40 "$router has all routes" have $router 0 || fail "$router: $(ctl node-a bgp $router)"
done

# Each change tells everything anew: far more than the kernels and one buffer take for the stuck one.
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$pid_node_a/status"; }
kill -STOP "$pid_stuck"
for i in $(seq 5); do
	announce "$i"
	wait_for 20 "the other hears change $i" have other "$i" || fail "other: $(ctl node-a bgp other)"
done
early=$(resident_kb)
for i in $(seq 6 25); do
	announce "$i"
	wait_for 20 "the other hears change $i" have other "$i" || fail "other: $(ctl node-a bgp other)"
done
late=$(resident_kb)
unsent=$(peer_field node-a stuck .unsent_octets)
echo "resident $early kB, then $late kB; $unsent octets unsent"
[ $((late - early)) -le 2048 ] || fail "memory grew from $early kB to $late kB"
[ "$unsent" -gt 0 ] || fail "the router was not stuck"
[ "$unsent" -le 73728 ] || fail "$unsent octets wait"
is_established node-a stuck || fail "the stuck session ended: $(ctl node-a bgp stuck)"
kill -CONT "$pid_stuck"
wait_for 20 "it has the latest state" have stuck 25 || fail "stuck: $(ctl node-a bgp stuck)"
peer_is node-a stuck '.established_count == 1' || fail "it cost the session"
for i in 5 15 24; do
	have stuck "$i" && fail "change $i stayed"
done

# The hold time: nobody closes, nobody speaks.
put_peer "$dir" stuck "peerAddress: 192.0.2.250, holdTime: 6s"
short() { peer_is node-a stuck '.state == "Established" and .hold_seconds == 6'; }
ctl node-a bgp reset stuck || fail "reset"
wait_for 20 "the hold time of 6 s" short || fail "hold time: $(ctl node-a bgp stuck)"
kill -STOP "$pid_stuck"
expired() { grep -q 'BGP session down.*peer=stuck.*Hold Timer Expired' "$work/node-a.log"; }
wait_for 30 "the hold timer expires" expired || fail "not expired: $(ctl node-a bgp stuck)"
is_established node-a other || fail "the other session ended with it"
kill -CONT "$pid_stuck"
wait_for 40 "it is back" short || fail "not back: $(ctl node-a bgp stuck)"
wait_for 20 "with all routes" have stuck 25 || fail "routes: $(bird_say stuck show route count)"
echo "good"
