#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run a script in a virtual machine with one of the test kernels. The VM sees
# the host's file system (its own changes vanish with it), the module built for
# its kernel and, after `modprobe vrouter`, everything under test.
#
# Usage: vm.sh [OPTIONS] -- SCRIPT [ARGS]
#        vm.sh [OPTIONS] --shell
#
#   --kernel F     6.12 (default), 6.1, 6.12-rt, 6.1-rt or debug
#   --smp N        CPUs (default 2; 1 with --icount)
#   --mem M        memory (default 2G; 1536M on debug, whose leak scan grows with it)
#   --nics LIST    NIC models, comma separated: virtio, e1000e, igb. They are
#                  nic0, nic1, ... in the guest. MODEL:W puts a NIC on wire W; by
#                  default nic0 and nic1 share wire 0, nic2 and nic3 wire 1, ...
#                  After that MODEL:W:noacs has a port before it that isolates
#                  nothing from its neighbours, and MODEL:W:numa1 is on a second
#                  NUMA node, which has half of the CPUs and of the memory then.
#                  The word iommu in the list puts them behind an IOMMU.
#   --icount       instruction-counting clock: guest time = instructions executed
#   --turns US     with --icount: CPUs take turns on it after so many us at most
#   --timeout S    give up after S seconds (default 600)
#   --out DIR      the guest may write to DIR (everything else is an overlay)
#   --env N=V      environment variable for the script; may be repeated
#   --module DIR   build and install the module in DIR too; may be repeated
#   --append ARGS  more kernel command line
#   --plugin ARG   a plugin of QEMU and its arguments: FILE[,NAME=VALUE]...
#   --log PREFIX   keep console and dmesg as PREFIX.console and PREFIX.dmesg
#   --shell        an interactive shell instead of a script
#
# The script's output is streamed; its exit status is ours. Also: 124 timeout,
# 125 the VM died, 126 the script passed but the kernel log shows a splat or
# leak, 4 this kernel is not available here. Needs no root.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=run_lib.sh
. "$VM_DIR/run_lib.sh"

kernel=6.12 smp='' mem='' nics='' icount=0 timeout=600 out='' append='' log='' plugin='' turns='' shell=0
envs=() modules=()

need()
{
	[ $# -ge 2 ] || die "option '$1' needs a value"
}

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) need "$@"; kernel=$2; shift 2 ;;
	--smp) need "$@"; smp=$2; shift 2 ;;
	--mem) need "$@"; mem=$2; shift 2 ;;
	--nics) need "$@"; nics=$2; shift 2 ;;
	--timeout) need "$@"; timeout=$2; shift 2 ;;
	--out) need "$@"; out=$2; shift 2 ;;
	--env) need "$@"; envs+=("$2"); shift 2 ;;
	--module) need "$@"; modules+=("$(realpath "$2")"); shift 2 ;;
	--append) need "$@"; append=$2; shift 2 ;;
	--plugin) need "$@"; plugin=$2; shift 2 ;;
	--log) need "$@"; log=$2; shift 2 ;;
	--icount) icount=1; shift ;;
	--turns) need "$@"; turns=$2; shift 2 ;;
	--shell) shell=1; shift ;;
	-h | --help) usage; exit 0 ;;
	--) shift; break ;;
	-*) die "unknown option '$1', try --help" ;;
	*) break ;;
	esac
