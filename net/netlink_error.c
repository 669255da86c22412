/* SPDX-License-Identifier: Apache-2.0 */

#include "net/netlink_error.h"

#include <errno.h>
#include <netlink/errno.h>

int net_netlink_error(int nl_error)
{
	switch (-nl_error) {
	case NLE_PERM:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}
