#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figure 6: six routers of unequal weight, two on each of three CPUs. Each gets
# its share of its CPU, and the CPUs get the same done.
#
# Under the instruction clock CPUs take turns while time goes on for all of them,
# so what one measures would have the others' turns in it. Therefore one CPU after
# the other has its load.
#
# vm: kernels=6.12 icount=1 smp=3 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="unequal_weights proportional_loads"
NAMES=(fp1 fp2 fp3 fp4 fp5 fp6)
WEIGHTS=(100 100 100 200 100 400)

# pair FIRST KPPS KPPS: load the two routers of a CPU; sets what they forwarded, their
# shares, what both used in per mille of the time and forwarded together, and
# whether it was more than the CPU can do: of each (saturated), of both (overloaded)
pair()
{
	local a=${NAMES[$1]} b=${NAMES[$1 + 1]} both

	fig_load 1 "$(full 400 900)" "$a" "$2" "$b" "$3" || return
	both=$((USED[$a] + USED[$b]))
	forwarded[$1]=$(kpps FORWARDED "$a") forwarded[$1 + 1]=$(kpps FORWARDED "$b")
	share[$1]=$(calc "1000 * ${USED[$a]} / $both" 2)
	share[$1 + 1]=$(calc "1000 * ${USED[$b]} / $both" 2)
	busy[$1 / 2]=$(calc "1000 * $both / $LOOKED" 1)
	both=$((FORWARDED[$a] + FORWARDED[$b]))
	total[$1 / 2]=$(calc "$both * 1000000 / ${TIME[$a]}" 2)
	[ $((FORWARDED[$a] * 100)) -lt $((OFFERED[$a] * 98)) ] &&
		[ $((FORWARDED[$b] * 100)) -lt $((OFFERED[$b] * 98)) ] || saturated=0
	[ $((both * 100)) -lt $(((OFFERED[$a] + OFFERED[$b]) * 98)) ] || overloaded=0
}

# However the load is spread, the CPUs get the same done.
check_totals()
{
	local i

	for i in 1 2; do
		bar_within "$1: what CPU $i forwarded, against CPU 0" "${total[i]}" "${total[0]}" 2 5
	done
}

routers()
{
	local i

	[ "$(nproc)" -ge 3 ] || { skip "fewer than three CPUs"; return; }
	for ((i = 0; i < 6; i++)); do
		RIG_CPU=$((i / 2)) fig_router "${NAMES[i]}" "${WEIGHTS[i]}" || return
	done
}

check_shares()
{
	local i wanted

	for ((i = 0; i < 6; i++)); do
		wanted=$(calc "1000 * ${WEIGHTS[i]} / (${WEIGHTS[i]} + ${WEIGHTS[i ^ 1]})" 2)
		check_within "$1: share of ${NAMES[i]} on its CPU" "${share[i]}" "$wanted" 1
	done
}

COLUMNS_ARE="offered forwarded1..6 used1..6 cpu0 cpu1 cpu2 busy0 busy1 busy2"

# All are offered the same.
unequal_weights()
{
	local i kpps saturated overloaded
	local -a forwarded share total busy

	routers || return
	fig_file fig6 "Six VRs, weights ${WEIGHTS[*]}, two on each of three CPUs." \
		"Offered to each and forwarded by each, kpps; share of its CPU's used time, per mille;" \
		"kpps forwarded by each CPU, per mille of the time that its VRs used" "$COLUMNS_ARE"
	for kpps in $(full "20 60 100 140 180 220 260 300 340 380" "180 360"); do
		saturated=1 overloaded=1
		for i in 0 2 4; do
			pair "$i" "$kpps" "$kpps" || return
		done
		fig_row "$kpps ${forwarded[*]} ${share[*]} ${total[*]} ${busy[*]}"
		[ $overloaded = 0 ] || check_totals "$kpps kpps"
		[ $saturated = 0 ] || check_shares "$kpps kpps"
	done
	[ $saturated = 1 ] || fail "$kpps kpps are not more than the CPUs can do"
	check rig_correct "${NAMES[@]}"
}

# All are offered the same part of what they are entitled to.
proportional_loads()
{
	local i kpps saturated weights
	local -a forwarded share total busy

	routers || return
	fig_file fig6_proportional "As fig6.dat, offered by weight; offered is the sum of a CPU." \
		"$COLUMNS_ARE"
	for kpps in $(full "360 420 480" "420"); do
		saturated=1
		for i in 0 2 4; do
			weights=$((WEIGHTS[i] + WEIGHTS[i + 1]))
			pair "$i" "$(calc "$kpps * ${WEIGHTS[i]} / $weights" 3)" \
				"$(calc "$kpps * ${WEIGHTS[i + 1]} / $weights" 3)" || return
		done
		fig_row "$kpps ${forwarded[*]} ${share[*]} ${total[*]} ${busy[*]}"
		[ $saturated = 1 ] || fail "$kpps kpps are not more than the CPUs can do"
		check_shares "$kpps kpps"
		check_totals "$kpps kpps"
	done
	check rig_correct "${NAMES[@]}"
}

fig_start "$ALL_TESTS" "$@"
