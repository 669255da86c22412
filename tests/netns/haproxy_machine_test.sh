#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the settings of the machine ask for: pages on listeners of their own, sections of the
# operator's, node ports, addresses that are given here or are not there yet, UDP by the kernel; and a
# second writer. Topology: haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
cfg=$work/lb/haproxy.cfg
sed -i "/^output/d" "$work/lb/gen.conf"
cp "$work/lb/gen.conf" "$work/base.conf"
output="file = \"$work/lb/haproxy.cfg\";"
# settings OUTPUT [LINE...]: haproxy-gen.conf on lb, with what is added to its output
settings() {
	local line

	{
		cat "$work/base.conf"
		echo "output = { $output $1 };"
		shift
		for line in "$@"; do echo "$line"; done
	} >"$work/lb/gen.conf"
}
listens() { in_ns lb ss -Htln | grep -q " $1 "; }
page() { in_ns client curl -s -m 5 -o "$work/page" -w '%{http_code}' "$1"; }

echo "what is typed wrong, and what a newcomer is told"
settings ""
# is_wrong WORDS ARGUMENT...: wrong usage, and these words
is_wrong() {
	local words=$1

	shift
	gen lb "$@" >"$work/said" 2>&1
	[ $? -eq 2 ] || fail "not wrong: $*: $(cat "$work/said")"
	grep -q -- "$words" "$work/said" || fail "$*: $(cat "$work/said")"
}
is_wrong "a command is missing"
is_wrong "'aply' is no command; did you mean 'apply'?" aply
is_wrong "'now' is one word too many" apply now
is_wrong "'diff' has no JSON" diff -o json
is_wrong "'yaml' is no format" status -o yaml
is_wrong "'run' takes no --no-reload" run --no-reload
is_wrong "Try 'haproxy-gen --help'" apply --noreload
cat >"$work/manifests/service-none.yaml" <<Y
apiVersion: v1
kind: Service
metadata: { name: none }
spec: { type: LoadBalancer, clusterIP: 10.96.0.2, ports: [ { port: 81, nodePort: 30081 } ] }
Y
service typo 198.51.100.9 80 30080 "" "bellman.dev/maxcon: '3'"
gen lb check >"$work/said" 2>&1 || fail "check: $(cat "$work/said")"
for words in 'allocator = "self"' 'there is no Node in' 'did you mean maxconn' 'listeners 1, services 1, nodes 0'; do
	grep -q "$words" "$work/said" || fail "not said: $words: $(cat "$work/said")"
done
rm "$work/manifests/service-none.yaml" "$work/manifests/service-typo.yaml"
gen lb apply >"$work/said" 2>&1 || fail "apply"
grep -q "no HAProxy answers; start it with /usr/sbin/haproxy -W -S $work/lb/master.sock -f $cfg" "$work/said" ||
	fail "$(cat "$work/said")"
sed -i "s,$cfg,$work/nowhere/haproxy.cfg," "$work/lb/gen.conf"
gen lb apply >"$work/said" 2>&1 && fail "a folder that is not there"
grep -q "$work/nowhere/haproxy.cfg can not be written: .*No such file or directory" "$work/said" || fail "$(cat "$work/said")"

settings ""
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web 198.51.100.10 80 30080
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
wait_for 15 "the nodes are up" servers_are up default.web.80 node-a node-b node-c || fail "nodes"

echo "pages on listeners of their own, when they are asked for"
listens '192.0.2.50:8404' && fail "a page nobody asked for"
settings "" 'stats = { listen = "192.0.2.50:8404"; };' 'prometheus = { listen = "192.0.2.50:8405"; };'
apply_says reload
[ "$(page http://192.0.2.50:8404/)" = 200 ] || fail "stats"
grep -q 'default.web.80' "$work/page" || fail "stats without the Service"
[ "$(page http://192.0.2.50:8405/metrics)" = 200 ] || fail "metrics"
grep -q '^haproxy_server_status{proxy="default.web.80",server="node-a"' "$work/page" || fail "metrics without servers"
[ "$(page http://192.0.2.50:8405/other)" = 404 ] || fail "more than metrics"

