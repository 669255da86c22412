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
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq &&
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/tmp/bellman-apt.$$ 2>&1 || {
		tail -n 20 "/tmp/bellman-apt.$$" >&2
		rm -f "/tmp/bellman-apt.$$"
		echo "apt-get could not install them." >&2
		return 1
	}
	rm -f "/tmp/bellman-apt.$$"
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
