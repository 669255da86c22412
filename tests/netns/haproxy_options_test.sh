#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a Service asks for by annotation and spec, judged by what a client and the nodes see of a real
# HAProxy: TLS, the PROXY protocol, balance, limits, timeouts, checks, ranges, affinity. Topology:
# haproxy_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

make_cluster
mkdir "$work/certs"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=web.example \
	-addext "subjectAltName = DNS:web.example" -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null ||
	fail "no certificate"
cat "$work/ca.pem" "$work/key.pem" >"$work/certs/web.pem"
cp "$work/ca.pem" "$work/certs/keyless.pem"
echo "tls = { folder = \"$work/certs\"; };" >>"$work/lb/gen.conf"

node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service tls 198.51.100.10 443 30080 "" "bellman.dev/tls-certificate: web.pem"
service https 198.51.100.11 443 30081 "" "bellman.dev/tls-certificate: web.pem, bellman.dev/mode: http"
service keyless 198.51.100.12 443 30080 "" "bellman.dev/tls-certificate: keyless.pem"
service one 198.51.100.20 80 30082 "" "bellman.dev/proxy-protocol: v1"
service two 198.51.100.21 80 30082 "" "bellman.dev/proxy-protocol: v2"
service six 2001:db8:1::21 80 30082 "" "bellman.dev/proxy-protocol: v2"
service http6 2001:db8:1::22 80 30085 "" "bellman.dev/mode: http"
service source 198.51.100.30 80 30080 "" "bellman.dev/balance: source"
service least 198.51.100.31 80 30080 "" "bellman.dev/balance: leastconn"
service first 198.51.100.32 80 30080 "" "bellman.dev/balance: first"
service random 198.51.100.33 80 30080 "" "bellman.dev/balance: random"
service few 198.51.100.40 80 30080 "" "bellman.dev/maxconn: '2'"
service client 198.51.100.41 80 30080 "" "bellman.dev/timeout-client: 1s"
service server 198.51.100.42 80 30080 "" "bellman.dev/timeout-server: 1s"
service impatient 198.51.100.43 80 30083 "" "bellman.dev/timeout-connect: 100ms"
service patient 198.51.100.44 80 30083 "" "bellman.dev/timeout-connect: 20s"
service check 198.51.100.50 80 30084 "" "bellman.dev/health-check-path: /ready, bellman.dev/health-check-interval: 200ms"
service range 198.51.100.60 80 30080 "loadBalancerSourceRanges: [ 192.0.2.9/32 ]"
service allowed 198.51.100.61 80 30080 "loadBalancerSourceRanges: [ $(seq -s, -f "10.%g.0.0/16" 1 200), 192.0.2.0/29 ]"
service sticky 198.51.100.70 80 30080 \
	"sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 2 } }"
# No node answers there, and none refuses either.
for host in node-a node-b node-c; do
	in_ns "$host" nft "add table inet t; add chain inet t in { type filter hook input priority 0; };
		add rule inet t in tcp dport 30083 drop" || fail "nft"
done
gen lb apply >>"$work/apply.log" 2>&1 || fail "apply"
start_haproxy lb
wait_for 15 "the nodes are up" servers_are up default.tls.443 node-a node-b node-c || fail "nodes"
wait_for 15 "the nodes are up" servers_are up default.check.80 node-a node-b node-c || fail "check"

# hold ADDRESS PORT COUNT FILE: keeps COUNT connections until killed; each line it gets goes to FILE
hold() {
	ip netns exec "$run-client" python3 -u - "$@" >"$4" <<-'P' &
	import socket, sys, time
	held = []
	for _ in range(int(sys.argv[3])):
	    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
	    s.sendall(b"hello\n")
	    held.append(s)
	    print(s.makefile().readline().strip())
	time.sleep(100)
	P
	pids+=($!)
	holder=$!
}
has_lines() { [ "$(wc -l <"$2")" -ge "$1" ]; }
# seconds_open ADDRESS PORT: how long an idle connection stays open, at most 9 s
seconds_open() {
	in_ns client python3 - "$@" <<-'P'
	import socket, sys, time
	s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
	begin = time.monotonic()
	s.settimeout(9)
	try:
	    s.recv(1)
	except TimeoutError:
	    pass
	except ConnectionError:
	    pass
	print(f"{time.monotonic() - begin:.1f}")
	P
}
# is_between LOW X HIGH
is_between() { awk "BEGIN { exit !($1 <= $2 && $2 <= $3) }"; }

echo "TLS ends at HAProxy, with the certificate that is named"
tls() { in_ns client curl -s -m 5 --cacert "$work/ca.pem" --connect-to "web.example:443:$1:443" https://web.example/; }
tls 198.51.100.10 | grep -q '^node-[abc] 192\.0\.2\.50 -$' || fail "TLS in front of TCP"
tls 198.51.100.11 | grep -q '^node-[abc] 192\.0\.2\.50 192\.0\.2\.9$' || fail "TLS in front of HTTP"
in_ns client curl -s -m 5 http://198.51.100.11:443/ | grep -q node- && fail "plain HTTP on a TLS port"
in_ns lb ss -Htln | grep -q 198.51.100.12 && fail "a certificate without its key is served"
gen lb status | grep -q "default/keyless: no_certificate" || fail "$(gen lb status)"

echo "the client's address: PROXY protocol, X-Forwarded-For"
case "$(ask 198.51.100.20 80)" in *" v1:192.0.2.9") ;; *) fail "PROXY v1" ;; esac
case "$(ask 198.51.100.21 80)" in *" v2:192.0.2.9") ;; *) fail "PROXY v2" ;; esac
case "$(ask 2001:db8:1::21 80)" in *" v2:2001:db8::9") ;; *) fail "PROXY v2 over IPv6" ;; esac
in_ns client curl -s -m 5 "http://[2001:db8:1::22]/" | grep -q ' 2001:db8::9$' || fail "X-Forwarded-For over IPv6"

