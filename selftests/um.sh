#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the module for ARCH=um, to keep it free of what only x86 has. Needs a
# configured source tree only, no built kernel, so symbols stay unresolved.
#
# Usage: um.sh

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/vm/common.sh"

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac

obj=$("$VM_DIR/um-kernel.sh" tree) || exit $?
out=$BUILD/um-check/$(basename "$obj")

mkdir -p "$out"
rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' --exclude='*.cmd' \
      "$TOP/Kbuild" "$TOP/kmod" "$TOP/include" "$out/"
make -j"$JOBS" -C "$obj" ARCH=um M="$out" KBUILD_MODPOST_WARN=1 modules >"$out/log" 2>&1 || {
	cat "$out/log" >&2
	die "the module does not build for ARCH=um"
}
! grep -E 'warning:' "$out/log" >&2 || die "warnings in the build for ARCH=um"
echo "$out/vrouter.ko"
