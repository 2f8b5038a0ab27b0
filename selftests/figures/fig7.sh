#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figure 7: three routers on one CPU, the packets of the first cost more, by 40 %,
# ten and a hundred times. All get the same CPU time, so it forwards fewer.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="forty_percent tenfold hundredfold"
NAMES=(fp1 fp2 fp3)

# cost NAME: nanoseconds of CPU time for each packet, of the last measurement
cost()
{
	calc "${USED[$1]} / ${SENT[$1]}" 1
}

# routers FACTOR: the packets of fp1 cost FACTOR times those of fp2. COST has what
# a packet costs at the load of the measurement, each router alone, BASE that
# of fp2.
routers()
{
	local name base

	for name in "${NAMES[@]}"; do
		fig_router "$name" 100 || return
	done
	fig_load 1 100 fp2 500 || return
	base=$(cost fp2)
	dear fp1 "$(calc "$base * ($1 - 1)")" || fail "cannot make fp1 dear"
}

# shares: nobody has more of the CPU than another, in percent of a share
shares()
{
	local name

	for name in "${NAMES[@]}"; do
		check_within "$1: CPU time of $name, per mille" "$(used "$name")" 333.33 1
	done
}

# ratio: what fp2 forwarded for each packet of fp1, and what fp1 cost more
ratio()
{
	rate=$(calc "${SENT[fp2]} / ${SENT[fp1]}" 3)
	cost=$(calc "$(cost fp1) / $(cost fp2)" 3)
}

row()
{
	fig_row "$1$(fig_cells kpps FORWARDED)$(fig_cells used)$(fig_cells cost)"
}

forty_percent()
{
	local kpps rate cost

	routers 1.4 || return
	fig_file fig7 "Three VRs of equal weight, one CPU; a packet of the first costs 40 % more." \
		"Offered to each and forwarded by each, kpps; per mille of the used CPU time;" \
		"ns of CPU time per packet forwarded, drops included" \
		"offered forwarded1 forwarded2 forwarded3 used1 used2 used3 cost1 cost2 cost3"
	for kpps in $(full "20 40 60 80 90 100 110 120 140 160 200 240" "160"); do
		fig_load 1 "$(full 400 300)" fp1 "$kpps" fp2 "$kpps" fp3 "$kpps" || return
		row "$kpps"
		[ "$kpps" -lt 160 ] || shares "$kpps kpps"
	done
	check rig_correct "${NAMES[@]}"
}

tenfold()
{
	dearer 10 40
}

hundredfold()
{
	dearer 100 5
}

# dearer FACTOR KPPS: what is offered to fp1, enough for its share
dearer()
{
	local rate cost

	routers "$1" || return
	fig_file "fig7_$1" "As fig7.dat at one load; a packet of the first costs $1 times as much." \
		"factor forwarded1 forwarded2 forwarded3 used1 used2 used3 cost1 cost2 cost3"
	fig_load 1 "$(full 800 400)" fp1 "$2" fp2 160 fp3 160 || return
	row "$1"
	shares "$1 times"
	ratio
	check_within "rate of fp2 to fp1" "$rate" "$cost" 2
	check rig_correct "${NAMES[@]}"
}

fig_start "$ALL_TESTS" "$@"
