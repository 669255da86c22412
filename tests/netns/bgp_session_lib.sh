# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One router daemon in the namespace "client" (192.0.2.9, 2001:db8::9) and many small speakers
# (tests/tools/bgp_peer) in "node-a", each with an address of its own: speaker N has 192.0.2.N and
# 2001:db8::N. A row of a scenario is a speaker and what must come of it.

make_bgp_segment() {
	make_segment
	mkdir -p "$work/router"
}

# add_speaker_address N
add_speaker_address() {
	ip -n "$run-node-a" addr add "192.0.2.$1/24" dev eth0 2>/dev/null
	ip -n "$run-node-a" addr add "2001:db8::$1/64" dev eth0 nodad 2>/dev/null
}

# speak NAME N KEY=VALUE...: starts speaker N, whose lines go to NAME.log; its pid is pid_NAME.
speak() {
	local name=$1 n=$2

	shift 2
	ip netns exec "$run-node-a" "$build/tests/tools/bgp_peer" "id=10.0.0.$n" "$@" \
		>"$work/$name.log" 2>&1 &
	pids+=($!)
	eval "pid_$name=$!"
}

# said NAME TEXT: the speaker wrote a line with TEXT
said() {
	grep -qF -- "$2" "$work/$1.log"
}

# said_times NAME TEXT COUNT: at least so often
said_times() {
	[ "$(grep -cF -- "$2" "$work/$1.log")" -ge "$3" ]
}

# must_say SECONDS NAME TEXT
must_say() {
	wait_for "$1" "$2 says \"$3\"" said "$2" "$3" || fail "$2"
}

# end_speaker NAME: by SIGTERM, and waits until it has said all and is gone
end_speaker() {
	local pid

	pid=$(eval "echo \$pid_$1")
	kill -TERM "$pid"
	wait "$pid" || fail "$1 did not end well"
}
