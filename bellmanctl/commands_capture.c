/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `bellmanctl capture FILE|INTERFACE`: frames from libpcap to the decoder, records to the terminal.
 */

#include "base/mem.h"
#include "bellmanctl/capture.h"
#include "bellmanctl/command.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SNAPLEN = 262144, /* segments that a network card is to cut can be that long */
	BUFFER_OCTETS = 16 * 1024 * 1024,
};

static const char filter_text[] = "arp or icmp6 or tcp port 179 or udp port 3784 or udp port 4784";

struct capturing {
	struct capture *decoder;
	enum capture_link link;
	bool is_json;
};

static void show(void *user, json_t *record)
{
	const struct capturing *capturing = user;
	auto_(strbuf_finip) struct strbuf out = { 0 };

	if (capturing->is_json) {
		auto_(freep) char *text = json_dumps(record, JSON_COMPACT);

		(void)puts(text);
	} else {
		capture_format(record, &out);
		(void)fputs(strbuf_text(&out), stdout);
	}
	(void)fflush(stdout);
}

static void on_packet(u_char *user, const struct pcap_pkthdr *head, const u_char *bytes)
{
	const struct capturing *capturing = (const struct capturing *)user;

	capture_frame(capturing->decoder,
		(int64_t)head->ts.tv_sec * INT64_C(1000000) + head->ts.tv_usec, capturing->link,
		bytes, head->caplen);
}

/* Return: 0, or -EAFNOSUPPORT for a link layer that we do not read. */
static int link_of(int data_link, enum capture_link *ret_link)
{
	static const struct {
		int data_link;
		enum capture_link link;
	} known[] = {
		{ DLT_EN10MB, CAPTURE_ETHERNET },
		{ DLT_LINUX_SLL, CAPTURE_COOKED },
		{ DLT_LINUX_SLL2, CAPTURE_COOKED2 },
		{ DLT_RAW, CAPTURE_RAW_IP },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (known[i].data_link == data_link) {
			*ret_link = known[i].link;
			return 0;
		}
	}
	return -EAFNOSUPPORT;
}

static int complain(const char *name, const char *problem)
{
	(void)fprintf(stderr, "bellmanctl: %s: %s\n", name, problem);
	return EXIT_USAGE;
}

/* An interface, with the kernel to leave out what we would not look at; NULL and @error else. */
static pcap_t *open_interface(const char *name, char error[PCAP_ERRBUF_SIZE])
{
	pcap_t *pcap = pcap_create(name, error);
	struct bpf_program program;

	if (!pcap)
		return NULL;
	(void)pcap_set_snaplen(pcap, SNAPLEN);
	(void)pcap_set_immediate_mode(pcap, 1);
	(void)pcap_set_buffer_size(pcap, BUFFER_OCTETS);
	if (pcap_activate(pcap) < 0 || pcap_compile(pcap, &program, filter_text, 1, 0) < 0) {
		(void)snprintf(error, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
		pcap_close(pcap);
		return NULL;
	}
	if (pcap_setfilter(pcap, &program) < 0) {
		(void)snprintf(error, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
		pcap_close(pcap);
		pcap = NULL;
	}
	pcap_freecode(&program);
	return pcap;
}

/* A descriptor that is readable once the user has had enough. */
static int open_signals(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Until a signal comes. */
static int run_live(pcap_t *pcap, struct capturing *capturing)
{
	struct pollfd fds[] = {
		{ .fd = pcap_get_selectable_fd(pcap), .events = POLLIN },
		{ .fd = open_signals(), .events = POLLIN },
	};
	char error[PCAP_ERRBUF_SIZE];
	int r = pcap_setnonblock(pcap, 1, error);

	while (r >= 0 && fds[1].revents == 0) {
		if (poll(fds, COUNT_OF(fds), -1) < 0 && errno != EINTR)
			break;
		r = pcap_dispatch(pcap, -1, on_packet, (u_char *)capturing);
	}
	(void)close(fds[1].fd);
	return r;
}

static int run_frames(const struct options *options, const char *name, pcap_t *pcap, bool is_live)
{
	struct capturing capturing = { .is_json = options->is_json };
	auto_(capture_freep) struct capture *decoder = capture_new(show, &capturing);
	int r;

	if (link_of(pcap_datalink(pcap), &capturing.link) < 0)
		return complain(name, "its link layer is not one that can be read");
	capturing.decoder = decoder;
	r = is_live ? run_live(pcap, &capturing) :
		      pcap_loop(pcap, -1, on_packet, (u_char *)&capturing);
	if (r < 0)
		return complain(name, pcap_geterr(pcap));
	return EXIT_SUCCESS;
}

static int run_capture(const struct options *options, char **arguments, int count)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	const char *name = arguments[0];
	struct stat status;
	bool is_live = stat(name, &status) < 0;
	pcap_t *pcap = is_live ? open_interface(name, error) : pcap_open_offline(name, error);
	int result;

	(void)count;
	if (!pcap)
		return complain(name, error);
	result = run_frames(options, name, pcap, is_live);
	pcap_close(pcap);
	return result;
}

static const struct command commands[] = {
	{ .words = "capture",
		.arguments = "FILE|INTERFACE",
		.min = 1,
		.max = 1,
		.help = "BGP, BFD, ARP and NDP from a pcap file or live:\n"
			"what is announced and withdrawn, by whom",
		.run = run_capture },
};

const struct command_table commands_capture = { commands, COUNT_OF(commands) };
