# SPDX-License-Identifier: Apache-2.0
# bash completion for haproxy-gen(1).

_haproxy_gen() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	case $previous in
	-c | --config | render) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	-o | --output) mapfile -t COMPREPLY < <(compgen -W "json" -- "$word"); return ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"-c --config -o --output --no-reload --help --version" -- "$word")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "render diff apply run status check" -- "$word")
}
complete -F _haproxy_gen haproxy-gen
