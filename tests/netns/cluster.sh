# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Three nodes that share a secret, for scenarios of failover. After lib.sh.
#
#   client --+
#   node-a --+-- switch
#   node-b --+
#   node-c --+
#
# Every node hands what comes for any address of the pool to itself, as kube-proxy would, so what
# the client measures is who is asked, not who serves. node-a is .1, and so on. A scenario may have
# more nodes: it sets `nodes` before make_cluster.

nodes=(node-a node-b node-c)

# last_octet N: of the Nth node, past the client's .9 and the pool
last_octet() {
	if [ "$1" -lt 9 ]; then
		echo "$1"
	elif [ "$1" -lt 15 ]; then
		echo "$(($1 + 1))"
	else
		echo "$(($1 + 225))"
	fi
}

# write_service NAME FAMILIES...: IPv4, IPv6 or both; each has one ready endpoint
write_service() {
	local name=$1

	shift
	cat <<-EOF
		apiVersion: v1
		kind: Service
		metadata: { name: $name, namespace: default }
		spec: { type: LoadBalancer, ipFamilyPolicy: $([ $# -eq 2 ] && echo RequireDualStack || echo SingleStack), ipFamilies: [ $(
			IFS=,
			echo "$*"
		) ], ports: [ { port: 80 } ] }
		---
	EOF
	for family in "$@"; do
		cat <<-EOF
			apiVersion: discovery.k8s.io/v1
			kind: EndpointSlice
			metadata: { name: $name-${family,,}, namespace: default, labels: { kubernetes.io/service-name: $name } }
			addressType: $family
			endpoints: [ { addresses: [ "$([ "$family" = IPv4 ] && echo 10.0.0.1 || echo fd00::1)" ], nodeName: node-a, conditions: { ready: true } } ]
			ports: [ { port: 80 } ]
			---
		EOF
	done
}

# second_network: the nodes' own addresses are on another network, whose links stay; after make_cluster
second_network() {
	local number=0 node

	ip -n "$run-switch" link add other type bridge
	ip -n "$run-switch" link set other up
	for node in "${nodes[@]}"; do
		number=$((number + 1))
		ip -n "$run-switch" link add "$node-2" type veth peer name eth1 netns "$run-$node"
		ip -n "$run-switch" link set "$node-2" master other up
		ip -n "$run-$node" link set eth1 up
		ip -n "$run-$node" addr add "198.51.100.$number/24" dev eth1
	done
	sed -i 's/address: 192\.0\.2\./address: 198.51.100./' "$work/manifests/nodes.yaml"
	echo 'spec: { interfaces: [ eth0 ] }' >>"$work/manifests/pool.yaml"
}

# make_cluster DUAL [SIX]: so many Services of both families, and so many of IPv6 alone
make_cluster() {
	local count=0 number node i

	make_segment
	in_ns client sysctl -qw net.ipv4.ping_group_range="0 2147483647"
	mkdir "$work/manifests"
	echo "the secret of the cluster $run" >"$work/key"
	for node in "${nodes[@]}"; do
		count=$((count + 1))
		number=$(last_octet $count)
		[ $count -le 2 ] || add_host "$node" "$number"
		cat <<-EOF
			apiVersion: v1
			kind: Node
			metadata: { name: $node }
			status: { addresses: [ { type: InternalIP, address: 192.0.2.$number } ] }
			---
		EOF
		in_ns "$node" nft -f - <<-EOF
			table inet forward {
				chain in {
					type nat hook prerouting priority dstnat
					ip daddr 192.0.2.16-192.0.2.239 dnat ip to 192.0.2.$number
					ip6 daddr 2001:db8::1:0/112 dnat ip6 to 2001:db8::$number
				}
			}
		EOF
	done >"$work/manifests/nodes.yaml"
	cat >"$work/manifests/pool.yaml" <<-EOF
		apiVersion: v1
		kind: Namespace
		metadata: { name: default }
		---
		apiVersion: metallb.io/v1beta1
		kind: IPAddressPool
		metadata: { name: pool, namespace: metallb-system }
		spec: { addresses: [ 192.0.2.16-192.0.2.239, 2001:db8::1:0/112 ] }
		---
		apiVersion: metallb.io/v1beta1
		kind: L2Advertisement
		metadata: { name: all, namespace: metallb-system }
	EOF
	for ((i = 0; i < $1; i++)); do
		write_service "$(printf 'both-%03d' $i)" IPv4 IPv6
	done >"$work/manifests/services.yaml"
	for ((i = 0; i < ${2:-0}; i++)); do
		write_service "$(printf 'six-%03d' $i)" IPv6
	done >>"$work/manifests/services.yaml"
}

