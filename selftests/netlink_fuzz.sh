#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: kernels=6.12 timeout=400
# Malformed and random messages for every operation, from one process whose
# refused messages must change nothing, and from several at once.
#
#   COUNT=20000   messages of the first test
#   SEED=1        where the random numbers start
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="refused_messages_change_nothing several_at_once still_works log_is_clean"

: "${COUNT:=$([ "${VM_KERNEL:-}" = debug ] && echo 5000 || echo 20000)}"
: "${SEED:=1}"
ns=

find_helper()
{
	FUZZ=$SELFTESTS/helpers/netlink_fuzz
	[ ! "$FUZZ" -nt "$FUZZ.c" ] || return 0
	require_command gcc || return
	dir=$(mktemp -d)
	defer rm -rf "$dir"
	gcc -O1 -o "$dir/fuzz" "$FUZZ.c" || die "cannot compile $FUZZ.c"
	FUZZ=$dir/fuzz
}

# A namespace with two VRs and a port, in which all that is said is said.
setup_fuzz()
{
	setup_ns ns
	check vrctl -n "$ns" vr add red table 10
	check vrctl -n "$ns" vr add blue table 11 weight 50
	check ip -n "$ns" link add p0 type veth peer name p1
	check vrctl -n "$ns" port add p0 vr red
}

refused_messages_change_nothing()
{
	setup_fuzz
	check in_ns "$ns" "$FUZZ" -s "$SEED" -c "$COUNT" red blue p0 p1 lo
	diag "$CHECK_OUTPUT"
	# With the number of the operation wrong by chance the kernel's core says
	# no more than that; all that our operations refuse has a text.
	check_prints_not "# command" in_ns "$ns" "$FUZZ" -v -s $((SEED + 1)) -c 1000 red blue p0 p1 lo
}

several_at_once()
{
	local pids=() pid i log

	setup_fuzz
	log=$(mktemp)
	defer rm -f "$log"
	for i in 1 2 3; do
		in_ns "$ns" "$FUZZ" -n -s $((SEED + 10 + i)) -c $((COUNT / 4)) \
			red blue p0 p1 lo >>"$log" 2>&1 &
		pids+=($!)
		defer kill $!
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "ended with status $?: $(cat "$log")"
	done
	check_eq "programs that came to the end" "$(grep -c ' messages: ' "$log")" 3
}

still_works()
{
	setup_fuzz
	check vrctl -n "$ns" vr set red weight 77
	check_prints 77 vrctl -n "$ns" vr show red
	check_prints p0 vrctl -n "$ns" port show vr red
	check vrctl -n "$ns" port del p0
	check vrctl -n "$ns" vr del red
	check_eq "VRs" "$(vrctl -n "$ns" vr show | awk 'NR > 1 { print $1 }')" blue
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command vrctl ip
require_module vrouter veth
find_helper
# Kinds that come about by chance need not be looked for as modules.
loader=$(cat /proc/sys/kernel/modprobe)
defer sh -c "echo $loader >/proc/sys/kernel/modprobe"
echo >/proc/sys/kernel/modprobe
dmesg_mark
run_tests "$ALL_TESTS" "$@"
