#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the kernel around us makes of an announcement: a gateway that has never asked learns the
# address when it is asked itself; an address that the node's kernel answers for too, and a strict
# reverse path filter, are told by `explain`. Topology: lib.sh; the client is node-a's gateway.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

make_segment
mkdir "$work/manifests"
cp "$root/conf/examples/manifests/webui.yaml" "$work/manifests"
awk 'BEGIN { RS = ORS = "---\n" } !/name: node-b/' "$root/conf/examples/manifests/cluster.yaml" \
	>"$work/manifests/cluster.yaml"

# A route of a node with many others: only the default one is looked at.
for ((i = 0; i < 500; i++)); do
	echo "route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2"
done >"$work/routes"
ip -n "$run-node-a" -batch "$work/routes"
ip -n "$run-node-a" route add default via 192.0.2.9
knows() { ip -n "$run-client" neigh show 192.0.2.240 | grep -qi "$(mac_of node-a)"; }
knows && fail "the client knows the address before it is announced"
start_bellmand node-a "$work/manifests" 'announce = { ask_gateways = true; };'
wait_for 10 "the gateway learns the address without asking" knows || fail "the gateway was not asked"

# A new gateway is asked too.
ip -n "$run-node-a" route replace default via 192.0.2.2
knows2() { ip -n "$run-node-b" neigh show 192.0.2.240 | grep -qi "$(mac_of node-a)"; }
wait_for 20 "the new gateway learns it by a later round" knows2 || fail "a new gateway was not asked"

# The address lies on a link beside, as kube-proxy's IPVS mode has it.
warns() { ctl node-a explain default/loadbalancer-service | grep -q "$1"; }
warns 'is an address of' && fail "a warning too many"
in_ns node-a sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.eth0.arp_ignore=0
ip -n "$run-node-a" link add kube-ipvs0 type bridge
ip -n "$run-node-a" addr add 192.0.2.240/32 dev kube-ipvs0
wait_for 10 "arp_ignore is warned of" warns 'arp_ignore=1' || fail "arp_ignore"
in_ns node-a sysctl -qw net.ipv4.conf.all.arp_ignore=1
wait_for 10 "arp_announce is warned of" warns 'arp_announce=2' || fail "arp_announce"
in_ns node-a sysctl -qw net.ipv4.conf.all.arp_announce=2
silent() { ! warns 'is an address of'; }
wait_for 10 "strict ARP is good" silent || fail "a warning that should be gone"

# Clients of other networks come in by eth0, and their packets would go back elsewhere.
in_ns node-a sysctl -qw net.ipv4.conf.eth0.rp_filter=1
warns 'rp_filter' && fail "the default route is on the link: no danger"
ip -n "$run-node-a" link add beside type veth peer name beside2
ip -n "$run-node-a" link set beside up
ip -n "$run-node-a" link set beside2 up
ip -n "$run-node-a" addr add 198.51.100.1/24 dev beside
ip -n "$run-node-a" route replace default via 198.51.100.2
wait_for 10 "rp_filter is warned of" warns 'eth0.rp_filter is 1' || fail "rp_filter"
echo "good"
