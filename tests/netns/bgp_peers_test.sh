#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sessions with FRR (unnumbered too), GoBGP, OpenBGPD and ExaBGP, each a host of its own on the
# segment; each speaker is a row. Topology: bgp_session_lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp_session_lib.sh
. "$(dirname "$0")/bgp_session_lib.sh"

make_bgp_segment
add_host frr 20
add_host gobgp 21
add_host openbgpd 22
add_host exabgp 23
for n in 121 122 123 124 126 131 132 141 142 151 152; do
	add_speaker_address $n
done
chmod 755 "$work"

# start_as HOST LOG COMMAND...: a daemon of HOST, ended with the script
start_as() {
	local host=$1 log=$2

	shift 2
	ip netns exec "$run-$host" "$@" >"$work/$log.log" 2>&1 </dev/null &
	pids+=($!)
}

frr=$work/frr
mkdir -p "$frr"
cat >"$frr/bgpd.conf" <<-'END'
	router bgp 65000
	 bgp router-id 192.0.2.20
	 no bgp ebgp-requires-policy
	 no bgp default ipv4-unicast
	 neighbor 192.0.2.121 remote-as 65121
	 neighbor 192.0.2.122 remote-as 65000
	 neighbor 192.0.2.123 remote-as 65123
	 neighbor 192.0.2.123 password secret
	 neighbor 192.0.2.124 remote-as 65124
	 neighbor 192.0.2.124 ttl-security hops 1
	 neighbor 2001:db8::126 remote-as 4200000126
	 neighbor 2001:db8::126 capability extended-nexthop
	 neighbor eth0 interface remote-as external
	 address-family ipv4 unicast
	  neighbor 192.0.2.121 activate
	  neighbor 192.0.2.122 activate
	  neighbor 192.0.2.123 activate
	  neighbor 192.0.2.124 activate
	  neighbor 2001:db8::126 activate
	  neighbor eth0 activate
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor 192.0.2.121 activate
	  neighbor eth0 activate
	 exit-address-family