echo "balance"
clients=()
for i in $(seq 100 119); do
	clients+=("192.0.2.$i")
	ip -n "$run-client" addr add "192.0.2.$i/24" dev eth0
done
ask_from 198.51.100.30 80 "${clients[@]}" >"$work/once"
ask_from 198.51.100.30 80 "${clients[@]}" >"$work/again"
cmp -s "$work/once" "$work/again" || fail "source: clients moved: $(paste "$work/once" "$work/again")"
[ "$(sort -u "$work/once" | wc -l)" -ge 2 ] || fail "source: all clients at $(sort -u "$work/once")"
hold 198.51.100.31 80 2 "$work/held"
wait_for 10 "two are held" has_lines 2 "$work/held" || fail "hold"
# In turn each node would get three of them. HAProxy may see one end a little late.
for i in 1 2 3 4 5 6 7 8 9; do ask 198.51.100.31 80 | cut -d' ' -f1; done >"$work/asked"
[ "$(grep -cvxf <(cut -d' ' -f1 "$work/held") "$work/asked")" -ge 6 ] ||
	fail "leastconn: $(cat "$work/held"), and then $(sort "$work/asked" | uniq -c)"
kill "$holder"
[ "$(ask_many 12 198.51.100.32 80)" = "12 node-a" ] || fail "first"
[ "$(ask_many 60 198.51.100.33 80 | wc -l)" -eq 3 ] || fail "random"

echo "maxconn: the third one waits until one of two has gone"
hold 198.51.100.40 80 2 "$work/held"
wait_for 10 "two are held" has_lines 2 "$work/held" || fail "hold"
(ask 198.51.100.40 80 >"$work/third" 2>&1) &
third=$!
# It is not answered while two others are: those of another listener are.
ask_many 200 198.51.100.10 80 >/dev/null 2>&1
ask_many 50 198.51.100.32 80 >/dev/null
[ -s "$work/third" ] && fail "there is no limit: $(cat "$work/third")"
kill "$holder"
wait "$third" || fail "it was never let in: $(cat "$work/third")"
grep -q '^node-' "$work/third" || fail "it was not served: $(cat "$work/third")"

echo "timeouts"
is_between 0.8 "$(seconds_open 198.51.100.41 80)" 8 || fail "timeout-client"
is_between 0.8 "$(seconds_open 198.51.100.42 80)" 8 || fail "timeout-server"
seconds_open 198.51.100.44 80 >"$work/patient" &
patient=$!
is_between 0 "$(seconds_open 198.51.100.43 80)" 7 || fail "timeout-connect is not kept"
kill -0 "$patient" || fail "timeout-connect of another Service is kept: $(cat "$work/patient")"
wait "$patient"
is_between 8.9 "$(cat "$work/patient")" 12 || fail "a long timeout-connect is not kept: $(cat "$work/patient")"

echo "a check of the Service's own: its path, and how often"
[ "$(ask_many 30 198.51.100.50 80 | wc -l)" -eq 3 ] || fail "check"
echo 404 >"$work/node-b.ready"
wait_for 15 "404 takes node-b out" servers_are down default.check.80 node-b || fail "404"
servers_are up default.tls.443 node-b || fail "it took node-b out of another Service"
[ "$(ask_many 30 198.51.100.50 80 | wc -l)" -eq 2 ] || fail "404, and still served"
rm "$work/node-b.ready"
wait_for 15 "node-b is back" servers_are up default.check.80 node-b || fail "node-b"
# The default is 2 s between two checks.
is_often() {
	awk 'NR > 1 && $1 - last < 1 { short++ } { last = $1 } END { exit !(short >= 10) }' "$work/node-a.ready.seen"
}
wait_for 20 "checks come more than once a second" is_often || fail "interval: $(tail "$work/node-a.ready.seen")"

echo "source ranges: one that can not be read closes the port; two hundred are kept"
ask 198.51.100.60 80 >/dev/null || fail "in the range, and not let in"
service range 198.51.100.60 80 30080 "loadBalancerSourceRanges: [ 192.0.2.9/32, 192.0.2.300/32 ]"
gen lb apply >"$work/said" 2>&1 || fail "apply: $(cat "$work/said")"
grep -q 'default/range: spec.loadBalancerSourceRanges\[1\]: "192.0.2.300/32" is no CIDR' "$work/said" || fail "$(cat "$work/said")"
ask 198.51.100.60 80 >"$work/asked" 2>/dev/null && fail "let in: $(cat "$work/asked")"
ask 198.51.100.61 80 2>/dev/null && fail "not in the ranges, and let in"
ip -n "$run-client" addr add 192.0.2.7/24 dev eth0
ask 198.51.100.61 80 192.0.2.7 >/dev/null || fail "in the last of 201 ranges, and not let in"

echo "affinity ends after its timeout, and not before"
entries() { admin lb "show table default.sticky.80" | grep -c '^0x'; }
stuck=$(ask 198.51.100.70 80 | cut -d' ' -f1)
for i in 1 2 3 4 5 6 7 8; do
	[ "$(ask 198.51.100.70 80 | cut -d' ' -f1)" = "$stuck" ] || fail "not stuck after $i"
	sleep 0.5
done
is_forgotten() { [ "$(entries)" -eq 0 ]; }
is_forgotten && fail "it is forgotten while the client comes"
wait_for 20 "it is forgotten" is_forgotten || fail "$(admin lb "show table default.sticky.80")"
echo "good"
