#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How routers share one overloaded CPU. Three of them, each between two simulated
# NICs whose load follows the clock (sim/rig.sh). KIND=vrf shows what the same
# tests say about Linux VRFs: those that ask for weights must fail.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=900

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="weights flood equal max_min idle_costs_nothing idle_earns_nothing
	weight_change unequal_cost light_load light_beside_floods"

: "${KIND:=vrouter}"
: "${WINDOW:=0.2}"	# seconds measured
: "${SLACK:=20}"	# per mille of all that a share may be off

NAMES=(red green blue)

# routers WEIGHT...: one each, of the names in turn
routers()
{
	local i=0 weight

	for weight; do
		rig_add "${NAMES[i]}" "$KIND" $((10 * (i + 1))) "$weight" ||
			fail "cannot set up ${NAMES[i]}" || return
		defer rig_del "${NAMES[i]}"
		i=$((i + 1))
	done
	rig_ready "${RIG_NAMES[@]}" || fail "the routers do not forward"
}

# load KPPS...: on the routers in turn, measured
load()
{
	local i=0 kpps

	for kpps; do
		rig_start "${NAMES[i]}" $((kpps * 1000)) || fail "cannot start the load" || return
		i=$((i + 1))
	done
	rig_measure "$WINDOW" || fail "cannot read the counters" || return
	report
}

report()
{
	local name

	for name in "${RIG_NAMES[@]}"; do
		diag "$TEST_NAME: $name weight ${RIG_WEIGHT[$name]}" \
		     "offered $((OFFERED[$name] * 1000000 / TIME[$name]))" \
		     "forwarded $((FORWARDED[$name] * 1000000 / TIME[$name])) kpps," \
		     "used $((USED[$name] * 1000 / TIME[$name])) per mille of the time"
	done
}

# share WHAT NAME: per mille that NAME has of the array WHAT, in REPLY
share()
{
	local -n what=$1
	local name sum=0

	for name in "${RIG_NAMES[@]}"; do
		# shellcheck disable=SC2004 # an associative array
		sum=$((sum + what[$name]))
	done
	REPLY=$((sum ? (what[$2] * 1000 + sum / 2) / sum : 0))
}

