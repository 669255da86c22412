# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Routers for scenarios with BGP, beside lib.sh. Each daemon has its sockets and files in a folder of
# its own and lives in the namespace of its host.

# make_router: a host of that name with .254 on the segment
make_router() {
	add_host router 254
}

# start_frr HOST: bgpd (and bfdd) of FRR with the configuration on standard input
start_frr() {
	local host=$1 dir=$work/$1.frr daemon

	mkdir -p "$dir"
	cat >"$dir/frr.conf"
	: >"$dir/vtysh.conf"
	chown -R frr:frr "$dir"
	chmod 755 "$work" "$dir"
	for daemon in zebra bfdd bgpd; do
		local more=(-z "$dir/zserv.api")

		[ "$daemon" = bfdd ] && more+=(--bfdctl "$dir/bfdd.sock")
		ip netns exec "$run-$host" "/usr/lib/frr/$daemon" -f "$dir/frr.conf" -i "$dir/$daemon.pid" \
			--vty_socket "$dir" -u frr -g frr -A 127.0.0.1 -P 0 "${more[@]}" \
			--log "file:$dir/$daemon.txt" >"$work/$host.$daemon.log" 2>&1 &
		pids+=($!)
		wait_for 10 "$daemon on $host" test -S "$dir/$daemon.vty" || fail "$daemon did not start"
	done
	wait_for 10 "bgpd on $host listens" listens "$host" 179 || fail "bgpd does not listen"
}

# frr HOST COMMAND...
frr() {
	local host=$1
	shift
	local args=() command
	for command in "$@"; do args+=(-c "$command"); done
	vtysh --vty_socket "$work/$host.frr" --config_dir "$work/$host.frr" "${args[@]}" 2>/dev/null
}

listens() {
	in_ns "$1" ss -Hltn "sport = :$2" | grep -q .
}

# start_bird HOST: with the configuration on standard input
start_bird() {
	local host=$1

	cat >"$work/$host.bird.conf"
	ip netns exec "$run-$host" bird -f -c "$work/$host.bird.conf" -s "$work/$host.bird.sock" \
		>"$work/$host.bird.log" 2>&1 &
	pids+=($!)
	wait_for 10 "bird on $host listens" listens "$host" 179 || fail "bird does not listen"
}

# bird_say HOST COMMAND...
bird_say() {
	local host=$1
	shift
	birdc -s "$work/$host.bird.sock" "$@"
}

# start_gobgp HOST: with the configuration on standard input
start_gobgp() {
	local host=$1

	cat >"$work/$host.gobgp.toml"
	ip netns exec "$run-$host" gobgpd -t toml -f "$work/$host.gobgp.toml" --pprof-disable \
		>"$work/$host.gobgp.log" 2>&1 &
	pids+=($!)
	wait_for 10 "gobgpd on $host listens" listens "$host" 179 || fail "gobgpd does not listen"
}

# gobgp_say HOST COMMAND...
gobgp_say() {
	local host=$1
	shift
	in_ns "$host" gobgp "$@"
}

# write_cluster DIR: two Nodes and a pool of both families; put_service and others add to it
write_cluster() {
	mkdir -p "$1"
	put "$1/cluster.yaml" <<-'YAML'
		apiVersion: v1
		kind: Node
		metadata: {name: node-a, labels: {rack: a}}
		status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
		---
		apiVersion: v1
		kind: Node
		metadata: {name: node-b, labels: {rack: b}}
		status: {addresses: [{type: InternalIP, address: 192.0.2.2}]}
		---
		apiVersion: metallb.io/v1beta1
		kind: IPAddressPool
		metadata: {name: public, namespace: metallb-system}
		spec: {addresses: [198.51.100.0/24, "2001:db8:100::/120"]}
	YAML
}

# put FILE: standard input becomes its content at once, as an editor would do it
put() {
	cat >"$1.tmp" && mv "$1.tmp" "$1"
}

# put_service DIR NAME NUMBER [ANNOTATIONS [NODE...]]: Service with address 198.51.100.NUMBER, and an
# endpoint on each NODE (node-a and node-b unless given, none for "-")
put_service() {
	local dir=$1 name=$2 number=$3 annotations=${4:-} node endpoints="" i=10
	shift 3
	[ $# -gt 0 ] && shift
	[ $# -eq 0 ] && set -- node-a node-b
	[ "$1" = - ] && shift
	for node in "$@"; do
		i=$((i + 1))
		endpoints+="  - {addresses: [10.0.$number.$i], nodeName: $node}"$'\n'
	done
	put "$dir/$name.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata:
		  name: $name
		  annotations: {metallb.io/loadBalancerIPs: 198.51.100.$number$annotations}
		spec: {type: LoadBalancer, clusterIP: 10.96.0.$number, ports: [{port: 80}], externalTrafficPolicy: ${policy:-Cluster}}
		---
		apiVersion: discovery.k8s.io/v1
		kind: EndpointSlice
		metadata: {name: $name-1, labels: {kubernetes.io/service-name: $name}}
		addressType: IPv4
		ports: [{port: 80, protocol: TCP}]
		endpoints:
		${endpoints:-  []}
	YAML
}

# bgp_state HOST PEER: as the agent sees it
bgp_state() {
	ctl "$1" -o json bgp | jq -r --arg peer "$2" '.peers[] | select(.name == $peer).state'
}

is_established() {
	[ "$(bgp_state "$1" "$2")" = Established ]
}
