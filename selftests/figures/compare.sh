#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How Linux shares a CPU among routers without this module, beside it, in one boot:
#
#   vrouter                what this tree is about
#   softirq   ns_softirq   NAPI in softirqs
#   nice      ns_nice      threaded NAPI, a nice value for each weight
#   cgroup    ns_cgroup    threaded NAPI, each thread in a cgroup with cpu.weight
#
# Those on the left are VRFs; on the right each router is a network namespace.
#
# vm: kernels=none icount=1 smp=1 timeout=2400

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ALL_TESTS=$(full "vrouter softirq nice cgroup ns_softirq ns_nice ns_cgroup" "vrouter")
CGROUP=/sys/fs/cgroup

# threads NIC: its NAPI threads
threads()
{
	local comm

	for comm in /proc/[0-9]*/comm; do
		[[ $(<"$comm") != "napi/$1-"* ]] || { comm=${comm#/proc/}; echo "${comm%/comm}"; }
	done 2>/dev/null
}

# thread NIC WEIGHT: its NAPI becomes a thread of that weight
thread()
{
	local tid

	case $KIND in
	vrouter | *softirq) return ;;
	esac
	echo 1 >"${RIG_SYS[${1%-*}]:-/sys}/class/net/$1/threaded" || return
	tid=$(threads "$1")
	[ -n "$tid" ] || return
	if [ "${KIND#ns_}" = nice ]; then
		# one step is a factor of 1.25
		renice -n "$(calc "-log($2 / 100) / log(1.25)")" -p "$tid" >/dev/null
	else
		echo +cpu >$CGROUP/cgroup.subtree_control &&
			mkdir -p "$CGROUP/$1" && defer rmdir "$CGROUP/$1" &&
			echo "$2" >"$CGROUP/$1/cpu.weight" && echo "$tid" >"$CGROUP/$1/cgroup.procs"
	fi
}

# router NAME WEIGHT
router()
{
	local kind

	case $KIND in
	vrouter) kind=vrouter ;;
	ns_*) kind=netns ;;
	*) kind=vrf ;;
	esac
	fig_router "$1" "$2" $kind && { thread "$1-in" "$2" || fail "cannot weigh $1"; }
}

# A port more, with its own NIC, on the router's way out.
port()
{
	rig_ip "$1" link add name "$2" type vrsim && defer rig_ip "$1" link del "$2" &&
		rig_enslave "$1" "$2" &&
		rig_ip "$1" addr add 198.17.255.254/16 dev "$2" && rig_sim "$2" flows 256 dsts 256 src 198.17.0.1
}

# What a packet costs, all of it: CPU time over packets, alone and overloaded.
cost()
{
	router c 100 || return
	fig_load 1 "$(full 300 150)" c 700 || return
	capacity=$(kpps FORWARDED c)
	cost=$(calc "1000000 / $capacity")
	rig_del c
}

# got NAME: what it has of the CPU, in ns where that is accounted for, else in packets,
# which cost the same in all, and nothing when the NIC drops them
got()
{
	if [ "$KIND" = vrouter ]; then REPLY=${USED[$1]}; else REPLY=${FORWARDED[$1]}; fi
}

