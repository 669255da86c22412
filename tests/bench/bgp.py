#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Announcers of BGP compared, in one run, against one and the same receiver (bgp_sink).

    tests/bench/bgp.py BUILD [--only floor,ours,agent,bird,gobgp,frr] [--sizes 1000,10000,100000]
                       [--changes 100] [--resets 2] [--rounds 15]

"ours" is the engine and the Adj-RIB-Out alone, "agent" is bellmand with as many Services in its
watched directory, "floor" a program that only packs and writes. For each announcer and size: seconds
from Established (and from the start of the agent) to the last prefix, UPDATE messages and octets
beside the least there can be, memory and CPU after that. With the second size: one route more, and
less, until the receiver has read it (median and p99), and after a reset by the receiver the seconds
until Established and until the last prefix. At the end the floor and ours in turns, with the largest
size. Needs root: two namespaces joined by a veth pair, gone at the end. What an announcer can not do
in time is told as "-", never guessed. Timers of the others are set to the shortest they take; their
change is one run of their own command, and for bird a file of all routes before it.
"""
import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RUN = f"bmb{os.getpid()}"
NODE, ROUTER = f"{RUN}-n", f"{RUN}-r"
NODE_IP, ROUTER_IP = "192.0.2.1", "192.0.2.254"
HERE = os.path.dirname(os.path.abspath(__file__))
SERVICES_MAX = 10000  # of the agent, each two files
HEALTHY = 10.5  # seconds a session lives before a reset, so that no announcer damps it
FEED_IP = "198.18.0.1"  # of the node's loopback: gobgp takes no next hop of 127/8
NODE_AS, ROUTER_AS = 65001, 65100
LIMIT = 120.0  # seconds for anything to happen


def host(n):
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def in_ns(space, *words, **how):
    return subprocess.Popen(["ip", "netns", "exec", space, *words], **how)


def do(*words, **how):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **how)


def make_link():
    for space in (NODE, ROUTER):
        do("ip", "netns", "add", space)
    do("ip", "-n", NODE, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", ROUTER)
    for space, address in ((NODE, NODE_IP), (ROUTER, ROUTER_IP)):
        do("ip", "-n", space, "link", "set", "lo", "up")
        do("ip", "-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        do("ip", "-n", space, "link", "set", "eth0", "up")
    do("ip", "-n", NODE, "addr", "add", f"{FEED_IP}/32", "dev", "lo")


ANNOUNCED, WITHDRAWN = 1, 2  # columns of a line of the receiver


class Sink:
    """The receiver; keeps the time of each event and of each sum of prefixes."""

    def __init__(self, build):
        self.changed = threading.Condition()
        self.forget()
        self.process = in_ns(ROUTER, f"{build}/tests/bench/bgp_sink", ROUTER_IP, str(ROUTER_AS),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        threading.Thread(target=self.listen, daemon=True).start()
        if not self.wait(lambda: "listening" in self.at):
            sys.exit("bgp_sink does not listen")

    def forget(self):
        self.at = {}
        self.sums = []

    def listen(self):
        for line in self.process.stdout:
            words = line.split()
            with self.changed:
                if words[0] == "routes":
                    self.sums.append([int(word) for word in words[1:]])
                else:
                    self.at[words[0]] = int(words[1])
                self.changed.notify_all()

    def wait(self, condition, limit=LIMIT):
        with self.changed:
            return self.changed.wait_for(condition, limit)

    def total(self, column=ANNOUNCED):
        return self.sums[-1][column] if self.sums else 0

    def wait_routes(self, count, limit=LIMIT, column=ANNOUNCED):
        """The line with which at least @count prefixes had come (or gone), or None."""
        if not self.wait(lambda: self.total(column) >= count, limit):
            return None
        return next(line for line in self.sums if line[column] >= count)

    def reset(self):
        self.forget()
        self.process.stdin.write("reset\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Announcer:
    """One daemon with @count routes, its files in @folder."""

    changes = 20  # as many as take it a few seconds
    feeder = None

    def __init__(self, build, folder, count):
        self.build, self.folder, self.count = build, folder, count
        self.processes = []

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as to:
            to.write(text)
        os.chmod(path, 0o644)
        return path

    def spawn(self, *words, **how):
        log = open(os.path.join(self.folder, "log"), "ab")
        how.setdefault("stdout", log)
        self.processes.append(in_ns(NODE, *words, stderr=log, **how))
        return self.processes[-1]

    def run(self, *words):
        done = in_ns(NODE, *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        out = done.communicate()[0]
        return done.returncode, out

    def until(self, *words):
        """Waits until the command succeeds."""
        end = time.monotonic() + LIMIT
        while self.run(*words)[0] != 0:
            if time.monotonic() > end:
                raise TimeoutError(" ".join(words))
            time.sleep(0.05)

    def add(self, n):
        """Announces host @n; the moment from which it counts, if that is not the call."""

    def drop(self, n):
        """Withdraws host @n likewise; False if this announcer is not asked to."""
        return False

    def figures(self):
        """Octets of memory: resident, private, anonymous; and seconds of CPU."""
        memory, cpu = [0, 0, 0], 0
        for process in self.processes:
            with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as rollup:
                kb = {key: int(value) for key, value in re.findall(r"(\w+):\s+(\d+) kB", rollup.read())}
            for i, value in enumerate((kb["Rss"], kb["Private_Clean"] + kb["Private_Dirty"], kb["Anonymous"])):
                memory[i] += value * 1024
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return memory, cpu

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Ours(Announcer):
    program = "ip"
    changes = 100

    def start(self):
        self.process = self.spawn(f"{self.build}/tests/bench/bgp_announce", ROUTER_IP, str(ROUTER_AS),
                                  str(NODE_AS), str(self.count), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)

    def order(self, text):
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    def add(self, n):
        return self.order(f"add {n}")

    def drop(self, n):
        return self.order(f"del {n}")


class Agent(Announcer):
    """bellmand; a route is a Service and its endpoints, two files, and a change one file."""

    program = "ip"
    changes = 100

    def start(self):
        manifests = os.path.join(self.folder, "manifests")
        os.mkdir(manifests)
        do(sys.executable, f"{HERE}/make_tree.py", manifests, str(self.count), "bgp")
        self.file("manifests/peer.yaml", f"""apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {{name: sink, namespace: m}}
