# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An HAProxy in front of three nodes, for the scenarios of haproxy-gen. Behind lib.sh.
#
#   client (.9) ---+
#                  +--- switch --- node-a (.1), node-b (.2), node-c (.3), node-d (.4)
#   lb (.50) ------+
#
# The external addresses are in 198.51.100.0/24 and 2001:db8:1::/64, which the client reaches by lb.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ports=30080,30081,30082,30083,30084,30085

# start_node HOST
start_node() {
	ip netns exec "$run-$1" python3 "$here/haproxy_node.py" "$1" "$work" 10256,32000 "$ports" \
		>>"$work/$1.log" 2>&1 &
	pids+=($!)
}

# add_lb HOST NUMBER: where HAProxy and haproxy-gen run; $work/HOST is its folder
add_lb() {
	local host=$1

	add_host "$host" "$2"
	mkdir "$work/$host"
	in_ns "$host" sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
	ip -n "$run-$host" addr add 198.51.100.1/24 dev lo
	ip -n "$run-$host" -6 addr add 2001:db8:1::1/64 dev lo nodad
	in_ns "$host" ip route replace local 198.51.100.0/24 dev lo
	in_ns "$host" ip -6 route replace local 2001:db8:1::/64 dev lo
	{
		echo "source = { type = \"directory\"; path = \"$work/manifests\"; };"
		echo "output = { file = \"$work/$host/haproxy.cfg\"; };"
		echo "state = \"$work/$host/state\";"
		echo "haproxy = { binary = \"/usr/sbin/haproxy\";"
		echo "	admin_socket = \"$work/$host/admin.sock\";"
		echo "	master_socket = \"$work/$host/master.sock\"; };"
	} >"$work/$host/gen.conf"
}

make_cluster() {
	local host

	make_segment
	add_host node-c 3
	add_host node-d 4
	mkdir "$work/manifests"
	for host in node-a node-b node-c node-d; do start_node "$host"; done
	add_lb lb 50
	in_ns client ip route add 198.51.100.0/24 via 192.0.2.50
	in_ns client ip -6 route add 2001:db8:1::/64 via 2001:db8::50
}

# gen HOST COMMAND...
gen() {
	local host=$1
	shift
	ip netns exec "$run-$host" "$build/haproxy-gen/haproxy-gen" -c "$work/$host/gen.conf" "$@"
}

# apply_says WANTED: the last line of apply on lb
apply_says() {
	local said

	gen lb apply >"$work/.said" 2>>"$work/apply.log"
	cat "$work/.said" >>"$work/apply.log"
	said=$(tail -n 1 "$work/.said")
	[ "$said" = "$1" ] || fail "apply said '$said', not '$1'"
}

# start_haproxy HOST [FILE]: and waits until it serves
start_haproxy() {
	local host=$1

	ip netns exec "$run-$host" haproxy -W -S "$work/$host/master.sock" -f "${2:-$work/$host/haproxy.cfg}" \
		>>"$work/$host-haproxy.log" 2>&1 &
	pids+=($!)
	eval "haproxy_${host//-/_}=$!"
	wait_for 60 "HAProxy answers" admin "$host" "show info" || fail "HAProxy did not start on $host"
}

# admin HOST COMMAND: the answer of the admin socket
admin() {
	python3 - "$work/$1/admin.sock" "$2" <<-'P'
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(10)
	s.connect(sys.argv[1])
	s.sendall(sys.argv[2].encode() + b"\n")
	while (data := s.recv(65536)):
	    sys.stdout.write(data.decode())
	P
}

worker() {
	admin "$1" "show info" | sed -n 's/^Pid: //p'
}

