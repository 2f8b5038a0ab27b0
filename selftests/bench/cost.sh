#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Instructions per packet of the module, against the committed baseline; with FULL=1
# (make bench) also of its peers, written to FIG_OUT/cost.dat and compared with nothing.
#
#   saturated   the CPU has no idle time: time over packets sent
#   alone       every packet comes alone to an idle CPU: time not idle over packets
#
# PROFILE=1 (with FULL=1) is for profile.c: symbols go to FIG_OUT before the one window
# that is measured, with 1000 flows.
#
# NATIVE=1 (with FULL=1; make bench-native) is for um-run.sh, where a nanosecond is one, and
# the machine has other things to do: that only adds to what a window shows, so there are
# many short ones, of which a quarter has to be better.
#
# No other script has this much memory, so the test has a boot to itself: what runs before
# it moves the cost by a percent.
#
# vm: kernels=6.12 icount=1 smp=1 mem=3G timeout=300

# shellcheck source-path=SCRIPTDIR source=../figures/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../figures/common.sh"
# shellcheck source-path=SCRIPTDIR source=peers.sh
. "$SELFTESTS/bench/peers.sh"

# Once a namespace has had a VRF or a VR, its policy rules make every lookup dearer, also
# after they are gone: who needs none comes first. A flowtable needs no lookups.
ALL_TESTS=$(full "floor ip_forward ip_forward_gro bridge tc_fib xdp_fib vrf vrf_default
	vrouter direct frames vrs1000 flowtable ovs" "vrouter frames")
BASELINE=$SELFTESTS/bench/baseline.json
FLOORS="v4x1 v4x1000 v6x1000"
WINDOWS=1
LIMIT=3				# percent above the baseline
WINDOW=200			# ms of a saturated CPU
SETTLE=100			# ms before that
ALONE_RATE=10000
ALONE=5				# seconds of an idle one
SURPLUS=1			# how many times the load of a CPU under the instruction clock
WHY=
: "${PROFILE:=0}" "${NATIVE:=0}"
if [ "$NATIVE" = 1 ]; then
	ALL_TESTS=${ALL_TESTS/vrs1000 flowtable ovs/flowtable one_route million_routes}
	FLOORS+=" routes1 many1"
	WINDOWS=300 WINDOW=1 SURPLUS=10
	# A process is stopped in the middle of a vector too, which then looks expensive.
	BENCH_VR=(vector-limit 0 queue-time 0)
fi

# row SCENARIO ROW COST [LATENCY]
row()
{
	fig_row "$@"
	[ "$FULL" = 1 ] || compare "$1" "$2" "$3"
}

# compare SCENARIO ROW COST: with the baseline
compare()
{
	local wanted kernel

	wanted=$(jq -r ".cost[\"$1\"][\"$2\"] // empty" "$BASELINE")
	if [ -z "$wanted" ]; then
		[ "$2" != frames ] || { diag "$1 $2 has no baseline yet"; return; }
		fail "$1 $2 has no baseline: make bench-baseline"
		return
	fi
	if [ "$(calc "$3 > $wanted * (1 + $LIMIT / 100)")" = 1 ]; then
		kernel=$(jq -r .kernel "$BASELINE")
		fail "$2, $1: $3 instructions per packet, $LIMIT % more than $wanted are allowed" \
			"(measured on $kernel, this is $(uname -r))"
	fi
}

# load SCENARIO: what the generator sends
load()
{
	case $1 in
	v4x1) rig_sim b-in src 198.18.0.1 dst 20.0.0.1 size 60 flows 1 dsts 1 ;;
	v4x1000 | alone) rig_sim b-in src 198.18.0.1 dst 20.0.0.1 size 60 flows 1000 dsts 1000 dst_step 256 ;;
	routes*) rig_sim b-in src 198.18.0.1 dst 16.0.0.1 size 60 flows 1000 dsts 1000 dst_step 255744 ;;
	many*) rig_sim b-in src 198.18.0.1 dst 16.0.0.1 size 60 flows 65536 dsts 65536 dst_step 3840 ;;
	v6x1000) rig_sim b-in src 2001:db8:1::2 dst 2001:db8:3::1 size 80 flows 1000 dsts 1000 dst_step 65536 ;;
	esac
}

generated()
{
	[ "$(<"/sys/class/net/b-in/vrsim/run")" = 0 ]
}