done
[ $shell = 1 ] || [ $# -gt 0 ] || die "no script given, try --help"
command -v qemu-system-x86_64 >/dev/null || die "no qemu-system-x86_64: run selftests/deps.sh"

env=$("$VM_DIR/modules.sh" "$kernel" "${modules[@]}") || exit $?
eval "$env"
: "${KVER:?}" "${KIMAGE:?}" "${MODROOT:?}"
initrd=$BUILD/$kernel/initramfs-$KVER.cpio
"$VM_DIR/initramfs.sh" "$KVER" "$MODROOT" "$initrd" || die "cannot build the initramfs"

mkdir -p "$BUILD/vm"
run=$(mktemp -d "$BUILD/vm/run.XXXXXX")
qemu_pid=
# shellcheck disable=SC2317 # reached by the trap
cleanup()
{
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- the machine

[ -n "$mem" ] || { [ "$kernel" = debug ] && mem=1536M || mem=2G; }

args=(-nodefaults -no-user-config -no-reboot -display none -M q35 -m "$mem")
cmdline="console=ttyS0 panic=-1 quiet loglevel=5 oops=panic cryptomgr.notests"
cmdline+=" mitigations=off rcupdate.rcu_cpu_stall_timeout=120"
cmdline+=" watchdog_thresh=60 net.ifnames=0 random.trust_cpu=on"
if [ $icount = 1 ]; then
	: "${smp:=1}"
	args+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off,align=off"
	       -cpu "max,-erms,-fsrm,-fsrs,-fzrm" -seed 1
	       -rtc "base=2026-01-01T00:00:00,clock=vm")
	cmdline+=" nokaslr"
elif [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
	args+=(-accel kvm -cpu host)
else
	args+=(-accel "tcg,thread=multi" -cpu max)
	# On a loaded host the timer's interrupt may come too late for the check, and
	# a TSC that is compared with a timer seems up to 20 times as slow as it is: it
	# is the host's own.
	tsc=$BUILD/vm/tsc
	if [ ! "$tsc" -nt "$VM_DIR/tsc.c" ]; then
		gcc -O2 -o "$tsc.$$" "$VM_DIR/tsc.c" || die "cannot build tsc"
		mv "$tsc.$$" "$tsc"
	fi
	cmdline+=" no_timer_check tsc=reliable tsc_early_khz=$("$tsc")"
fi
: "${smp:=2}"
[ "$kernel" != debug ] || cmdline+=" panic_on_warn=1 kasan.fault=panic kmemleak=on page_owner=on"

[ -z "$plugin" ] || args+=(-plugin "$plugin")
# They do so at each of QEMU's own timers: one of a wire without NICs.
[ -z "$turns" ] || args+=(-netdev "hubport,id=turns,hubid=99"
			  -object "filter-buffer,id=timer,netdev=turns,interval=$turns")
args+=(-virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap")
if [ -n "$out" ]; then
	mkdir -p "$out"
	out=$(realpath "$out")
	args+=(-virtfs "local,path=$out,mount_tag=out,security_model=none,multidevs=remap")
fi

# numa SMP MEM: a second node, with half of everything and a bus of its own
numa()
{
	local smp=$1 mb=${2%M}

	[ "${2%G}" = "$2" ] || mb=$((${2%G} * 1024))
	[ "$smp" -ge 2 ] || die "numa1 needs 2 CPUs"
	args+=(-object "memory-backend-ram,id=m0,size=$((mb / 2))M"
	       -object "memory-backend-ram,id=m1,size=$((mb / 2))M"
	       -numa "node,nodeid=0,memdev=m0,cpus=0-$((smp / 2 - 1))"
	       -numa "node,nodeid=1,memdev=m1,cpus=$((smp / 2))-$((smp - 1))"
	       -smp "$smp,sockets=2" -device "pxb-pcie,id=node1,bus_nr=128,numa_node=1,bus=pcie.0")
}
case ,$nics, in
*:numa1,*) numa "$smp" "$mem" ;;
*) args+=(-smp "$smp") ;;
esac

models=''
i=0
for nic in ${nics//,/ }; do
	if [ "$nic" = iommu ]; then
		args+=(-device intel-iommu)
		cmdline+=" iommu=pt"
		continue
	fi
	IFS=: read -r model wire place <<<"$nic"
	: "${wire:=$((i / 2))}"
	case $place in
	'') port=,bus=pcie.0 ;;
	noacs) port=,bus=pcie.0,disable-acs=on ;;
	numa1) port=,bus=node1 ;;
	*) die "unknown place '$place' of a NIC (have: noacs, numa1)" ;;
	esac
	case $model in
	virtio) device=virtio-net-pci,romfile= ;;
	e1000e | igb) device=$model ;;
	*) die "unknown NIC model '$model' (have: virtio, e1000e, igb; and iommu)" ;;
	esac
	qemu-system-x86_64 -device help 2>&1 | grep -q "^name \"${device%%,*}\"" ||
		unavailable "this QEMU has no $model NIC"
	args+=(-device "pcie-root-port,id=rp$i,slot=$i,chassis=$i$port"
	       -netdev "hubport,id=n$i,hubid=$wire"
	       -device "$device,netdev=n$i,bus=rp$i,mac=$(printf 52:54:00:76:72:%02x $i)")
	models+="$model "
	i=$((i + 1))
done

if [ $shell = 1 ]; then
	args+=(-serial mon:stdio)
else
	args+=(-serial "file:$run/console" -device "virtio-serial-pci,bus=pcie.0"
	       -chardev "stdio,id=out,signal=off"
	       -device "virtserialport,chardev=out,name=vr.out"
	       -chardev "file,id=status,path=$run/status"
	       -device "virtserialport,chardev=status,name=vr.status"
	       -chardev "file,id=dmesg,path=$run/dmesg"
	       -device "virtserialport,chardev=dmesg,name=vr.dmesg")
fi
cmdline+=" vm.job=$run/job vm.guest=$VM_DIR/guest.sh $append"
args+=(-kernel "$KIMAGE" -initrd "$initrd" -append "$cmdline")

# ---- the job

{
	printf 'JOB_MODULES=%q\nJOB_NICS=%q\n' "$MODROOT/lib/modules/$KVER" "$models"
	printf 'JOB_SHELL=%q\nJOB_CWD=%q\nJOB_OUT=%q\n' $shell "$PWD" "$out"
	printf 'export VM_KERNEL=%q VM_ICOUNT=%q\n' "$kernel" $icount
	for e in "${envs[@]}"; do
		printf 'export %q\n' "$e"
	done
	printf 'job()\n{\n'
	if [ -f "${1:-}" ]; then
		script=$(realpath "$1")
		shift
		[ -x "$script" ] && interp='' || interp=bash
		printf '\t%s %q' "$interp" "$script"
	else
		printf '\t'
	fi
	[ $# = 0 ] || printf ' %q' "$@"
	[ $shell = 0 ] || printf ' :'
	printf '\n}\n'
} >"$run/job"

if [ $shell = 1 ]; then
	qemu-system-x86_64 "${args[@]}"
	exit
fi

# End of file on its standard input would make QEMU close the output port.
mkfifo "$run/stdin"
timeout -k 5 "$timeout" qemu-system-x86_64 "${args[@]}" <>"$run/stdin" 2>"$run/qemu.err" &
qemu_pid=$!
wait $qemu_pid
rc=$?
qemu_pid=

# ---- the verdict

if [ -n "$log" ]; then
	mkdir -p "$(dirname "$log")"
	touch "$run/console" "$run/dmesg"
	tr -d '\r' <"$run/console" >"$log.console"
	cp "$run/dmesg" "$log.dmesg"
fi
verdict "$run" $rc qemu "$timeout"
