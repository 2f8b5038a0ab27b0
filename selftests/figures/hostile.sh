#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hostile neighbours: a victim that is offered 90 % of what it is entitled to beside
# three others of its weight. It should lose no packet, and its p99 latency at most
# double.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS=$(full "flood ttl unresolved dear_packets on_off" "flood unresolved dear_packets")
OTHERS=(n1 n2 n3)

# What is known to be missed, see Documentation/figures.rst: packets lost, percent, and
# how many times the p99 latency of the victim alone.
KNOWN_LOSS=0.5
KNOWN_TIMES=300

# against KPPS: the others are offered so much each. Judges what the victim loses, in
# packets, and its p99 in us with and without the others
against()
{
	local kpps=$1 others=() name ms entitled alone beside

	ms=$(full 500 200)
	for name in "${OTHERS[@]}"; do
		others+=("$name" "$kpps")
	done
	fig_load 1 "$ms" "${others[@]}" v 400 || return
	entitled=$(kpps FORWARDED v)
	[ "$(calc "$entitled > 1")" = 1 ] || fail "the victim forwards $entitled kpps" || return

	fig_load 1 "$ms" v "$(calc "$entitled * 0.9" 3)" || return
	rig_stat v-out
	alone=$(calc "${STAT[latency_p99]} / 1000" 1)

	fig_lost v 1 "$ms" "${others[@]}" v "$(calc "$entitled * 0.9" 3)" || return
	beside=$(calc "${STAT[latency_p99]} / 1000" 1)
	fig_row "$TEST_NAME $entitled $ARRIVED $LOST $alone $beside"
	bar_below "packets of the victim lost" "$LOST" 0 "$(calc "$KNOWN_LOSS * $ARRIVED / 100")"
	bar_below "p99 of the victim, us (alone $alone)" "$beside" "$(calc "2 * $alone" 1)" \
		"$(calc "$KNOWN_TIMES * $alone" 1)"
	check rig_correct v
}

routers()
{
	local name

	for name in v "${OTHERS[@]}"; do
		fig_router "$name" 100 || return
	done
}

# neighbours KPPS CMD [ARGS...]: CMD NAME ARGS makes each of the others hostile
neighbours()
{
	local kpps=$1 name

	shift
	routers || return
	for name in "${OTHERS[@]}"; do
		"$1" "$name" "${@:2}" || fail "cannot make $name hostile" || return
	done
	against "$kpps"
}

sim_in()
{
	local name=$1

	shift
	rig_sim "$name-in" "$@"
}

flood()
{
	neighbours 300 true
}

ttl()
{
	neighbours 150 sim_in ttl 1
}

# The next hop answers to nobody.
no_neighbour()
{
	ip neigh del "10.$fig_table.0.2" dev "$1-out" 2>/dev/null ||
		ip neigh flush dev "$1-out" nud permanent
	return 0
}

unresolved()
{
	neighbours 150 no_neighbour
}

dear_packets()
{
	neighbours 20 dear 200000
}

# As many at once as the ring holds, then nothing for a slice or two.
on_off()
{
	neighbours 300 sim_in burst 32
}

fig_file hostile "A victim offered 90 % of its entitlement beside three hostile VRs of its weight" \
	"entitlement in kpps, packets offered and lost, p99 latency alone and beside them in us" \
	"neighbours entitled offered lost alone beside"
fig_start "$ALL_TESTS" "$@"