END
: >"$frr/zebra.conf"
: >"$frr/vtysh.conf"
chown -R frr:frr "$frr"
common=(--vty_socket "$frr" -u frr -g frr -A 127.0.0.1 -P 0 -z "$frr/zserv.api")
start_as frr zebra /usr/lib/frr/zebra -i "$frr/zebra.pid" -f "$frr/zebra.conf" "${common[@]}"
wait_for 15 "zebra is there" test -S "$frr/zserv.api" || fail "zebra"
start_as frr bgpd /usr/lib/frr/bgpd -i "$frr/bgpd.pid" -f "$frr/bgpd.conf" "${common[@]}"
vtysh_() { in_ns frr vtysh --vty_socket "$frr" -c "$@" 2>/dev/null; }
frr_has() {
	[ "$(vtysh_ 'show bgp summary json' | jq ".$1.peers[\"$2\"].pfxRcd")" = "$3" ]
}

cat >"$work/gobgp.toml" <<-'END'
	[global.config]
	  as = 65000
	  router-id = "192.0.2.21"
END
for n in 131 132; do
	cat >>"$work/gobgp.toml" <<-END
		[[neighbors]]
		  [neighbors.config]
		    neighbor-address = "192.0.2.$n"
		    peer-as = 65$n
		    $([ $n = 132 ] && echo 'auth-password = "secret"')
		  [neighbors.transport.config]
		    passive-mode = true
		  [[neighbors.afi-safis]]
		    [neighbors.afi-safis.config]
		      afi-safi-name = "ipv4-unicast"
		  [[neighbors.afi-safis]]
		    [neighbors.afi-safis.config]
		      afi-safi-name = "ipv6-unicast"
	END
done
start_as gobgp gobgpd gobgpd -t toml -f "$work/gobgp.toml" --pprof-disable
gobgp_has() {
	[ "$(in_ns gobgp gobgp neighbor "$1" adj-in -a "$2" -j 2>/dev/null | jq length)" = "$3" ]
}

cat >"$work/openbgpd.conf" <<-END
	AS 65000
	router-id 192.0.2.22
	listen on 192.0.2.22
	socket "$work/openbgpd.sock"
	fib-update no
	neighbor 192.0.2.141 {
		remote-as 65141
		passive
		announce IPv4 unicast
		announce IPv6 unicast
	}
	neighbor 192.0.2.142 {
		remote-as 65000
		passive
		announce IPv4 unicast
	}
	allow from any
	allow from ibgp
	deny to any
END
chmod 600 "$work/openbgpd.conf"
mkdir -p "$(getent passwd _openbgpd | cut -d: -f6)"
start_as openbgpd openbgpd bgpd -d -f "$work/openbgpd.conf"
openbgpd_has() {
	[ "$(in_ns openbgpd bgpctl -s "$work/openbgpd.sock" -j show neighbor "$1" 2>/dev/null |
		jq '.neighbors[0].stats.prefixes.received')" = "$2" ]
}

cat >"$work/helper.sh" <<-END
	#!/bin/sh
	while read -r line; do echo "\$line" >>"$work/exabgp_saw.log"; done
END
chmod 755 "$work/helper.sh"
: >"$work/exabgp_saw.log"
cat >"$work/exabgp.conf" <<-END
	process saw { run $work/helper.sh; encoder json; }
END
for n in 151 152; do
	cat >>"$work/exabgp.conf" <<-END
		neighbor 192.0.2.$n {
			router-id 192.0.2.23; local-address 192.0.2.23; local-as 65000; peer-as 65$n;
			passive true;
			family { ipv4 unicast; ipv6 unicast; }
			$([ $n = 152 ] && echo 'md5-password "secret";')
			api { processes [ saw ]; receive { parsed; update; } }
		}
	END
done
start_as exabgp exabgp env exabgp.daemon.user=root exabgp.tcp.bind=192.0.2.23 exabgp.tcp.port=179 \
	exabgp "$work/exabgp.conf"

listens() { in_ns "$1" ss -ltnH 'sport = :179' | grep -q .; }
for host in frr gobgp openbgpd exabgp; do
	wait_for 30 "$host listens" listens $host || fail $host
done

both="families=3 routes=10 routes6=10"
# shellcheck disable=SC2086
{
	speak frr 121 as=65121 source=192.0.2.121 address=192.0.2.20 peer_as=65000 $both
	speak ibgp 122 as=65000 source=192.0.2.122 address=192.0.2.20 peer_as=65000 routes=10
	speak md5 123 as=65123 source=192.0.2.123 address=192.0.2.20 peer_as=65000 routes=10 password=secret
	speak gtsm 124 as=65124 source=192.0.2.124 address=192.0.2.20 peer_as=65000 routes=10 gtsm=1
	speak exthop 126 as=4200000126 source=2001:db8::126 address=2001:db8::20 peer_as=65000 routes=10 exthop=1
	speak unnumbered 125 as=65125 interface=eth0 peer_as=external exthop=1 $both
	speak gobgp 131 as=65131 source=192.0.2.131 address=192.0.2.21 peer_as=65000 $both
	speak gobgpmd5 132 as=65132 source=192.0.2.132 address=192.0.2.21 peer_as=65000 $both password=secret
	speak openbgpd 141 as=65141 source=192.0.2.141 address=192.0.2.22 peer_as=65000 $both
	speak openibgp 142 as=65000 source=192.0.2.142 address=192.0.2.22 peer_as=internal routes=10
	speak exabgp 151 as=65151 source=192.0.2.151 address=192.0.2.23 peer_as=65000 $both
	speak exabgpmd5 152 as=65152 source=192.0.2.152 address=192.0.2.23 peer_as=65000 $both password=secret
}

for name in frr ibgp md5 gtsm exthop gobgp gobgpmd5 openbgpd openibgp exabgp exabgpmd5 unnumbered; do
	must_say 45 $name "up "
done
for n in 121 122 123 124; do
	wait_for 15 "FRR has the routes of $n" frr_has ipv4Unicast 192.0.2.$n 10 || fail "FRR $n"
done
wait_for 15 "FRR has IPv6 routes over IPv4" frr_has ipv6Unicast 192.0.2.121 10 || fail "FRR v6"
wait_for 15 "FRR has IPv4 routes over IPv6" frr_has ipv4Unicast 2001:db8::126 10 || fail "FRR 8950"
wait_for 15 "FRR has routes of no address" frr_has ipv4Unicast eth0 10 || fail "unnumbered"
wait_for 15 "and IPv6 ones" frr_has ipv6Unicast eth0 10 || fail "unnumbered v6"
said unnumbered "exthop=1" || fail "unnumbered"
said unnumbered "remote=fe80::" || fail "unnumbered"
# Where IPv6 next hops for IPv4 routes are agreed no IPv4 one is left, though this host has some.
for name in unnumbered exthop; do
	said $name "nh4= nh6=2001:db8::1" || fail "$name: an IPv4 next hop"
done
# FRR's advertisements gave this host an address of their prefix; ours that stays is the next hop.
said unnumbered "nh6=2001:db8::1" || fail "unnumbered: next hop"
for n in 131 132; do
	wait_for 15 "GoBGP has the routes of $n" gobgp_has 192.0.2.$n ipv4 10 || fail "GoBGP $n"
	wait_for 15 "GoBGP has IPv6 routes of $n" gobgp_has 192.0.2.$n ipv6 10 || fail "GoBGP v6 $n"
done
wait_for 15 "OpenBGPD has all routes" openbgpd_has 192.0.2.141 20 || fail "OpenBGPD"
wait_for 15 "OpenBGPD has all internal routes" openbgpd_has 192.0.2.142 10 || fail "OpenBGPD ibgp"
saw() { grep -q "$1" "$work/exabgp_saw.log"; }
wait_for 15 "ExaBGP saw an IPv4 route" saw '198.18.0.9/32' || fail "ExaBGP"
wait_for 15 "ExaBGP saw an IPv6 route" saw '2001:db8:f::9/128' || fail "ExaBGP v6"

# FRR asks again; FRR and OpenBGPD shut down with words.
vtysh_ 'clear bgp 192.0.2.122 soft in'
must_say 10 ibgp "refresh ipv4 unicast"
in_ns frr vtysh --vty_socket "$frr" -c 'configure terminal' -c 'router bgp 65000' \
	-c 'neighbor 192.0.2.121 shutdown message moving house' 2>/dev/null
must_say 10 frr 'Administrative Shutdown (6/2): "moving house"'
in_ns openbgpd bgpctl -s "$work/openbgpd.sock" neighbor 192.0.2.141 down "good night" >/dev/null
must_say 10 openbgpd 'Administrative Shutdown (6/2): "good night"'

# Our last words reach FRR, and the routes go.
end_speaker md5
gone() { [ "$(vtysh_ 'show bgp neighbors 192.0.2.123 json' | jq -r '.[].bgpState')" != Established ]; }
wait_for 10 "FRR lost the session" gone || fail "FRR"
vtysh_ 'show bgp neighbors 192.0.2.123 json' | grep -q 'Administrative Shutdown' || fail "last words"
echo "good"
