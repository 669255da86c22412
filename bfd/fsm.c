/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/fsm.h"

/* clang-format off */
static const uint8_t after_packet[BFD_STATE_COUNT_][BFD_STATE_COUNT_] = {
/* the peer says:      AdminDown       Down            Init            Up            */
[BFD_ADMIN_DOWN] = { BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, BFD_ADMIN_DOWN },
[BFD_DOWN]       = { BFD_DOWN,       BFD_INIT,       BFD_UP,         BFD_DOWN       },
[BFD_INIT]       = { BFD_DOWN,       BFD_INIT,       BFD_UP,         BFD_UP         },
[BFD_UP]         = { BFD_DOWN,       BFD_DOWN,       BFD_UP,         BFD_UP         },
};
/* clang-format on */

struct bfd_verdict bfd_on_packet(enum bfd_state local, enum bfd_state remote)
{
	enum bfd_state next = after_packet[local][remote];

	if (next == BFD_DOWN && local != BFD_DOWN)
		return (struct bfd_verdict){ next, BFD_DIAG_NEIGHBOR_DOWN };
	return (struct bfd_verdict){ next, BFD_DIAG_NONE };
}

struct bfd_verdict bfd_on_silence(enum bfd_state local)
{
	if (local == BFD_INIT || local == BFD_UP)
		return (struct bfd_verdict){ BFD_DOWN, BFD_DIAG_DETECT_EXPIRED };
	return (struct bfd_verdict){ local, BFD_DIAG_NONE };
}

const char *bfd_state_name(enum bfd_state state)
{
	static const char *const names[BFD_STATE_COUNT_] = { "AdminDown", "Down", "Init", "Up" };

	return names[state];
}

const char *bfd_diag_name(uint8_t diag)
{
	static const char *const names[BFD_DIAG_COUNT_] = {
		[BFD_DIAG_NONE] = "none",
		[BFD_DIAG_DETECT_EXPIRED] = "control detection time expired",
		[BFD_DIAG_ECHO_FAILED] = "echo function failed",
		[BFD_DIAG_NEIGHBOR_DOWN] = "neighbor signaled session down",
		[BFD_DIAG_FORWARDING_RESET] = "forwarding plane reset",
		[BFD_DIAG_PATH_DOWN] = "path down",
		[BFD_DIAG_CONCATENATED_PATH_DOWN] = "concatenated path down",
		[BFD_DIAG_ADMIN_DOWN] = "administratively down",
		[BFD_DIAG_REVERSE_PATH_DOWN] = "reverse concatenated path down",
	};

	return diag < BFD_DIAG_COUNT_ ? names[diag] : "unknown";
}
