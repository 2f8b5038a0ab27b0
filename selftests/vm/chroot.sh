#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make a minimal system of this machine's Debian release, with what vrouter's
# packages and the headers of kernels depend on, as an archive in the cache.
#
# Usage: chroot.sh      make it if needed; print the name of the archive
#
# The cache is ${XDG_CACHE_HOME:-~/.cache}/vrouter, or $CACHE; the archive has
# some 120 MB.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

PACKAGES=dkms,iproute2,kmod,libbpf1,libc6-dev,libelf1,libmicrohttpd12,libmnl0,libncurses6,libssl3,libyaml-0-2
PACKAGES+=,pahole

case ${1:-} in
'') ;;
-h | --help) usage; exit 0 ;;
*) die "unknown argument '$1', try --help" ;;
esac

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$codename" ] || unavailable "this machine does not say which release of Debian it is"
tar=$CACHE/chroot/$codename-$(md5sum <"$0" | cut -c 1-12).tar.zst
if [ ! -f "$tar" ]; then
	command -v mmdebstrap >/dev/null || unavailable "no mmdebstrap here"
	lock chroot
fi
if [ ! -f "$tar" ]; then
	rm -rf "$CACHE/chroot"
	mkdir -p "$CACHE/chroot"
	sources=$(debian_sources)
	if [ -z "$sources" ]; then
		as_root apt-get -qq update || die "apt-get update failed"
		sources=$(debian_sources)
		[ -n "$sources" ] || unavailable "this machine's apt has no sources of Debian's"
	fi
	say "making a minimal $codename"
	as_root mmdebstrap --quiet --mode=root --variant=apt --format=tar --include="$PACKAGES" \
		--aptopt='APT::Sandbox::User "root"' "$codename" - - <<<"$sources" \
		2>"$CACHE/chroot/log" | zstd -q -3 >"$tar.new" || {
		tail -n 10 "$CACHE/chroot/log" >&2
		die "mmdebstrap failed"
	}
	mv "$tar.new" "$tar"
fi
echo "$tar"
