#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Figure 3: one queue for all against a queue for each. Two victims and a neighbour
# that floods, three quarters of all packets, have equal weights: each with a NIC of
# its own, polled with credit, and all behind VLANs of one NIC.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS="own shared"
STEPS=$(full "80 160 240 320 400 480 560 640 720" "480")

# What is lost of what a name was offered, percent, and forwarded, kpps
lost()
{
	calc "100 * ($1 - $2) / $1" 2
}

routers()
{
	fig_router f 100 && fig_router v1 100 && fig_router v2 100
}

row()
{
	fig_row "$1 $(kpps FORWARDED f) $(kpps FORWARDED v1) $(kpps FORWARDED v2) $2 $3 $(used f) $(used v1) $(used v2)"
}

COLUMNS_ARE="offered flood victim1 victim2 lost1 lost2 used_flood used1 used2"

own()
{
	local all part l1 l2

	routers || return
	fig_file fig3_own "A flood and two victims with a NIC each: kpps offered to all three, 6:1:1," \
		"kpps forwarded, percent of the victims' packets lost, per mille of the used time" \
		"$COLUMNS_ARE"
	for all in $STEPS; do
		part=$(calc "$all / 8" 3)
		fig_load 1 "$(full 400 200)" f "$(calc "$all * 6 / 8" 3)" v1 "$part" v2 "$part" || return
		l1=$(lost "${OFFERED[v1]}" "${FORWARDED[v1]}")
		l2=$(lost "${OFFERED[v2]}" "${FORWARDED[v2]}")
		row "$all" "$l1" "$l2"
		# Packets under way when the window begins and ends.
		if [ "$all" -le 640 ]; then
			check_below "$all kpps: loss of victim 1, percent" "$l1" 0.5
			check_below "$all kpps: loss of victim 2, percent" "$l2" 0.5
		fi
	done
	check rig_correct f v1 v2
}

# VLANs 1 to 6 are of the flood, 7 and 8 of the victims.
shared()
{
	local i all name worst=0 l1 l2
	local -A vlans=([f]="1 2 3 4 5 6" [v1]=7 [v2]=8)

	routers || return
	modprobe -q 8021q
	ip link add trunk-in type vrsim && ip link set trunk-in up || return
	defer ip link del trunk-in
	for name in f v1 v2; do
		for i in ${vlans[$name]}; do
			ip link add link trunk-in name "trunk.$i" type vlan id "$i" &&
				ip link set dev "trunk.$i" master "$name" up ||
				fail "cannot make VLAN $i" || return
		done
	done
	fig_file fig3_shared "As fig3_own.dat, behind one NIC" "$COLUMNS_ARE"
	for all in $STEPS; do
		rig_sim trunk-in flows 256 dsts 256 vlan 1 vlans 8 rate $((all * 1000)) run 1 || return
		# all else is idle
		fig_load 1 "$(full 400 200)" f 0.001 v1 0.001 v2 0.001 || return
		rig_sim trunk-in run 0
		l1=$(calc "100 - 100 * $(kpps FORWARDED v1) * 8 / $all" 2)
		l2=$(calc "100 - 100 * $(kpps FORWARDED v2) * 8 / $all" 2)
		row "$all" "$l1" "$l2"
		[ "$(calc "$l1 > $worst")" = 0 ] || worst=$l1
	done
	# If they lost nothing here either, the load was none.
	[ "$(calc "$worst > 5")" = 1 ] || fail "victims behind one NIC lose $worst % at most"
	check rig_correct f v1 v2
}

fig_start "$ALL_TESTS" "$@"
