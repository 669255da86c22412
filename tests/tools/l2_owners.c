/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Watches a switch and says who owned which address (owners.h):
 *
 *   l2_owners JOIN_MS SILENCE_MS TWO_MS CLIENT NODE... -- ADDRESS...
 *
 * CLIENT and NODE are ports of the switch. What goes out to the client tells the owners, what comes
 * in from the nodes is counted. Says "ready" once each address was claimed; SIGUSR1 forgets what was
 * seen so far; on SIGTERM it goes on for two JOIN_MS, so that the end is a state and no moment, then
 * writes one object of JSON. Each address that breaks a bound is told; the status is 1 then. Figures
 * of the nodes are those of the busiest one in its busiest second:
 *
 *   hellos_per_s      packets of BFD and between speakers
 *   rounds_per_s      ARP and NDP frames that everybody gets: probes and announcements
 */

#include "base/clock.h"
#include "base/mem.h"
#include "tests/tools/owners.h"

#include <errno.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char neigh_filter[] = "arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136))";
static const char node_filter[] = "arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136)) or "
				  "udp dst port 4784 or udp dst port 7473";

/* How many in this second, and in the busiest one. */
struct rate {
	uint64_t second;
	uint64_t count;
	uint64_t most;
};

struct port {
	const char *name;
	pcap_t *pcap;
	struct rate hellos;
	struct rate rounds;
};

static struct {
	struct port *ports; /* the first is the client's */
	size_t port_count;
	struct owners owners;
	struct owners_bounds bounds;
	bool is_ready;
} w;

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	_exit(1);
}

static void raise_to(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void rate_add(struct rate *rate, uint64_t second)
{
	if (rate->second != second)
		rate->count = 0;
	rate->second = second;
	rate->count++;
	raise_to(&rate->most, rate->count);
}

static uint64_t time_of(const struct pcap_pkthdr *header)
{
	return (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec * NS_PER_US;
}

static void on_client_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	(void)user;
	owners_frame(&w.owners, bytes, header->caplen, time_of(header));
}

static void on_node_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct port *port = (struct port *)user;
	uint64_t second = time_of(header) / NS_PER_S;
	/* The filter lets through UDP, ARP, and of ICMPv6 only NS and NA. */
	bool is_udp = bytes[12] == 0x08 ? bytes[13] == 0 : bytes[20] == IPPROTO_UDP;

	if (is_udp)
		rate_add(&port->hellos, second);
	else if (bytes[0] & 1)
		rate_add(&port->rounds, second);
}

static void read_port(struct port *port)
{
	/* A port that goes down says so once by an error; frames come again when it is up. */
	(void)pcap_dispatch(
		port->pcap, -1, port == w.ports ? on_client_frame : on_node_frame, (u_char *)port);
}

