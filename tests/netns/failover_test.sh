#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three nodes, one Service with an address of each family. Its owner fails in every way; each time
# another takes over, and nothing moves when it comes back. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"

make_addresses 1
# shellcheck disable=SC2119 # no settings besides
start_cluster
every_way 2000 300
echo "good"
