# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Ways in which a node fails, and what is measured meanwhile. After cluster.sh.
#
# While something happens a client sends to some addresses every 2 ms and asks for all, of both
# families, and a watch on the switch (tests/tools/l2_owners.c) sees each answer and announcement that
# the client gets: never two owners of one address for longer than a bound, never nobody for longer
# than another, and exactly one at the end.
#
# Bounds are for a machine that is busy with other things; tests/bench/failover.sh gives figures.

first=192.0.2.16

# make_addresses DUAL [SIX]: make_cluster, and what the client and the watch look at
make_addresses() {
	local i

	make_cluster "$@"
	all=()
	for ((i = 0; i < $1; i++)); do
		all+=("192.0.2.$((16 + i))")
	done
	for ((i = 0; i < $1 + ${2:-0}; i++)); do
		all+=("$(printf '2001:db8::1:%x' $i)")
	done
	watched=("$first" 2001:db8::1:0)
	[ "$1" -lt 100 ] || watched+=(192.0.2.100 2001:db8::1:80)
}

# others NODE...: the nodes but those
others() { printf '%s\n' "${nodes[@]}" | grep -vxF "$(printf '%s\n' "$@")"; }

number_of() { in_ns "$1" ip -4 -o addr show eth0 | grep -oP '192\.0\.2\.\K\d+'; }

# begin WHAT SILENCE_MS TWO_MS: measures from now on
begin() {
	local swept

	what=$1
	mapfile -t swept < <(printf '%s\n' "${all[@]}" | grep -vxF "$(printf '%s\n' "${watched[@]}")")
	ip netns exec "$run-switch" "$build/tests/tools/l2_owners" 500 "$2" "$3" client "${nodes[@]}" -- \
		"${all[@]}" >"$work/owners.json" 2>"$work/owners.err" &
	watch=$!
	pids+=("$watch")
	start_client "${watched[@]}" -- "${swept[@]}"
	wait_for 20 "each address is answered for" grep -q ready "$work/owners.err" ||
		fail "$what: not every address is answered for"
}

# forget: what the watch saw so far
forget() { kill -USR1 "$watch"; }

# finish: the figures are in client.json and owners.json then
finish() {
	local status

	kill -TERM "$watch"
	wait "$watch"
	status=$?
	stop_client
	echo "$what: $(cat "$work/owners.json")"
	[ "$status" = 0 ] || fail "$what: $(head -n 20 "$work/owners.err")"
}

# watched_at_most NAME LIMIT: of owners.json
watched_at_most() {
	[ "$(jq ".$1 | floor" "$work/owners.json")" -le "$2" ] ||
		fail "$what: $1 is more than $2: $(cat "$work/owners.json")"
}

# fault NODE HOW, and heal NODE HOW
fault() {
	case $2 in
	kill) stop_node "$1" KILL ;;
	term) stop_node "$1" TERM ;;
	hang) kill -STOP "$(pid_of "$1")" ;;
	link) in_ns "$1" ip link set eth0 down ;;
	cable) ip -n "$run-switch" link set "$1" down ;;
	port) ip -n "$run-switch" link set "$1" nomaster ;;
	esac
}
heal() {
	case $2 in
	kill | term) start_node "$1" ;;
	hang) kill -CONT "$(pid_of "$1")" ;;
	link)
		in_ns "$1" ip link set eth0 up
		in_ns "$1" ip addr add "2001:db8::$(number_of "$1")/64" dev eth0 nodad
		;;
	cable) ip -n "$run-switch" link set "$1" up ;;
	port) ip -n "$run-switch" link set "$1" master switch ;;
	esac
}

# agreed PEERS NODE...: of all that these nodes say, each address has one owner among them, and each
# node sees so many others. One look at each: with 500 addresses a look is work.
agreed() {
	local peers=$1 node files=()

	shift
	for node in "$@"; do
		ctl "$node" -o json l2 >"$work/$node.l2" || return 1
		files+=("$work/$node.l2")
	done
	jq -s -e --argjson peers "$peers" '
		all(.[]; [.nodes[] | select(.state == "up")] | length >= $peers) and
		([.[].addresses[] | select(.state == "owner" or .state == "giving") | .ip] |
			length > 0 and length == (unique | length)) and
		([.[].addresses[] | select(.state == "owner" or .state == "giving")] | length) ==
			(.[0].addresses | length)' "${files[@]}"
}

# taken_over NODE: the others own all
taken_over() {
	local left

	mapfile -t left < <(others "$1")
	wait_for 20 "the others own all that $1 had" agreed 0 "${left[@]}" || fail "$what: not taken over"
}

settled() {
	wait_for 30 "all see all, and one owner each" agreed 2 "${nodes[@]}" || fail "$what: not settled"
}

# node_fails HOW SILENCE_MS TWO_MS: the owner of the first address, which comes back then. Nothing
# moves because it does, unless it went on serving on its own.
node_fails() {
	local owner before count

	owner=$(owner_of $first) || fail "$1: nobody owns $first"
	count=$(owned "$owner" | wc -l)
	begin "$1 of $owner" "$2" "$3"
	fault "$owner" "$1"
	taken_over "$owner"
	before=$(others "$owner" | while read -r node; do owned "$node" | sed "s/^/$node /"; done)
	heal "$owner" "$1"
	settled
	[ "$1" = port ] || [ -z "$(owned "$owner")" ] || fail "$what: it took something back"
	[ "$1" = port ] || [ "$before" = "$(others "$owner" |
		while read -r node; do owned "$node" | sed "s/^/$node /"; done)" ] || fail "$what: addresses moved"
	finish
	[ "$1" != hang ] || woke_quietly "$owner" "$count"
}

