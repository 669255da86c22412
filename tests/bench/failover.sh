#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# failover.sh BUILD [ROUNDS]: what a client sees when the owner of an address fails, by cause, for
# bellmand at 100 ms x 3 and at 20 ms x 3, and for keepalived by its defaults (1 s), at 0.1 s and at
# its fastest (0.01 s), in the same run. Median and maximum of ROUNDS (default 5), in ms.
#
# Three nodes, one address of each family (keepalived: IPv4). With bellmand every node serves what
# comes for the address, as with kube-proxy; keepalived puts the address on the node, so it is
# served there alone.
set -u
build=$(cd "$1" && pwd)
rounds=${2:-5}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/netns/lib.sh
. "$top/tests/netns/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$top/tests/netns/cluster.sh"

address=192.0.2.16
make_cluster 1
watched=("$address" 2001:db8::1:0)

# The contenders: start_X, owner_X, leave_X NODE SIGNAL, back_X NODE
# shellcheck disable=SC2119 # no settings besides
start_bellman() { start_cluster; }
owner_bellman() { owner_of $address; }
settled_bellman() { all_up && all_owned "${nodes[@]}"; }
pids_bellman() { pid_of "$1"; }
back_bellman() { start_node "$1"; }
end_bellman() {
	local node
	for node in "${nodes[@]}"; do stop_node "$node" TERM; done
}

keepalived_on() {
	local node=$1

	ip netns exec "$run-$node" keepalived -n -l -D -P -f "$work/$node.keepalived" \
		-p "$work/$node.pid" -r "$work/$node.vrrp" >>"$work/$node.log" 2>&1 &
	pids+=($!)
	eval "keeper_${node//-/_}=$!"
}
start_keepalived() {
	local node priority=150

	for node in "${nodes[@]}"; do
		in_ns "$node" nft flush ruleset
		cat >"$work/$node.keepalived" <<-END
			global_defs {
				router_id $node
				vrrp_version 3
			}
			vrrp_instance one {
				state BACKUP
				nopreempt
				interface eth0
				virtual_router_id 7
				priority $priority
				advert_int $advert
				virtual_ipaddress {
					$address/24
				}
			}
		END
		priority=$((priority - 20))
		keepalived_on "$node"
	done
	wait_for 20 "keepalived has an owner" settled_keepalived || fail "keepalived"
}
owner_keepalived() {
	local node

	for node in "${nodes[@]}"; do
		in_ns "$node" ip -4 -o addr show eth0 | grep -q " $address/" && echo "$node"
	done | head -n 1
}
settled_keepalived() {
	local node count=0

	for node in "${nodes[@]}"; do
		in_ns "$node" ip -4 -o addr show eth0 | grep -q " $address/" && count=$((count + 1))
	done
	[ "$count" = 1 ]
}
pids_keepalived() { eval "pgrep -P \"\$keeper_${1//-/_}\"; echo \"\$keeper_${1//-/_}\""; }
back_keepalived() {
	in_ns "$1" ip addr del "$address/24" dev eth0 2>/dev/null
	keepalived_on "$1"
}
end_keepalived() {
	local node pid

	for node in "${nodes[@]}"; do
		pid=$(eval "echo \"\$keeper_${node//-/_}\"")
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}

# hit CAUSE NODE, and heal CAUSE NODE
hit() {
	local them

	mapfile -t them < <("pids_$who" "$2")
	case $1 in
	partition) ip -n "$run-switch" link set "$2" nomaster ;;
	"link down") ip -n "$run-switch" link set "$2" down ;;
	"kill -9") kill -KILL "${them[@]}" ;;
	SIGTERM) kill -TERM "${them[-1]}" ;;
	hang) kill -STOP "${them[@]}" ;;
	esac
}
heal() {
	local them pid

	mapfile -t them < <("pids_$who" "$2")
	case $1 in
	partition) ip -n "$run-switch" link set "$2" master switch ;;
	"link down") ip -n "$run-switch" link set "$2" up ;;
	"kill -9" | SIGTERM)
		for pid in "${them[@]}"; do wait "$pid" 2>/dev/null; done
		"back_$who" "$2"
		;;
	hang) kill -CONT "${them[@]}" ;;
	esac
}

# column NAME: median and maximum over the rounds
column() {
	jq -s -r "[.[].$1] | sort | \"\(.[length / 2 | floor] | round) (\(last | round))\"" "$work/rounds"
}

# Repeated failures make bellmand slower to suspect: each round is to be the first.
again() {
	if [ "$who" = keepalived ]; then
		sleep 1
		return
	fi
	end_bellman
	start_bellman
	sleep 6 # the hold-down
}

measure() {
	local cause owner i

	for cause in partition "link down" "kill -9" hang SIGTERM; do
		: >"$work/rounds"
		for ((i = 0; i < rounds; i++)); do
			owner=$("owner_$who")
			start_client "${targets[@]}"
			sleep "0.$((RANDOM % 9 + 1))" # any phase of the timers
			hit "$cause" "$owner"
			sleep 5
			kill -TERM "$client"
			wait "$client" || fail "the client"
			cat "$work/client.json" >>"$work/rounds"
			heal "$cause" "$owner"
			wait_for 30 "it has settled" "settled_$who" || fail "$cause: not settled"
			again
		done
		printf '%-22s %-10s %-14s %-14s %-14s %-14s\n' "$label" "$cause" "$(column gap_ms)" \
			"$(column silence_ms)" "$(column two_owners_ms)" "$(column lost)"
	done
}

printf '%-22s %-10s %-14s %-14s %-14s %-14s\n' "median (max), $rounds times" cause outage \
	"ARP silence" "two owners" "lost"
who=bellman
targets=("${watched[@]}")
for profile in 100 20; do
	liveness="interval_ms = $profile;"
	label="bellmand $profile ms x 3"
	start_bellman
	sleep 6 # the hold-down
	measure
	end_bellman
done
who=keepalived
targets=("$address")
for advert in 1 0.1 0.01; do
	label="keepalived $advert s"
	start_keepalived
	measure
	end_keepalived
done
