#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Compare lookups of vr_lpm with those of the kernel's fib_trie, on the same
# routes in one kernel, at native speed: in a kernel built for ARCH=um (minutes,
# once). Both must give the same prefix for every destination.
#
# Usage: lpm_floor.sh [TABLE...]    default: small many hosts internet (5 minutes)

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../vm/common.sh"
cd -- "$TOP/selftests/bench" || exit 1

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -gt 0 ] || set -- small many hosts internet

src=$("$VM_DIR/kernels.sh" source) || exit $?
obj=$CACHE/um-floor/$(basename "$src")-$({ cat lpm_floor.sh; gcc -v 2>&1 | tail -n 1; } | md5sum | cut -c 1-12)
out=$BUILD/floor

kernel()
{
	lock um-floor
	rm -rf "$obj"
	mkdir -p "$obj"
	say "building a kernel for ARCH=um"
	printf 'CONFIG_%s=y\n' 64BIT MODULES MODULE_UNLOAD NET UNIX INET IP_ADVANCED_ROUTER \
		IP_MULTIPLE_TABLES NETDEVICES NET_CORE DUMMY HOSTFS BINFMT_ELF BINFMT_SCRIPT PROC_FS \
		SYSFS SHMEM TMPFS PRINTK TTY STDERR_CONSOLE SSL NULL_CHAN STDIO_CONSOLE FD_CHAN \
		MULTIUSER FUTEX EPOLL POSIX_TIMERS CC_OPTIMIZE_FOR_PERFORMANCE >"$obj/um.config"
	echo CONFIG_KERNEL_STACK_ORDER=4 >>"$obj/um.config"
	{
		make -s -C "$src" O="$obj" ARCH=um KCONFIG_ALLCONFIG="$obj/um.config" allnoconfig &&
		make -s -j"$JOBS" -C "$src" O="$obj" ARCH=um linux modules_prepare
	} >"$obj/log" 2>&1 || { tail -n 20 "$obj/log" >&2; die "cannot build the kernel"; }
	cp "$obj/vmlinux.symvers" "$obj/Module.symvers"
	touch "$obj/ready"
}

[ -f "$obj/ready" ] || kernel

make -s all || exit 1
mkdir -p "$out"
cp floor/Kbuild floor/floor.c ../../kmod/lpm*.[ch] "$out/"
make -s -C "$obj" ARCH=um M="$out" modules >"$out/log" 2>&1 ||
	{ cat "$out/log" >&2; die "the module does not build"; }
for table; do
	build/lpm_bench -l "$table" >"$out/list" || die "no such IPv4 table: $table"
	awk '{ printf "route add %s via 198.18.0.%d table %d onlink dev d0\n", $2, $3 + 1, 1000 + $1 }' \
		"$out/list" >"$out/$table.routes"
done

# Memory in huge pages where the machine has them, as the kernel's own mapping is.
mem=$(mktemp -d) || exit 1
mount -t tmpfs -o huge=always floor "$mem" 2>/dev/null
tables=$*
TMPDIR=$mem timeout 1200 "$obj/linux" mem=3G root=/dev/root rootfstype=hostfs rootflags=/ ro quiet \
	init="$PWD/floor/init.sh" con0=fd:0,fd:1 "FLOOR_TABLES=${tables// /,}" "FLOOR_DIR=$out" \
	</dev/null 2>&1 | sed -un 's/\r$//; s/^floor: //p' | tee "$out/result"
umount "$mem" 2>/dev/null
rmdir "$mem"
grep -qx end "$out/result" || die "the kernel did not run to its end"
for table; do
	grep -q "^$table: vectors cold:" "$out/result" || die "no result for $table"
done
