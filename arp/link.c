/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/link.h"

#include "arp/frame.h"
#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <unistd.h>
#include <uthash.h>

enum {
	SNAPLEN = 256,
	BUFFER_BYTES = 1 << 20,  /* the kernel's default holds 256 frames */
	BATCH = 256,             /* frames read before other events have their turn */
	GROUPS_PER_SOCKET = 300, /* optmem_max allows about 365 at its older default */
};

/* `icmp6` alone would miss nothing we want: fragments are to be dropped (RFC 6980). */
static const char filter[] = "arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136))";

/* A group that somebody on this link needs. */
struct group {
	UT_hash_handle hh;
	struct ip ip;
	unsigned users;
	int fd; /* of the socket that joined it */
};

struct group_socket {
	int fd;
	unsigned count;
};

struct arp_link {
	pcap_t *pcap;
	struct event *event;
	unsigned ifindex;
	struct arp_link_handlers handlers;
	struct group *groups;
	struct group_socket *sockets; /* owned */
	size_t socket_count;
	size_t socket_capacity;
};

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct arp_link *link = (struct arp_link *)user;

	link->handlers.on_frame(link->handlers.user, bytes, header->caplen);
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct arp_link *link = arg;
	int count = pcap_dispatch(link->pcap, BATCH, on_packet, (u_char *)link);

	(void)fd;
	(void)events;
	/* The handler may close the link: nothing of it is touched after this. */
	if (count == PCAP_ERROR)
		link->handlers.on_failed(link->handlers.user, -ENETDOWN);
}

static int pcap_errno(int status)
{
	if (status == PCAP_ERROR_PERM_DENIED)
		return -EPERM;
	if (status == PCAP_ERROR_NO_SUCH_DEVICE || status == PCAP_ERROR_IFACE_NOT_UP)
		return -ENODEV;
	return -EIO;
}

static int activate(struct arp_link *link)
{
	struct bpf_program program;
	char message[PCAP_ERRBUF_SIZE];
	int status;

	(void)pcap_set_snaplen(link->pcap, SNAPLEN);
	(void)pcap_set_promisc(link->pcap, 0);
	/* Without it frames wait up to 10 ms in a ring. */
	(void)pcap_set_immediate_mode(link->pcap, 1);
	(void)pcap_set_buffer_size(link->pcap, BUFFER_BYTES);
	status = pcap_activate(link->pcap);
	if (status < 0)
		return pcap_errno(status);
	if (pcap_datalink(link->pcap) != DLT_EN10MB)
		return -EMEDIUMTYPE;
	if (pcap_compile(link->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return -EIO;
	status = pcap_setfilter(link->pcap, &program);
	pcap_freecode(&program);
	if (status < 0 || pcap_setdirection(link->pcap, PCAP_D_IN) < 0 ||
		pcap_setnonblock(link->pcap, 1, message) < 0)
		return -EIO;
	return 0;
}

int arp_link_open(const char *name, unsigned ifindex, struct arp_link **ret_link)
{
	auto_(arp_link_freep) struct arp_link *link = xnew(struct arp_link);
	char message[PCAP_ERRBUF_SIZE];
	int r;

	link->ifindex = ifindex;
	link->pcap = pcap_create(name, message);
	if (!link->pcap)
		return -EIO;
	r = activate(link);
	if (r < 0)
		return r;
	*ret_link = take(link);
	return 0;
}

void arp_link_start(
	struct arp_link *link, struct event_base *base, const struct arp_link_handlers *handlers)
{
	link->handlers = *handlers;
	link->event = event_new(
		base, pcap_get_selectable_fd(link->pcap), EV_READ | EV_PERSIST, on_readable, link);
	if (!link->event || event_add(link->event, NULL) < 0)
		abort(); /* only memory can be missing */
}

void arp_link_stop(struct arp_link *link)
{
	if (link->event)
		event_free(link->event);
	link->event = NULL;
}

struct arp_link *arp_link_free(struct arp_link *link)
{
	struct group *group;
	struct group *next;

	if (!link)
		return NULL;
	HASH_ITER(hh, link->groups, group, next)
	{
		HASH_DEL(link->groups, group);
		free(group);
	}
	for (size_t i = 0; i < link->socket_count; i++)
		(void)close(link->sockets[i].fd);
	free(link->sockets);
	if (link->event)
		event_free(link->event);
	if (link->pcap)
		pcap_close(link->pcap);
	free(link);
	return NULL;
}

int arp_link_send(struct arp_link *link, const uint8_t *bytes, size_t len)
{
	errno = 0;
	if (pcap_inject(link->pcap, bytes, len) < 0)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

static void on_stale(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	(void)user;
	(void)header;
	(void)bytes;
}

void arp_link_flush(struct arp_link *link)
{
	/* As many batches as fill the buffer with the smallest frames; more are new ones. */
	for (size_t i = 0; i < BUFFER_BYTES / FRAME_MIN / BATCH; i++) {
		if (pcap_dispatch(link->pcap, BATCH, on_stale, NULL) <= 0)
			return;
	}
}

static int change_membership(
	const struct arp_link *link, int fd, const struct ip *group, int option)
{
	struct ipv6_mreq request = { .ipv6mr_interface = link->ifindex };

	memcpy(&request.ipv6mr_multiaddr, group->bytes, sizeof(request.ipv6mr_multiaddr));
	return setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

/* A socket with room for one more group, or NULL and errno. */
static struct group_socket *roomy_socket(struct arp_link *link)
{
	struct group_socket *added;
	int fd;

	for (size_t i = 0; i < link->socket_count; i++) {
		if (link->sockets[i].count < GROUPS_PER_SOCKET)
			return &link->sockets[i];
	}
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return NULL;
	added = array_add(link->sockets, link->socket_count, link->socket_capacity);
	added->fd = fd;
	return added;
}

static struct group *find_group(struct arp_link *link, const struct ip *ip)
{
	struct group *group;

	HASH_FIND(hh, link->groups, ip, sizeof(*ip), group);
	return group;
}

int arp_link_join(struct arp_link *link, const struct ip *ip)
{
	struct ip wanted = solicited_node_group(ip);
	struct group *group = find_group(link, &wanted);
	struct group_socket *socket;
	int r;

	if (group) {
		group->users++;
		return 0;
	}
	socket = roomy_socket(link);
	if (!socket)
		return -errno;
	r = change_membership(link, socket->fd, &wanted, IPV6_JOIN_GROUP);
	if (r < 0)
		return r;
	socket->count++;
	group = xnew(struct group);
	group->ip = wanted;
	group->users = 1;
	group->fd = socket->fd;
	HASH_ADD(hh, link->groups, ip, sizeof(group->ip), group);
	return 0;
}

void arp_link_leave(struct arp_link *link, const struct ip *ip)
{
	struct ip wanted = solicited_node_group(ip);
	struct group *group = find_group(link, &wanted);

	if (!group || --group->users > 0)
		return;
	/* If the interface is gone, so is the membership. */
	(void)change_membership(link, group->fd, &wanted, IPV6_LEAVE_GROUP);
	for (size_t i = 0; i < link->socket_count; i++) {
		if (link->sockets[i].fd == group->fd)
			link->sockets[i].count--;
	}
	HASH_DEL(link->groups, group);
	free(group);
}

uint64_t arp_link_drops(struct arp_link *link)
{
	struct pcap_stat stat;

	return pcap_stats(link->pcap, &stat) < 0 ? 0 : stat.ps_drop;
}
