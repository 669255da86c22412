#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A BMP collector sees our session with a router from both sides, as tshark reads it: who is up, what
# we announce and what the router does, what is withdrawn, why the session ended, and that we go. One
# that comes later, or comes again, is told all of it.
#
#   client (collector) --- switch --- node-a --- router (BIRD)
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
make_router
{
	echo 'router id 192.0.2.254; protocol device {}'
	echo 'protocol static world { ipv4; route 203.0.113.0/24 blackhole; }'
	echo 'protocol bgp node { local 192.0.2.254 as 65000; neighbor 192.0.2.1 as 65001; direct; passive on;'
	echo '	ipv4 { import all; export where source = RTS_STATIC; next hop self; };'
	echo '	ipv6 { import all; export none; }; }'
} | start_bird router

dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" router "peerAddress: 192.0.2.254, dualStackAddressFamily: true"
put_advertisement "$dir" all 'communities: ["65001:42"]'
put_service "$dir" web 7
put_six "$dir" node-a
start_bellmand node-a "$dir" \
	'bmp = { collector = "192.0.2.9:11019"; statistics_seconds = 1; };' \
	'bgp = { drain_seconds = 0; on_stop = "leave"; };'
wait_for 20 "the session" is_established node-a router || fail "session: $(ctl node-a bgp)"
has_received() { ctl node-a bgp received | grep -q 203.0.113.0/24; }
wait_for 10 "the router's route" has_received || fail "received: $(ctl node-a bgp received)"
ctl node-a bgp | grep -q 'BMP collector 192.0.2.9:11019: not connected' || fail "$(ctl node-a bgp)"
is_logged() { grep -q 'msg="BMP collector not reached.*error="Connection refused"' "$work/node-a.log"; }
wait_for 10 "the log says so" is_logged || fail "not logged"

# Each packet is a line: types, flags of the peer (50: what we send), and what it tells.
start_in client "$work/tshark.log" tshark -l -n -i eth0 -f 'tcp dst port 11019' \
	-d tcp.port==11019,bmp -Y bmp -T fields -E occurrence=a -E aggregator=, -E separator=/s -E quote=n \
	-e bmp.type -e bmp.peer.flags -e bmp.peer.ip.addr -e bgp.nlri_prefix \
	-e bgp.mp_reach_nlri_ipv6_prefix -e bgp.withdrawn_prefix \
	-e bgp.update.path_attribute.community_value -e bmp.peer.down.reason \
	-e bgp.notify.minor_error_cease -e bmp.stats.data.routes_post_adj_rib_out
seen() { grep -qE "$1" "$work/tshark.log"; }
wait_for 20 "tshark captures" seen "Capturing on" || fail "tshark"
start_collector() {
	start_in client "$work/collector.log" python3 -c '
import socket
s = socket.create_server(("192.0.2.9", 11019))
c, _ = s.accept()
while c.recv(65536): pass'
	collector=${pids[-1]}
}
start_collector
is_connected() { ctl node-a bgp | grep -q 'BMP collector 192.0.2.9:11019: connected'; }
wait_for 20 "the collector is connected" is_connected || fail "$(ctl node-a bgp)"
wait_for 20 "who is up" seen '^4.*,3.* 192\.0\.2\.254' || fail "$(cat "$work/tshark.log")"
wait_for 10 "what we announce" seen ' 0x50.* 198\.51\.100\.7 2001:db8:100::6 .* 42' || fail "$(cat "$work/tshark.log")"
wait_for 10 "what the router announces" seen '^0 0x00 192\.0\.2\.254 203\.0\.113\.0 ' ||
	fail "$(cat "$work/tshark.log")"
wait_for 10 "statistics" seen '^1 .* 2$' || fail "$(cat "$work/tshark.log")"

put_service "$dir" more 8
wait_for 10 "a new route" seen '0x50 .*198\.51\.100\.8 ' || fail "$(cat "$work/tshark.log")"
rm "$dir/web.yaml"
wait_for 10 "its end" seen '0x50 192\.0\.2\.254   198\.51\.100\.7 ' || fail "$(cat "$work/tshark.log")"
bird_say router disable world >/dev/null
wait_for 10 "the end of the router's route" seen '^0 0x00 192\.0\.2\.254   203\.0\.113\.0 ' ||
	fail "$(cat "$work/tshark.log")"

times() { [ "$(grep -cE "$1" "$work/tshark.log")" -ge "$2" ]; }
bird_say router restart node >/dev/null
wait_for 10 "the router ended the session" seen '^2 .* 3 ' || fail "$(cat "$work/tshark.log")"
wait_for 30 "the session is up again" times '(^|,)3(,[0-9]+)* 0x00' 2 || fail "$(cat "$work/tshark.log")"

kill "$collector"
wait_for 10 "the collector is gone" has_ended "$collector" || fail "collector"
start_collector
wait_for 30 "all is told again" times '^4.*,3' 2 || fail "$(cat "$work/tshark.log")"
wait_for 10 "with the routes" times '0x50.* 198\.51\.100\.8' 3 || fail "$(cat "$work/tshark.log")"

kill -TERM "$pid_node_a"
wait_for 10 "the end of the session, by us" seen '^2.* 1 ' || fail "$(cat "$work/tshark.log")"
wait_for 10 "the end" seen '(^|,)5( |$)' || fail "$(cat "$work/tshark.log")"
echo "good"
