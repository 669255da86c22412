#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BIRD with graceful restart and BFD (RFC 5882 section 4.3). Our packets say that BFD shares the fate of
# BGP (C = 0), so BIRD has to be told what its end means. With "bfd graceful" the agent is stopped,
# killed, and killed and back at once while traffic runs: the route never leaves. With "bfd on" BFD wins:
# a node that drops dead is left within the detection time. At last the long-lived kind (RFC 9494):
# a route of who stays away is kept as the last resort. Topology: bgp_traffic.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"
# shellcheck source=tests/netns/bgp_traffic.sh
. "$(dirname "$0")/bgp_traffic.sh"

make_segment
make_router
make_traffic
# router_conf LINE: of its session with node-a
router_conf() {
	cat <<-CONF
		router id 192.0.2.254;
		protocol device {}
		protocol kernel { ipv4 { export all; }; }
		protocol bfd { interface "eth0" { interval 200 ms; multiplier 5; }; }
		protocol bgp node {
			local 192.0.2.254 as 65000;
			neighbor 192.0.2.1 as 65001;
			direct;
			passive on;
			error wait time 1, 1;
			$1;
			ipv4 { import all; export none; };
		}
	CONF
}
router_conf "bfd graceful" | start_bird router
dir=$work/manifests
write_cluster "$dir"
put_router "$dir" "bfdProfile: fast, enableGracefulRestart: true"
put_service "$dir" web 7

# start SETTING...: and waits until all is there
is_settled() {
	peer_is node-a router '.state == "Established" and .graceful_restart_agreed and .bfd.state == "Up"' &&
		bird_say router show bfd sessions | grep -q '192\.0\.2\.1 .* Up ' && next_hops_are 192.0.2.1
}
start() {
	start_bellmand node-a "$dir" "bgp = { drain_seconds = 0; $1 };"
	wait_for 30 "session, BFD and route" is_settled || fail "$(ctl node-a bgp router) $(bird_say router show bfd sessions)"
}
bfd_down() { ! bird_say router show bfd sessions | grep -q '192\.0\.2\.1 .* Up '; }
# end SIGNAL: of the agent
end() {
	kill "-$1" "$pid_node_a"
	wait "$pid_node_a" 2>/dev/null
}
start ""
in_ns router ip monitor route >"$work/routes" 2>/dev/null &
pids+=($!)
deleted() { grep -q '^Deleted.*198\.51\.100\.7' "$work/routes"; }

# restart SIGNAL WHAT
restart() {
	start_asking
	end "$1"
	[ "$2" = "killed and back" ] || wait_for 10 "BIRD's BFD sees it" bfd_down || fail "$2: BFD stays up"
	start ""
	stop_asking
	[ "$(jq .lost <<<"$result")" = 0 ] || fail "$2: $result"
	deleted && fail "$2: the route was deleted in between: $(cat "$work/routes")"
	echo "$2: $result"
}
restart TERM "stopped and started"
restart KILL "killed and started"
restart KILL "killed and back"

router_conf "bfd on" >"$work/router.bird.conf"
bird_say router configure >/dev/null
wait_for 30 "session, BFD and route" is_settled || fail "$(ctl node-a bgp router)"
ip -n "$run-switch" link set node-a down
wait_for 15 "a dead node is left, hold time and restart time or not" next_hops_are "" || fail "BFD did not win: $(next_hops)"
ip -n "$run-switch" link set node-a up
end KILL

# Long-lived: after a restart time of 2 s the route is stale, and there is no other.
router_conf "bfd graceful; long lived graceful restart on" >"$work/router.bird.conf"
bird_say router configure >/dev/null
start "restart_seconds = 2; long_lived_seconds = 600;"
ctl node-a bgp router | grep -q 'the peer offered.*long-lived' || fail "BIRD does not offer it: $(ctl node-a bgp router)"
is_stale() { bird_say router show route all 198.51.100.7/32 | grep -q '(65535, *6)'; }
is_stale && fail "stale from the start"
start_asking
end KILL
wait_for 20 "the route is a last resort" is_stale || fail "not stale: $(bird_say router show route all)"
next_hops_are 192.0.2.1 || fail "the route is gone: $(next_hops)"
is_fresh() { ! is_stale && is_settled; }
start_bellmand node-a "$dir" "bgp = { restart_seconds = 2; long_lived_seconds = 600; };"
wait_for 30 "the route is a good one again" is_fresh || fail "still stale: $(bird_say router show route all)"
stop_asking
[ "$(jq .lost <<<"$result")" = 0 ] || fail "long-lived: $result"
echo "away for longer than the restart time: $result"

# Without it the route goes with the restart time.
end KILL
start "restart_seconds = 2;"
end KILL
wait_for 20 "the route goes" next_hops_are "" || fail "kept: $(bird_say router show route all)"
echo "good"
