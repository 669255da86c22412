#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sessions with BIRD as the router: each speaker is a row. Topology: bgp_session_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp_session_lib.sh
. "$(dirname "$0")/bgp_session_lib.sh"

make_bgp_segment
bird_conf=$work/router/bird.conf
cat >"$bird_conf" <<-EOF2
	log "$work/bird.log" all;
	router id 192.0.2.9;
	protocol device {}
	ipv4 table master4;
	ipv6 table master6;
	template bgp row {
		local as 65000;
		passive on;
		connect delay time 1;
		connect retry time 1;
		error wait time 1, 2;
	}
EOF2

# row NAME N ADDRESS AS LINES: a protocol of BIRD for speaker N
row() {
	add_speaker_address "$2"
	echo "protocol bgp p_$1 from row { neighbor $3 as $4; $5 }" >>"$bird_conf"
}
v4='direct; ipv4 { import all; export none; };'
v6='direct; ipv6 { import all; export none; };'
row ebgp 101 192.0.2.101 65101 "$v4"
row ibgp 102 192.0.2.102 65000 "$v4"
row as4 103 192.0.2.103 4200000103 "$v4"
row over6 104 2001:db8::104 65104 "$v6"
row both 105 192.0.2.105 65105 "$v4 $v6"
row md5 106 192.0.2.106 65106 "password \"a secret\"; $v4"
row md5wrong 107 192.0.2.107 65107 "password \"a secret\"; $v4"
row md5none 108 192.0.2.108 65108 "password \"a secret\"; $v4"
row gtsm 109 192.0.2.109 65109 "ttl security on; $v4"
row gtsmnot 110 192.0.2.110 65110 "$v4"
row passive 111 192.0.2.111 65111 "passive off; $v4"
row collide 112 192.0.2.112 65112 "passive off; $v4"
row exthop 113 2001:db8::113 65113 "direct; ipv4 { import all; export none; extended next hop on; };"
row roles 114 192.0.2.114 65114 "local role provider; $v4"
row badrole 115 192.0.2.115 65115 "local role customer; $v4"
row restart 116 192.0.2.116 65116 "$v4"
row silence 117 192.0.2.117 65117 "$v4"
row wrongas 118 192.0.2.118 65218 "$v4"
row oldpeer 119 192.0.2.119 65119 "capabilities off; enable as4 off; $v4"
row routes 120 192.0.2.120 65120 "direct; ipv4 { import none; export where source = RTS_STATIC; };"
echo 'protocol static { ipv4; route 203.0.113.0/24 blackhole; route 203.0.114.0/24 blackhole; }' \
	>>"$bird_conf"

ip netns exec "$run-client" bird -f -c "$bird_conf" -s "$work/bird.sock" 2>"$work/bird_start.log" &
pids+=($!)
birdc() { in_ns client birdc -s "$work/bird.sock" "$@"; }
wait_for 10 "BIRD answers" birdc show status || fail "BIRD"

to="address=192.0.2.9 peer_as=65000"
# shellcheck disable=SC2086
{
	speak ebgp 101 as=65101 source=192.0.2.101 $to routes=10 community=65101:100
	speak ibgp 102 as=65000 source=192.0.2.102 $to peer_as=internal routes=10
	speak as4 103 as=4200000103 source=192.0.2.103 $to routes=10
	speak over6 104 as=65104 source=2001:db8::104 address=2001:db8::9 peer_as=65000 families=2 routes6=10
	speak both 105 as=65105 source=192.0.2.105 $to families=3 routes=10 routes6=10
	speak md5 106 as=65106 source=192.0.2.106 $to "password=a secret" routes=10
	speak md5wrong 107 as=65107 source=192.0.2.107 $to "password=another" routes=10
	speak md5none 108 as=65108 source=192.0.2.108 $to routes=10
	speak gtsm 109 as=65109 source=192.0.2.109 $to gtsm=1 routes=10
	speak gtsmnot 110 as=65110 source=192.0.2.110 $to gtsm=1 routes=10
	speak passive 111 as=65111 source=192.0.2.111 $to passive=1 listen=192.0.2.111 routes=10
	speak collide 112 as=65112 source=192.0.2.112 $to listen=192.0.2.112 routes=10
	speak exthop 113 as=65113 source=2001:db8::113 address=2001:db8::9 peer_as=65000 exthop=1 routes=10
	speak roles 114 as=65114 source=192.0.2.114 $to role=3 routes=10
	speak badrole 115 as=65115 source=192.0.2.115 $to role=3 routes=10
	speak restart 116 as=65116 source=192.0.2.116 $to gr=1 routes=10
	speak silence 117 as=65117 source=192.0.2.117 $to hold=3 routes=10
	speak wrongas 118 as=65118 source=192.0.2.118 $to routes=10
	speak oldpeer 119 as=65119 source=192.0.2.119 $to routes=10
	speak routes 120 as=65120 source=192.0.2.120 $to peer_as=external
}