echo "sections of the operator's own, and what is wrong in them"
cat >"$work/own.cfg" <<-C
frontend own
	bind 192.0.2.50:8406
	mode http
	http-request return status 200 content-type text/plain string "mine"
C
settings "include = \"$work/own.cfg\";"
apply_says reload
[ "$(page http://192.0.2.50:8406/)" = 200 ] || fail "include"
[ "$(cat "$work/page")" = mine ] || fail "include: $(cat "$work/page")"
listens '192.0.2.50:8404' && fail "a page that nobody asks for any more"
apply_says nothing
cp "$work/lb/haproxy.cfg" "$work/before.cfg"
echo "	no such thing" >>"$work/own.cfg"
gen lb apply >"$work/said" 2>&1 && fail "a bad include"
grep -q "cfg.new:[0-9]*\] : unknown keyword .such. in .frontend. section" "$work/said" || fail "$(cat "$work/said")"
cmp -s "$work/lb/haproxy.cfg" "$work/before.cfg" || fail "a bad include got into the file"
grep -q "no such thing" "$work/lb/haproxy.cfg.refused" || fail "what was refused can not be looked at"
[ "$(page http://192.0.2.50:8406/)" = 200 ] || fail "HAProxy does not serve after a bad include"
sed -i '$d' "$work/own.cfg"
# What is refused does not make it forget that HAProxy has not read the file.
settings "include = \"$work/own.cfg\";" 'stats = { listen = "192.0.2.50:8404"; };'
gen lb apply --no-reload 2>>"$work/apply.log" | tail -n 1 | grep -qx "reload needed" || fail "--no-reload"
echo "	no such thing" >>"$work/own.cfg"
gen lb apply >"$work/said" 2>&1 && fail "a bad include for a file that is ahead"
sed -i '$d' "$work/own.cfg"
apply_says reload
[ "$(page http://192.0.2.50:8404/)" = 200 ] || fail "HAProxy has not read the file"
rm "$work/own.cfg"
gen lb apply >"$work/said" 2>&1 && fail "a missing include"
grep -q "$work/own.cfg can not be read: No such file" "$work/said" || fail "$(cat "$work/said")"
settings ""
apply_says reload

echo "node ports on the machine's own address"
cat >"$work/manifests/service-ports.yaml" <<Y
apiVersion: v1
kind: Service
metadata: { name: ports }
spec: { type: NodePort, clusterIP: 10.96.0.1, ports: [ { port: 80, nodePort: 30085 } ] }
Y
apply_says nothing
settings "" 'frontends = { node_port_addresses = [ "192.0.2.50", "2001:db8::50" ]; };'
apply_says reload
[ "$(ask_many 30 192.0.2.50 30085 | grep -c '^10 node-[abc]$')" -eq 3 ] || fail "node ports"
[ "$(ask_many 30 2001:db8::50 30085 | grep -c '^10 node-[abc]$')" -eq 3 ] || fail "node ports over IPv6"
rm "$work/manifests/service-ports.yaml"
settings ""
apply_says reload

echo "addresses that are not there yet: left out, or had all the same"
in_ns lb sysctl -qw net.ipv4.ip_nonlocal_bind=0 net.ipv6.ip_nonlocal_bind=0
in_ns client ip route add 203.0.113.5 via 192.0.2.50
service later 203.0.113.5 80 30080
settings "" 'frontends = { transparent = false; };'
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
gen lb status | grep -q "default/later port 80: cannot_bind: .*203.0.113.5 port 80: Cannot assign" || fail "$(gen lb status)"
ask 198.51.100.10 80 >/dev/null || fail "another Service pays for it"
settings ""
apply_says reload
listens '203.0.113.5:80' || fail "not transparent"
pid=$(worker lb)
# As keepalived or bellmand would, on the machine that becomes the active one.
ip -n "$run-lb" addr add 203.0.113.5/32 dev lo
ask 203.0.113.5 80 >/dev/null || fail "the address is there, and does not serve"
ip -n "$run-lb" addr del 203.0.113.5/32 dev lo
apply_says nothing
[ "$(worker lb)" = "$pid" ] || fail "an address that comes and goes is a reload"
rm "$work/manifests/service-later.yaml"
apply_says reload

