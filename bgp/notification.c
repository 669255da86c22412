/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/notification.h"

#include "base/mem.h"

#include <errno.h>

enum {
	SUBCODES_MAX = 12,
};

static const char *const code_names[] = {
	[BGP_ERR_HEADER] = "Message Header Error",
	[BGP_ERR_OPEN] = "OPEN Message Error",
	[BGP_ERR_UPDATE] = "UPDATE Message Error",
	[BGP_ERR_HOLD_EXPIRED] = "Hold Timer Expired",
	[BGP_ERR_FSM] = "Finite State Machine Error",
	[BGP_ERR_CEASE] = "Cease",
	[BGP_ERR_REFRESH] = "ROUTE-REFRESH Message Error",
	[BGP_ERR_SEND_HOLD_EXPIRED] = "Send Hold Timer Expired",
};

/* The registry "BGP Error Subcodes". */
static const char *const subcode_names[COUNT_OF(code_names)][SUBCODES_MAX] = {
	[BGP_ERR_HEADER] = {
		[BGP_HEADER_NOT_SYNCHRONIZED] = "Connection Not Synchronized",
		[BGP_HEADER_BAD_LENGTH] = "Bad Message Length",
		[BGP_HEADER_BAD_TYPE] = "Bad Message Type",
	},
	[BGP_ERR_OPEN] = {
		[BGP_OPEN_BAD_VERSION] = "Unsupported Version Number",
		[BGP_OPEN_BAD_PEER_AS] = "Bad Peer AS",
		[BGP_OPEN_BAD_ID] = "Bad BGP Identifier",
		[BGP_OPEN_BAD_PARAMETER] = "Unsupported Optional Parameter",
		[5] = "Authentication Failure",
		[BGP_OPEN_BAD_HOLD_TIME] = "Unacceptable Hold Time",
		[BGP_OPEN_BAD_CAPABILITY] = "Unsupported Capability",
		[BGP_OPEN_ROLE_MISMATCH] = "Role Mismatch",
	},
	[BGP_ERR_UPDATE] = {
		[BGP_UPDATE_MALFORMED_LIST] = "Malformed Attribute List",
		[BGP_UPDATE_UNKNOWN_WELL_KNOWN] = "Unrecognized Well-known Attribute",
		[BGP_UPDATE_MISSING_WELL_KNOWN] = "Missing Well-known Attribute",
		[BGP_UPDATE_BAD_FLAGS] = "Attribute Flags Error",
		[BGP_UPDATE_BAD_LENGTH] = "Attribute Length Error",
		[BGP_UPDATE_BAD_ORIGIN] = "Invalid ORIGIN Attribute",
		[7] = "AS Routing Loop",
		[BGP_UPDATE_BAD_NEXT_HOP] = "Invalid NEXT_HOP Attribute",
		[BGP_UPDATE_BAD_OPTIONAL] = "Optional Attribute Error",
		[BGP_UPDATE_BAD_NETWORK] = "Invalid Network Field",
		[BGP_UPDATE_BAD_AS_PATH] = "Malformed AS_PATH",
	},
	[BGP_ERR_FSM] = {
		[BGP_FSM_IN_OPEN_SENT] = "Receive Unexpected Message in OpenSent State",
		[BGP_FSM_IN_OPEN_CONFIRM] = "Receive Unexpected Message in OpenConfirm State",
		[BGP_FSM_IN_ESTABLISHED] = "Receive Unexpected Message in Established State",
	},
	[BGP_ERR_CEASE] = {
		[BGP_CEASE_MAX_PREFIXES] = "Maximum Number of Prefixes Reached",
		[BGP_CEASE_ADMIN_SHUTDOWN] = "Administrative Shutdown",
		[BGP_CEASE_DECONFIGURED] = "Peer De-configured",
		[BGP_CEASE_ADMIN_RESET] = "Administrative Reset",
		[BGP_CEASE_REJECTED] = "Connection Rejected",
		[BGP_CEASE_CONF_CHANGE] = "Other Configuration Change",
		[BGP_CEASE_COLLISION] = "Connection Collision Resolution",
		[BGP_CEASE_OUT_OF_RESOURCES] = "Out of Resources",
		[BGP_CEASE_HARD_RESET] = "Hard Reset",
		[BGP_CEASE_BFD_DOWN] = "BFD Down",
	},
	[BGP_ERR_REFRESH] = {
		[BGP_REFRESH_BAD_LENGTH] = "Invalid Message Length",
	},
};