static void open_port(struct port *port, const char *filter, pcap_direction_t direction)
{
	struct bpf_program program;
	char message[PCAP_ERRBUF_SIZE];

	port->pcap = pcap_create(port->name, message);
	if (!port->pcap)
		die(port->name, message);
	(void)pcap_set_snaplen(port->pcap, 256);
	(void)pcap_set_immediate_mode(port->pcap, 1);
	(void)pcap_set_buffer_size(port->pcap, 4 << 20);
	if (pcap_activate(port->pcap) < 0 ||
		pcap_compile(port->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0 ||
		pcap_setfilter(port->pcap, &program) < 0 ||
		pcap_setdirection(port->pcap, direction) < 0 ||
		pcap_setnonblock(port->pcap, 1, message) < 0)
		die(port->name, pcap_geterr(port->pcap));
	pcap_freecode(&program);
}

static void report_ready(void)
{
	if (w.is_ready || !owners_all_claimed(&w.owners))
		return;
	w.is_ready = true;
	(void)fprintf(stderr, "ready\n");
}

static void forget(void)
{
	owners_forget(&w.owners, clock_wall_ns());
	for (size_t i = 0; i < w.port_count; i++) {
		w.ports[i].hellos = (struct rate){ 0 };
		w.ports[i].rounds = (struct rate){ 0 };
	}
}

/* Return: how many addresses break a bound. */
static size_t report_broken(void)
{
	size_t broken = 0;

	for (size_t i = 0; i < w.owners.count; i++) {
		const struct owners_address *address = &w.owners.addresses[i];
		const char *what = owners_broken(&w.owners, address, &w.bounds);
		char ip[IP_TEXT_SIZE];

		if (!what)
			continue;
		broken++;
		(void)fprintf(stderr, "%s: %s: two owners for %.1f ms, nobody for %.1f ms\n",
			ip_format(&address->ip, ip), what, (double)address->two_ns / 1e6,
			(double)address->silence_ns / 1e6);
	}
	return broken;
}

static void report(size_t broken)
{
	uint64_t silence_ns = 0;
	uint64_t two_ns = 0;
	uint64_t hellos = 0;
	uint64_t rounds = 0;
	unsigned changes = 0;
	struct pcap_stat stat = { 0 };

	for (size_t i = 0; i < w.owners.count; i++) {
		const struct owners_address *address = &w.owners.addresses[i];

		raise_to(&silence_ns, address->silence_ns);
		raise_to(&two_ns, address->two_ns);
		changes += address->changes;
	}
	for (size_t i = 1; i < w.port_count; i++) {
		raise_to(&hellos, w.ports[i].hellos.most);
		raise_to(&rounds, w.ports[i].rounds.most);
	}
	(void)pcap_stats(w.ports[0].pcap, &stat);
	(void)printf("{ \"addresses\": %zu, \"broken\": %zu, \"silence_ms\": %.1f, "
		     "\"two_owners_ms\": %.1f, \"changes\": %u, \"claims\": %lu, "
		     "\"announcements\": %lu, \"hellos_per_s\": %lu, \"rounds_per_s\": %lu, "
		     "\"missed\": %u }\n",
		w.owners.count, broken, (double)silence_ns / 1e6, (double)two_ns / 1e6, changes,
		w.owners.claims, w.owners.announcements, hellos, rounds, stat.ps_drop);
}

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Return: true: the end was asked for. */
static bool read_signal(int fd)
{
	struct signalfd_siginfo signal;

	if (read(fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		die("signalfd", strerror(errno));
	if (signal.ssi_signo != SIGUSR1)
		return true;
	forget();
	return false;
}

/* Reads ports until a signal asks for the end, or until @until_ns. */
static void watch(int signals, uint64_t until_ns)
{
	struct pollfd *fds = xnew_array(struct pollfd, w.port_count + 1);
	bool has_ended = false;

	fds[w.port_count] = (struct pollfd){ .fd = signals, .events = POLLIN };
	for (size_t i = 0; i < w.port_count; i++)
		fds[i] = (struct pollfd){
			.fd = pcap_get_selectable_fd(w.ports[i].pcap),
			.events = POLLIN,
		};
	while (!has_ended && clock_now_ns() < until_ns) {
		if (poll(fds, w.port_count + 1, 50) < 0 && errno != EINTR)
			die("poll", strerror(errno));
		for (size_t i = 0; i < w.port_count; i++) {
			if (fds[i].revents)
				read_port(&w.ports[i]);
		}
		report_ready();
		has_ended = (fds[w.port_count].revents & POLLIN) != 0 && read_signal(signals);
	}
	free(fds);
}

static uint64_t ms_of(const char *text)
{
	return strtoul(text, NULL, 10) * NS_PER_MS;
}

static void read_arguments(int argc, char **argv)
{
	struct owners_address *addresses = xnew_array(struct owners_address, (size_t)argc);
	size_t count = 0;
	int i;

	w.ports = xnew_array(struct port, (size_t)argc);
	w.bounds.silence_ns = ms_of(argv[2]);
	w.bounds.two_ns = ms_of(argv[3]);
	for (i = 4; i < argc && strcmp(argv[i], "--") != 0; i++)
		w.ports[w.port_count++].name = argv[i];
	for (i++; i < argc; i++) {
		if (ip_parse(argv[i], &addresses[count++].ip) < 0)
			die(argv[i], "no address");
	}
	if (w.port_count == 0 || count == 0)
		die(argv[0], "no port or no address");
	owners_init(&w.owners, addresses, count, ms_of(argv[1]));
}

int main(int argc, char **argv)
{
	int signals;
	size_t broken;

	if (argc < 7) {
		(void)fputs("usage: l2_owners JOIN_MS SILENCE_MS TWO_MS CLIENT NODE... -- "
			    "ADDRESS...\n",
			stderr);
		return 2;
	}
	read_arguments(argc, argv);
	open_port(&w.ports[0], neigh_filter, PCAP_D_OUT);
	for (size_t i = 1; i < w.port_count; i++)
		open_port(&w.ports[i], node_filter, PCAP_D_IN);
	signals = open_signals();
	watch(signals, UINT64_MAX);
	watch(signals, clock_now_ns() + 2 * w.owners.join_ns);
	w.bounds.now_ns = clock_wall_ns();
	owners_end(&w.owners, w.bounds.now_ns);
	broken = report_broken();
	report(broken);
	for (size_t i = 0; i < w.port_count; i++)
		pcap_close(w.ports[i].pcap);
	free(w.ports);
	free(w.owners.addresses);
	return broken > 0;
}
