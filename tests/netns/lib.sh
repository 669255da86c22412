# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Namespaces, waiting and cleaning up, for scenarios and for ./demo.
#
#   client ---+
#             |
#   node-a ---+--- switch (a bridge in a namespace of its own)
#             |
#   node-b ---+
#
# 192.0.2.0/24 and 2001:db8::/64: client .9, node-a .1, node-b .2. Names are unique to the run; all
# of it goes when the script ends, however it ends. KEEP=1 leaves it.

run=bm$$
work=$(mktemp -d "/tmp/bellman-$run.XXXXXX")
pids=()
spaces=()
under=() # a command that runs bellmand

# is_over PID UNTIL: it ended before $SECONDS got there
is_over() {
	while kill -0 "$1" 2>/dev/null; do
		[ "$SECONDS" -lt "$2" ] || return 1
		sleep 0.02
	done
}

clean_up() {
	local pid space

	[ -n "${KEEP:-}" ] && return
	for pid in "${pids[@]}"; do
		# One that was stopped; before, since the leak sanitizer at the end hangs on this signal.
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		is_over "$pid" $((SECONDS + 10)) || {
			echo "did not end by SIGTERM: $pid $(cat "/proc/$pid/comm")" >&2
			kill -KILL "$pid"
		}
		wait "$pid" 2>/dev/null
	done
	for space in "${spaces[@]}"; do
		# What a subshell started is not among pids.
		ip netns pids "$space" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del "$space" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# may NUMBER: this shell has the capability
may() {
	(((0x$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status) >> $1) & 1))
}

# in_ns HOST COMMAND...
in_ns() {
	local host=$1
	shift
	ip netns exec "$run-$host" "$@"
}

# start_in HOST LOG COMMAND...: in the background until the script ends. (`in_ns ... &` would leave
# the command alive: it is a shell that gets the signal.)
start_in() {
	local host=$1 log=$2

	shift 2
	ip netns exec "$run-$host" "$@" >"$log" 2>&1 &
	pids+=($!)
}

add_host() {
	local host=$1 number=$2

	ip netns add "$run-$host" && spaces+=("$run-$host")
	ip -n "$run-switch" link add "$host" type veth peer name eth0 netns "$run-$host"
	ip -n "$run-switch" link set "$host" master switch up
	in_ns "$host" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
	ip -n "$run-$host" link set lo up
	ip -n "$run-$host" link set eth0 up
	ip -n "$run-$host" addr add "192.0.2.$number/24" dev eth0
	ip -n "$run-$host" addr add "2001:db8::$number/64" dev eth0 nodad
}

make_segment() {
	ip netns add "$run-switch" && spaces+=("$run-switch")
	ip -n "$run-switch" link add switch type bridge
	ip -n "$run-switch" link set switch up
	add_host client 9
	add_host node-a 1
	add_host node-b 2
}

# wait_for SECONDS WHAT COMMAND...: until COMMAND succeeds; says WHAT did not happen in time.
wait_for() {
	local limit=$1 what=$2 end

	shift 2
	end=$(($(date +%s%N) + limit * 1000000000))
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s%N)" -ge "$end" ]; then
			echo "not in $limit s: $what" >&2
			return 1
		fi
		sleep 0.02
	done
}

fail() {
	echo "FAILED: $*" >&2
	local log
	for log in "$work"/*.log; do
		[ -f "$log" ] && echo "--- $log" >&2 && tail -n 40 "$log" >&2
	done
	exit 1
}

# start_bellmand HOST MANIFESTS [SETTING...]: and waits until it answers on its control socket.
start_bellmand() {
	local host=$1 manifests=$2 setting

	shift 2
	mkdir -p "$work/$host.state"
	{
		echo "node = \"$host\";"
		echo "source = { type = \"directory\"; path = \"$manifests\"; };"
		echo "state = \"$work/$host.state\";"
		echo "interfaces = { exclude = [ \"^lo\$\" ]; };"
		echo "control = { socket = \"$work/$host.sock\"; };"
		for setting in "$@"; do
			echo "$setting"
		done
	} >"$work/$host.conf"
	ip netns exec "$run-$host" "${under[@]}" "$build/speaker/bellmand" -c "$work/$host.conf" >>"$work/$host.log" 2>&1 &
	pids+=($!)
	eval "pid_${host//-/_}=$!"
	wait_for 10 "bellmand on $host answers" ctl "$host" status ||
		fail "bellmand did not start on $host"
}

# has_ended PID
has_ended() {
	! kill -0 "$1" 2>/dev/null
}

ctl() {
	local host=$1
	shift
	"$build/bellmanctl/bellmanctl" -s "$work/$host.sock" "$@"
}

# ask HOST OP ARGS: one request to its control socket, whose reply is printed
ask() {
	python3 - "$work/$1.sock" "$2" "$3" <<-'PYTHON'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall((json.dumps({"op": sys.argv[2], "args": json.loads(sys.argv[3])}) + "\n").encode())
		print(s.makefile().readline())
	PYTHON
}

# mac_of HOST: of its eth0
mac_of() {
	in_ns "$1" cat /sys/class/net/eth0/address
}

# who_has IP: the MACs that answer the client's ARP request, sorted
who_has() {
	in_ns client arping -c 1 -W 0.3 -r -I eth0 "$1" 2>/dev/null | sort -u
}

# who_has6 IP: the same by a neighbour solicitation
who_has6() {
	in_ns client ndisc6 -m -1 -q -r 1 -w 300 "$1" eth0 2>/dev/null | tr 'A-F' 'a-f' | sort -u
}