# worst_share NAME...: of those weighted 1:2:3, percent off
worst_share()
{
	local name i=0 worst=0 off sum=0

	for name; do
		got "$name"
		sum=$((sum + REPLY))
	done
	for name; do
		i=$((i + 1))
		got "$name"
		off=$(calc "100 * ($REPLY * 6 / ($i * $sum) - 1)" 2)
		[ "$(calc "${off#-} > $worst")" = 0 ] || worst=${off#-}
	done
	echo "$worst"
}

# jitter: how far the packets of any router in any window are from its mean, percent
jitter()
{
	printf '%s\n' "${RIG_ROWS[@]}" | awk '
		$3 ~ /-out$/ { got[++n] = $4; dev[n] = $3; sum[$3] += $4; windows[$3]++ }
		END {
			for (i = 1; i <= n; i++) {
				if (!sum[dev[i]])
					continue
				off = (got[i] * windows[dev[i]] / sum[dev[i]] - 1) * 100
				if (off < 0)
					off = -off
				if (off > worst)
					worst = off
			}
			printf "%.1f\n", worst
		}'
}

# Weights 1:2:3, each offered 1.4 times its share. worst1000: the worst share in 1 s;
# worst10: the most that any 10 ms differ from that
weights()
{
	local unit names=(a b c) i args=()

	unit=$(calc "$capacity * 1.4 / 6" 3)
	for i in 1 2 3; do
		router "${names[i - 1]}" "${i}00" || return
		args+=("${names[i - 1]}" "$(calc "$unit * $i" 3)")
	done
	fig_load "$(full 100 30)" 10 "${args[@]}" || return
	worst1000=$(worst_share a b c)
	worst10=$(jitter)
	check rig_correct a b c
	rig_del a b c
}

# A victim at 90 % of its entitlement beside three floods, all of equal weight.
victim()
{
	local name others=() ms

	ms=$(full 500 200)
	for name in v n1 n2 n3; do
		router "$name" 100 || return
		[ "$name" = v ] || others+=("$name" 300)
	done
	fig_load 1 "$ms" "${others[@]}" v 300 || return
	entitled=$(kpps FORWARDED v)
	fig_load 1 "$ms" v "$(calc "$entitled * 0.9" 3)" || return
	rig_stat v-out
	alone=$(calc "${STAT[latency_p99]} / 1000" 1)
	fig_lost v 1 "$ms" "${others[@]}" v "$(calc "$entitled * 0.9" 3)" || return
	lost=$(calc "100 * $LOST / $ARRIVED" 2)
	beside=$(calc "${STAT[latency_p99]} / 1000" 1)
	rig_del v n1 n2 n3
}

# Two routers of equal weight, one of them with two ports: it should get half, percent.
ports()
{
	local both

	router one 100 && router two 100 && port two two-more && thread two-more 100 ||
		fail "cannot make a second port" || return
	rig_sim two-more rate "$(calc "$capacity * 700")" run 1 || return
	fig_load 1 "$(full 500 200)" one "$(calc "$capacity * 0.7")" two "$(calc "$capacity * 0.7")" ||
		return
	rig_sim two-more run 0
	got one
	both=$REPLY
	got two
	both=$((both + REPLY))
	two=$(calc "100 * $REPLY / $both" 1)
	rig_del one two
}

# Three routers of weights 1:2:3 behind VLANs of one NIC: the worst share, percent off.
shared()
{
	local i names=(a b c)

	modprobe -q 8021q
	ip link add trunk-in type vrsim && ip link set trunk-in up || return
	defer ip link del trunk-in
	for i in 1 2 3; do
		router "${names[i - 1]}" "${i}00" || return
		ip link add link trunk-in name "trunk.$i" type vlan id "$i" || return
		case $KIND in
		ns_*) ip link set dev "trunk.$i" netns "${names[i - 1]}" || return ;;
		esac
		rig_enslave "${names[i - 1]}" "trunk.$i" || return
	done
	thread trunk-in 100
	rig_sim trunk-in flows 255 dsts 256 vlan 1 vlans 3 rate "$(calc "$capacity * 1800")" run 1 || return
	# all else is idle
	fig_load 1 "$(full 500 200)" a 0.001 b 0.001 c 0.001 || return
	rig_sim trunk-in run 0
	behind=$(worst_share a b c)
	rig_del a b c
}

compare()
{
	local cost capacity worst10 worst1000 entitled lost alone beside two behind

	KIND=$1
	cost && weights && victim && ports || return
	shared || fail "cannot share a port" || return
	fig_row "$KIND $cost $worst1000 $worst10 $entitled $lost $alone $beside $two $behind"
	[ "$KIND" = vrouter ] || return 0
	bar_below "worst share in a second, percent off" "$worst1000" 1 3
	bar_below "loss of the victim, percent" "$lost" 0 2
	check_within "what a router with two ports gets, percent" "$two" 50 3
}

vrouter()
{
	compare vrouter
}

softirq()
{
	compare softirq
}

nice()
{
	compare nice
}

cgroup()
{
	grep -qw cpu $CGROUP/cgroup.controllers 2>/dev/null || { skip "no cpu controller"; return; }
	compare "${1:-cgroup}"
}

ns_softirq()
{
	compare ns_softirq
}

ns_nice()
{
	compare ns_nice
}

ns_cgroup()
{
	cgroup ns_cgroup
}

fig_file compare "One CPU. Cost: ns per packet, all of it. Worst share of weights 1:2:3, percent off," \
	"in 1 s, and the most that any 10 ms differ from that. A victim of equal weight beside three floods: what it is" \
	"entitled to, kpps; loss at 90 % of that, percent; p99 latency alone and beside, us." \
	"What a router with two ports gets beside one with one, of equal weight, percent." \
	"Worst share of weights 1:2:3 behind one port, percent off." \
	"kind cost share_1s share_10ms victim loss p99_alone p99 two_ports shared_port"
fig_start "$ALL_TESTS" "$@"
