# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # work, run and nodes come from lib.sh and cluster.sh; setting from failover_run.sh
# keepalived as a contender of failover_run.sh: one address, three nodes of falling priority, nopreempt.
# The address is put on the node, so it is served there alone, by the kernel.

keepalived_on() {
	local node=$1

	ip netns exec "$run-$node" keepalived -n -l -D -P -f "$work/$node.keepalived" \
		-p "$work/$node.pid" -r "$work/$node.vrrp" >>"$work/$node.log" 2>&1 &
	pids+=($!)
	eval "keeper_${node//-/_}=$!"
}

start_keepalived() {
	local node priority=150

	for node in "${nodes[@]}"; do
		in_ns "$node" nft flush ruleset
		cat >"$work/$node.keepalived" <<-END
			global_defs {
				router_id $node
				vrrp_version 3
			}
			vrrp_instance one {
				state BACKUP
				nopreempt
				interface eth0
				virtual_router_id 7
				priority $priority
				advert_int $setting
				virtual_ipaddress {
					$address/24
				}
			}
		END
		priority=$((priority - 20))
		keepalived_on "$node"
	done
	wait_for 20 "keepalived has an owner" settled_keepalived || fail "keepalived"
}

has_address() { in_ns "$1" ip -4 -o addr show eth0 | grep -q " $address/"; }

owner_keepalived() {
	local node

	for node in "${nodes[@]}"; do
		has_address "$node" && echo "$node" && return
	done
	return 1
}

settled_keepalived() {
	local node count=0

	for node in "${nodes[@]}"; do
		has_address "$node" && count=$((count + 1))
	done
	[ "$count" = 1 ]
}

# The children first: the parent would start them again.
pids_keepalived() {
	local parent

	parent=$(eval "echo \"\$keeper_${1//-/_}\"")
	pgrep -P "$parent"
	echo "$parent"
}

# back_keepalived NODE: after its end; what a killed one left on the link is no address of its own
back_keepalived() {
	forget "$(eval "echo \"\$keeper_${1//-/_}\"")"
	in_ns "$1" ip addr del "$address/24" dev eth0 2>/dev/null
	keepalived_on "$1"
}
