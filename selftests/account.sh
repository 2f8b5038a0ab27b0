#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the CPU's time is billed to, how long packets wait, and what is left for
# processes when the CPU is saturated.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=600

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="bills_add_up busy_time own_drops_are_paid excess_is_free time_limit time_limit_off packet_limit
	   latency lag_within_bound scheduling_is_cheap shell_under_load"

NAMES=(red green blue)

# routers N: so many with weights 100, 200, 300
routers()
{
	local i

	for ((i = 0; i < $1; i++)); do
		rig_add "${NAMES[i]}" vrouter $((10 * (i + 1))) $((100 * (i + 1))) ||
			fail "cannot set up ${NAMES[i]}" || return
		defer rig_del "${NAMES[i]}"
	done
	rig_ready "${RIG_NAMES[@]}" || fail "the routers do not forward"
}

# Polled with credit NICs drop what is too much. Here queues shall be full.
by_interrupt()
{
	local name

	for name in "${RIG_NAMES[@]}"; do
		check vrctl port set "$name-in" credit off
	done
}

# start KPPS...: load on the routers in turn
start()
{
	local i=0 kpps

	for kpps; do
		rig_start "${NAMES[i]}" $((kpps * 1000)) || fail "cannot start the load" || return
		i=$((i + 1))
	done
}

# offered MS: the load has brought all that it brings in so long
offered()
{
	rig_offered "$1" || fail "the load does not arrive"
}

declare -A CORE=()

# drained NAME: nothing waits in its queue
drained()
{
	stat "$1" qlen && [ "$REPLY" = 0 ]
}

