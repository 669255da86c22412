#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# failover_many.sh BUILD ROUNDS [COUNT]: the port of a node that owns COUNT (1,000) addresses is taken
# off the switch, and the two others take them over. One object of JSON a round:
#
#   taken      addresses that were announced by a survivor
#   first_ms   from the fault to the first announcement of an address by a survivor
#   last_ms    to the last address' first one
#   spread_ms  from the first to the last
#   frames     the most that one node sent in 10 ms: probes, and announcements in two forms. Its limit
#              for those, 50,000 a second and 256 at once, allows 756.
set -u
build=$(realpath "${1:?usage: $0 BUILD ROUNDS [COUNT]}") rounds=$2 count=${3:-1000}
here=$(dirname "$0")
# shellcheck source=tests/netns/lib.sh
. "$here/../netns/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$here/../netns/cluster.sh"

make_cluster 0
rm "$work/manifests/pool.yaml" "$work/manifests/services.yaml"
python3 "$here/make_tree.py" "$work/manifests" "$count"
liveness="interval_ms = 100;"
quick="ownership = { hold_down_seconds = 0; };"

owns_all() { [ "$(owned node-a | wc -l)" = "$count" ]; }
listens() { grep -q 'listening on' "$work/tcpdump.log"; }

# figures FAULT: of the capture, FAULT in seconds since the epoch
figures() {
	tcpdump -tt -e -n -r "$work/arp.pcap" 2>/dev/null | awk -v fault="$1" -v mac="$(mac_of node-a)" '
		$1 < fault || $2 == mac { next }
		{
			slot = $2 " " int(($1 - fault) * 100)
			if (++sent[slot] > most)
				most = sent[slot]
			target = sender = ""
			for (i = 3; i < NF; i++) {
				if ($i == "who-has")
					target = $(i + 1)
				if ($i == "tell")
					sender = $(i + 1)
			}
			sub(",", "", sender)
			if (target == "" || target != sender || target in seen)
				next
			seen[target] = 1
			if (!taken++)
				first = $1
			last = $1
		}
		END {
			printf "{ \"taken\": %d, \"first_ms\": %.1f, \"last_ms\": %.1f, ", taken,
				(first - fault) * 1000, (last - fault) * 1000
			printf "\"spread_ms\": %.1f, \"frames\": %d }\n", (last - first) * 1000, most
		}'
}

for ((i = 0; i < rounds; i++)); do
	start_node node-a "$quick"
	wait_for 20 "node-a owns all" owns_all || fail "the first node"
	start_node node-b "$quick"
	start_node node-c "$quick"
	wait_for 20 "all nodes see all others" all_up || fail "sessions"
	sleep "1.$((RANDOM % 10))"
	owns_all || fail "they took something from a live owner"

	: >"$work/tcpdump.log"
	ip netns exec "$run-client" tcpdump -B 16384 -U -n -i eth0 -w "$work/arp.pcap" arp 2>"$work/tcpdump.log" &
	tcpdump=$!
	pids+=("$tcpdump")
	wait_for 5 "tcpdump listens" listens || fail "tcpdump"
	fault=$(date +%s.%N)
	ip -n "$run-switch" link set node-a nomaster
	sleep 0.5
	wait_for 10 "the survivors own all" all_owned node-b node-c || fail "not taken over"
	kill -INT "$tcpdump"
	wait "$tcpdump"
	figures "$fault"

	for node in "${nodes[@]}"; do stop_node "$node" KILL; done
	pids=()
	ip -n "$run-switch" link set node-a master switch
done
