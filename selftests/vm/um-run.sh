#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run a script in a kernel built for ARCH=um, which is a process of this machine: one
# CPU, native speed, real time. It sees this machine's file system, but for /run and /dev
# read only, and finds the modules under test by modprobe.
#
# Usage: um-run.sh [OPTIONS] -- SCRIPT [ARGS]
#
#   --mem M        memory (default 2G), of huge pages where this machine has them
#   --timeout S    give up after S seconds (default 600)
#   --out DIR      the script may write to DIR
#   --env N=V      environment variable for the script; may be repeated
#   --module DIR   build and install the module in DIR too; may be repeated
#
# The script's output is streamed; its exit status is ours. Also: 124 timeout, 125 the
# kernel died, 126 its log shows a splat, 4 there is no such kernel here. Needs root.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=run_lib.sh
. "$VM_DIR/run_lib.sh"

mem=2G timeout=600 out=''
envs=() modules=()

while [ $# -gt 0 ]; do
	case $1 in
	--mem) need "$@"; mem=$2; shift 2 ;;
	--timeout) need "$@"; timeout=$2; shift 2 ;;
	--out) need "$@"; out=$2; shift 2 ;;
	--env) need "$@"; envs+=("$2"); shift 2 ;;
	--module) need "$@"; modules+=("$(realpath "$2")"); shift 2 ;;
	-h | --help) usage; exit 0 ;;
	--) shift; break ;;
	-*) die "unknown option '$1', try --help" ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || die "no script given, try --help"
[ "$(id -u)" = 0 ] || die "needs root: what runs in the kernel is this user here"
! grep -qw amx_tile /proc/cpuinfo || unavailable "this kernel cannot keep a processor's AMX registers"

env=$("$VM_DIR/modules.sh" um "${modules[@]}") || exit $?
eval "$env"
: "${KVER:?}" "${KIMAGE:?}" "${MODROOT:?}"

mkdir -p "$BUILD/vm"
run=$(mktemp -d "$BUILD/vm/um.XXXXXX")
um_pid=
# shellcheck disable=SC2317 # reached by the trap
cleanup()
{
	[ -z "$um_pid" ] || kill "$um_pid" 2>/dev/null
	umount "$run/mem" 2>/dev/null
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The kernel's own mapping of memory is in huge pages on a machine.
mkdir "$run/mem" "$run/uml"
mount -t tmpfs -o huge=always um "$run/mem" || die "cannot mount memory for the kernel"
if [ -n "$out" ]; then
	mkdir -p "$out"
	out=$(realpath "$out")
fi
{
	printf 'JOB_MODROOT=%q\nJOB_OUT=%q\nJOB_CWD=%q\n' "$MODROOT" "$out" "$PWD"
	for e in VM_KERNEL=um "${envs[@]}"; do
		printf 'export %q\n' "$e"
	done
	printf 'JOB=('
	printf ' %q' "$(realpath "$1")" "${@:2}"
	printf ' )\n'
} >"$run/job"
touch "$run/out"

# What init has to say is in files.
TMPDIR=$run/mem timeout -k 5 "$timeout" "$KIMAGE" "mem=$mem" root=/dev/root rootfstype=hostfs \
	rootflags=/ ro quiet panic=-1 "uml_dir=$run/uml" con=null con0=null,fd:2 ssl=null \
	"init=$VM_DIR/um-init.sh" "um.run=$run" </dev/null >"$run/console" 2>"$run/linux.err" &
um_pid=$!
tail -q -n +1 -f --pid=$um_pid "$run/out"
wait $um_pid
rc=$?
um_pid=

verdict "$run" $rc linux "$timeout"
