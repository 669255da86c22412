#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Graceful restart (RFC 4724): the agent is stopped and started anew, and killed and started anew,
# while traffic runs through FRR, without BFD and with it. Its route never leaves the router's kernel
# and nothing is lost. Without graceful restart the same restart takes the route away.
# Topology: bgp_traffic.sh.
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
{
	write_frr_router "timers connect 2" "bfd profile fast"
	frr_profile
} | start_frr router
dir=$work/manifests
write_cluster "$dir"
put_router "$dir" "enableGracefulRestart: true"
put_service "$dir" web 7
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
wait_for 20 "the route" next_hops_are 192.0.2.1 || fail "no route: $(ctl node-a bgp)"

# The router's view of the route, as long as the test wants: deletions are told one a line.
in_ns router ip monitor route >"$work/routes" 2>/dev/null &
pids+=($!)
deleted() { grep -q '^Deleted.*198\.51\.100\.7' "$work/routes"; }
neighbour() { frr router "show bgp neighbors 192.0.2.1 json" | jq -r ".\"192.0.2.1\" | $1"; }
down() { [ "$(neighbour .bgpState)" != Established ]; }
end_of_rib() { [ "$(neighbour '.gracefulRestartInfo.endOfRibRecv.ipv4Unicast // .gracefulRestartInfo.ipv4Unicast.endOfRibStatus.endOfRibRecv')" = true ]; }

bfd_down() { [ "$(frr router "show bfd peers json" | jq -r '.[] | select(.peer == "192.0.2.1").status')" = down ]; }

# restart SIGNAL WHAT
restart() {
	start_asking
	kill "-$1" "$pid_node_a"
	wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "$2: does not end"
	wait_for 8 "the router sees it" down || fail "$2: the session stays"
	# Who is back before that is taken for one that died after it came back.
	wait_for 8 "the router's BFD sees it" bfd_down || fail "$2: BFD stays up"
	next_hops_are 192.0.2.1 || fail "$2: the route is gone while the agent is away"
	start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
	wait_for 20 "the session" is_established node-a router || fail "$2: no session: $(ctl node-a bgp)"
	wait_for 15 "End-of-RIB" end_of_rib || fail "$2: no End-of-RIB: $(neighbour .gracefulRestartInfo)"
	next_hops_are 192.0.2.1 || fail "$2: the route is gone after the restart"
	stop_asking
	[ "$(jq .lost <<<"$result")" = 0 ] || fail "$2: $result"
	echo "$2: $result"
}

restart TERM "stopped and started"
deleted && fail "the route was deleted in between: $(cat "$work/routes")"
neighbour '.gracefulRestartInfo.rBit // .gracefulRestartInfo.rbit' | grep -q true || fail "no R bit"
restart KILL "killed and started"
deleted && fail "the route was deleted in between: $(cat "$work/routes")"

# The same with BFD, which must not make a failure of it.
put_router "$dir" "enableGracefulRestart: true, bfdProfile: fast"
bfd_up() { [ "$(peer_field node-a router .bfd.state)" = Up ]; }
for signal in TERM KILL; do
	wait_for 15 "BFD" bfd_up || fail "no BFD: $(ctl node-a bgp router)"
	restart $signal "$signal with BFD"
	deleted && fail "the route was deleted in between: $(cat "$work/routes")"
done

# What changed while it was away is put right at its End-of-RIB.
kill -TERM "$pid_node_a"
wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "does not end"
put_service "$dir" web 7 '' -
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
wait_for 20 "the stale route goes" next_hops_are "" || fail "a stale route stayed"
put_service "$dir" web 7
wait_for 10 "the route is back" next_hops_are 192.0.2.1 || fail "the route did not come back"

# A drained node leaves for good: nobody keeps its routes.
ctl node-a drain >/dev/null || fail "drain"
wait_for 10 "drained" next_hops_are "" || fail "drain"
kill -TERM "$pid_node_a"
wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "does not end"
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
wait_for 20 "the session" is_established node-a router || fail "no session"
ctl node-a -o json bgp | jq -e '.drained and .withdrawn' >/dev/null || fail "the drain was forgotten"
next_hops_are "" || fail "a drained node announces after a restart"
ctl node-a undrain >/dev/null || fail "undrain"
wait_for 10 "taken back" next_hops_are 192.0.2.1 || fail "undrain"

# The control: without graceful restart the route goes with the agent.
put_router "$dir"
off() { peer_is node-a router '.state == "Established" and .graceful_restart_agreed == false'; }
wait_for 20 "a session without it" off || fail "still agreed: $(ctl node-a bgp router)"
wait_for 10 "the route" next_hops_are 192.0.2.1 || fail "no route"
kill -TERM "$pid_node_a"
wait_for 8 "the route goes with the agent" next_hops_are "" || fail "the route stayed without graceful restart"
echo "good"
