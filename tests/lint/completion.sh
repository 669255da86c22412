#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the bash completion offers is what bellmanctl has.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=deploy/completion/bellmanctl.bash
. deploy/completion/bellmanctl.bash
program=build-asan/bellmanctl/bellmanctl
bad=0

# offers EXPECTED WORD...: the last word is the one being typed.
offers() {
	local expected=$1

	shift
	COMP_WORDS=("$program" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_bellmanctl
	[ "${COMPREPLY[*]}" = "$expected" ] && return
	echo "after 'bellmanctl $*': offers '${COMPREPLY[*]}' instead of '$expected'"
	bad=1
}

offers "explain" expl
offers "events" -s /nowhere ev
offers "json" -o j
offers "--socket" --so
offers "conf/examples" lint conf/ex
offers "" nothing
exit $bad