# check_near WHAT GOT WANTED
check_near()
{
	local diff=$(($2 - $3))

	[ ${diff#-} -le "$SLACK" ] || fail "$1 is $2 per mille instead of $3"
}

# check_shares WHAT PERMILLE...: of the routers in turn
check_shares()
{
	local what=$1 i=0 wanted

	shift
	for wanted; do
		share "$what" "${NAMES[i]}"
		check_near "share of ${NAMES[i]} in $what" "$REPLY" "$wanted"
		i=$((i + 1))
	done
}

# used: the CPU time where it is accounted for
used()
{
	[ "$KIND" = vrouter ] && REPLY=USED || REPLY=FORWARDED
}

check_used()
{
	used
	check_shares "$REPLY" "$@"
}

finish()
{
	rig_stop "${RIG_NAMES[@]}"
	check rig_correct "$@"
}

# total_forwarded: by all, in packets per second, in REPLY
total_forwarded()
{
	local name total=0

	for name in "${RIG_NAMES[@]}"; do
		total=$((total + FORWARDED[$name] * 1000000000 / TIME[$name]))
	done
	REPLY=$total
}

# ---- the tests

# All are offered the same, much more than their share.
weights()
{
	routers 100 200 300 || return
	load 300 300 300 || return
	check_used 167 333 500
	finish "${NAMES[@]}"
}

# Receiving what is then dropped must not eat up the CPU: three flooded vrouters
# forward more than three VRFs under the same flood.
flood()
{
	local vrouters

	[ "$KIND" = vrouter ] || { skip "compares a vrouter with a VRF"; return; }
	routers 100 100 100 || return
	load 400 400 400 || return
	total_forwarded
	vrouters=$REPLY
	finish "${NAMES[@]}"
	rig_del "${NAMES[@]}"
	KIND=vrf
	routers 100 100 100 && load 400 400 400
	KIND=vrouter
	total_forwarded
	check_cmp "packets per second of three vrouters" "$vrouters" -gt $((REPLY * 11 / 10))
	finish "${NAMES[@]}"
}

equal()
{
	routers 100 100 100 || return
	load 300 300 300 || return
	check_used 333 333 333
	check_shares FORWARDED 333 333 333
	finish "${NAMES[@]}"
}

# Who wants less than its share gets all it wants, the others share the rest.
max_min()
{
	local arrived own diff

	routers 100 100 100 || return
	rig_stat red-in
	arrived=${STAT[arrived]}
	rig_stat red-out
	own=${STAT[own]}
	load 20 300 600 || return
	used
	share "$REPLY" green
	diff=$REPLY
	used
	share "$REPLY" blue
	check_near "the difference of green and blue" $((diff - REPLY)) 0

	# red last, so that nothing waits in its NIC when that is stopped
	rig_stop green blue
	rig_grows red-out own 2000 || fail "red stands still"
	finish "${NAMES[@]}"
	rig_stat red-in
	arrived=$((STAT[arrived] - arrived))
	rig_stat red-out
	own=$((STAT[own] - own))
	check_cmp "what red lost of $arrived packets" $((arrived - own)) -le $((arrived / 200))
}

# Between two measurements without it, since the first of all is the fastest.
idle_costs_nothing()
{
	local without with WINDOW=0.5	# reading blue's counters costs, too

	routers 100 100 || return
	load 400 400 || return
	total_forwarded
	without=$REPLY
	rig_stop red green
	rig_add blue "$KIND" 30 800 || fail "cannot set up blue" || return
	load 400 400 || return
	total_forwarded
	with=$REPLY
	check_shares FORWARDED 500 500 0
	used
	share "$REPLY" blue
	check_eq "what an idle router used" "$REPLY" 0
	rig_stop red green
	rig_del blue
	load 400 400 || return
	total_forwarded
	[ "$REPLY" -ge "$without" ] || without=$REPLY
	check_cmp "packets per second beside an idle router" "$with" -ge $((without * 98 / 100))
	finish red green
}

# Blue was idle for long; when it comes it has a claim to its share from now on,
# not to what it did not use.
idle_earns_nothing()
{
	routers 100 200 300 || return
	load 300 300 || return
	rig_start blue 300000 || return
	WINDOW=0.1 load || return
	check_used 167 333 500
	finish "${NAMES[@]}"
}

weight_change()
{
	[ "$KIND" = vrouter ] || { skip "a VRF has no weight"; return; }
	routers 100 100 100 || return
	load 300 300 300 || return
	check_used 333 333 333
	check rig_vrctl vr set red weight 200
	rig_measure "$WINDOW" || return
	report
	check_used 500 250 250
	finish "${NAMES[@]}"
}

# Green's packets pass thirty filters on their way out. Time is shared, so red
# forwards more of them.
unequal_cost()
{
	local i

	routers 100 100 || return
	tc qdisc add dev green-out clsact || skip "no clsact" || return
	for ((i = 1; i <= 30; i++)); do
		tc filter add dev green-out egress pref "$i" matchall action continue ||
			skip "no matchall" || return
	done
	load 400 400 || return
	check_used 500 500
	check_cmp "what red forwarded" $((FORWARDED[red])) -gt $((FORWARDED[green] * 12 / 10))
	finish red green
}

# All of it comes through, soon, while it is less than the CPU can do.
light_load()
{
	local name

	routers 100 200 300 || return
	load 20 30 40 || return
	for name in "${NAMES[@]}"; do
		# what is under way at either end of the window
		check_cmp "what $name lost" $((OFFERED[$name] - FORWARDED[$name])) -le 64
		rig_stat "$name-out"
		diag "$name: latency ${STAT[latency_avg]} ns on average, ${STAT[latency_max]} at most"
	done
	finish "${NAMES[@]}"
}

# A router with little to do beside two that are flooded is served often enough to be
# prompt, and seldom enough that its packets and those of the others stay cheap.
light_beside_floods()
{
	local cost

	routers 100 100 100 || return
	rig_window 1 200 red 300000 green 300000 || fail "cannot measure" || return
	cost=$((USED[red] / FORWARDED[red]))
	rig_window 1 200 red 300000 green 300000 blue 10000 || fail "cannot measure" || return
	report
	check_cmp "what blue lost" $((OFFERED[blue] - FORWARDED[blue])) -le 64
	rig_stat blue-out
	diag "$TEST_NAME: $cost ns a packet of red before, $((USED[red] / FORWARDED[red])) beside blue," \
	     "$((USED[blue] / FORWARDED[blue])) of blue; latency of blue ${STAT[latency_avg]} ns on" \
	     "average, p99 ${STAT[latency_p99]}"
	check_cmp "p99 latency of blue, ns" "${STAT[latency_p99]}" -lt 400000
	check_cmp "cost of a packet of blue, ns" $((USED[blue] / FORWARDED[blue])) -lt $((2 * cost))
	check_cmp "cost of a packet of red, ns" $((USED[red] / FORWARDED[red])) -lt $((cost * 11 / 10))
	check rig_correct "${NAMES[@]}"
}

require_root
require_command tc
require_module vrsim
[ "$KIND" = vrf ] || require_module vrouter
rig_init || die "cannot load vrsim"
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@"
