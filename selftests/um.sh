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

src=$("$VM_DIR/kernels.sh" source) || exit $?
obj=$CACHE/um/$(basename "$src")-$({ cat "$0"; gcc -v 2>&1 | tail -n 1; } | md5sum | cut -c 1-12)
out=$BUILD/um

if [ ! -f "$obj/ready" ]; then
	lock um
	rm -rf "$obj"
	mkdir -p "$obj"
	say "preparing a tree for ARCH=um"
	cat >"$obj/um.config" <<-END
	CONFIG_64BIT=y
	CONFIG_MODULES=y
	CONFIG_MODULE_UNLOAD=y
	CONFIG_NET=y
	CONFIG_PACKET=y
	CONFIG_UNIX=y
	CONFIG_INET=y
	CONFIG_IPV6=y
	CONFIG_IP_ADVANCED_ROUTER=y
	CONFIG_IP_MULTIPLE_TABLES=y
	CONFIG_IP_ROUTE_MULTIPATH=y
	CONFIG_IPV6_MULTIPLE_TABLES=y
	CONFIG_NET_L3_MASTER_DEV=y
	CONFIG_NETDEVICES=y
	CONFIG_NET_CORE=y
	CONFIG_NET_VRF=y
	CONFIG_VETH=y
	CONFIG_DUMMY=y
	CONFIG_BPF_SYSCALL=y
	CONFIG_FTRACE=y
	CONFIG_ENABLE_DEFAULT_TRACERS=y
	CONFIG_DEBUG_FS=y
	END
	{
		make -s -C "$src" O="$obj" ARCH=um KCONFIG_ALLCONFIG="$obj/um.config" allnoconfig &&
		make -s -j"$JOBS" -C "$src" O="$obj" ARCH=um modules_prepare
	} >"$obj/log" 2>&1 || { tail -n 20 "$obj/log" >&2; die "cannot prepare the tree"; }
	touch "$obj/ready"
fi

mkdir -p "$out"
rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' --exclude='*.cmd' \
      "$TOP/Kbuild" "$TOP/kmod" "$TOP/include" "$out/"
make -j"$JOBS" -C "$obj" ARCH=um M="$out" KBUILD_MODPOST_WARN=1 modules >"$out/log" 2>&1 || {
	cat "$out/log" >&2
	die "the module does not build for ARCH=um"
}
! grep -E 'warning:' "$out/log" >&2 || die "warnings in the build for ARCH=um"
echo "$out/vrouter.ko"
