#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figure 2: the latency of a path over the load offered to it, alone on its CPU, and
# of three that share one: flat until the CPU is saturated, bounded after it.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="alone shared"

: "${FLAT_US:=100}"	# mean latency at 80 % of the load; in the paper 700
: "${BOUND_US:=10000}"	# greatest latency at any load
NAMES=(fp1 fp2 fp3)

# us NAME: a latency of STAT in microseconds
us()
{
	calc "${STAT[latency_$1]} / 1000" 1
}

# sweep NAME...: CAPACITY is what all of them forward together at most
sweep()
{
	local percent name row args

	for percent in $(full "10 20 30 40 50 60 70 80 85 90 95 100 105 110 120 150 200" "20 80 150"); do
		args=()
		for name; do
			args+=("$name" "$(calc "$CAPACITY * $percent / 100 / $#" 3)")
		done
		fig_load 1 "$(full 300 150)" "${args[@]}" || return
		for name; do
			rig_stat "$name-out"
			row="$percent $name $(kpps OFFERED "$name") $(kpps FORWARDED "$name")"
			row+=" $(us avg) $(us p50) $(us p99) $(us max)"
			fig_row "$row"
			if [ "$percent" -le 80 ]; then
				check_below "$name at $percent %: mean latency, us" "$(us avg)" "$FLAT_US"
			fi
			bar_below "$name at $percent %: greatest latency, us" "$(us max)" "$BOUND_US" \
				$((BOUND_US * 3 / 2))
		done
	done
}

COLUMNS_ARE="percent name offered forwarded mean median p99 max"

# capacity NAME...: the most they can forward without loss, in kpps, found by halving
# as no more than a guess for where the load steps are.
capacity()
{
	local name args lost low=100 high=800 try offered forwarded

	while [ $((high - low)) -gt 5 ]; do
		try=$(((low + high) / 2)) args=() offered=0 forwarded=0
		for name; do
			args+=("$name" "$(calc "$try / $#" 3)")
		done
		fig_load 1 40 "${args[@]}" || return
		for name; do
			offered=$((offered + OFFERED[$name]))
			forwarded=$((forwarded + FORWARDED[$name]))
		done
		lost=$((offered - forwarded))
		if [ $lost -gt $((offered / 100)) ]; then high=$try; else low=$try; fi
	done
	CAPACITY=$low
	diag "capacity of $*: $CAPACITY kpps"
}

alone()
{
	fig_router fp1 100 || return
	capacity fp1 || return
	fig_file fig2 "Latency of a VR that is alone on its CPU, over the offered load." \
		"Load in percent of what the CPU can do, kpps, latencies in microseconds" \
		"$COLUMNS_ARE"
	sweep fp1
	check rig_correct fp1
}

shared()
{
	local name

	for name in "${NAMES[@]}"; do
		fig_router "$name" 100 || return
	done
	capacity "${NAMES[@]}" || return
	fig_file fig2_shared "As fig2.dat, three VRs of equal weight share the CPU." "$COLUMNS_ARE"
	sweep "${NAMES[@]}"
	check rig_correct "${NAMES[@]}"
}

fig_start "$ALL_TESTS" "$@"