spec: {{myASN: {NODE_AS}, peerASN: {ROUTER_AS}, peerAddress: {ROUTER_IP}, holdTime: 180s}}
""")
        conf = self.file("bellmand.conf", f"""node = "node-a";
source = {{ type = "directory"; path = "{manifests}"; }};
state = "{self.folder}";
interfaces = {{ exclude = [ "^lo$" ]; }};
control = {{ socket = "{self.folder}/sock"; }};
metrics = {{ listen = ""; }};
""")
        self.started = time.monotonic_ns()
        self.spawn(f"{self.build}/speaker/bellmand", "-c", conf)

    def add(self, n):
        self.file("manifests/.more", f"""apiVersion: v1
kind: Service
metadata: {{name: z-{n}, namespace: default, annotations: {{metallb.io/loadBalancerIPs: 10.64.200.1}}}}
spec: {{type: LoadBalancer, clusterIP: 10.97.0.1, selector: {{app: a1}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Endpoints
metadata: {{name: z-{n}, namespace: default}}
subsets: [{{addresses: [{{ip: 10.1.0.1}}], ports: [{{port: 80}}]}}]
""")
        start = time.monotonic_ns()
        os.rename(f"{self.folder}/manifests/.more", f"{self.folder}/manifests/more.yaml")
        return start

    def drop(self, n):
        start = time.monotonic_ns()
        os.remove(f"{self.folder}/manifests/more.yaml")
        return start


class Floor(Announcer):
    """Only packs and writes: what no announcer can undercut."""

    program = "ip"
    changes = 0

    def start(self):
        self.spawn(f"{self.build}/tests/bench/bgp_floor", ROUTER_IP, str(ROUTER_AS), str(NODE_AS),
                   str(self.count), stdin=subprocess.PIPE)


class Bird(Announcer):
    program = "bird"

    def configure(self, count):
        routes = "".join(f"route {host(n)}/32 blackhole;\n" for n in range(count))
        self.file("routes.conf", f"protocol static {{ ipv4;\n{routes}}}\n")

    def start(self):
        self.configure(self.count)
        conf = self.file("bird.conf", f"""router id {NODE_IP};
protocol device {{}}
protocol direct {{ ipv4; }}
protocol bgp sink {{ local {NODE_IP} as {NODE_AS}; neighbor {ROUTER_IP} as {ROUTER_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1; hold time 180;
  ipv4 {{ import none; export where source = RTS_STATIC; next hop self; }}; }}
include "{self.folder}/routes.conf";
""")
        self.socket = f"{self.folder}/bird.ctl"
        self.spawn("bird", "-f", "-c", conf, "-s", self.socket)

    def add(self, n):
        self.configure(n + 1)
        self.run("birdc", "-s", self.socket, "configure")


class Gobgp(Announcer):
    """Has no way to load many routes but a session (`mrt inject` loses most): ours feeds it."""

    program = "gobgpd"
    feeder_as = 65002

    def start(self):
        conf = self.file("gobgpd.toml", f"""[global.config]
as = {NODE_AS}
router-id = "192.0.2.2"
port = 179
local-address-list = ["{FEED_IP}"]
[[neighbors]]
[neighbors.config]
neighbor-address = "{FEED_IP}"
peer-as = {self.feeder_as}
[neighbors.transport.config]
passive-mode = true
""")
        self.spawn("gobgpd", "-f", conf, "--api-hosts", "127.0.0.1:50051")
        self.until("gobgp", "global")
        self.feeder = in_ns(NODE, f"{self.build}/tests/bench/bgp_announce", FEED_IP, str(NODE_AS),
                            str(self.feeder_as), str(self.count), stdin=subprocess.PIPE)
        wanted = f"Destination: {self.count},"
        end = time.monotonic() + LIMIT
        while wanted not in self.run("gobgp", "global", "rib", "summary")[1]:
            if time.monotonic() > end:
                raise TimeoutError("gobgp has not all routes")
            time.sleep(0.2)
        self.run("gobgp", "neighbor", "add", ROUTER_IP, "as", str(ROUTER_AS))

    def stop(self):
        if self.feeder:
            self.feeder.stdin.close()
            self.feeder.wait(10)
        super().stop()

    def add(self, n):
        self.run("gobgp", "global", "rib", "add", f"{host(n)}/32")


class Frr(Announcer):
    program = "/usr/lib/frr/bgpd"

    def start(self):
        networks = "".join(f"  network {host(n)}/32\n" for n in range(self.count))
        conf = self.file("bgpd.conf", f"""router bgp {NODE_AS}
 bgp router-id {NODE_IP}
 no bgp ebgp-requires-policy
 no bgp network import-check
 coalesce-time 0
 neighbor {ROUTER_IP} remote-as {ROUTER_AS}
 neighbor {ROUTER_IP} timers 60 180
 neighbor {ROUTER_IP} timers connect 1
 address-family ipv4 unicast
{networks} exit-address-family
""")
        os.chmod(self.folder, 0o777)
        self.spawn("/usr/lib/frr/bgpd", "-f", conf, "-Z", "-S", "-A", "127.0.0.1", "-P", "0", "-p", "0",
                   "-i", f"{self.folder}/bgpd.pid", "--vty_socket", self.folder)

    def add(self, n):
        self.run("vtysh", "--vty_socket", self.folder, "-d", "bgpd", "-c", "configure terminal", "-c",
                 f"router bgp {NODE_AS}", "-c", "address-family ipv4 unicast", "-c",
                 f"network {host(n)}/32")


ALL = {"floor": Floor, "ours": Ours, "agent": Agent, "bird": Bird, "gobgp": Gobgp, "frr": Frr}


def seconds(later, earlier):
    return (later - earlier) / 1e9


def least(count):
    """Messages and octets of a perfect packing: 810 hosts a message of 4,096 octets, End-of-RIB."""
    full = -(-count // 810)
    return full + 1, 43 * full + 5 * count + 23


def report_dump(name, announcer, sink, last):
    sink.wait(lambda: "end-of-rib" in sink.at, 2)
    (resident, private, anonymous), cpu = announcer.figures()
    _, _, _, messages, octets = sink.sums[-1]
    least_messages, least_octets = least(announcer.count)
    started = getattr(announcer, "started", None)
    print(f"{name:6} {announcer.count:7} routes: last prefix "
          f"{seconds(last[0], sink.at['established']):.4f} s after Established"
          + (f" and {seconds(last[0], started):.3f} s after the start" if started else "")
          + f", {messages} messages (least {least_messages}), {octets} octets (least {least_octets}), "
          f"resident {resident / 1e6:.1f} MB, private {private / 1e6:.1f}, anonymous {anonymous / 1e6:.1f},"
          f" CPU {cpu:.2f} s", flush=True)


def time_change(sink, column, change, n):
    """Milliseconds until host @n is announced or withdrawn; None if it does not come."""
    before = sink.total(column)
    called = time.monotonic_ns()
    start = change(n) or called
    line = sink.wait_routes(before + 1, 20, column)
    return (line[0] - start) / 1e6 if line else None


def report_changes(name, what, times):
    if None in times:
        print(f"{name:6} one route {what}: - (it did not come in 20 s)")
        return
    times.sort()
    print(f"{name:6} one route {what}, {len(times)} times: median {statistics.median(times):.3f} ms, "
          f"p99 {times[min(len(times) - 1, int(len(times) * 0.99))]:.3f} ms", flush=True)


def measure_changes(name, announcer, sink, limit):
    added, dropped = [], []
    for n in range(announcer.count, announcer.count + min(limit, announcer.changes)):
        added.append(time_change(sink, ANNOUNCED, announcer.add, n))
        if type(announcer).drop is not Announcer.drop:
            dropped.append(time_change(sink, WITHDRAWN, announcer.drop, n))
        if None in (added[-1], dropped[-1] if dropped else 0):
            break
        time.sleep(0.01)
    for what, times in (("more", added), ("less", dropped)):
        if times:
            report_changes(name, what, times)


def measure_resets(name, announcer, sink, count):
    for _ in range(count):
        routes = announcer.count
        time.sleep(max(0.0, HEALTHY - seconds(time.monotonic_ns(), sink.at["established"])))
        sink.reset()
        last = sink.wait_routes(routes)
        if not last or "closed" not in sink.at:
            print(f"{name:6} reset: - (not all routes again in {LIMIT:.0f} s)")
            return
        print(f"{name:6} reset: Established after {seconds(sink.at['established'], sink.at['closed']):.4f}"
              f" s, all {routes} again {seconds(last[0], sink.at['established']):.4f} s later", flush=True)


def run(name, build, count, then):
    """Starts announcer and receiver, and calls then(announcer, sink, line of the last prefix)."""
    with tempfile.TemporaryDirectory(prefix=f"{RUN}-") as folder:
        os.chmod(folder, 0o755)
        sink = Sink(build)
        announcer = ALL[name](build, folder, count)
        try:
            announcer.start()
            last = sink.wait_routes(count)
            if not last:
                raise TimeoutError(f"only {sink.total()} came in {LIMIT:.0f} s")
            then(announcer, sink, last)
        except TimeoutError as error:
            print(f"{name:6} {count:7} routes: - ({error})", flush=True)
        finally:
            announcer.stop()
            sink.stop()


def measure(name, count, arguments, is_detailed):
    def then(announcer, sink, last):
        report_dump(name, announcer, sink, last)
        if is_detailed and announcer.changes:
            time.sleep(1)
            measure_changes(name, announcer, sink, arguments.changes)
            measure_resets(name, announcer, sink, arguments.resets)

    if not shutil.which(ALL[name].program):
        print(f"{name:6} {count:7} routes: - ({ALL[name].program} is not installed)")
    elif name == "agent" and count > SERVICES_MAX:
        print(f"{name:6} {count:7} routes: - (more files than a directory of manifests should have)")
    else:
        run(name, arguments.build, count, then)


def measure_floor(count, arguments):
    """Ours and the floor in turns, since the machine is not the same all the time."""
    times = {"floor": [], "ours": []}
    for _ in range(arguments.rounds):
        for name, found in times.items():
            run(name, arguments.build, count,
                lambda _, sink, last, to=found: to.append(seconds(last[0], sink.at["established"]) * 1000))
    floor, ours = (statistics.median(times[name]) for name in ("floor", "ours"))
    print(f"in turns, {count} routes, {arguments.rounds} rounds: floor {floor:.2f} ms (best "
          f"{min(times['floor']):.2f}), ours {ours:.2f} ms (best {min(times['ours']):.2f}): "
          f"{ours / floor:.2f} times (best {min(times['ours']) / min(times['floor']):.2f})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--only", default=",".join(ALL))
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--resets", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    sizes = [int(size) for size in arguments.sizes.split(",")]
    detail = sizes[min(1, len(sizes) - 1)]
    try:
        make_link()
        for size in sizes:
            for name in arguments.only.split(","):
                measure(name, size, arguments, size == detail)
        if arguments.rounds > 0:
            measure_floor(sizes[-1], arguments)
    finally:
        for space in (NODE, ROUTER):
            subprocess.run(["ip", "netns", "del", space], check=False)


if __name__ == "__main__":
    main()
