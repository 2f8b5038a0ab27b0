#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the module, and the test modules, for one kernel and lay out a
# /lib/modules tree in which modprobe finds both them and the kernel's own.
#
# Usage: modules.sh FLAVOUR [DIR...]
#
# Builds Kbuild of the project, selftests/sim and every further DIR (each has
# its own Kbuild) in build/FLAVOUR/, so that kernels do not disturb each other.
# Prints the KVER=, KIMAGE=, KDIR=, KMODULES= lines of kernels.sh and MODROOT=.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

case ${1:-} in
'' | -h | --help) usage; exit 0 ;;
esac
flavour=$1
shift

env=$("$VM_DIR/kernels.sh" get "$flavour") || exit $?
KARCH=
eval "$env"
: "${KVER:?}" "${KDIR:?}" "${KMODULES:?}"

out=$BUILD/$flavour
mkdir -p "$out"
exec 8>"$out/.lock"
flock 8

# What was compiled for another kernel may look as if it were up to date.
if [ -f "$out/.kdir" ] && [ "$(<"$out/.kdir")" != "$KDIR" ]; then
	rm -rf "${out:?}"/*
fi
echo "$KDIR" >"$out/.kdir"

# sync FROM... TO: copy sources and drop what vanished, but keep the objects.
sync_sources()
{
	rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod' \
	      --exclude='*.mod.c' --exclude='*.cmd' --exclude='*.symvers' \
	      --exclude=modules.order --exclude='*.o.d' --exclude='.tmp_*' "$@"
}

# build NAME: compile $out/NAME; quiet unless it fails or warns.
build()
{
	local name=$1 log=$out/$1.log

	if ! make -j"$JOBS" -C "$KDIR" ${KARCH:+ARCH="$KARCH"} M="$out/$name" modules >"$log" 2>&1 8>&-; then
		cat "$log" >&2
		die "cannot build $name for $KVER"
	fi
	grep -E 'warning:|WARNING:' "$log" | grep -v 'Skipping BTF' >&2
	return 0
}

names=
if [ -f "$TOP/kmod/main.c" ]; then
	mkdir -p "$out/vrouter"
	sync_sources "$TOP/Kbuild" "$TOP/kmod" "$TOP/include" "$out/vrouter/"
	build vrouter
	names=vrouter
fi
[ ! -f "$TOP/selftests/sim/Kbuild" ] || set -- "$TOP/selftests/sim" "$@"
for dir; do
	name=$(basename "$dir")
	[ -f "$dir/Kbuild" ] || die "no Kbuild in '$dir'"
	mkdir -p "$out/$name"
	sync_sources "$dir/" "$out/$name/"
	build "$name"
	names="$names $name"
done

# The modules.dep of stock modules plus ours. A stamp of what went in saves
# depmod's second and a half when nothing changed.
root=$out/root
mod=$root/lib/modules/$KVER
stamp=$KMODULES
for name in $names; do
	stamp+=$(find "$out/$name" -name '*.ko' -exec md5sum {} +)
done
if [ "$(cat "$root/stamp" 2>/dev/null)" != "$stamp" ]; then
	rm -rf "$root"
	mkdir -p "$mod/updates"
	[ ! -d "$KMODULES/kernel" ] || ln -s "$KMODULES/kernel" "$mod/kernel"
	for file in modules.order modules.builtin modules.builtin.modinfo; do
		[ ! -f "$KMODULES/$file" ] || cp "$KMODULES/$file" "$mod/"
	done
	for name in $names; do
		find "$out/$name" -name '*.ko' -exec cp -t "$mod/updates" {} +
	done
	depmod -b "$root" "$KVER" 2>"$out/depmod.log" || {
		cat "$out/depmod.log" >&2
		die "depmod failed for $KVER"
	}
	echo "$stamp" >"$root/stamp"
fi
echo "$env"
echo "MODROOT=$root"
