#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Process 1 of the kernel that um-run.sh starts: finish the set-up, run the job, and
# leave its exit status.
# shellcheck source=/dev/null

top=$(cd "${0%/*}/../.." && pwd -P)
export PATH=$top/tools/vrctl:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TMPDIR=/run TERM=dumb LANG=C.UTF-8 VM=1

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
ln -sfn /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf

read -r cmdline </proc/cmdline
run=${cmdline##*um.run=}
run=${run%% *}
. "$run/job"
for dir in "$run" ${JOB_OUT:+"$JOB_OUT"}; do
	mkdir -p "$dir"
	mount -t hostfs -o "$dir" host "$dir"
done
# There may be no directory /lib/modules to mount anything on.
export MODPROBE_OPTIONS="-d $JOB_MODROOT"
ip link set lo up
ulimit -n 65536 -c 0
cd "$JOB_CWD" || cd /

"${JOB[@]}" </dev/null >>"$run/out" 2>&1
rc=$?
dmesg >"$run/dmesg"
echo "exit $rc" >"$run/status"
sync
busybox poweroff -f
