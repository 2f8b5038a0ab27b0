#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make a kernel for ARCH=um (User Mode Linux) of Debian's linux-source and um.config, and
# keep it in the cache. It is a program: it runs on the CPU as it is, without emulation.
#
# Usage: um-kernel.sh tree    configure, and prepare for building modules (seconds);
#                             print the directory
#        um-kernel.sh get     also build it (5 minutes on 2 cores); print KVER=, KIMAGE=,
#                             KDIR=, KMODULES=, KARCH= lines
#
# The cache is keyed by source version, configuration and compiler.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

fragment=$VM_DIR/um.config

# um_make TARGET...: quiet unless it fails
um_make()
{
	make -s -j"$JOBS" -C "$src" O="$obj" ARCH=um "$@" >"$obj/log" 2>&1 ||
		{ tail -n 20 "$obj/log" >&2; die "cannot make $*, see $obj/log"; }
}

prepare()
{
	local left

	[ ! -f "$obj/ready" ] || return 0
	lock um
	[ ! -f "$obj/ready" ] || return 0
	say "preparing a tree for ARCH=um"
	rm -rf "$obj"
	mkdir -p "$obj"
	um_make KCONFIG_ALLCONFIG="$fragment" allnoconfig
	left=$(unmet_options "$obj/.config" "$fragment")
	[ -z "$left" ] || die "um.config asks for what this source cannot give: ${left//$'\n'/ }"
	um_make modules_prepare
	touch "$obj/ready"
}

build()
{
	local version

	[ ! -f "$obj/env" ] || return 0
	lock um-kernel
	[ ! -f "$obj/env" ] || return 0
	say "building a kernel for ARCH=um (5 minutes on 2 cores)"
	um_make linux
	cp "$obj/vmlinux.symvers" "$obj/Module.symvers"
	# All is built in, and depmod wants to know what.
	: >"$obj/modules.order"
	find "$obj" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \) -not -path '*/scripts/*' -delete
	rm -f "$obj"/vmlinux "$obj"/vmlinux.unstripped
	version=$(<"$obj/include/config/kernel.release")
	cat >"$obj/env.new" <<-END
	KVER=$version
	KIMAGE=$obj/linux
	KDIR=$obj
	KMODULES=$obj
	KARCH=um
	END
	mv "$obj/env.new" "$obj/env"
}

case ${1:-} in
tree | get) ;;
-h | --help | help) usage; exit 0 ;;
*) die "unknown command '${1:-}', try --help" ;;
esac
for tool in gcc make flex bison bc; do
	command -v $tool >/dev/null || unavailable "a kernel for ARCH=um needs '$tool'"
done
src=$("$VM_DIR/kernels.sh" source) || exit $?
obj=$CACHE/um/$(basename "$src")-$({ grep ^CONFIG "$fragment"; gcc -v 2>&1 | tail -n 1; } | md5sum | cut -c 1-12)
prepare
[ "$1" = get ] || { echo "$obj"; exit; }
build
cat "$obj/env"
