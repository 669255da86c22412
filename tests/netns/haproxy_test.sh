#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# haproxy-gen apply with a real HAProxy: what each kind of Service does on the wire, and that only
# listeners that come or go cost a reload. Topology: haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web 198.51.100.10 80 30080
service local 198.51.100.11 80 30081 "externalTrafficPolicy: Local, healthCheckNodePort: 32000"
endpoints local node-a node-a node-b
service sticky 198.51.100.12 80 30082 "sessionAffinity: ClientIP"
service closed 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 203.0.113.0/24 ]"
service six 2001:db8:1::10 80 30080
service proxy 198.51.100.14 80 30084 "" "bellman.dev/proxy-protocol: v2"
service http 198.51.100.15 80 30085 "" "bellman.dev/mode: http"

# Without an HAProxy the file is for the one that will come; then there is nothing to do.
apply_says written
apply_says nothing
start_haproxy lb
apply_says nothing
pid=$(worker lb)
wait_for 10 "the servers are up" servers_are up default.web.80 node-a node-b node-c || fail "web is down"
wait_for 10 "the servers are up" servers_are up default.local.80 node-a node-b || fail "local is down"

echo "each node serves; nothing else listens"
[ "$(ask_many 30 198.51.100.10 80)" = "$(printf '10 node-a\n10 node-b\n10 node-c')" ] || fail "web"
[ "$(ask_many 30 2001:db8:1::10 80)" = "$(printf '10 node-a\n10 node-b\n10 node-c')" ] || fail "IPv6"
# All of ours, and the one that hands the tables over.
[ "$(in_ns lb ss -Htln | wc -l)" -eq 8 ] || fail "listeners: $(in_ns lb ss -Htln)"
in_ns lb ss -Htln | grep -vE ' (127\.0\.0\.1:10024|(198\.51\.100\.1[0-5]|\[2001:db8:1::10\]):80) ' && fail "something else listens"

echo "local: in proportion to endpoints; the client's address by header"
[ "$(ask_many 30 198.51.100.11 80)" = "$(printf '20 node-a\n10 node-b')" ] || fail "weights"
case "$(ask 198.51.100.14 80)" in *" v2:192.0.2.9") ;; *) fail "PROXY header" ;; esac
in_ns client curl -s -m 5 http://198.51.100.15/ | grep -q ' 192\.0\.2\.9$' || fail "X-Forwarded-For"

echo "source ranges: closed to others, opened by a command"
ask 198.51.100.13 80 2>/dev/null && fail "not in the ranges, and let in"
service closed 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 203.0.113.0/24, 192.0.2.9/32 ]"
apply_says "runtime 1"
ask 198.51.100.13 80 >/dev/null || fail "in the ranges, and not let in"
service closed 198.51.100.13 80 30083 "loadBalancerSourceRanges: [ 203.0.113.0/24 ]"
apply_says "runtime 1"
ask 198.51.100.13 80 2>/dev/null && fail "no longer in the ranges, and let in"

echo "UDP: by the kernel, with the same nodes"
{
	sed '/^output/d' "$work/lb/gen.conf"
	echo "output = { file = \"$work/lb/haproxy.cfg\"; udp = \"$work/lb/udp.nft\"; };"
} >"$work/lb/udp.conf"
cat >"$work/manifests/service-dns.yaml" <<Y
apiVersion: v1
kind: Service
metadata: { name: dns }
spec: { type: LoadBalancer, clusterIP: 10.96.0.1, ports: [ { port: 53, nodePort: 30080, protocol: UDP } ] }
status: { loadBalancer: { ingress: [ { ip: 198.51.100.10 } ] } }
Y
[ "$(in_ns lb "$build/haproxy-gen/haproxy-gen" -c "$work/lb/udp.conf" apply 2>&1 | tail -n 1)" = nothing ] ||
	fail "a UDP port concerns HAProxy"
in_ns lb sysctl -qw net.ipv4.ip_forward=1
in_ns lb nft -f "$work/lb/udp.nft" || fail "nft refuses the rules"
in_ns lb nft -f "$work/lb/udp.nft" || fail "nft refuses the rules again"
in_ns client python3 -c "
import socket
seen = set()
for i in range(12):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
    s.sendto(b'x', ('198.51.100.10', 53)); seen.add(s.recv(100).split()[0])
assert len(seen) == 3, seen" || fail "UDP is not forwarded to all nodes"
rm "$work/manifests/service-dns.yaml"

echo "moved endpoints"
endpoints local node-b node-b node-c node-c
apply_says "runtime 6"
apply_says nothing
wait_for 10 "node-c is up" servers_are up default.local.80 node-c || fail "node-c"
[ "$(ask_many 20 198.51.100.11 80)" = "$(printf '10 node-b\n10 node-c')" ] || fail "moved"
echo 503 >"$work/node-c.32000"
wait_for 20 "503 takes node-c out" servers_are down default.local.80 node-c || fail "503"
[ "$(ask_many 10 198.51.100.11 80)" = "10 node-b" ] || fail "503 and still served"
rm "$work/node-c.32000"

echo "a drained node loses its stuck clients and keeps their connections"
stuck=$(ask 198.51.100.12 80 | cut -d' ' -f1)
[ "$(ask_many 5 198.51.100.12 80)" = "5 $stuck" ] || fail "affinity"
mkfifo "$work/in" "$work/out"
in_ns client python3 -c "
import socket, sys
s = socket.create_connection(('198.51.100.12', 80), 5)
f = s.makefile('rw')
for line in open('$work/in'):
    f.write(line); f.flush()
    open('$work/out', 'w').write(f.readline() or 'closed\n')