# arrives ROW: four packets of each flow come out, and right
arrives()
{
	local n=4000 before key

	rig_stat b-out
	before=${STAT[own]}
	check rig_sim b-out check 1 && check rig_sim b-in count $n rate 100000 ring 4096 run 1 &&
		check busywait 5000 generated && rig_sim b-in run 0 count 0 || return
	check busywait 2000 rig_counts b-out own $((before + n))
	rig_stat b-out
	[ "${STAT[own]}" -ge $((before + n)) ] ||
		fail "$((STAT[own] - before)) of $n packets came out" || return
	for key in wrong_mac bad_ttl bad_csum bad_data reordered; do
		# a bridge leaves the source address as it was
		[ "$1 $key" = "bridge wrong_mac" ] || check_eq "$key" "${STAT[$key]}" 0
	done
}

# cost DEV COUNTER: ns per packet, of the 6th or 7th column of what rig_window measured
# of the devices that match, the lower quartile of its windows, into COST; far more must
# have arrived. What was taken from the NIC and dropped then is part of the cost; its
# percentage is in DROPPED. A window that began or ended late is none.
cost()
{
	local n arrived

	read -r COST n arrived DROPPED < <(printf '%s\n' "${RIG_ROWS[@]}" | awk -v dev="$1" -v col="$2" \
		-v wanted="$WINDOW" '
		$3 ~ dev { ns[$1] = $2; n[$1] += $col; sum += $col }
		$3 ~ /-in$/ { arrived += $5; received += $7 }
		END {
			for (w in ns) {
				if (!n[w] || ns[w] < wanted * 9e5 || ns[w] > wanted * 11e5)
					continue
				cost = ns[w] / n[w]
				for (i = ++count; i > 1 && sorted[i - 1] > cost; i--)
					sorted[i] = sorted[i - 1]
				sorted[i] = cost
			}
			if (count)
				printf "%.1f %d %d %.0f\n", sorted[int((count + 3) / 4)], sum, arrived,
					received ? 100 * (1 - sum / received) : 0
		}')
	[ -n "$COST" ] || fail "no window is whole" || return
	check_cmp "packets that arrived" "$arrived" -gt $((n * 6 / 5)) || return
	check_cmp packets "$n" -gt 0
}

# window PPS DEV COUNTER: the cost with this load
window()
{
	rig_sim b-out check 0 latency 0 && rig_sim b-in ring 512 || return
	[ "$PROFILE" = 0 ] || { cp /proc/kallsyms "$FIG_OUT/new" && mv "$FIG_OUT/new" "$FIG_OUT/kallsyms"; } ||
		fail "cannot copy the symbols" || return
	RIG_SETTLE=$SETTLE rig_window "$WINDOWS" "$WINDOW" b $(($1 * SURPLUS)) || fail "cannot measure" || return
	cost "^$2\$" "$3"
}

# What the CPU has been idle for, ns, into IDLE, and when that was, into NOW.
idle()
{
	local line lines

	IDLE=
	mapfile -t lines </proc/timer_list
	for line in "${lines[@]}"; do
		case $line in
		'now at '*) NOW=${line#now at } NOW=${NOW% *} ;;
		*' .idle_sleeptime '*) IDLE=${line#*: } IDLE=${IDLE% *} ;;
		esac
	done
	[ -n "$IDLE" ] || fail "no idle time in /proc/timer_list"
}

# busy: how many ns per second the CPU is not idle in the next ALONE seconds, in BUSY
busy()
{
	local idle now

	# What went before is over, its timers too.
	rig_pass 1
	idle || return
	idle=$IDLE now=$NOW
	rig_pass $ALONE
	idle || return
	BUSY=$(calc "(1 - ($IDLE - $idle) / ($NOW - $now)) * 1000000000")
}

# lonely DEV: the cost of packets that come alone and leave by DEV, in COST, less what
# the CPU does without them, and their mean latency in LATENCY
lonely()
{
	local quiet sent

	rig_sim b-out check 0 latency 1 && rig_sim "$1" check 0 latency 1 && busy || return
	quiet=$BUSY
	rig_sim b-in rate $ALONE_RATE run 1 || return
	rig_stat "$1"
	sent=${STAT[own]}
	rig_sim "$1" reset 1 && busy || return
	rig_stat "$1"
	rig_sim b-in run 0 || return
	sent=$((STAT[own] - sent))
	LATENCY=${STAT[latency_avg]}
	check_cmp "packets sent" $sent -ge $((ALONE * ALONE_RATE)) || return
	COST=$(calc "($BUSY - $quiet) / $ALONE_RATE" 1)
}

# ---- the rows

floor()
{
	local scenario

	bench_nics || fail "cannot make the NICs" || return
	rig_sim b-in hops 0 check 0 latency 0 loop 1
	for scenario in $FLOORS; do
		load "$scenario" && window 8000000 b-in 6 && row "$scenario" floor "$COST"
	done
	[ "$NATIVE" = 1 ] || { load alone && lonely b-in && row alone floor "$COST" "$LATENCY"; }
	rig_sim b-in loop 0
	with_xdp_drop || fail "cannot attach XDP" || return
	for scenario in v4x1 v4x1000 v6x1000; do
		load $scenario && window 16000000 b-in 7 && row $scenario floor_xdp "$COST"
	done
}

with_xdp_drop()
{
	coproc DROP { exec "$SELFTESTS/bench/build/xdp" b-in drop; }
	read -r -u "${DROP[0]}" REPLY && [ "$REPLY" = attached ] || return
	# shellcheck disable=SC2153,SC2154 # set by coproc
	defer kill "$DROP_PID"
}

# measure ROW SCENARIO...
measure()
{
	measure_as "$1" "$@"
}

# measure_as ROW SETUP SCENARIO...: set_SETUP makes it ready
measure_as()
{
	local row=$1 scenario

	WHY=
	if ! "set_$2"; then
		[ -n "$WHY" ] || { fail "cannot set up $row"; return; }
		[ "$FULL" = 0 ] || fig_row all "$row" - "$WHY"
		skip "$WHY"
		return
	fi
	shift 2
	[ "$PROFILE" = 0 ] || set -- v4x1000
	for scenario; do
		[ "$NATIVE $scenario" != "1 alone" ] || continue
		load "$scenario" || fail "no load $scenario" || return
		arrives "$row" || return
		[ "$row" != frames ] || { rig_stat b-in; check_cmp "frames redirected" "${STAT[xdp_redirect]}" -ge 4000; }
		if [ "$scenario" = alone ]; then
			lonely b-out && row alone "$row" "$COST" "$LATENCY"
		else
			window 4000000 b-out 6 && row "$scenario" "$row" "$COST" || return
			[ "$DROPPED" -lt 2 ] || diag "$DROPPED % of what was received was dropped"
		fi
	done
}

vrouter()
{
	measure vrouter v4x1 v4x1000 v6x1000 alone
	check_prints '"punted":0' vrctl -j stats show b
}

direct()
{
	measure direct v4x1 v4x1000 v6x1000
}

frames()
{
	measure frames v4x1 v4x1000 v6x1000 alone
	[ -n "$WHY" ] || check_prints '"punted":0' vrctl -j stats show b
}

ip_forward()
{
	measure ip_forward v4x1 v4x1000 v6x1000 alone
}

ip_forward_gro()
{
	measure ip_forward_gro v4x1 v4x1000 v6x1000
}

vrf()
{
	measure vrf v4x1 v4x1000 v6x1000
}

vrf_default()
{
	measure vrf_default v4x1 v4x1000 v6x1000
}

bridge()
{
	measure bridge v4x1 v4x1000 v6x1000
}

tc_fib()
{
	measure tc_fib v4x1 v4x1000 v6x1000
}

xdp_fib()
{
	measure xdp_fib v4x1 v4x1000 v6x1000
}

flowtable()
{
	measure flowtable v4x1 v4x1000 v6x1000
}

# Evenly loaded: each has its own NICs and one flow.
vrs1000()
{
	local n=1000 i args=() WINDOW=1000

	bench_routers $n || fail "cannot make $n VRs" || return
	for ((i = 1; i <= n; i++)); do
		args+=("v$i" 700)
	done
	RIG_SETTLE=500 rig_window 1 $WINDOW "${args[@]}" || fail "cannot measure" || return
	cost '^v[0-9]+-out$' 6 && row vrs1000 vrouter "$COST"
	check rig_correct v1
}

# The same traffic over one route and over a million, each flow over another one.
one_route()
{
	measure_as vrouter one_route routes1 many1
}

million_routes()
{
	measure_as vrouter million_routes routes1m many1m
}

ovs()
{
	measure ovs v4x1 v4x1000
}

fig_file cost "kernel $(uname -r)" "scenario row ns latency, instructions being ns; or a reason"
require_command ethtool jq
sysctl -qw net.ipv6.conf.all.forwarding=1
fig_start "$ALL_TESTS" "$@"
