# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# install_packages CLASS...: what tests/packages lists for these classes and the machine lacks.

install_packages() {
	local class package missing=()

	while read -r class package; do
		case " $* " in *" $class "*) ;; *) continue ;; esac
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
			missing+=("$package")
	done < <(grep -v '^#' "$root/tests/packages")
	[ "${#missing[@]}" -eq 0 ] && return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "These packages are missing; be root, or install them: ${missing[*]}" >&2
		return 1
	fi
	echo "Installing ${#missing[@]} packages: ${missing[*]}"
	run_apt "${missing[@]}"
}

# run_apt PACKAGE...: installs them, and lets none of their daemons start: tests start their own.
run_apt() {
	local policy=/usr/sbin/policy-rc.d log status made=false

	log=$(mktemp)
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
		made=true
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >"$log" 2>&1 &&
		apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1
	status=$?
	$made && rm -f "$policy"
	if [ "$status" -ne 0 ]; then
		tail -n 20 "$log" >&2
		echo "apt-get could not install them." >&2
	fi
	rm -f "$log"
	return "$status"
}

# build DIR [MESON-OPTION...]: configures once, then builds all, or what targets="..." names; prints
# the log only on failure.
build() {
	local dir=$1 log wanted

	shift
	read -ra wanted <<<"${targets:-}"
	log=$(mktemp)
	if { [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@"; } >"$log" 2>&1 &&
		ninja -C "$dir" "${wanted[@]}" >>"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	tail -n 60 "$log"
	rm -f "$log"
	return 1
}