# has PROTOCOL COUNT [TABLE]: BIRD holds so many routes of it
has() {
	birdc show route table "${3:-master4}" protocol "p_$1" count | grep -q "^$2 of "
}
for name in ebgp ibgp as4 both md5 gtsm passive collide exthop roles restart silence oldpeer; do
	wait_for 20 "BIRD has the routes of $name" has $name 10 || fail "$name"
	said $name "up " || fail "$name is not up"
done
wait_for 20 "BIRD has IPv6 routes over IPv6" has over6 10 master6 || fail "over6"
wait_for 20 "BIRD has IPv6 routes over IPv4" has both 10 master6 || fail "both"

# What was agreed.
said ebgp "ibgp=0 as4=1" || fail "ebgp"
said ibgp "ibgp=1" || fail "ibgp"
said oldpeer "as4=0" || fail "oldpeer"
said exthop "exthop=1" || fail "exthop"
said restart "gr=1" || fail "restart"
said passive "dialled=0" || fail "passive: it dialled"
birdc show route table master4 protocol p_ebgp all | grep -q '(65101,100)' || fail "community"
birdc show route table master4 protocol p_as4 all | grep -q 'BGP.as_path: 4200000103$' || fail "as4 path"
birdc show route table master6 protocol p_both all | grep -q 'BGP.next_hop: 2001:db8::1' || fail "next hop"
must_say 10 routes "received 2"

# What must stay down, and says why.
must_say 20 md5wrong "failed no answer; perhaps the peer has no TCP-MD5 key, or another one"
must_say 20 md5none "failed no connection: Connection timed out"
must_say 10 badrole "Role Mismatch (2/11)"
must_say 10 wrongas "Bad Peer AS (2/2)"
for name in md5wrong md5none gtsmnot badrole wrongas; do
	said $name "up " && fail "$name came up"
done

# A collision leaves one session, and it stays.
said collide "down" && fail "collide: a collision took the session down"
birdc show protocols p_collide | grep -q Established || fail "collide"

# BIRD asks for the routes again, resets, shuts down with words.
birdc reload in p_ebgp >/dev/null
must_say 10 ebgp "refresh ipv4 unicast"
birdc restart p_ebgp >/dev/null
wait_for 10 "the session comes back" said_times ebgp "up " 2 || fail "restart"
wait_for 10 "all routes come back" has ebgp 10 || fail "restart routes"
birdc disable p_both '"moving house"' >/dev/null
must_say 10 both 'Administrative Shutdown (6/2): "moving house"'
birdc enable p_both >/dev/null
wait_for 20 "it comes back when BIRD enables it" said_times both "up " 2 || fail "enable"

# We reset, and end with words.
kill -USR1 "$pid_ibgp"
wait_for 10 "our own reset comes back" said_times ibgp "up " 2 || fail "reset"
end_speaker gtsm
# Its log has the whole text; the table only the code.
wait_for 10 "BIRD heard why" grep -q 'gtsm.*bye' "$work/bird.log" || fail "shutdown text"
wait_for 10 "the routes are gone" has gtsm 0 || fail "gtsm routes"
# With graceful restart BIRD would keep them, were it not a hard reset or a Cease without N.
end_speaker restart
wait_for 10 "a stop for good leaves no stale route" has restart 0 || fail "stale routes"

# Silence: what the router says does not arrive any more, and nobody closes.
in_ns client nft -f - <<-EOF2
	table inet cut { chain out { type filter hook output priority 0; ip daddr 192.0.2.117 drop; }; }
EOF2
must_say 15 silence "down we said Hold Timer Expired (4/0)"
in_ns client nft delete table inet cut
wait_for 20 "it comes back after the silence" said_times silence "up " 2 || fail "silence"

# A router that resets every second: the session is up again each time, and then damped.
for i in 1 2 3 4; do
	wait_for 15 "up for reset $i" said_times as4 "up " "$i" || fail "resets: $i"
	birdc restart p_as4 >/dev/null
done
wait_for 20 "the last time it stays" said_times as4 "up " 5 || fail "resets"
wait_for 10 "with all routes" has as4 10 || fail "routes after resets"
echo "good"
