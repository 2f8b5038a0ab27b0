#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Process 1 inside the VM (see vm.sh): finish the set-up, run the job, report
# its exit status over a virtio port and power off.
# shellcheck source=/dev/null

job=$1
top=$(cd "${0%/*}/../.." && pwd -P)
export PATH=$top/tools/vrctl:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export IP_LIB_DIR=$top/tools/ip
export HOME=/root TERM=${TERM:-dumb} LANG=C.UTF-8 VM=1

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns
ln -sfn /proc/self/fd /dev/fd
ln -sfn /proc/self/fd/0 /dev/stdin
ln -sfn /proc/self/fd/1 /dev/stdout
ln -sfn /proc/self/fd/2 /dev/stderr
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
echo vrouter-vm >/proc/sys/kernel/hostname
ulimit -n 65536 -c 0

# Job variables: JOB_MODULES JOB_NICS JOB_SHELL JOB_CWD JOB_OUT, function job().
. "$job"

kver=$(uname -r)
mkdir -p "/lib/modules/$kver"
mount --bind "$JOB_MODULES" "/lib/modules/$kver" || echo "guest: no modules"
ip link set lo up

if [ -n "$JOB_OUT" ]; then
	mkdir -p "$JOB_OUT"
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out "$JOB_OUT"
fi

port()
{
	local p

	for p in /sys/class/virtio-ports/*; do
		[ "$(cat "$p/name" 2>/dev/null)" = "$1" ] && echo "/dev/${p##*/}" && return 0
	done
	return 1
}

# NICs get the names nic0, nic1, ... in the order of --nics, by their MAC.
name_nics()
{
	local i=0 model drv dev

	for model in $JOB_NICS; do
		case $model in
		virtio) drv=virtio_net ;;
		*) drv=$model ;;
		esac
		modprobe -q "$drv" || echo "guest: no driver for '$model'"
	done
	for model in $JOB_NICS; do
		for dev in /sys/class/net/*; do
			if [ "$(cat "$dev/address")" = "$(printf 52:54:00:76:72:%02x $i)" ]; then
				ip link set dev "${dev##*/}" name nic$i
			fi
		done
		i=$((i + 1))
	done
}
name_nics

cd "$JOB_CWD" || cd /
if [ "$JOB_SHELL" = 1 ]; then
	export TERM=linux
	setsid busybox cttyhack bash -i
	busybox poweroff -f
fi

out=$(port vr.out) || echo "guest: no output port"
exec {status}>"$(port vr.status)" || echo "guest: no status port"

exec 3> >(exec cat >"$out")
relay=$!
job >&3 2>&1 3>&- </dev/null
rc=$?

# What the job left behind must not hold the relay, nor a module, any longer.
for p in /proc/[0-9]*; do
	pid=${p#/proc/}
	[ "$pid" = $$ ] || [ "$pid" = "$relay" ] || [ -z "$(tr -d '\0' 2>/dev/null <"$p/cmdline")" ] ||
		kill -9 "$pid" 2>/dev/null
done

# Module unload flushes the module's own deferred work; then nothing of it may
# be left unreferenced. The first scan takes checksums; the second reports what
# is unreferenced, unchanged since and older than five seconds.
leak=/sys/kernel/debug/kmemleak
if [ -w $leak ]; then
	for ns in /run/netns/*; do
		[ ! -e "$ns" ] || ip netns del "${ns##*/}" 2>/dev/null
	done
	for mod in vrsim vrouter; do
		[ ! -d "/sys/module/$mod/holders" ] || rmmod "$mod" >&3 2>&1 || rc=1
	done
	[ ! -d /sys/module/vrouter/holders ] || echo "guest: vrouter is still loaded" >/dev/kmsg
	echo scan >$leak
	busybox sleep 5
	echo scan >$leak
	cat $leak >/dev/ttyS0
fi
exec 3>&-
wait "$relay"
dmesg >"$(port vr.dmesg)"
echo "exit $rc" >&"$status"
exec {status}>&-
sync
busybox poweroff -f
