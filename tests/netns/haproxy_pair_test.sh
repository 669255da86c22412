#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two machines with bellmand, HAProxy and haproxy-gen each, in front of the same nodes: bellmand gives
# each address to one of them. The one that has it dies; the client goes on, stuck to the node that it
# was stuck to.
#
#   client (.9) ---+
#                  +--- switch --- node-a (.1), node-b (.2), node-c (.3), node-d (.4)
#   lb (.50) ------+
#   lb2 (.51) -----+
#
# The external addresses, 192.0.2.200 and 2001:db8::200, are of the segment itself.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$(dirname "$0")/haproxy_lib.sh"

vip=192.0.2.200
vip6=2001:db8::200
machines=(lb lb2)

make_cluster
add_lb lb2 51
node node-a 192.0.2.1
node node-b 192.0.2.2
node node-c 192.0.2.3
service web "$vip" 80 30080 "" "metallb.io/allow-shared-ip: both"
service sticky "$vip" 81 30081 "sessionAffinity: ClientIP" "metallb.io/allow-shared-ip: both"
service six "$vip6" 80 30082
sed -i 's/10.96.0.1/"fd00::1"/' "$work/manifests/service-six.yaml"

# What bellmand reads: the same Services, and the machines for its nodes. An endpoint of each stands for
# the HAProxy in front, which serves whatever happens behind it.
mkdir "$work/edge"
cat >"$work/edge/edge.yaml" <<Y
apiVersion: v1
kind: Node
metadata: { name: lb }
status: { addresses: [ { type: InternalIP, address: 192.0.2.50 } ] }
---
apiVersion: v1
kind: Node
metadata: { name: lb2 }
status: { addresses: [ { type: InternalIP, address: 192.0.2.51 } ] }
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: pool, namespace: metallb-system }
spec: { addresses: [ 192.0.2.200-192.0.2.209, 2001:db8::200-2001:db8::209 ] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: all, namespace: metallb-system }
Y
for name in web sticky six; do
	cp "$work/manifests/service-$name.yaml" "$work/edge/"
	cat >>"$work/edge/edge.yaml" <<-Y
	---
	apiVersion: discovery.k8s.io/v1
	kind: EndpointSlice
	metadata: { name: $name-1, labels: { kubernetes.io/service-name: $name } }
	addressType: $([ $name = six ] && echo IPv6 || echo IPv4)
	endpoints: [ { addresses: [ "$([ $name = six ] && echo ::1 || echo 127.0.0.1)" ], conditions: { ready: true } } ]
	Y
done
echo "the secret of the machines $run" >"$work/key"

members='"lb 192.0.2.50:10024", "lb2 192.0.2.51:10024"'
start_machine() {
	local host=$1

	# The addresses are taken in, and it is bellmand alone that answers for them.
	in_ns "$host" sysctl -qw net.ipv4.ip_nonlocal_bind=0 net.ipv6.ip_nonlocal_bind=0 \
		net.ipv4.conf.all.arp_ignore=1
	in_ns "$host" ip route replace local "$vip" dev lo
	in_ns "$host" ip -6 route replace local "$vip6" dev lo
	gen "$host" apply >>"$work/apply.log" 2>&1 || fail "apply on $host"
	start_haproxy "$host"
	ip netns exec "$run-$host" "$build/haproxy-gen/haproxy-gen" -c "$work/$host/gen.conf" run \
		>>"$work/$host-run.log" 2>&1 &
	pids+=($!)
	eval "runner_$host=$!"
	start_bellmand "$host" "$work/edge" "allocator = \"follow\";" "liveness = { key_file = \"$work/key\"; };"
}
for host in "${machines[@]}"; do
	echo "affinity = { local = \"$host\"; members = [ $members ]; };" >>"$work/$host/gen.conf"
	echo 'reload = { quiet_ms = 50; max_delay_ms = 500; };' >>"$work/$host/gen.conf"
	start_machine "$host"
done

