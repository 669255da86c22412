#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every include of ours goes down the layers of docs/architecture.md, never up or across.
set -u
cd "$(dirname "$0")/../.." || exit 1
declare -A may=(
	[base]=""
	[model]="base" [net]="base" [arp]="base" [bfd]="base" [ctl]="base"
	[bgp]="base bfd"
	[ipam]="base model" [plan]="base model" [conf]="base model"
	[kube]="base model conf"
	[proxy]="base model net"
	[haproxy-gen]="base model ipam conf kube ctl"
	[bellmanctl]="base model ipam plan conf ctl arp bfd bgp"
	[speaker]="base model net arp bfd bgp ipam plan conf kube ctl proxy"
)
bad=0
for module in "${!may[@]}"; do
	[ -d "$module" ] || continue
	while IFS=: read -r file line text; do
		used=${text#*\"}
		used=${used%%/*}
		case " $module ${may[$module]} " in
		*" $used "*) ;;
		*)
			echo "$file:$line: $module may not include $used"
			bad=1
			;;
		esac
	done < <(grep -nE '^#include "[a-z-]+/' "$module"/*.[ch] /dev/null 2>/dev/null)
done
exit $bad