# start_node NODE [SETTING...]
start_node() {
	local node=$1

	shift
	start_bellmand "$node" "$work/manifests" \
		"liveness = { key_file = \"$work/key\"; ${liveness:-} };" "$@"
}

start_cluster() {
	local node

	for node in "${nodes[@]}"; do
		start_node "$node" "$@"
	done
	wait_for 20 "all nodes see all others" all_up || fail "sessions"
	wait_for 10 "every address has one owner" all_owned || fail "owners at start"
}

# sees NODE COUNT: so many others are up
sees() {
	[ "$(ctl "$1" -o json l2 | jq '[.nodes[] | select(.state == "up")] | length')" = "$2" ]
}

all_up() {
	local node

	for node in "${nodes[@]}"; do
		sees "$node" 2 || return 1
	done
}

# owned NODE: the addresses that it answers for, one a line
owned() {
	ctl "$1" -o json l2 | jq -r '.addresses[] | select(.state == "owner" or .state == "giving") | .ip'
}

# all_owned [NODE...]: every address has exactly one owner among them
all_owned() {
	local node wanted live=("${nodes[@]}")

	[ $# -gt 0 ] && live=("$@")
	wanted=$(ctl "${live[0]}" -o json l2 | jq '.addresses | length')
	[ "$wanted" -gt 0 ] || return 1
	for node in "${live[@]}"; do
		owned "$node"
	done | sort >"$work/owned"
	[ "$(wc -l <"$work/owned")" = "$wanted" ] && [ -z "$(uniq -d "$work/owned")" ]
}

# owner_of IP: the node that answers for it, as they say themselves
owner_of() {
	local node

	for node in "${nodes[@]}"; do
		[ -S "$work/$node.sock" ] && owned "$node" 2>/dev/null | grep -qxF "$1" && echo "$node" && return
	done
	return 1
}

pid_of() {
	eval "echo \"\$pid_${1//-/_}\""
}

# stop_node NODE SIGNAL: and waits for its end
stop_node() {
	kill "-$2" "$(pid_of "$1")"
	wait "$(pid_of "$1")" 2>/dev/null
	rm -f "$work/$1.sock"
}

# start_client [IP...]: measures from now on (tests/tools/l2_client.c)
start_client() {
	ip netns exec "$run-client" "$build/tests/tools/l2_client" eth0 "$@" >"$work/client.json" 2>"$work/client.err" &
	client=$!
	pids+=("$client")
	wait_for 10 "the client is answered" grep -q ready "$work/client.err" || fail "the client is not answered"
}

# stop_client: its figures are in client.json then
stop_client() {
	kill -TERM "$client"
	wait "$client" || fail "the client: $(cat "$work/client.err")"
	echo "${what:-}: $(cat "$work/client.json")"
}

# figure NAME: of client.json, in whole ms
figure() {
	jq ".$1 | floor" "$work/client.json"
}

# at_most NAME LIMIT WHAT
at_most() {
	[ "$(figure "$1")" -le "$2" ] || fail "$3: $1 is $(figure "$1"), more than $2: $(cat "$work/client.json")"
}