# owners IP: the machines that say they have it
owners() {
	local host

	for host in "${machines[@]}"; do
		[ -S "$work/$host.sock" ] && ctl "$host" -o json l2 2>/dev/null |
			jq -e --arg ip "$1" 'any(.addresses[]; .ip == $ip and .state == "owner")' >/dev/null && echo "$host"
	done
}
has_one_owner() { [ "$(owners "$1" | wc -l)" -eq 1 ]; }
wait_for 20 "$vip has one owner" has_one_owner "$vip" || fail "$(ctl lb l2) $(ctl lb2 l2)"
wait_for 20 "$vip6 has one owner" has_one_owner "$vip6" || fail "$(ctl lb l2) $(ctl lb2 l2)"
peers_are_up() { [ "$(admin lb "show peers" | grep -c 'status=ESTA')" -ge 1 ]; }
wait_for 30 "the peers are connected" peers_are_up || fail "$(admin lb "show peers")"

echo "one machine answers for the address, and serves it"
first=$(owners "$vip")
other=$([ "$first" = lb ] && echo lb2 || echo lb)
[ "$(who_has "$vip" | wc -l)" -eq 1 ] || fail "who has it: $(who_has "$vip")"
[ "$(who_has6 "$vip6" | wc -l)" -eq 1 ] || fail "who has it: $(who_has6 "$vip6")"
ask_many 30 "$vip" 80 >"$work/asked" || fail "no service"
[ "$(wc -l <"$work/asked")" -eq 3 ] || fail "nodes: $(cat "$work/asked")"
ask "$vip6" 80 >/dev/null || fail "no service over IPv6"
stuck=$(ask "$vip" 81 | cut -d' ' -f1)
entries() { admin "$1" "show table default.sticky.81" | grep -c '^0x'; }
is_known_to() { [ "$(entries "$1")" -ge 1 ]; }
wait_for 20 "the other one knows the client" is_known_to "$other" || fail "$(admin "$other" "show table default.sticky.81")"

echo "a new address comes to both, and to one of them"
service more 192.0.2.201 80 30080
cp "$work/manifests/service-more.yaml" "$work/edge/"
sed -n '/name: web-1/,/endpoints/p' "$work/edge/edge.yaml" | sed 's/web/more/g; 1i apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice' \
	>"$work/edge/endpoints-more.yaml"
for host in "${machines[@]}"; do in_ns "$host" ip route replace local 192.0.2.201 dev lo; done
wait_for 20 "it serves" ask 192.0.2.201 80 || fail "$(ctl lb explain default/more; gen lb status)"

echo "the machine that has it dies; the client goes on"
ip netns exec "$run-client" python3 - "$vip" 80 "$work/began" >"$work/client" <<-'P' &
import socket, sys, time
end = time.monotonic() + 12
good, longest, last = 0, 0.0, time.monotonic()
while time.monotonic() < end:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.2) as s:
            s.settimeout(0.2)
            s.sendall(b"hello\n")
            if not s.recv(100):
                raise OSError("closed")
        now = time.monotonic()
        longest, last, good = max(longest, now - last), now, good + 1
        if good == 20:
            open(sys.argv[3], "w").close()
    except OSError:
        pass
    time.sleep(0.01)
longest = max(longest, time.monotonic() - last)
print(f"{good} times served, longest without {longest * 1000:.0f} ms")
P
pids+=($!)
client=$!
wait_for 10 "the client is served" test -e "$work/began" || fail "the client"
# All of the machine at once, as if its power was cut.
ip -n "$run-$first" link set eth0 down
{
	ip netns pids "$run-$first" | xargs -r kill -KILL
	for pid in "haproxy_$first" "runner_$first" "pid_$first"; do
		wait "${!pid}"
	done
} 2>/dev/null
rm -f "$work/$first.sock"
is_owner() { owners "$vip" | grep -qx "$1"; }
wait_for 20 "the other one has it" is_owner "$other" || fail "$(ctl "$other" l2)"
wait "$client" || fail "the client"
cat "$work/client"
[ "$(sed 's/.*without \([0-9]*\) ms/\1/' "$work/client")" -le 5000 ] || fail "the client: $(cat "$work/client")"
[ "$(ask "$vip" 81 | cut -d' ' -f1)" = "$stuck" ] || fail "the client is not stuck to $stuck any more"
ask "$vip6" 80 >/dev/null || fail "no service over IPv6"
ask 192.0.2.201 80 >/dev/null || fail "no service of the new one"
echo "good"