echo "addresses out of the pools"
rm "$work/manifests/service-web.yaml"
apply_says reload
cat >"$work/manifests/pool.yaml" <<Y
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: pool, namespace: metallb-system }
spec: { addresses: [ 198.51.100.100-198.51.100.101 ] }
Y
# pool_service NAME DAY: without an address; the younger, the later the day
pool_service() {
	cat >"$work/manifests/service-$1.yaml" <<-Y
	apiVersion: v1
	kind: Service
	metadata: { name: $1, creationTimestamp: "2026-01-0${2}T00:00:00Z" }
	spec: { type: LoadBalancer, clusterIP: 10.96.0.2, ports: [ { port: 81, nodePort: 30081 } ] }
	Y
}
for number in 1 2 3; do pool_service "p$number" "$number"; done
apply_says nothing
gen lb status | grep -q 'default/p1: no_address' || fail "$(gen lb status)"
settings "" 'allocator = "manifests";'
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
ask 198.51.100.100 81 >/dev/null || fail "the first address of the pool"
ask 198.51.100.101 81 >/dev/null || fail "the second address of the pool"
gen lb status | grep -q 'default/p3: ' || fail "three Services on two addresses: $(gen lb status)"

echo "addresses that were given stay given, and others are told"
mkdir "$work/told"
told() { jq -r '.items[] | .metadata.name + " " + .status.loadBalancer.ingress[0].ip' "$work/told/status.json"; }
settings "" 'allocator = "self";' "publish = \"$work/told/status.json\";"
rm "$work/manifests/service-p1.yaml" "$work/manifests/service-p3.yaml"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
[ "$(told)" = "p2 198.51.100.100" ] || fail "told: $(cat "$work/told/status.json")"
ask 198.51.100.100 81 >/dev/null || fail "an address that is given here"
# An older one would have had it, if it had been there.
pool_service p1 1
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
[ "$(told)" = "$(printf 'p1 198.51.100.101\np2 198.51.100.100')" ] || fail "told: $(told)"
grep -q "listen default.p2.81" "$cfg" || fail "p2"
grep -A 1 "listen default.p2.81" "$cfg" | grep -q 198.51.100.100:81 || fail "p2 moved"
cp -p "$work/told/status.json" "$work/told.before"
apply_says nothing
[ "$work/told/status.json" -nt "$work/told.before" ] && fail "told again without a change"
echo "and so while it runs"
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
runner=$!
pids+=("$runner")
wait_for 20 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
rm "$work/manifests/service-p1.yaml"
is_told() { [ "$(told)" = "$1" ]; }
wait_for 20 "it is told" is_told "p2 198.51.100.100" || fail "told: $(told)"
pool_service p1 1
wait_for 20 "it is told" is_told "$(printf 'p1 198.51.100.101\np2 198.51.100.100')" || fail "told: $(told)"
ask 198.51.100.101 81 >/dev/null || fail "told, and not served"
# What could not be remembered is served with the next change, whatever that is about.
rm "$work/manifests/service-p1.yaml"
wait_for 20 "it is told" is_told "p2 198.51.100.100" || fail "told: $(told)"
mv "$work/lb/state" "$work/lb/state.away"
touch "$work/lb/state"
pool_service p1 1
wait_for 20 "it is not remembered" grep -q 'assignments not saved' "$work/run.log" || fail "remembered"
rm "$work/lb/state"
mv "$work/lb/state.away" "$work/lb/state"
sed -i 's/metadata: {/metadata: { labels: { some: label },/' "$work/manifests/service-p2.yaml"
wait_for 15 "it is served" ask 198.51.100.101 81 || fail "what was not remembered is forgotten"
kill "$runner"
wait "$runner"
# Those who follow read it beside what the cluster says.
mkdir "$work/follow"
cp "$work/manifests"/node-*.yaml "$work/manifests"/service-p?.yaml "$work/manifests/pool.yaml" "$work/follow"
cp "$work/told/status.json" "$work/follow/status.json"
sed -e "s,$work/manifests,$work/follow,; s,\"self\",\"follow\",; /^publish/d; s,haproxy.cfg,follow.cfg," "$work/lb/gen.conf" >"$work/follow.conf"
in_ns lb "$build/haproxy-gen/haproxy-gen" -c "$work/follow.conf" render 2>"$work/said" >"$work/follow.cfg" || fail "$(cat "$work/said")"
grep -A 1 "listen default.p2.81" "$work/follow.cfg" | grep -q 198.51.100.100:81 || fail "who follows: $(cat "$work/said" "$work/follow.cfg")"
# The memory is not to be had: nobody is served on what would be forgotten.
cp "$cfg" "$work/before.cfg"
rm "$work/manifests/service-p1.yaml"
pool_service p0 2
mv "$work/lb/state" "$work/lb/state.away"
touch "$work/lb/state"
gen lb apply >"$work/said" 2>&1 && fail "served, and not remembered"
grep -q "the addresses that are given can not be kept: Not a directory" "$work/said" || fail "$(cat "$work/said")"
cmp -s "$cfg" "$work/before.cfg" || fail "the file changed all the same"
rm "$work/lb/state"
mv "$work/lb/state.away" "$work/lb/state"

