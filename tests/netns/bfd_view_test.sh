#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent's BFD sessions as bellmanctl shows them. Needs a test build (debug_ops), in which a session
# can be ordered over the control socket. Topology: lib.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bfd_lib.sh
. "$(dirname "$0")/bfd_lib.sh"

order='{"op": "debug-bfd", "args": {"peer": "192.0.2.2", "interval_ms": 200, "multiplier": 5}}'
make_segment
mkdir "$work/manifests"
start_bellmand node-a "$work/manifests"
[ "$(ctl node-a -o json bfd | jq -c .sessions)" = '[]' ] || fail "sessions before there are any"
ctl node-a bfd 192.0.2.2 2>"$work/none.log" && fail "a session that is not there"
grep -q 'no BFD session with 192.0.2.2' "$work/none.log" || fail "what is wrong is not said"

python3 - "$work/node-a.sock" "$order" <<-'PYTHON' || fail "the order"
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.connect(sys.argv[1])
	s.sendall((sys.argv[2] + "\n").encode())
	assert '"error"' not in s.makefile().readline()
PYTHON
start_ours node-b "peer=192.0.2.1,tx=300,rx=200,mult=4"
is_up() { ctl node-a bfd | grep -qE '^192\.0\.2\.2 +one +Up .* 1200ms '; }
wait_for 15 "the session is Up, and shown" is_up || fail "$(ctl node-a bfd)"
settled() { ctl node-a -o json bfd | jq -e '.sessions[0] | .ours.tx_ms == 200 and (.polling | not)'; }
wait_for 10 "the poll sequence ends" settled || fail "$(ctl node-a -o json bfd)"

# Both sides tell the same.
ctl node-a bfd 192.0.2.2 >"$work/peer.log"
grep -q "^theirs .* discriminator $(field node-b 192.0.2.1 local)," "$work/peer.log" ||
	fail "the peer's discriminator"
grep -q "^ours .* discriminator $(field node-b 192.0.2.1 remote)," "$work/peer.log" ||
	fail "our discriminator"
grep -q 'interval 300 ms to send, 200 ms to receive, multiplier 4' "$work/peer.log" ||
	fail "the peer's intervals"
ctl node-a -o json bfd | jq -e '.sessions[0] | .packets_in > 2 and .packets_out > 2 and .flaps == 0' \
	>/dev/null || fail "packets"

# And why it fell.
kill "$pid_ours_node_b"
has_fallen() { ctl node-a bfd | grep -q 'Down .*packet: neighbor signaled session down'; }
wait_for 10 "why it fell" has_fallen || fail "$(ctl node-a bfd)"
ctl node-a bfd 192.0.2.2 | grep -q '^theirs .*AdminDown.*diagnostic: administratively down' ||
	{ ctl node-a bfd 192.0.2.2; fail "the peer's reason"; }
echo "good"
