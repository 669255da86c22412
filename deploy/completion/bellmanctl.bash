# SPDX-License-Identifier: Apache-2.0
# bash completion for bellmanctl(1). The commands come from the program, Services from the agent.

_bellmanctl() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local typed=() i socket=() names

	case $previous in
	-o | --output) mapfile -t COMPREPLY < <(compgen -W "json table" -- "$word"); return ;;
	-s | --socket) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	--from) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket) socket=(-s "${COMP_WORDS[++i]}") ;;
		-o | --output | --from | --peer | --message) ((i++)) ;;
		-*) ;;
		*) typed+=("${COMP_WORDS[i]}") ;;
		esac
	done
	if [[ $word == -* ]]; then
		names="-s --socket -o --output --from --peer --message --dry-run --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
		return
	fi
	# The words that may follow those that were typed.
	names=$("${COMP_WORDS[0]}" --commands 2>/dev/null | awk -v typed="${typed[*]}" '
		typed == "" { print $1; next }
		index($0, typed " ") == 1 { split(substr($0, length(typed) + 2), rest, " "); print rest[1] }')
	case ${typed[*]} in
	lint | plan | capture) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	explain | "l2 move")
		names=$("${COMP_WORDS[0]}" "${socket[@]}" services 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
}
complete -F _bellmanctl bellmanctl
