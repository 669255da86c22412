#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs ./demo and ./test in a fresh Debian 12 root, where a package missing from tests/packages shows.
# Needs root, debootstrap and its Debian mirror, or the one in MIRROR. What is checked is the last commit.
#
#   tests/fresh_root.sh [COMMAND...]     default: ./demo && ./test
set -u
root=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" -eq 0 ] || { echo "needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "install debootstrap" >&2; exit 1; }

# A mount namespace of its own: all mounts end with it, whatever happens.
if [ -z "${FRESH_ROOT_INSIDE:-}" ]; then
	FRESH_ROOT_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

fresh=$(mktemp -d /tmp/bellman-root.XXXXXX)
clean_up() {
	umount -R "$fresh" 2>/dev/null
	rm -rf --one-file-system "$fresh"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo "Making a fresh Debian 12 in $fresh ..."
debootstrap --variant=minbase --include=ca-certificates bookworm "$fresh" ${MIRROR:+"$MIRROR"} \
	>"$fresh.log" 2>&1 || { tail -n 20 "$fresh.log" >&2; rm -f "$fresh.log"; exit 1; }
rm -f "$fresh.log"
cp /etc/resolv.conf "$fresh/etc/resolv.conf"
[ -f /etc/apt/apt.conf ] && cp /etc/apt/apt.conf "$fresh/etc/apt/"
# Nothing that a package brings may start here.
printf '#!/bin/sh\nexit 101\n' >"$fresh/usr/sbin/policy-rc.d"
chmod 755 "$fresh/usr/sbin/policy-rc.d"
# `ip netns exec` changes the mount of /, so that the new root has to be one.
mount --bind "$fresh" "$fresh"
mount -t proc proc "$fresh/proc"
mount --rbind /sys "$fresh/sys"
mount --rbind /dev "$fresh/dev"
mount -t tmpfs tmpfs "$fresh/run"

git clone -q --no-hardlinks "$root" "$fresh/bellman" || exit 1
command='./demo && ./test'
[ $# -gt 0 ] && command=$*
echo "Running in it: $command"
env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
	chroot "$fresh" /bin/bash -c "cd /bellman && $command"
