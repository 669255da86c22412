# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154  # work and build come from lib.sh and the scenario
# For scenarios of BFD: ours (tests/tools/bfd_peer.c) on node-a, a peer on node-b, and a host two hops
# away:
#
#   node-a .1 --- switch --- .2 node-b 198.51.100.1 --- 198.51.100.2 far
#                                   2001:db8:1::1   --- 2001:db8:1::2

add_far() {
	ip netns add "$run-far" && spaces+=("$run-far")
	ip -n "$run-node-b" link add eth1 type veth peer name eth0 netns "$run-far"
	ip -n "$run-far" link set lo up
	ip -n "$run-far" link set eth0 up
	ip -n "$run-node-b" link set eth1 up
	ip -n "$run-node-b" addr add 198.51.100.1/24 dev eth1
	ip -n "$run-node-b" addr add 2001:db8:1::1/64 dev eth1 nodad
	ip -n "$run-far" addr add 198.51.100.2/24 dev eth0
	ip -n "$run-far" addr add 2001:db8:1::2/64 dev eth0 nodad
	in_ns node-b sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$run-far" route add default via 198.51.100.1
	ip -n "$run-far" -6 route add default via 2001:db8:1::1
	ip -n "$run-node-a" route add 198.51.100.0/24 via 192.0.2.2
	ip -n "$run-node-a" -6 route add 2001:db8:1::/64 via 2001:db8::2
}

# start_ours HOST SESSION...: bfd_peer; orders by tell, what it says in HOST.log
start_ours() {
	local host=$1

	shift
	rm -f "$work/$host.in"
	mkfifo "$work/$host.in"
	ip netns exec "$run-$host" "$build/tests/tools/bfd_peer" "$@" \
		<>"$work/$host.in" >>"$work/$host.log" 2>&1 &
	pids+=($!)
	eval "pid_ours_${host//-/_}=$!"
}

tell() {
	local host=$1

	shift
	echo "$*" >"$work/$host.in"
}

# view HOST PEER: the line of one session, as it is now
view() {
	local before

	before=$(grep -c '^end' "$work/$1.log")
	tell "$1" view
	wait_for 10 "$1 answers" view_came "$1" "$before" || return 1
	tac "$work/$1.log" | grep -m 1 "^view peer=$2 "
}
view_came() { [ "$(grep -c '^end' "$work/$1.log")" -gt "$2" ]; }

# is HOST PEER KEY=VALUE...: all of them hold of the session
is() {
	local host=$1 peer=$2 line word

	shift 2
	line=$(view "$host" "$peer") || return 1
	for word in "$@"; do
		[[ "$line " == *" $word "* ]] || return 1
	done
}

# field HOST PEER KEY
field() {
	view "$1" "$2" | tr ' ' '\n' | sed -n "s/^$3=//p"
}

# start_frr HOST BFD-LINE...: zebra and bfdd
start_frr() {
	local host=$1 dir=$work/frr-$1 line

	shift
	mkdir -p "$dir"
	chmod 711 "$work"
	{
		echo "bfd"
		for line in "$@"; do
			echo " $line"
		done
	} >"$dir/bfdd.conf"
	: >"$dir/zebra.conf"
	: >"$dir/vtysh.conf"
	chown -R frr:frr "$dir"
	chmod 644 "$dir"/*.conf
	run_frr "$host" zebra -f "$dir/zebra.conf" -z "$dir/zserv.api"
	wait_for 20 "zebra serves" test -S "$dir/zserv.api" || fail "zebra"
	start_bfdd "$host"
}

run_frr() {
	local host=$1 daemon=$2

	shift 2
	ip netns exec "$run-$host" "/usr/lib/frr/$daemon" -i "$work/frr-$host/$daemon.pid" \
		--vty_socket "$work/frr-$host" -u frr -g frr -A 127.0.0.1 -P 0 --log stdout \
		"$@" >>"$work/frr-$host.log" 2>&1 &
	pids+=($!)
	eval "pid_$daemon=$!"
}

# start_bfdd HOST: also after it was killed
start_bfdd() {
	local dir=$work/frr-$1

	rm -f "$dir/bfdd.sock" "$dir/bfdd.vty"
	run_frr "$1" bfdd -f "$dir/bfdd.conf" -z "$dir/zserv.api" --bfdctl "$dir/bfdd.sock"
	wait_for 20 "bfdd serves" test -S "$dir/bfdd.vty" || fail "bfdd"
}

# frr HOST COMMAND...
frr() {
	local host=$1 arguments=() command

	shift
	for command in "$@"; do
		arguments+=(-c "$command")
	done
	in_ns "$host" vtysh --vty_socket "$work/frr-$host" --config_dir "$work/frr-$host" -d bfdd \
		"${arguments[@]}"
}

# frr_is HOST PEER JQ-CONDITION: of the session with PEER
frr_is() {
	frr "$1" "show bfd peers json" | jq -e --arg peer "$2" \
		"[.[] | select(.peer == \$peer)] | length == 1 and (.[0] | $3)"
}

# start_bird HOST: with $work/bird-HOST.conf
start_bird() {
	ip netns exec "$run-$1" bird -f -c "$work/bird-$1.conf" -s "$work/bird-$1.ctl" \
		-P "$work/bird-$1.pid" >>"$work/bird-$1.log" 2>&1 &
	pids+=($!)
	eval "pid_bird=$!"
	wait_for 10 "bird serves" birdc -s "$work/bird-$1.ctl" show status || fail "bird"
}

# bird_is HOST PEER STATE
bird_is() {
	birdc -s "$work/bird-$1.ctl" "show bfd sessions" |
		awk -v peer="$2" -v state="$3" '$1 == peer && $3 == state { found = 1 }
			END { exit !found }'
}