# woke_quietly NODE COUNT: it noticed that it slept, and did not answer what had waited: each of its
# addresses changed its MAC once, and not there and back again
woke_quietly() {
	[ "$(ctl "$1" -o json l2 | jq .counters.stalls)" -gt 0 ] || fail "$what: it did not notice"
	watched_at_most changes "$(($2 * 11 / 10 + 2))"
}

# all_restart SILENCE_MS TWO_MS
all_restart() {
	local node

	begin "all restarted at once" "$1" "$2"
	for node in "${nodes[@]}"; do
		kill -KILL "$(pid_of "$node")"
	done
	for node in "${nodes[@]}"; do
		wait "$(pid_of "$node")" 2>/dev/null
		rm -f "$work/$node.sock"
	done
	for node in "${nodes[@]}"; do
		start_node "$node"
	done
	settled
	finish
	at_most lost 50 "$what"
}

# every_way SILENCE_MS TWO_MS
every_way() {
	# The node goes on forwarding: what is lost is what a busy machine answers late.
	node_fails kill "$1" "$2"
	at_most lost 50 "$what"
	node_fails hang "$1" "$2"
	at_most lost 50 "$what"
	node_fails term "$1" "$2"
	at_most lost 50 "$what"
	# The client learns the new owner by its announcement.
	node_fails link "$1" "$2"
	at_most gap_ms "$1" "$what"
	node_fails cable "$1" "$2"
	at_most gap_ms "$1" "$what"
	node_fails port "$1" "$2"
	at_most gap_ms "$1" "$what"
	all_restart 8000 "$2"
}

# failures_in_a_row COUNT SILENCE_MS TWO_MS: of any node in any way; SEED=N repeats a run. Addresses
# that change often make their heirs slower to suspect, by up to 10 intervals instead of 3.
failures_in_a_row() {
	local ways=(kill term hang link cable port) node how i

	RANDOM=${SEED:=$$}
	begin "$1 failures in a row, SEED=$SEED" "$2" "$3"
	for ((i = 0; i < $1; i++)); do
		node=${nodes[RANDOM % ${#nodes[@]}]}
		[ $((RANDOM % 2)) = 0 ] || node=$(owner_of $first) || fail "$what: nobody owns $first"
		how=${ways[RANDOM % ${#ways[@]}]}
		echo "$i: $how of $node"
		fault "$node" "$how"
		taken_over "$node"
		heal "$node" "$how"
		settled
	done
	finish
	at_most gap_ms "$2" "$what"
}

# between_nodes VERDICT...: what happens to frames from one node to another
between_nodes() {
	ip netns exec "$run-switch" nft -f - <<-EOF
		table bridge between
		delete table bridge between
		table bridge between {
			chain forward {
				type filter hook forward priority 0
				iifname "node-*" oifname "node-*" $*
			}
		}
	EOF
}

# claims: by all nodes, since they started
claims() {
	local node

	for node in "${nodes[@]}"; do
		ctl "$node" -o json l2 | jq '[.counters.taken[]] | add // 0'
	done | paste -sd+ | bc
}

# a_minute_of_loss TWO_MS: every fifth frame between nodes, at each receiver by itself. The owner stays
# the owner; ARP and NDP of the client lose nothing. A change and its undoing are two claims.
a_minute_of_loss() {
	local before after

	settled
	before=$(claims)
	begin "20 % loss for a minute" 2000 "$1"
	between_nodes numgen random mod 100 "<" 20 drop
	sleep 60
	between_nodes accept
	settled
	finish
	after=$(claims)
	echo "$((after - before)) claims"
	[ $((after - before)) -le $((2 + ${#all[@]} / 10)) ] || fail "$what: $((after - before)) claims"
	at_most lost 50 "$what"
}

# in_parts NODE: it thinks that it is alone, and serves everything
in_parts() {
	ctl "$1" -o json l2 >"$work/$1.l2" &&
		jq -e '.alone and all(.addresses[]; .state == "owner")' "$work/$1.l2"
}

# three_parts TWO_MS: each serves its side, and the client, which sees all three, is answered by all.
# After the heal the first of the order has each address, as soon as they have met.
three_parts() {
	local node wrong

	begin "three parts" 2000 "$1"
	between_nodes drop
	for node in "${nodes[@]}"; do
		wait_for 20 "$node serves its side" in_parts "$node" || fail "$what: $node does not serve"
	done
	wait_for 5 "three answer" three_answer || fail "$what: answered by $(who_has $first | xargs)"
	forget
	between_nodes accept
	settled
	finish
	wrong=$(jq '[.addresses[] | select(.state == "owner") | select(.candidates[0] != "node-a")] | length' \
		"$work/node-a.l2")
	[ "$wrong" = 0 ] || fail "$what: node-a has $wrong that others are the first for"
}
three_answer() {
	[ "$(who_has $first | wc -l)" = 3 ] &&
		[ "$(in_ns client ndisc6 -m -q -r 1 -w 300 2001:db8::1:0 eth0 | sort -u | wc -l)" = 3 ]
}