# core 1 or core -1: add the counters of CPU 0 to CORE, or subtract them; all of
# one moment
core()
{
	local sign=$1 json key

	json=$(vrctl -j core show cpu 0) || fail "cannot read the core" || return
	for key in busy_ns billed_ns ingress_ns outside_ns time_ns lag_max_ns bound_ns; do
		[[ $json =~ \"$key\":([0-9]+) ]] || fail "no $key in $json" || return
		CORE[$key]=$((${CORE[$key]:-0} + sign * BASH_REMATCH[1]))
	done
}

# stat NAME KEY: of a router, in REPLY
stat()
{
	local json

	json=$(vrctl -j stats show "$1") || fail "cannot read the statistics" || return
	[[ $json =~ \"$2\":([0-9]+) ]] || fail "no $2 in $json" || return
	REPLY=${BASH_REMATCH[1]}
}

clock()
{
	rig_stat red-in
	REPLY=${STAT[time]}
}

# check_close WHAT GOT WANTED PERMILLE
check_close()
{
	local diff=$(($2 - $3))

	diag "$TEST_NAME: $1: $2 beside $3"
	[ ${diff#-} -le $(($3 * $4 / 1000)) ] || fail "$1 is $2, not within $4 per mille of $3"
}

# From quiet to quiet nothing is under way: what the VRs used is what the core
# billed, to the rounding of each VR's sum.
bills_add_up()
{
	local name billed overhead used=0

	routers 3 || return
	CORE=()
	core -1 || return
	for name in "${NAMES[@]}"; do
		stat "$name" used_ns && used=$((used - REPLY)) || return
	done
	start 300 300 300 && offered 300 || return
	rig_stop "${NAMES[@]}"
	for name in "${NAMES[@]}"; do
		check busywait 1000 drained "$name" || return
	done
	core 1 || return
	billed=${CORE[billed_ns]} overhead=$((CORE[busy_ns] - CORE[billed_ns]))
	for name in "${NAMES[@]}"; do
		stat "$name" used_ns && used=$((used + REPLY)) || return
	done
	check_cmp "the bill in ns" "$billed" -gt 100000000
	check_cmp "used less billed" $((used - billed)) -le 10
	check_cmp "billed less used" $((billed - used)) -le 10
	diag "$TEST_NAME: billed $billed ns, overhead $overhead ns"
	check_cmp "overhead" "$overhead" -le $((billed / 50))
	check_cmp "overhead" "$overhead" -ge 0
}

# Under saturation the core always has work: its turns and what is outside of
# them are the time that passes.
busy_time()
{
	local turns

	routers 3 || return
	start 300 300 300 && offered 100 || return
	CORE=()
	core -1 && rig_pass 0.5 && core 1 || return
	turns=$((CORE[busy_ns] - CORE[ingress_ns]))
	check_close "turns and outside of them" $((turns + CORE[outside_ns])) "${CORE[time_ns]}" 20
	check_cmp "turns" "$turns" -gt $((CORE[time_ns] / 4))
}

# excess NAME: packets that came in and were not forwarded, in the time of USED and SENT
excess()
{
	REPLY=$(((OFFERED[$1] - FORWARDED[$1]) * LOOKED / TIME[$1]))
}

# Of what a NIC brings in one go green may keep sixteen; what it drops of the
# rest is on its own bill. A drop costs some hundred instructions.
own_drops_are_paid()
{
	local cost dropped each

	routers 2 || return
	by_interrupt
	check vrctl vr set green queue-packets 16
	rig_window 1 300 red 300000 green 300000 || fail "cannot measure" || return
	stat green queue_full && dropped=$REPLY || return
	cost=$((USED[red] / SENT[red]))
	diag "$TEST_NAME: a packet cost red $cost ns, green $((USED[green] / SENT[green])) ns"
	check_cmp "what green dropped" "$dropped" -gt 1000
	excess green
	each=$(((USED[green] - SENT[green] * cost) / REPLY))
	diag "$TEST_NAME: a packet that was offered and not forwarded cost green $each ns"
	check_cmp "cost of a drop in ns" "$each" -gt 10
}

# What ends in the ring of a NIC that is polled with credit costs its VR next to
# nothing. A packet more that is not forwarded takes so little that the time and the
# packets of a measurement have to be of the same moment, as rig_window's are; what
# else a packet costs may differ more from one window to the next, so it is the median.
excess_is_free()
{
	local i cost each=()

	routers 2 || return
	for i in 0 1 2 3 4; do
		rig_window 1 100 red 100000 green 400000 || fail "cannot measure" || return
		cost=$((USED[green] * 1000 / SENT[green]))
		rig_window 1 100 red 100000 green 800000 || fail "cannot measure" || return
		excess green
		check_cmp "packets that are not forwarded" "$REPLY" -gt "${SENT[green]}"
		each[i]=$(((USED[green] * 1000 - SENT[green] * cost) / REPLY))
		diag "$TEST_NAME: a packet cost green $cost ps, one not forwarded ${each[i]} ps"
	done
	mapfile -t each < <(printf '%s\n' "${each[@]}" | sort -n)
	check_cmp "cost of a packet that is not forwarded, in ps" "${each[2]#-}" -lt 40000
}

# The default keeps the wait under 10 ms where so many packets would wait longer.
# Red gets no more than leaves it time for others than those it drops.
time_limit()
{
	local name

	routers 3 || return
	by_interrupt
	check vrctl vr set red burn 20000
	start 50 300 300 && offered 500 || return
	stat red qlen_limit && check_cmp "the limit of red" "$REPLY" -lt 512
	rig_stop "${NAMES[@]}"
	stat red queue_time && check_cmp "what red dropped for it" "$REPLY" -gt 0
	for name in "${NAMES[@]}"; do
		stat "$name" wait_max_ns || return
		diag "$TEST_NAME: $name waited at most $((REPLY / 1000)) us"
		check_cmp "longest wait of $name in us" $((REPLY / 1000)) -lt 10000
	done
	check rig_correct "${NAMES[@]}"
}

time_limit_off()
{
	routers 3 || return
	by_interrupt
	check vrctl vr set red burn 20000 queue-time 0
	start 300 300 300 && offered 500 || return
	stat red qlen_limit && check_eq "the limit of red" "$REPLY" 512
	rig_stop "${NAMES[@]}"
	stat red queue_time && check_eq "what red dropped for it" "$REPLY" 0
	stat red wait_max_ns && check_cmp "longest wait in us" $((REPLY / 1000)) -gt 10000
}

packet_limit()
{
	routers 1 || return
	by_interrupt
	check vrctl vr set red queue-packets 20
	stat red qlen_limit && check_eq "the limit" "$REPLY" 20
	vrctl vr set red burn 20000
	start 300 && offered 100 || return
	rig_stop red
	stat red qlen_max && check_cmp "most that waited" "$REPLY" -le 64
	check vrctl vr set red queue-packets 512
	stat red qlen_limit && check_eq "the limit" "$REPLY" 512
	check_fails_with "from 1 to 512" vrctl vr set red queue-packets 513
	check_fails vrctl vr set red queue-packets 0
}

# The VR's own histogram agrees with what the simulated NICs measure.
latency()
{
	local json count above

	routers 1 || return
	start 50 && offered 200 || return
	rig_stop red
	check busywait 1000 drained red || return
	json=$(vrctl -j stats show red)
	count=$(jq '.[0].latency.packets' <<<"$json")
	stat red waits && check_eq "packets of the histogram" "$count" "$REPLY"
	stat red rx_packets && check_close "sixteen times that" $((count * 16)) "$REPLY" 10
	above=$(jq '.[0].latency.p99_ns' <<<"$json")
	rig_stat red-out
	diag "$TEST_NAME: p99 $above ns; through the NICs ${STAT[latency_avg]} ns on average," \
	     "${STAT[latency_max]} at most"
	check_cmp "p99" "$above" -le "${STAT[latency_max]}"
	check_cmp "p99" "$above" -gt 256
}

lag_within_bound()
{
	routers 3 || return
	check vrctl vr set blue burn 30000
	start 300 20 300 && offered 300 || return
	rig_stop "${NAMES[@]}"
	CORE=()
	core 1 || return
	diag "$TEST_NAME: lag at most ${CORE[lag_max_ns]} ns, bound ${CORE[bound_ns]} ns"
	check_cmp "the largest lag" "${CORE[lag_max_ns]}" -le "${CORE[bound_ns]}"
	check_cmp "the largest lag" "${CORE[lag_max_ns]}" -gt 0
}

# What accounting for a vector and picking the next one take, beside the vector:
# of a lone VR that has all the packets it can serve, in instructions.
scheduling_is_cheap()
{
	local trace=/sys/kernel/tracing event=events/vrouter/vrouter_done/enable sums

	[ -d $trace/events/vrouter ] || { skip "no tracepoints"; return; }
	routers 1 || return
	start 400 && offered 50 || return
	echo 1 >$trace/$event
	offered 100
	echo 0 >$trace/$event
	rig_stop red
	sums=$(sed -n 's/.*packets=\([0-9]*\) spent_ns=\([0-9]*\) sched_ns=\([0-9]*\)$/\1 \2 \3/p' \
	       $trace/trace | awk '{ n++; p += $1; s += $2; k += $3 }
			END { printf "%d %d %d %d\n", n, p, s, k }')
	echo >$trace/trace
	# shellcheck disable=SC2086
	set -- $sums
	check_cmp "vectors seen" "$1" -gt 100 || return
	diag "$TEST_NAME: $(($2 / $1)) packets a vector, $(($3 / $2)) ns a packet, of which" \
	     "scheduling $(($4 / $2)) ns, $(($4 * 1000 / $3)) per mille"
	check_cmp "per mille of scheduling" $(($4 * 1000 / $3)) -le 30
}

ms_for()
{
	local before

	clock
	before=$REPLY
	check "$@"
	clock
	REPLY=$(((REPLY - before) / 1000000))
}

# A NIC that interrupts often beside two that saturate the CPU leaves the least
# to processes.
# A VR beside the flood is deleted as fast as anything. With one that is itself flooded its
# ports go back to the host while it is still being deleted, and the flood with them: from
# then on softirqs of the NICs take all but a fiftieth of the CPU, as without any VR.
shell_under_load()
{
	local idle

	routers 3 || return
	ip link add acc0 type dummy
	ip link add acc1 type dummy
	ms_for ip link del acc0
	idle=$REPLY
	start 20 300 600 && offered 100 || return
	ms_for ip link del acc1
	diag "$TEST_NAME: 'ip link del' took $idle ms idle and $REPLY ms under load"
	check_cmp "ms of 'ip link del'" "$REPLY" -lt 1000
	ms_for vrctl vr del red
	diag "$TEST_NAME: 'vrctl vr del' took $REPLY ms beside the flood"
	check_cmp "ms of 'vrctl vr del' beside the flood" "$REPLY" -lt 1000
	ms_for vrctl vr del blue
	diag "$TEST_NAME: 'vrctl vr del' took $REPLY ms for the flooded VR"
	check_cmp "ms of 'vrctl vr del' for the flooded VR" "$REPLY" -lt 2000
	rig_stop red green blue
	check vrctl vr add red table 10
	check vrctl vr add blue table 30
}

require_root
require_command jq
require_module vrsim
require_module vrouter
rig_init || die "cannot load vrsim"
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@"
