#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# failover.sh BUILD [--rounds N] [--json FILE] [--only DAEMON]: what a client sees when the owner of an
# address fails, by cause, for bellmand at 100 ms x 3 and at 20 ms x 3, and in the same run for
# keepalived by its default (1 s) and at its fastest (0.01 s). N times each (20), on two quiet cores in
# less than 25 minutes; BUILD is a release build, and nothing else should run.
#
# A table of medians and (maximums) in ms: the longest time without an answer to an echo request sent
# every 2 ms; the longest in which nobody answered an ARP request or NS, sent every 10 ms; the
# longest in which two MACs did; requests that were lost; changes of the MAC that answers; and
# answers of the wrong MAC, where there is one. FILE gets one object of JSON a row.
#
# Three nodes, one address of each family (keepalived: IPv4). With bellmand every node serves what
# comes for the address, as with kube-proxy; keepalived puts the address on the node, so it is
# served there alone. What is done: failover_run.sh. What is measured: tests/tools/l2_client.c.
set -u
here=$(dirname "$0")
usage="usage: $0 BUILD [--rounds N] [--json FILE] [--only bellmand|keepalived]"
build=$(realpath "${1:?$usage}")
shift
rounds=20 json=/dev/null only=
while [ $# -gt 1 ]; do
	case $1 in
	--rounds) rounds=$2 ;;
	--json) json=$(realpath "$2") ;;
	--only) only=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 0 ] || { echo "$usage" >&2 && exit 2; }

work=$(mktemp -d /tmp/bellman-failover.XXXXXX)
running=()
clean_up() {
	[ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null
	wait
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
: >"$json"

# start_run DAEMON SETTING CAUSE: its measurements go to a file of its own
start_run() {
	"$here/failover_run.sh" "$build" "$1" "$2" "$rounds" "$3" >"$work/$3.json" 2>"$work/$3.log" &
	running+=($!)
}

# end_runs: a cluster that fails costs its own rounds alone, and the success
failed=0
end_runs() {
	local pid

	for pid in "${running[@]}"; do
		wait "$pid" && continue
		failed=1
		grep -h -A 20 FAILED "$work"/*.log >&2
	done
	running=()
}

# rows DAEMON SETTING: a row for all that was measured since the last ones, in the order of the list
causes='["partition", "heal", "dead node", "carrier loss", "hang", "wake-up", "kill -9", "node returns",
	"SIGTERM", "upgrade", "drain", "all restarted", "20 % loss"]'
rows() {
	jq -s -c --arg daemon "$1" --arg setting "$2" --argjson causes "$causes" '
		def both(key): map(key) | sort | { median: .[length / 2 | floor], max: last };
		. as $all | $causes[] | . as $cause | $all | map(select(.what == $cause)) |
		select(length > 0) | {
			daemon: $daemon, setting: $setting, cause: $cause, rounds: length,
			outage_ms: both(.gap_ms), silence_ms: both(.silence_ms),
			two_owners_ms: both(.two_owners_ms), lost: both(.lost), changes: both(.changes),
			strange: (if $cause == "wake-up" or $cause == "node returns" then both(.strange)
				else null end),
		}' "$work"/*.json | tee -a "$json" |
		jq -r 'def cell: if . == null then "-" else "\(.median | round) (\(.max | round))" end;
			[ "\(.daemon) \(.setting)", .cause, .rounds, (.outage_ms | cell), (.silence_ms | cell),
			(.two_owners_ms | cell), (.lost | cell), (.changes | cell), (.strange | cell) ] | @tsv' |
		while IFS=$'\t' read -ra cells; do print_row "${cells[@]}"; done
	rm -f "$work"/*.json "$work"/*.log
}
print_row() { printf '%-22s %-14s %-6s %-12s %-12s %-12s %-12s %-8s %s\n' "$@"; }

bellmand() {
	local cause

	for cause in partition dead hang kill stop upgrade drain loss carrier; do
		start_run bellmand "$1" "$cause"
		end_runs
	done
	rows bellmand "$1 ms x 3"
}

many() {
	"$here/failover_many.sh" "$build" "$rounds" >"$work/many" 2>"$work/many.log" &
	running+=($!)
	end_runs
	jq -s -c 'def both(key): map(key) | sort | { median: .[length / 2 | floor], max: last };
		{ daemon: "bellmand", setting: "100 ms x 3", cause: "1,000 addresses to survivors",
		rounds: length, taken: both(.taken), first_ms: both(.first_ms), last_ms: both(.last_ms),
		spread_ms: both(.spread_ms), frames_in_10_ms: both(.frames) }' "$work/many" | tee -a "$json" |
		jq -r 'def cell: "\(.median) (\(.max))";
			"\(.daemon) \(.setting), \(.cause), \(.rounds) rounds: \(.taken | cell) taken; after the fault "
			+ "the first in \(.first_ms | cell), the last in \(.last_ms | cell), spread "
			+ "\(.spread_ms | cell) ms; at most \(.frames_in_10_ms | cell) frames of one node in 10 ms"'
}

# At 1 s nothing depends on milliseconds: there all causes have their clusters side by side.
keepalived() {
	local cause

	for cause in partition dead hang kill stop upgrade loss; do
		start_run keepalived "$1" "$cause"
		[ "$1" = 1 ] || end_runs
	done
	end_runs
	rows keepalived "$1 s"
}

print_row "median (maximum)" cause rounds "outage ms" "silence ms" "two owners" lost changes strange
if [ "$only" != keepalived ]; then
	bellmand 100
	bellmand 20
	many
fi
if [ "$only" != bellmand ]; then
	keepalived 1
	keepalived 0.01
fi
[ $failed -eq 0 ]
