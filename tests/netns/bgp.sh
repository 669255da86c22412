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

# put_six DIR NODE: Service six of IPv6, 2001:db8:100::6, with an endpoint on NODE
put_six() {
	put "$1/six.yaml" <<-YAML
		apiVersion: v1
		kind: Service
		metadata: {name: six, annotations: {metallb.io/loadBalancerIPs: "2001:db8:100::6"}}
		spec: {type: LoadBalancer, clusterIP: "fd00::6", ipFamilies: [IPv6], ports: [{port: 80}]}
		---
		apiVersion: discovery.k8s.io/v1
		kind: EndpointSlice
		metadata: {name: six-1, labels: {kubernetes.io/service-name: six}}
		addressType: IPv6
		ports: [{port: 80, protocol: TCP}]
		endpoints:
		- {addresses: ["fd00:1::1"], nodeName: $2}
	YAML
}

# put_resource DIR API KIND NAME [SPEC]: of MetalLB, SPEC without braces
put_resource() {
	put "$1/$3-$4.yaml" <<-YAML
		apiVersion: metallb.io/$2
		kind: $3
		metadata: {name: $4, namespace: metallb-system}
		spec: {${5:-}}
	YAML
}

# put_peer DIR NAME SPEC: a BGPPeer of AS $peer_as (65000; empty: SPEC says it) to our $as (65001)
put_peer() {
	local peer=${peer_as-65000}

	put_resource "$1" "${api:-v1beta2}" BGPPeer "$2" "myASN: ${as:-65001},${peer:+ peerASN: $peer,} $3"
}

# put_advertisement DIR NAME [SPEC]
put_advertisement() {
	put_resource "$1" v1beta1 BGPAdvertisement "$2" "${3:-}"
}

# put_profile DIR: the BFDProfile fast, which finds a failure in a second; frr_profile is FRR's
put_profile() {
	put_resource "$1" v1beta1 BFDProfile fast \
		"receiveInterval: 200, transmitInterval: 200, detectMultiplier: 5"
}

frr_profile() {
	printf '%s\n' bfd " profile fast" "  transmit-interval 200" "  receive-interval 200" \
		"  detect-multiplier 5"
}

# frr_head AS LINE...: the start of a configuration of the router, with LINEs
frr_head() {
	local as=$1

	shift
	printf '%s\n' "hostname router" "router bgp $as" " bgp router-id 192.0.2.254" \
		" no bgp ebgp-requires-policy" " no bgp default ipv4-unicast" "${@/#/ }"
}

# frr_family ipv4|ipv6 NEIGHBOR...: that carry the family
frr_family() {
	echo " address-family $1 unicast"
	shift
	printf '  neighbor %s activate\n' "$@"
	echo " exit-address-family"
}

# frr_path HOST ipv4|ipv6 PREFIX: what FRR knows of it, in JSON
frr_path() {
	frr "$1" "show bgp $2 unicast $3 json"
}

# path_is HOST ipv4|ipv6 PREFIX CONDITION: of jq, for its first path
path_is() {
	frr_path "$1" "$2" "$3" | jq -e ".paths[0] | $4" >/dev/null
}

has_path() {
	path_is "$1" "$2" "$3" '. != null'
}

# bird_router LINE...: a configuration of BIRD on .250 that waits for node-a, with LINEs for its session
bird_router() {
	printf '%s\n' "router id 192.0.2.250;" "protocol device {}" "protocol bgp node {" \
		"	local 192.0.2.250 as 65000;" "	neighbor 192.0.2.1 as 65001;" "	direct;" \
		"	passive on;" "${@/%/;}" "}"
}

# peer_field HOST PEER FIELD: as the agent sees it
peer_field() {
	ctl "$1" -o json bgp | jq -r --arg peer "$2" ".peers[] | select(.name == \$peer) | $3"
}

# peer_is HOST PEER CONDITION: of jq
peer_is() {
	[ "$(peer_field "$1" "$2" "$3")" = true ]
}

bgp_state() {
	peer_field "$1" "$2" .state
}

is_established() {
	[ "$(bgp_state "$1" "$2")" = Established ]
}

# start_openbgpd HOST ADDRESS: OpenBGPD listening on ADDRESS, with the rest of its configuration on
# standard input
start_openbgpd() {
	local host=$1 conf=$work/$1.openbgpd.conf

	{
		echo "listen on $2"
		echo "socket \"$work/$host.openbgpd.sock\""
		echo "fib-update no"
		cat
	} >"$conf"
	chmod 600 "$conf"
	chmod 755 "$work"
	mkdir -p "$(getent passwd _openbgpd | cut -d: -f6)"
	start_in "$host" "$work/$host.openbgpd.log" bgpd -d -f "$conf"
	wait_for 15 "openbgpd on $host listens" listens "$host" 179 || fail "openbgpd does not listen"
}

# openbgpd_say HOST COMMAND...
openbgpd_say() {
	local host=$1
	shift
	in_ns "$host" bgpctl -s "$work/$host.openbgpd.sock" "$@"
}

# start_exabgp HOST ADDRESS: ExaBGP listening on ADDRESS with the neighbours on standard input; what it
# hears from the process "saw" goes to HOST.saw, a line of JSON each
start_exabgp() {
	local host=$1 dir=$work/$1.exabgp

	mkdir -p "$dir"
	cat >"$dir/hear" <<-END
		#!/bin/sh
		while read -r line; do echo "\$line" >>"$work/$host.saw"; done
	END
	chmod 755 "$dir/hear"
	: >"$work/$host.saw"
	{
		echo "process saw { run $dir/hear; encoder json; }"
		cat
	} >"$dir/conf"
	start_in "$host" "$work/$host.exabgp.log" env exabgp.daemon.user=root "exabgp.tcp.bind=$2" \
		exabgp.tcp.port=179 exabgp "$dir/conf"
	wait_for 30 "exabgp on $host listens" listens "$host" 179 || fail "exabgp does not listen"
}