" &
pids+=($!)
exec 6>"$work/in"
echo hello >&6
read -r answer <"$work/out"
[ "${answer% *}" = "$stuck" ] || fail "the long connection is on $answer"
node "$stuck" "192.0.2.$(($(printf %d "'${stuck#node-}") - 96))" "unschedulable: true"
gen lb diff | tail -n 1 | grep -q '^runtime ' || fail "draining needs more than commands"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
moved=$(ask 198.51.100.12 80 | cut -d' ' -f1)
[ "$moved" != "$stuck" ] || fail "stuck to a drained node"
echo hello >&6
read -r answer <"$work/out"
[ "${answer% *}" = "$stuck" ] || fail "the open connection ended: $answer"
exec 6>&-
ask_many 20 198.51.100.10 80 | grep -q "$stuck" && fail "a drained node gets new connections"

echo "all drained is as none drained"
node node-a 192.0.2.1 "unschedulable: true"
node node-b 192.0.2.2 "unschedulable: true"
node node-c 192.0.2.3 "unschedulable: true"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
[ "$(ask_many 30 198.51.100.10 80 | wc -l)" -eq 3 ] || fail "the last node was taken"
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"

echo "nodes come, move and go"
node node-d 192.0.2.4 "unschedulable: true"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
ask_many 40 198.51.100.10 80 | grep -q node-d && fail "a node that comes drained gets connections"
node node-d 192.0.2.4
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
wait_for 15 "node-d is up" servers_are up default.web.80 node-d || fail "node-d"
[ "$(ask_many 40 198.51.100.10 80 | grep -c '10 node-d')" -eq 1 ] || fail "node-d does not serve"
ip -n "$run-node-c" addr add 192.0.2.33/24 dev eth0
node node-c 192.0.2.33
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
wait_for 15 "node-c is up again" servers_are up default.web.80 node-c || fail "node-c moved"
rm "$work/manifests/node-d.yaml"
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
wait_for 15 "node-d is gone" servers_are gone default.web.80 node-d || fail "node-d is there"
apply_says nothing
[ "$(worker lb)" = "$pid" ] || fail "there was a reload, and none was due"

echo "a new listener is a reload, and clients stay stuck over it"
# Before it is 5 s old a worker of HAProxy 2.6 does not hand its table over.
wait_for 15 "the worker is old enough" sh -c "[ \$(ps -o etimes= -p $pid) -ge 7 ]"
stuck=$(ask 198.51.100.12 80 | cut -d' ' -f1)
service more 198.51.100.20 80 30080
gen lb apply --no-reload 2>/dev/null | tail -n 1 | grep -qx "reload needed" || fail "--no-reload"
[ "$(worker lb)" = "$pid" ] || fail "--no-reload reloaded"
apply_says reload
[ "$(worker lb)" != "$pid" ] || fail "no reload"
ask 198.51.100.20 80 >/dev/null || fail "the new listener does not serve"
[ "$(ask_many 5 198.51.100.12 80)" = "5 $stuck" ] || fail "the reload lost the table"
apply_says nothing

echo "edited by hand, restarted, and an address that is taken"
echo "# by hand" >>"$work/lb/haproxy.cfg"
apply_says reload
grep -q "by hand" "$work/lb/haproxy.cfg" && fail "the edit is still there"
kill "$haproxy_lb"
wait "$haproxy_lb" 2>/dev/null
apply_says nothing
start_haproxy lb
apply_says nothing
cp "$work/lb/haproxy.cfg" "$work/before.cfg"
in_ns lb python3 -c "
import socket, time
s = socket.create_server(('198.51.100.30', 80))
time.sleep(100)" &
pids+=($!)
wait_for 10 "somebody has the port" sh -c "ip netns exec $run-lb ss -Htln | grep -q 198.51.100.30"
service taken 198.51.100.30 80 30080
gen lb apply >>"$work/apply.log" 2>&1 || fail "a listener that can not be had is not left out"
cmp -s "$work/lb/haproxy.cfg" "$work/before.cfg" || fail "more than that listener changed"
gen lb status | grep -q "default/taken port 80: cannot_bind:" || fail "$(gen lb status)"
# Not a Service's, so it can not be left out: the reload fails.
cp "$work/lb/gen.conf" "$work/gen.conf"
echo 'stats = { listen = "198.51.100.30:80"; };' >>"$work/lb/gen.conf"
gen lb apply >>"$work/apply.log" 2>&1 && fail "stats that can not be had"
cmp -s "$work/lb/haproxy.cfg" "$work/before.cfg" || fail "the last good file is not back"
# As if it had been stopped before it could note that: the next try goes back too.
state=$(ls "$work"/lb/state/*haproxy.cfg.json)
jq '.pendingPid = .pid' "$state" >"$work/state.json" && cp "$work/state.json" "$state"
gen lb apply >>"$work/apply.log" 2>&1 && fail "stats that can still not be had"
cmp -s "$work/lb/haproxy.cfg" "$work/before.cfg" || fail "a file that HAProxy can not start with stays"
ask 198.51.100.10 80 >/dev/null || fail "HAProxy does not serve after a failed reload"
gen lb status | grep -q '^error ' || fail "status tells no error"
cp "$work/gen.conf" "$work/lb/gen.conf"
rm "$work/manifests/service-taken.yaml"
apply_says nothing
gen lb status >/dev/null || fail "status tells an error that is over"
echo "good"
