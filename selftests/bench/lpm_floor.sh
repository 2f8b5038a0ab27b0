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

env=$("$VM_DIR/kernels.sh" get um) || exit $?
eval "$env"
: "${KDIR:?}"
out=$BUILD/floor

make -s all || exit 1
mkdir -p "$out"
cp floor/Kbuild floor/floor.c ../../kmod/lpm*.[ch] "$out/"
make -s -C "$KDIR" ARCH=um M="$out" modules >"$out/log" 2>&1 ||
	{ cat "$out/log" >&2; die "the module does not build"; }
for table; do
	build/lpm_bench -l "$table" >"$out/list" || die "no such IPv4 table: $table"
	awk '{ printf "route add %s via 198.18.0.%d table %d onlink dev d0\n", $2, $3 + 1, 1000 + $1 }' \
		"$out/list" >"$out/$table.routes"
done

tables=$*
"$VM_DIR/um-run.sh" --mem 3G --timeout 1200 --env "FLOOR_TABLES=${tables// /,}" --env "FLOOR_DIR=$out" \
	-- floor/job.sh | sed -un 's/^floor: //p' | tee "$out/result" || die "the kernel failed"
grep -qx end "$out/result" || die "the kernel did not run to its end"
for table; do
	grep -q "^$table: vectors cold:" "$out/result" || die "no result for $table"
done