# servers_are STATE PROXY SERVER...: all are so in HAProxy: up or maint
servers_are() {
	local state=$1 proxy=$2 server
	shift 2
	admin lb "show stat $proxy 4 -1" >"$work/.stat"
	for server in "$@"; do
		case $state in
		up) grep -qE "^$proxy,$server,.*,UP[^,]*," "$work/.stat" || return 1 ;;
		maint) grep -qE "^$proxy,$server,.*,MAINT[^,]*," "$work/.stat" || return 1 ;;
		down) grep -qE "^$proxy,$server,.*,DOWN[^,]*," "$work/.stat" || return 1 ;;
		# It is deleted with its last connection, and gets no new ones until then.
		gone) ! grep -E "^$proxy,$server," "$work/.stat" | grep -qvE ",MAINT[^,]*," || return 1 ;;
		esac
	done
}

# ask ADDRESS PORT [SOURCE]: one line of the node that answers
ask() {
	in_ns client python3 - "$@" <<-'P'
	import socket, sys
	source = (sys.argv[3], 0) if len(sys.argv) > 3 else None
	s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5, source)
	s.settimeout(5)
	s.sendall(b"hello\n")
	line = s.makefile().readline()
	if not line:
	    sys.exit(1)
	sys.stdout.write(line)
	P
}

# ask_many COUNT ADDRESS PORT: how often each answered, "COUNT NODE" sorted by node
ask_many() {
	in_ns client python3 - "$@" <<-'P'
	import collections, socket, sys
	seen = collections.Counter()
	for _ in range(int(sys.argv[1])):
	    with socket.create_connection((sys.argv[2], int(sys.argv[3])), 5) as s:
	        s.settimeout(5)
	        s.sendall(b"hello\n")
	        line = s.makefile().readline()
	        seen[line.split()[0] if line else "closed"] += 1
	for name in sorted(seen):
	    print(seen[name], name)
	P
}

# ask_from ADDRESS PORT SOURCE...: the node that answers each of the client's addresses, one a line
ask_from() {
	in_ns client python3 - "$@" <<-'P'
	import socket, sys
	for source in sys.argv[3:]:
	    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5, (source, 0)) as s:
	        s.settimeout(5)
	        s.sendall(b"hello\n")
	        line = s.makefile().readline()
	        print(line.split()[0] if line else "closed")
	P
}

# node NAME ADDRESS [SPEC]: its manifest; put in place in one step, as all here
node() {
	cat >"$work/.new" <<-Y
	apiVersion: v1
	kind: Node
	metadata: { name: $1 }
	spec: { ${3:-} }
	status:
	  addresses: [ { type: InternalIP, address: $2 }, { type: InternalIP, address: "2001:db8::${2##*.}" } ]
	  conditions: [ { type: Ready, status: "True" } ]
	Y
	mv "$work/.new" "$work/manifests/node-${1#node-}.yaml"
}

# service NAME ADDRESS PORT NODEPORT [SPEC [ANNOTATIONS]]
service() {
	cat >"$work/.new" <<-Y
	apiVersion: v1
	kind: Service
	metadata: { name: $1, annotations: { ${6:-} } }
	spec: { type: LoadBalancer, clusterIP: 10.96.0.1, ports: [ { port: $3, nodePort: $4 } ] ${5:+, $5} }
	status: { loadBalancer: { ingress: [ { ip: "$2" } ] } }
	Y
	mv "$work/.new" "$work/manifests/service-$1.yaml"
}

# endpoints SERVICE NODE...: one ready endpoint for each time that a node is named
endpoints() {
	local service=$1 number=1 host

	shift
	{
		echo "apiVersion: discovery.k8s.io/v1"
		echo "kind: EndpointSlice"
		echo "metadata: { name: $service-1, labels: { kubernetes.io/service-name: $service } }"
		echo "addressType: IPv4"
		echo "ports: [ { port: 8080 } ]"
		echo "endpoints:"
		for host in "$@"; do
			echo "- { addresses: [ 10.1.0.$number ], nodeName: $host, conditions: { ready: true } }"
			number=$((number + 1))
		done
		[ $# -gt 0 ] || echo "- { addresses: [ 10.1.0.1 ], nodeName: none, conditions: { ready: false } }"
	} >"$work/.new"
	mv "$work/.new" "$work/manifests/endpoints-$service.yaml"
}
