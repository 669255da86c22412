#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BFD by numbers: CPU, packets and memory of one daemon with 50 and 200 sessions at 100 ms x 3; ours
# beside FRR's bfdd and BIRD, each with the same sessions and the same peer, BIRD, and ours once more
# with ours as the peer, which is how speakers watch one another.
# Usage: tests/bench/bfd.sh BUILD-DIR (a release build) [SECONDS of each of the eight, 15]. With 15 it
# takes less than 3 minutes: bfdd needs some 8 s until all of 200 are Up, the others a second or two.
#
#   node-a 10.99.0.N --- switch --- 10.99.1.N node-b    session N: multihop, UDP 4784
set -u
build=${1:?usage: $0 BUILD-DIR [SECONDS]}
seconds=${2:-15}
here=$(dirname "$0")
# shellcheck source=tests/netns/lib.sh
. "$here/../netns/lib.sh"
# shellcheck source=tests/netns/bfd_lib.sh
. "$here/../netns/bfd_lib.sh"

make_segment
add_addresses() {
	local host=$1 net=$2 i

	for ((i = 1; i <= 200; i++)); do
		echo "addr add 10.99.$net.$i/16 dev eth0"
	done | ip -n "$run-$host" -batch -
}
add_addresses node-a 0
add_addresses node-b 1

# sessions COUNT FORMAT OWN-NET PEER-NET: FORMAT with @P peer and @L local address
sessions() {
	local i line

	for ((i = 1; i <= $1; i++)); do
		line=${2//@P/10.99.$4.$i}
		printf '%s\n' "${line//@L/10.99.$3.$i}"
	done
}

# run_peer KIND HOST COUNT OWN-NET PEER-NET: sets pid
run_peer() {
	local kind=$1 host=$2 count=$3 own=$4 peer=$5 arguments

	case $kind in
	ours)
		mapfile -t arguments < <(sessions "$count" "peer=@P,local=@L,multihop" "$own" "$peer")
		start_ours "$host" "${arguments[@]}"
		eval "pid=\$pid_ours_${host//-/_}" ;;
	bird)
		{
			echo "router id 10.99.$own.1; protocol device { }"
			echo "protocol bfd { multihop { interval 100 ms; multiplier 3; };"
			sessions "$count" "neighbor @P local @L multihop;" "$own" "$peer"
			echo "}"
		} >"$work/bird-$host.conf"
		rm -f "$work/bird-$host.ctl"
		start_bird "$host"
		pid=$pid_bird ;;
	frr)
		mapfile -t arguments < <(
			printf '%s\n' "profile p" " transmit-interval 100" " receive-interval 100" \
				" minimum-ttl 60" "exit"
			sessions "$count" "peer @P multihop local-address @L
  profile p
  no shutdown" "$own" "$peer")
		rm -rf "$work/frr-$host"
		start_frr "$host" "${arguments[@]}"
		pid=$pid_bfdd ;;
	esac
}

# stop_peer PID
stop_peer() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

cpu_ns() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }
switches() { cat "/proc/$1"/task/*/status | awk '/ctxt_switches/ { sum += $2 } END { print sum }'; }
memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }
packets() { in_ns node-a cat "/sys/class/net/eth0/statistics/$1_packets"; }

# flowing COUNT: a session that is Up sends about 11 packets a second, one that is not just one
flowing() {
	local rx tx

	rx=$(packets rx) tx=$(packets tx)
	sleep 1
	[ $(($(packets rx) - rx)) -ge $(($1 * 9)) ] && [ $(($(packets tx) - tx)) -ge $(($1 * 9)) ]
}

measure() {
	local kind=$1 peer=$2 count=$3 pid pid_a pid_b cpu rx tx wakes begin elapsed

	run_peer "$peer" node-b "$count" 1 0
	pid_b=$pid
	run_peer "$kind" node-a "$count" 0 1
	pid_a=$pid
	if ! wait_for 30 "$count sessions of $kind are Up" flowing "$count"; then
		echo "daemon=$kind peer=$peer sessions=$count: not all came Up"
	else
		cpu=$(cpu_ns "$pid_a") rx=$(packets rx) tx=$(packets tx) wakes=$(switches "$pid_a")
		begin=$(date +%s%N)
		sleep "$seconds"
		elapsed=$((($(date +%s%N) - begin) / 1000000))
		cpu=$((($(cpu_ns "$pid_a") - cpu) / 1000))
		echo "daemon=$kind peer=$peer sessions=$count" \
			"cpu_permille=$((cpu / elapsed))" \
			"rx_pps=$((($(packets rx) - rx) * 1000 / elapsed))" \
			"tx_pps=$((($(packets tx) - tx) * 1000 / elapsed))" \
			"switches_per_s=$((($(switches "$pid_a") - wakes) * 1000 / elapsed))" \
			"resident_kb=$(memory "$pid_a")"
	fi
	stop_peer "$pid_a"
	stop_peer "$pid_b"
	[ "$kind" = frr ] && stop_peer "$pid_zebra"
	return 0
}

for count in 50 200; do
	measure ours bird "$count"
	measure bird bird "$count"
	measure frr bird "$count"
	measure ours ours "$count"
done
