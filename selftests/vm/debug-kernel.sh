#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the debug kernel (KASAN, lockdep, PROVE_RCU, kmemleak, UBSAN, ...) from
# Debian's linux-source and debug.config, and keep it in the cache.
#
# Usage: debug-kernel.sh get     build unless cached (7 minutes on 2 cores);
#                                print KVER=, KIMAGE=, KDIR=, KMODULES= lines
#        debug-kernel.sh config  print the options of debug.config that the
#                                resulting configuration does not honour
#
# The cache is keyed by source version, configuration and compiler. Progress is
# reported on stderr; the full log is build.log in the cache directory.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

fragment=$VM_DIR/debug.config
base=$CACHE/kernels/debug

configure()
{
	local src=$1 obj=$2

	mkdir -p "$obj"
	make -s -C "$src" O="$obj" KCONFIG_ALLCONFIG="$fragment" allnoconfig >"$obj/config.log" 2>&1 ||
		{ cat "$obj/config.log" >&2; die "cannot configure the debug kernel"; }
}

# What a module build needs of the object tree, without the objects.
prune()
{
	local obj=$1

	find "$obj" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name '*.mod' \) -delete
	rm -f "$obj"/vmlinux "$obj"/vmlinux.* "$obj"/.tmp_* "$obj"/arch/x86/boot/*.bin \
	      "$obj"/arch/x86/boot/compressed/vmlinux* "$obj"/usr/initramfs*
}

progress()
{
	local total=$1 start=$SECONDS n=0 last=$SECONDS line

	while read -r line; do
		case $line in
		*' CC '* | *' AS '* | CC* | AS*) n=$((n + 1)) ;;
		esac
		if [ $((SECONDS - last)) -ge 30 ]; then
			last=$SECONDS
			say "  debug kernel: $n of about $total objects after $((SECONDS - start)) s"
		fi
	done
}

build()
{
	local src=$1 dir=$2 obj=$2/obj left

	mkdir -p "$dir"
	configure "$src" "$obj"
	left=$(unmet_options "$obj/.config" "$fragment")
	[ -z "$left" ] || die "debug.config asks for what this source cannot give: ${left//$'\n'/ }"
	say "building the debug kernel (7 minutes on 2 cores; log: $dir/build.log)"
	if ! make -j"$JOBS" -C "$src" O="$obj" bzImage modules 2>&1 |
	     tee "$dir/build.log" | progress 1800; then
		tail -n 20 "$dir/build.log" >&2
		die "the debug kernel does not build"
	fi
}

install_tree()
{
	local dir=$1 obj=$1/obj version name

	version=$(cat "$obj/include/config/kernel.release")
	mkdir -p "$dir/boot" "$dir/lib/modules/$version"
	cp "$obj/arch/x86/boot/bzImage" "$dir/boot/vmlinuz-$version"
	for name in modules.order modules.builtin modules.builtin.modinfo; do
		cp "$obj/$name" "$dir/lib/modules/$version/"
	done
	prune "$obj"
	depmod -b "$dir" "$version" || die "depmod failed for $version"
	cat >"$dir/env.new" <<-END
	KVER=$version
	KIMAGE=$dir/boot/vmlinuz-$version
	KDIR=$obj
	KMODULES=$dir/lib/modules/$version
	END
	mv "$dir/env.new" "$dir/env"
}

get()
{
	local src key dir

	for tool in gcc make flex bison bc; do
		command -v $tool >/dev/null || unavailable "the debug kernel needs '$tool'"
	done
	src=$("$VM_DIR/kernels.sh" source) || exit $?
	key=$(basename "$src")-$({ cat "$fragment"; gcc -v 2>&1 | tail -n 1; } | md5sum | cut -c 1-12)
	dir=$base/$key
	if [ ! -f "$dir/env" ]; then
		lock kernel-debug
		if [ ! -f "$dir/env" ]; then
			rm -rf "$dir"
			build "$src" "$dir"
			install_tree "$dir"
		fi
	fi
	cat "$dir/env"
}

case ${1:-} in
get) get ;;
config)
	src=$("$VM_DIR/kernels.sh" source) || exit $?
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	configure "$src" "$tmp"
	unmet_options "$tmp/.config" "$fragment"
	;;
-h | --help | help) usage ;;
*) die "unknown command '${1:-}', try --help" ;;
esac
