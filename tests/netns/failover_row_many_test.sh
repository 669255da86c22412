#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# As failover_row_test.sh, with 500 addresses that three nodes share. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"

make_addresses 200 100
# shellcheck disable=SC2119 # no settings besides
start_cluster
failures_in_a_row 20 4000 500
echo "good"
