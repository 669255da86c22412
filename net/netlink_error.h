/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A negative error of libnl as a negative errno. */
int net_netlink_error(int nl_error);
