#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# failover_run.sh BUILD DAEMON SETTING ROUNDS CAUSE...: ROUNDS failures of each CAUSE in one cluster of
# three nodes; for failover.sh, which says what is measured. DAEMON is bellmand, with SETTING its
# interval in ms, or keepalived, with SETTING its advert_int in s. Writes an object of JSON a
# measurement: what was measured, and the figures of tests/tools/l2_client.c.
#
# Owners that change often make bellmand slower to suspect (damping): after a failure that was
# suspected all speakers are restarted, so that each one is the first; that is measured too.
set -u
build=$1 daemon=$2 setting=$3 rounds=$4
shift 4
here=$(dirname "$0")
# shellcheck source=tests/netns/lib.sh
. "$here/../netns/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$here/../netns/cluster.sh"
# shellcheck source=tests/bench/failover_keepalived.sh
. "$here/failover_keepalived.sh"

address=192.0.2.16
targets=("$address" 2001:db8::1:0)
loss_seconds=${loss_seconds:-60}

# forget PID: it has ended, and another process may get its number
forget() {
	local pid kept=()

	wait "$1" 2>/dev/null
	for pid in "${pids[@]}"; do
		[ "$pid" = "$1" ] || kept+=("$pid")
	done
	pids=("${kept[@]}")
}

pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# What measures does not wait for what is measured.
watch() {
	start_client "${targets[@]}"
	chrt -f -p 1 "$client" >/dev/null
}

# told WHAT: what the client has seen since watch is of WHAT
told() {
	kill -TERM "$client"
	wait "$client" || fail "the client: $(cat "$work/client.err")"
	forget "$client"
	jq -c --arg what "$1" '{ what: $what } + .' "$work/client.json"
}

# bellmand as a contender; keepalived is in a file of its own

start_bellmand_node() {
	start_node "$1" "ownership = { hold_down_seconds = 0; };"
}
start_bellmand_nodes() {
	local node

	for node in "${nodes[@]}"; do start_bellmand_node "$node"; done
	wait_for 20 "all nodes see all others" all_up || fail "sessions"
	wait_for 10 "every address has one owner" all_owned || fail "owners"
}
owner_bellmand() { owner_of "$address"; }
settled_bellmand() { all_up && all_owned; }
pids_bellmand() { pid_of "$1"; }
back_bellmand() {
	forget "$(pid_of "$1")"
	rm -f "$work/$1.sock"
	start_bellmand_node "$1"
}

case $daemon in
bellmand)
	liveness="interval_ms = $setting;"
	phase_ms=$setting window_ms=$((setting * 5 + 300)) ;;
keepalived)
	targets=("$address")
	phase_ms=$(jq -n "$setting * 1000 | floor") window_ms=$((phase_ms * 5 + 500)) ;;
esac

settled() {
	pause 300 # what polls does not disturb
	wait_for 30 "it has settled" "settled_$daemon" || fail "$cause: not settled"
}

# calm: some time, in which timers come to any phase
calm() { pause $((150 + RANDOM % (phase_ms + 1))); }

# send SIGNAL NODE
send() {
	local them

	mapfile -t them < <("pids_$daemon" "$2")
	case $1 in
	TERM) kill -TERM "${them[-1]}" ;; # it tells its children
	*) kill "-$1" "${them[@]}" ;;
	esac
}

# restart_all: of bellmand alone; keepalived remembers nothing
restart_all() {
	local node

	[ "$daemon" = bellmand ] || return 0
	watch
	for node in "${nodes[@]}"; do send KILL "$node"; done
	for node in "${nodes[@]}"; do forget "$(pid_of "$node")"; rm -f "$work/$node.sock"; done
	start_bellmand_nodes
	pause 300
	told "all restarted"
}

port() { ip -n "$run-switch" link set "$@"; }

# One round of each cause; $owner is to fail

round_partition() {
	watch
	calm
	port "$owner" nomaster
	pause "$window_ms"
	told partition
	watch
	port "$owner" master switch
	settled
	told heal
	restart_all
}

# The switch has no link to it, as when it has no current. (It sees that too, but tells nobody.)
round_dead() {
	watch
	calm
	port "$owner" down
	pause "$window_ms"
	told "dead node"
	port "$owner" up
	settled
	restart_all
}

round_hang() {
	watch
	calm
	send STOP "$owner"
	pause "$window_ms"
	told hang
	watch
	send CONT "$owner"
	settled
	told "wake-up"
	restart_all
}

come_back() {
	watch
	"back_$daemon" "$owner"
	settled
	told "node returns"
}

round_kill() {
	watch
	calm
	send KILL "$owner"
	pause "$window_ms"
	told "kill -9"
	come_back
}

round_stop() {
	watch
	calm
	send TERM "$owner"
	pause "$window_ms"
	told SIGTERM
	come_back
}

round_upgrade() {
	watch
	calm
	send TERM "$owner"
	"back_$daemon" "$owner"
	settled
	told upgrade
}

round_drain() {
	watch
	calm
	ctl "$owner" drain >/dev/null || fail "drain"
	settled
	told drain
	ctl "$owner" undrain >/dev/null || fail "undrain"
}

round_carrier() {
	watch
	calm
	port "$owner" down
	pause "$window_ms"
	told "carrier loss"
	port "$owner" up
	settled
}

# Every fifth frame between nodes is lost, each way by itself.
round_loss() {
	ip netns exec "$run-switch" nft -f - <<-END
		table bridge between {
			chain forward {
				type filter hook forward priority 0
				iifname "node-*" oifname "node-*" numgen random mod 100 < 20 drop
			}
		}
	END
	watch
	sleep "$loss_seconds"
	told "20 % loss"
	ip netns exec "$run-switch" nft delete table bridge between
	settled
	restart_all
}

make_cluster 1
for cause in "$@"; do
	[ "$cause" = carrier ] && second_network
done
case $daemon in
bellmand) start_bellmand_nodes ;;
keepalived) start_keepalived ;;
esac
for cause in "$@"; do
	for ((i = 0; i < rounds; i++)); do
		owner=$("owner_$daemon") || fail "$cause: nobody owns $address"
		"round_$cause"
		[ "$cause" = loss ] && break
	done
	restart_all # what a cause left in memory
done
