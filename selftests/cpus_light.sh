#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Under light load a change of the CPUs that may work for a router loses no packet
# at all, and neither does a CPU that goes or comes. Under the instruction-counting
# clock, so that no virtual CPU stands still for longer than its packets may wait.
#
# vm: kernels=6.12 icount=1 smp=2 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="flip_loses_nothing unplug_loses_nothing cost"

: "${RATE:=100000}"
: "${FLIPS:=4000}"

# Packets may wait for as long as a CPU takes to go.
router()
{
	rig_add red vrouter 10 || fail "cannot set up" || return
	defer rig_del red
	check vrctl vr set red queue-time 0
	check rig_sim red-in flows 32 dsts 32 ring 4096 || return
	check rig_ready red || return
	check rig_sim red-in rate "$RATE" run 1
}

# per_cpu: packets received, a number for each CPU
per_cpu()
{
	vrctl -j stats show red cpu | python3 -c '
import json, sys
print(*[r["rx_packets"] for r in json.load(sys.stdin) if "cpu" in r])'
}

# All that arrived has come out, in order, and both CPUs had their part.
judge()
{
	local in
	local -a part

	# What is in the ring when the load ends would count as missed.
	check rig_sim red-in rate 1
	rig_settle red
	check rig_sim red-in run 0
	rig_stat red-in
	in=${STAT[rx_packets]}
	busywait 1000 rig_counts red-out own "$in"
	check_eq "packets that the NIC missed" "${STAT[missed]}" 0
	rig_stat red-out
	check_eq "packets forwarded" "${STAT[own]}" "$in"
	check_eq "packets reordered" "${STAT[reordered]}" 0
	check_eq "packets skipped" "${STAT[skipped]}" 0
	check rig_correct red
	read -r -a part <<<"$(per_cpu)"
	diag "$TEST_NAME: $in packets, forwarded by CPU 0 and 1: ${part[*]}"
	check_cmp "packets of CPU 0" "${part[0]}" -gt $((in / 20))
	check_cmp "packets of CPU 1" "${part[1]}" -gt $((in / 20))
	check_dmesg
}

flip_loses_nothing()
{
	local i file

	file=$(mktemp)
	defer rm -f "$file"
	for ((i = 0; i < FLIPS; i++)); do
		echo "vr set red cpus $((i % 2))"
	done >"$file"
	router || return
	check vrctl -b "$file"
	judge
}

unplug_loses_nothing()
{
	local i online=/sys/devices/system/cpu/cpu1/online RATE=$((RATE / 5))

	[ -e $online ] || { skip "CPU 1 cannot be unplugged"; return; }
	router || return
	check vrctl vr set red cpus 1
	defer eval "echo 1 >$online"
	for ((i = 0; i < 5; i++)); do
		check rig_grows red-out own $((RATE / 50))
		echo 0 >$online || fail "CPU 1 stays online"
		check rig_grows red-out own $((RATE / 50))
		echo 1 >$online || fail "CPU 1 stays offline"
	done
	judge
}

# What a packet costs on its own CPU, handed to another one, and in a queue that
# once was shared: in used time, which ingress is part of.
cost()
{
	local how before

	router || return
	for how in 'none all' 'handed-over 1' 'shared 0-1' 'on-its-own 0'; do
		check vrctl vr set red cpus "${how#* }"
		rig_measure 0.3 || fail "cannot read the counters" || return
		diag "$TEST_NAME: mask ${how% *}: $((USED[red] / FORWARDED[red])) ns per packet"
		[ "${how% *}" != none ] || before=$((USED[red] / FORWARDED[red]))
	done
	# Own CPU, but through a lock and vr_steer().
	check_cmp "cost of a packet that stays in a shared queue" \
		$((USED[red] / FORWARDED[red])) -le $((before + before / 5))
}

require_root
require_module vrouter vrsim
require_command python3
rig_init || die "cannot set up"
dmesg_mark
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@" && check_dmesg
