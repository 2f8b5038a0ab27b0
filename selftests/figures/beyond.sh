#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Beyond the paper: weights far apart, many routers, short windows.
#
# vm: kernels=6.12 icount=1 smp=1 mem=4G timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="weights thousandfold short_window many"

# shares NAME...: used by weight, within PERCENT of each share; the worst in OFF
shares()
{
	local name total=0 weights=0 off

	OFF=0
	for name; do
		total=$((total + USED[$name]))
		weights=$((weights + RIG_WEIGHT[$name]))
	done
	for name; do
		off=$(calc "(${USED[$name]} * $weights / ($total * ${RIG_WEIGHT[$name]}) - 1) * 100" 3)
		[ "$(calc "${off#-} > $OFF")" = 0 ] || OFF=${off#-}
		row+=" $name ${RIG_WEIGHT[$name]} $(kpps FORWARDED "$name") $(used "$name")"
	done
}

weights()
{
	local row=weights

	fig_router w1 100 && fig_router w2 200 && fig_router w3 300 || return
	fig_file beyond_weights "Name, weight, kpps forwarded and per mille of the used CPU time of each"
	fig_load 1 "$(full 800 300)" w1 300 w2 300 w3 300 || return
	shares w1 w2 w3
	fig_row "$row"
	bar_below "100:200:300: worst share, percent off" "$OFF" 1 3
	check rig_correct w1 w2 w3
}

# The light one has one packet for some hundred of the other.
thousandfold()
{
	local row=thousandfold

	fig_router light 10 && fig_router heavy 10000 || return
	fig_file beyond_thousandfold "As beyond_weights.dat"
	fig_load 1 "$(full 4000 1500)" light 2 heavy 500 || return
	shares light heavy
	fig_row "$row"
	bar_below "1:1000: worst share, percent off" "$OFF" 5 20
	check rig_correct heavy
}

short_window()
{
	local ms

	fig_router s1 100 && fig_router s2 100 && fig_router s3 100 || return
	fig_file beyond_window "Three VRs of equal weight: packets in windows of so many ms," \
		"worst and mean deviation of any share in any window, percent" "ms worst mean"
	for ms in $(full "1 2 5 10 20 50 100" 10); do
		fig_load "$((800 / ms > 100 ? 100 : 800 / ms))" "$ms" s1 300 s2 300 s3 300 || return
		read -r worst mean <<<"$(worst_window 100 100 100)"
		fig_row "$ms $worst $mean"
		[ "$ms" != 10 ] || check_below "worst share in 10 ms, percent off" "$worst" 5
	done
	check rig_correct s1 s2 s3
}

MANY=77	# the group of links that they are in

# many_routers COUNT: all made at once
many_routers()
{
	local n=$1 i tmp dir=/sys/class/net

	tmp=$(mktemp -d)
	defer rm -rf "$tmp"
	for ((i = 1; i <= n; i++)); do
		echo "link add m$i group $MANY type vrouter table $((1000 + i))"
		echo "link set m$i up"
		echo "link add m$i-in group $MANY type vrsim"
		echo "link add m$i-out group $MANY type vrsim"
		echo "link set m$i-in master m$i up"
		echo "link set m$i-out master m$i up"
		echo "addr add 198.18.255.254/16 dev m$i-in"
		echo "addr add 10.0.0.1/24 dev m$i-out"
		echo "neigh add 10.0.0.2 lladdr $RIG_HOP dev m$i-out nud permanent"
		echo "route add 198.19.0.0/16 via 10.0.0.2 dev m$i-out table $((1000 + i))"
	done >"$tmp/add"
	# One after the other takes 50 ms each, of grace periods.
	defer ip link del group "$MANY"
	ip -batch "$tmp/add" || fail "cannot make $n routers" || return
	for ((i = 1; i <= n; i++)); do
		echo 32 >$dir/m$i-in/vrsim/ring
	done
}

# many_measure COUNT PPS MS: in one window
many_measure()
{
	local n=$1 i args=() name

	for ((i = 1; i <= n; i++)); do
		args+=("m$i" "$2")
	done
	RIG_SETTLE=500 rig_window 1 "$3" "${args[@]}" || fail "cannot measure" || return
	row=$(for ((i = 1; i <= n; i++)); do
		name=m$i
		echo "${USED[$name]:-0} ${FORWARDED[$name]:-0} ${TIME[$name]:-1} ${SENT[$name]:-0}"
	done | awk '
		{ used[NR] = $1; sum += $1; own += $2; time = $3; sent += $4 }
		END {
			for (i = 1; i <= NR; i++) {
				off = (used[i] * NR / sum - 1) * 100
				if (off < 0) off = -off
				if (off > worst) worst = off
				square += off * off
			}
			printf "%d %d %.2f %.3f %.3f %.0f\n", NR, '"$3"', own * 1e6 / time, worst, sqrt(square / NR), sum / sent
		}')
	fig_row "$row"
}

# Offered a third more than the CPU can do. A round of slices of 50 us is 51 ms with 1024
# VRs, and the bound is one of lag: a share can only be judged over many rounds.
many()
{
	local n ms row worst

	fig_file beyond_many "So many VRs of equal weight on one CPU, in a window of so many ms: kpps forwarded by all, worst and" \
		"root mean square deviation from an equal share of CPU time, percent, ns per packet" \
		"vrs ms forwarded worst rms cost"
	while read -r n ms; do
		many_routers "$n" && many_measure "$n" "$(calc "450000 / $n")" "$ms" || return
		read -r _ _ _ worst _ <<<"$row"
		bar_below "$n VRs, $ms ms: worst share, percent off" "$worst" 5 "$(full 6 5)"
		run_deferred $((${#DEFERRED[@]} - 2))
	done < <(full "8 2000
128 2000
1024 2000
1024 4000
4096 16000" "128 600")
}

fig_start "$ALL_TESTS" "$@"