rm "$work/manifests/pool.yaml" "$work"/manifests/service-p?.yaml
settings ""
service web 198.51.100.10 80 30080
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"

echo "UDP by the kernel: affinity, ranges, drained nodes"
settings "udp = \"$work/lb/udp.nft\";"
# udp_service NAME ADDRESS SPEC
udp_service() {
	cat >"$work/manifests/service-$1.yaml" <<-Y
	apiVersion: v1
	kind: Service
	metadata: { name: $1 }
	spec: { type: LoadBalancer, clusterIP: 10.96.0.1, ports: [ { port: 53, nodePort: 30080, protocol: UDP } ], $3 }
	status: { loadBalancer: { ingress: [ { ip: "$2" } ] } }
	Y
}
# ask_udp ADDRESS [SOURCE]: twelve datagrams; how often each node answered, as by ask_many
ask_udp() {
	in_ns client python3 - "$@" <<-'P'
	import collections, socket, sys
	seen = collections.Counter()
	for _ in range(12):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.settimeout(1)
	    s.bind((sys.argv[2] if len(sys.argv) > 2 else "0.0.0.0", 0))
	    s.sendto(b"x", (sys.argv[1], 53))
	    try:
	        seen[s.recv(100).decode().split()[0]] += 1
	    except TimeoutError:
	        print("0 nobody")
	        break
	for name in sorted(seen):
	    print(seen[name], name)
	P
}
load_udp() {
	gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
	in_ns lb nft -f "$work/lb/udp.nft" || fail "nft refuses $(cat "$work/lb/udp.nft")"
}
udp_service spread 198.51.100.20 ""
udp_service stuck 198.51.100.21 "sessionAffinity: ClientIP"
udp_service some 198.51.100.22 "loadBalancerSourceRanges: [ 192.0.2.7/32 ]"
in_ns lb sysctl -qw net.ipv4.ip_forward=1
ip -n "$run-client" addr add 192.0.2.7/24 dev eth0
load_udp
[ "$(ask_udp 198.51.100.20)" = "$(printf '4 node-a\n4 node-b\n4 node-c')" ] || fail "UDP: $(ask_udp 198.51.100.20)"
ask 198.51.100.10 80 >/dev/null || fail "TCP beside the rules for UDP"
case "$(ask_udp 198.51.100.21)" in "12 node-"?) ;; *) fail "UDP affinity: $(ask_udp 198.51.100.21)" ;; esac
[ "$(ask_udp 198.51.100.22)" = "0 nobody" ] || fail "UDP: not in the ranges, and let in"
[ "$(ask_udp 198.51.100.22 192.0.2.7 | wc -l)" -eq 3 ] || fail "UDP: in the ranges, and not let in"
node node-b 192.0.2.2 "unschedulable: true"
load_udp
[ "$(ask_udp 198.51.100.20)" = "$(printf '6 node-a\n6 node-c')" ] || fail "UDP: a drained node"
node node-b 192.0.2.2
rm "$work"/manifests/service-{spread,stuck,some}.yaml
load_udp
[ "$(ask_udp 198.51.100.20)" = "0 nobody" ] || fail "UDP: a Service that is gone"
echo "good"
