#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# haproxy-gen by numbers: from the model to the disk; one moved endpoint and one drained node until
# HAProxy tells of it, with SERVICES Services; connections while a thousand commands are given, and
# while HAProxy is reloaded 20 times. Usage: tests/bench/haproxy.sh BUILD-DIR [SERVICES] (a release
# build). Topology: tests/netns/haproxy_lib.sh.
set -u
build=${1:?usage: $0 BUILD-DIR [SERVICES]}
services=${2:-10000}
bench=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/netns/lib.sh
. "$bench/../netns/lib.sh"
# shellcheck source=tests/netns/haproxy_lib.sh
. "$bench/../netns/haproxy_lib.sh"

for shape in "100 3" "1000 3" "10000 3" "1000 100"; do
	# shellcheck disable=SC2086 # two words
	"$build/tests/bench/haproxy_render" $shape
done

# HAProxy wants two files for each listener, and some for connections.
ulimit -n 200000 2>/dev/null
most=$((($(ulimit -n) - 1000) / 2))
if [ "$services" -gt "$most" ]; then
	echo "the limit of open files allows $most Services, not $services"
	services=$most
fi
make_cluster
in_ns lb ip route replace local 198.18.0.0/15 dev lo
in_ns client ip route add 198.18.0.0/15 via 192.0.2.50
python3 "$bench/haproxy.py" "$work/manifests" "$services" 3 192.0.2.1 100
gen lb apply >>"$work/apply.log" || fail "apply"
start_haproxy lb
echo 'reload = { verify_seconds = 0; quiet_ms = 0; };' >>"$work/lb/gen.conf"
ip netns exec "$run-lb" "$build/haproxy-gen/haproxy-gen" -c "$work/lb/gen.conf" run >>"$work/run.log" 2>&1 &
pids+=($!)
wait_for 120 "it runs" grep -q 'msg="running"' "$work/run.log" || fail "run"
wait_for 120 "all are up" servers_are up nodes node-1 node-2 node-3 || fail "nodes"

# From the rename of the manifest to the answer of HAProxy, asked all the time over one connection.
python3 - "$bench" "$work" "$services" <<-'P' || fail "measure"
	import importlib.util, socket, statistics, sys, time
	bench, work, services = sys.argv[1:4]
	sys.argv = ["haproxy.py", f"{work}/manifests", services, "3", "192.0.2.1", "100"]
	spec = importlib.util.spec_from_file_location("haproxy", f"{bench}/haproxy.py")
	haproxy = importlib.util.module_from_spec(spec)
	spec.loader.exec_module(haproxy)


	def ask(command):
	    with socket.socket(socket.AF_UNIX) as s:
	        s.connect(f"{work}/lb/admin.sock")
	        s.sendall(command.encode() + b"\n")
	        data = b""
	        while (more := s.recv(65536)):
	            data += more
	    return data.decode()


	def state(proxy, server):
	    for line in ask(f"show servers state {proxy}").splitlines():
	        words = line.split(" ")
	        if len(words) > 7 and words[3] == server:
	            return words[6], words[7]
	    return None


	def measure(what, change, is_done):
	    times = []
	    for i in range(20):
	        begin = time.monotonic()
	        change(i)
	        while not is_done(i):
	            if time.monotonic() > begin + 60:
	                sys.exit(f"{what}: not in 60 s")
	        times.append(1000 * (time.monotonic() - begin))
	        time.sleep(0.2)
	    print(f"{what}, {services} Services: median {statistics.median(times):.1f} ms, max {max(times):.1f} ms")


	measure("one moved endpoint",
	        lambda i: haproxy.put("slice", haproxy.slice_of(1, [1, 2] if i % 2 else [1, 1, 2])),
	        lambda i: state("default.service-00001.80", "node-1")[1] == ("1" if i % 2 else "2"))
	last = f"default.service-{int(services) // 100 * 100 - 100:05}.80"
	measure("one drained node",
	        lambda i: haproxy.node(2, "" if i % 2 else "unschedulable: true"),
	        lambda i: (int(state(last, "node-2")[0]) & 3 == 0) == bool(i % 2))
P

load() {
	in_ns client python3 "$here/haproxy_load.py" 1000 "$1" "$work/load.txt" 198.18.0.1:80 198.18.0.3:80
	tail -n 1 "$work/load.txt"
}
echo "steady: $(load 5000)"
(for i in $(seq 250); do
	python3 -c "
import sys; sys.argv = ['x', '$work/manifests', '1', '3', '192.0.2.1', '100']; sys.path.insert(0, '$bench')
import haproxy, time
for i in range(4):
    haproxy.put('slice', haproxy.slice_of(1, [1, 2] if i % 2 else [1, 1, 2])); time.sleep(0.005)"
done) &
pids+=($!)
echo "during commands: $(load 10000)"
kill $! 2>/dev/null
(for i in $(seq 20); do
	service "extra" "198.51.100.$i" 80 30080
	wait_for 30 "reload" ask "198.51.100.$i" 80
done) &
pids+=($!)
echo "during reloads: $(load 20000)"
wait $! && gen lb status | grep -E '^(commands|reloads) '