const char *bgp_error_name(uint8_t code)
{
	if (code >= COUNT_OF(code_names) || !code_names[code])
		return "unknown error";
	return code_names[code];
}

const char *bgp_suberror_name(uint8_t code, uint8_t subcode)
{
	if (code >= COUNT_OF(subcode_names) || subcode >= SUBCODES_MAX ||
		!subcode_names[code][subcode])
		return "";
	return subcode_names[code][subcode];
}

/* Octets of the UTF-8 character that begins at @at; 0: it is none, or one that moves a cursor. */
static size_t utf8_len(const uint8_t *at, size_t left)
{
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

	if (at[0] < 0x20 || at[0] == 0x7f || (at[0] >= 0x80 && at[0] < 0xc2) || at[0] > 0xf4)
		return 0;
	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if (at[0] == 0xc2 && at[1] < 0xa0)
		return 0; /* C1 controls */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0))
		return 0; /* overlong, surrogates */
	if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))
		return 0;
	return len;
}

/* The text goes to terminals and logs: what is no printable character becomes '?'. */
static void copy_text(struct wire_reader from, char to[BGP_SHUTDOWN_TEXT_SIZE])
{
	while (wire_left(&from) > 0) {
		size_t len = utf8_len(from.at, wire_left(&from));

		if (len == 0) {
			*to++ = '?';
			wire_skip(&from, 1);
			continue;
		}
		wire_copy(&from, to, len);
		to += len;
	}
	*to = '\0';
}

int bgp_notification_parse(struct wire_reader *body, struct bgp_notification *ret_notification)
{
	struct bgp_notification n = { 0 };
	struct wire_reader data;

	n.code = wire_u8(body);
	n.subcode = wire_u8(body);
	if (!wire_ok(body))
		return -EPROTO;

	if (n.code == BGP_ERR_CEASE && n.subcode == BGP_CEASE_HARD_RESET) {
		n.is_hard = true;
		/* What is inside may be missing: then it is a hard reset and no more is known. */
		if (wire_left(body) >= 2) {
			n.code = wire_u8(body);
			n.subcode = wire_u8(body);
		}
	}
	data = *body;
	n.data_len = (uint16_t)wire_left(&data);
	wire_copy(body, n.data,
		n.data_len < BGP_NOTIFICATION_DATA_MAX ? n.data_len : BGP_NOTIFICATION_DATA_MAX);

	if (n.code == BGP_ERR_CEASE && wire_left(&data) > 0 &&
		(n.subcode == BGP_CEASE_ADMIN_SHUTDOWN || n.subcode == BGP_CEASE_ADMIN_RESET)) {
		struct wire_reader text = wire_sub(&data, wire_u8(&data));

		if (wire_ok(&text))
			copy_text(text, n.text);
	}
	*ret_notification = n;
	return 0;
}

void bgp_notification_build(struct wire_writer *w, const struct bgp_refusal *why)
{
	size_t begin = bgp_message_begin(w, BGP_MSG_NOTIFICATION);

	wire_put_u8(w, why->code);
	wire_put_u8(w, why->subcode);
	wire_put_bytes(w, why->data, why->data_len);
	bgp_message_end(w, begin);
}

/* The longest beginning of @text that has at most BGP_SHUTDOWN_TEXT_MAX octets, in whole characters. */
static size_t text_len(const char *text)
{
	size_t len = strlen(text);

	if (len <= BGP_SHUTDOWN_TEXT_MAX)
		return len;
	len = BGP_SHUTDOWN_TEXT_MAX;
	while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

struct bgp_refusal bgp_cease(uint8_t subcode, const char *text, bool is_hard)
{
	struct bgp_refusal why = { .code = BGP_ERR_CEASE };
	struct wire_writer data = wire_writer(why.data, sizeof(why.data));

	if (is_hard) {
		why.subcode = BGP_CEASE_HARD_RESET;
		wire_put_u8(&data, BGP_ERR_CEASE);
		wire_put_u8(&data, subcode);
	} else {
		why.subcode = subcode;
	}
	if (text && text[0] &&
		(subcode == BGP_CEASE_ADMIN_SHUTDOWN || subcode == BGP_CEASE_ADMIN_RESET)) {
		size_t len = text_len(text);

		wire_put_u8(&data, (uint8_t)len);
		wire_put_bytes(&data, text, len);
	}
	why.data_len = (uint16_t)wire_written(&data);
	return why;
}
