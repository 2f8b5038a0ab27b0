#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figure 5: three routers of equal weight on one CPU, offered more and more, each
# at its own pace. Each gets what it asks for or its fair share.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="unequal_loads"
NAMES=(fp1 fp2 fp3)

# max_min: the greatest difference of any router's CPU time from the max-min fair
# allocation, in percent of that. What a router would need is what it used for
# each packet it forwarded, for all that it was offered.
max_min()
{
	local name

	for name in "${NAMES[@]}"; do
		echo "${OFFERED[$name]} ${SENT[$name]} ${USED[$name]} ${FORWARDED[$name]}"
	done | awk '
		{ used[NR] = $3; total += $3; need[NR] = $4 ? $3 * $1 / $4 : 1e18 }
		END {
			left = total; n = NR
			do {
				again = 0
				for (i = 1; i <= NR; i++)
					if (!(i in got) && need[i] <= left / n) {
						got[i] = need[i]; left -= need[i]; n--; again = 1
					}
			} while (again && n)
			for (i = 1; i <= NR; i++) {
				want = i in got ? got[i] : left / n
				off = (used[i] - want) / want * 100
				if (off < 0)
					off = -off
				if (off > worst)
					worst = off
			}
			printf "%.3f\n", worst
		}'
}

unequal_loads()
{
	local name step off steps

	for name in "${NAMES[@]}"; do
		fig_router "$name" 100 || return
	done
	fig_file fig5 "Three VRs of equal weight, one CPU, 10^9 instructions per second." \
		"kpps offered and forwarded by each, per mille of the used CPU time, and the" \
		"greatest deviation of any from the max-min fair allocation of CPU time, percent" \
		"step offered1 offered2 offered3 forwarded1 forwarded2 forwarded3 used1 used2 used3 off"
	steps=$(full "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14" "3 7 12")
	for step in $steps; do
		fig_load 1 "$(full 400 200)" fp1 $((20 + 30 * step)) fp2 $((20 + 20 * step)) \
			fp3 $((20 + 10 * step)) || return
		off=$(max_min)
		fig_row "$step$(fig_cells kpps OFFERED)$(fig_cells kpps FORWARDED)$(fig_cells used) $off"
		check_below "step $step: deviation from max-min fairness, percent" "$off" 1
	done
	check rig_correct "${NAMES[@]}"
}

fig_start "$ALL_TESTS" "$@"
