#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch Debian's DPDK as packages, without installing them, into the cache: testpmd
# with what it is linked to, and the drivers for virtual functions of Intel's NICs.
# Installed, it would bring in two hundred packages that nothing here uses.
#
# Usage: dpdk.sh     print TESTPMD=, DPDK_LIBS= and DPDK_DRIVERS= lines that a shell
#                    can evaluate; exit status 4 if this release has none

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

DIR=$CACHE/dpdk

# What the program is linked to, and what that needs in turn.
packages()
{
	apt-cache depends --recurse --important dpdk-dev | grep -E \
		'^(librte-|lib(numa1|fdt1|ibverbs1|jansson4|bsd0|md0|elf1|pcap0\.8|nl-3-200|nl-route-3-200|dbus-1-3)|ibverbs-providers)' |
		sort -u
	apt-cache pkgnames librte-net-e1000
	apt-cache pkgnames librte-mempool-ring
}

fetch()
{
	local pkgs

	[ -n "$(apt-cache depends dpdk-dev 2>/dev/null)" ] || as_root apt-get -qq update
	[ -n "$(apt-cache depends dpdk-dev 2>/dev/null)" ] || unavailable "this release has no dpdk-dev"
	pkgs=$(packages)
	say "fetching dpdk-dev"
	rm -rf "$DIR"
	# shellcheck disable=SC2086 # a list of words
	fetch_debs "$DIR" dpdk-dev $pkgs || die "cannot fetch dpdk-dev"
	[ -x "$DIR/usr/bin/dpdk-testpmd" ] || unavailable "dpdk-dev has no testpmd here"
	touch "$DIR/done"
}

if [ ! -f "$DIR/done" ]; then
	[ -z "${VM:-}" ] || unavailable "no DPDK in the cache: run selftests/deps.sh"
	lock dpdk
	[ -f "$DIR/done" ] || fetch
fi
libs=$DIR/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch)
drivers=$(find "$libs/dpdk" -maxdepth 1 -name 'pmds-*' | head -n 1)
missing=$(LD_LIBRARY_PATH=$libs:$libs/libibverbs ldd "$DIR/usr/bin/dpdk-testpmd" | grep 'not found')
[ -z "$missing" ] || unavailable "testpmd lacks$missing"
printf 'TESTPMD=%q\nDPDK_LIBS=%q\nDPDK_DRIVERS=%q\n' "$DIR/usr/bin/dpdk-testpmd" "$libs" "$drivers"
