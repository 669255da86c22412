#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Twenty failures in a row, of any node in any way, under one address of each family. Topology: cluster.sh.
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
failures_in_a_row 20 4000 500
echo "good"
