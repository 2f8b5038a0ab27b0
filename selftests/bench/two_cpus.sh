#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whether two CPUs forward twice as much as one: what a packet costs while one CPU
# forwards, and while both do. See Documentation/performance.rst.
#
#	b-in ─── VR ─── b-out	on CPU 0
#	c-in ─── VR ─── c-out	on CPU 1
#
#   ports  one VR has all of them
#   vrs    b and c are VRs of their own (FULL=1, make bench)
#
# The results also go to FIG_OUT/cpus.dat. SHARED=1 is for lines.c: symbols go to FIG_OUT
# before one short window, in which both forward.
#
# vm: kernels=6.12 icount=1 smp=2 timeout=300

# shellcheck source-path=SCRIPTDIR source=../figures/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../figures/common.sh"
# shellcheck source-path=SCRIPTDIR source=peers.sh
. "$SELFTESTS/bench/peers.sh"

: "${SHARED:=0}"
ALL_TESTS="ports_skb ports_frames $(full "vrs_skb vrs_frames" "")"
WINDOW=$(full 200 100)		# ms of saturated CPUs
[ "$SHARED" = 0 ] || WINDOW=50
SETTLE=100			# ms before that
RATE=4000000
LEAST=$(sed -n 's/^two_cpus //p' "$SELFTESTS/bench/bars")
KNOWN=1.8			# with what a boot moves it by

# way NAME CPU VR TABLE N: NICs of this CPU, with 1000 flows over 1000 routes
way()
{
	local name=$1 vr=$3 table=$4 n=$5 i

	bench_nics "$vr" "$name" &&
		ip addr add "198.$n.255.254/16" dev "$name-in" &&
		ip addr add "10.$n.0.1/24" dev "$name-out" &&
		ip neigh add "10.$n.0.2" lladdr "$RIG_HOP" dev "$name-out" nud permanent || return
	for ((i = 0; i < BENCH_ROUTES; i++)); do
		echo "route add $n.$((i >> 8)).$((i & 255)).0/24 via 10.$n.0.2 dev $name-out table $table"
	done | ip -batch - || return
	rig_sim "$name-in" cpu "$2" size 60 flows 1000 src "198.$n.0.1" \
		dst "$n.0.0.1" dsts 1000 dst_step 256
}

# routers VR VR: of b and of c
routers()
{
	local table=$BENCH_TABLE vr

	for vr in $(printf '%s\n' "$@" | uniq); do
		rig_vrctl vr add "$vr" table $((table++)) && defer ip link del dev "$vr" &&
			ip link set dev "$vr" up || return
	done
	way b 0 "$1" $BENCH_TABLE 20 && way c 1 "$2" $((table - 1)) 21
}

# received VR CPU: packets that it has forwarded there
received()
{
	vrctl -j stats show "$1" cpu | jq ".[] | select(.cpu == $2).rx_packets"
}

# alone NAME VR CPU: the cost on one CPU, in COST
alone()
{
	local before

	before=$(received "$2" "$3")
	window "$1" || return
	check_cmp "packets of CPU $3" $(($(received "$2" "$3") - before)) -ge "$ALL_IN"
}

# window NAME...: while packets come in by these, the SENT_IN of each, of all in ALL_IN,
# and their cost in COST
declare -A SENT_IN
window()
{
	local args=() name ns n arrived

	SENT_IN=() ALL_IN=0

	for name; do
		args+=("$name" "$RATE")
		rig_sim "$name-out" check 0 latency 0 && rig_sim "$name-in" ring 512 || return
	done
	[ "$SHARED" = 0 ] || { cp /proc/kallsyms "$FIG_OUT/new" && mv "$FIG_OUT/new" "$FIG_OUT/kallsyms"; } ||
		fail "cannot copy the symbols" || return
	RIG_SETTLE=$SETTLE rig_window 1 "$WINDOW" "${args[@]}" || fail "cannot measure" || return
	for name; do
		read -r ns n arrived < <(printf '%s\n' "${RIG_ROWS[@]}" | awk -v name="$name" '
			$3 == name "-out" { ns = $2; n = $6 }
			$3 == name "-in" { arrived = $5 }
			END { print ns, n, arrived }')
		check_cmp "packets of $name" "$n" -gt 0 || return
		check_cmp "packets that arrived by $name-in" "$arrived" -gt $((n * 6 / 5)) || return
		SENT_IN[$name]=$n
		: $((ALL_IN += n))
	done
	COST=$(calc "$ns / $ALL_IN" 1)
}

# Virtual CPUs take turns on a clock that counts the instructions of both. When both are
# busy a slice of theirs has half as many of each, so it is made twice as long.
both()
{
	local slice

	slice=$(vrctl -j core show | jq '.[0].slice_us') || return
	defer vrctl core set slice "${slice}us"
	check vrctl core set slice "$((2 * slice))us" || return
	window b c
}

# astray NAME CPU: packets that left by the queue of the other CPU
astray()
{
	tc -s -j qdisc show dev "$1-out" | jq "[.[] | select(.parent == \":$((2 - $2))\").packets] | add"
}

# measure WHAT KIND
measure()
{
	local second=c name b=- c=-

	[ "$1" = vrs ] || second=b
	routers b $second || fail "cannot set up" || return
	for name in b c; do
		if [ "$2" = frames ]; then
			check vrctl port set $name-in xdp on && check vrctl port set $name-out xdp on || return
		fi
		check rig_sim $name-out check 1 && check rig_ready $name || return
		check rig_correct $name
	done
	if [ "$SHARED" = 0 ]; then
		alone b b 0 || return
		b=$COST
		alone c $second 1 || return
		c=$COST
	fi
	both || return
	# those of Linux itself come from anywhere
	check_cmp "packets that left b-out by the queue of CPU 1" "$(astray b 0)" -lt 100
	check_cmp "packets that left c-out by the queue of CPU 0" "$(astray c 1)" -lt 100
	fig_row "$1" "$2" "$b" "$c" "$COST" "${SENT_IN[b]}" "${SENT_IN[c]}"
	check_prints '"punted":0' vrctl -j stats show b
	[ "$SHARED" = 0 ] || return 0
	judge "$b" "$c"
}

# judge B C: against what these packets would have cost on one CPU at a time
judge()
{
	local scale

	scale=$(calc "2 * (${SENT_IN[b]} * $1 + ${SENT_IN[c]} * $2) / ($ALL_IN * $COST)" 2)
	[ "$(calc "$scale >= $LEAST")" = 1 ] || diag "missed: two CPUs forward $scale times what one does"
	[ "$(calc "$scale >= $KNOWN")" = 1 ] ||
		fail "two CPUs forward $scale times what one does, $LEAST are wanted"
}

ports_skb()
{
	measure ports skb
}

ports_frames()
{
	measure ports frames
}

vrs_skb()
{
	measure vrs skb
}

vrs_frames()
{
	measure vrs frames
}

fig_file cpus "kernel $(uname -r)" \
	"what kind, instructions per packet alone on CPU 0, alone on CPU 1, with both; packets of each then"
require_command jq
fig_start "$ALL_TESTS" "$@"
