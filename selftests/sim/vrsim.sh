#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The simulated NIC itself: that its load is what it says, and that its sink
# sees what is wrong.
#
# vm: kernels=6.12 smp=2 timeout=300

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="refusals arrivals samples ring_overflow forward forward_ipv6 sink_sees_wrong
	sink_sees_reordering loop threaded another_cpu rate_change xdp delete_running
	unload_running"

# nic NAME...: simulated NICs that are up
nic()
{
	local name

	for name; do
		check ip link add name "$name" type vrsim || return
		defer ip link del "$name"
		check ip link set dev "$name" up || return
	done
}

over()
{
	[ "$(<"/sys/class/net/$1/vrsim/run")" = 0 ]
}

# send DEV COUNT: exactly so many; with a ring that forgives a busy machine
send()
{
	check rig_sim "$1" run 0 count "$2" ring "${RING:-16384}" run 1 &&
		check busywait 5000 over "$1"
}

stat_is()
{
	rig_stat "$1"
	[ "${STAT[$2]}" = "$3" ]
}

stat_above()
{
	rig_stat "$1"
	[ "${STAT[$2]}" -gt "$3" ]
}

# check_stat DEV NAME VALUE: within a moment
check_stat()
{
	busywait 2000 stat_is "$1" "$2" "$3" && return
	rig_stat "$1"
	check_eq "$2 of $1" "${STAT[$2]}" "$3"
}

put()
{
	echo "$2" >"/sys/class/net/sim0/vrsim/$1"
}

refusals()
{
	nic sim0 || return
	check_fails_with 'out of range' put rate 0
	check_fails_with 'out of range' put size 59
	check_fails_with 'out of range' put ring 100
	check_fails_with 'out of range' put cpu 4096
	check_fails_with 'out of range' put ttl 256
	check_fails_with 'Invalid argument' put rate fast
	check_fails_with 'Invalid argument' put dst 198.18.0
	check_fails_with 'Invalid argument' put dst '198.18.0.1 and more'
	check_fails_with 'Invalid argument' put peer 02:00
	check put dst 2001:db8::1
	check_fails_with 'out of range' put size 79
	check put run 1
	check_fails_with 'busy' put flows 2
	check_fails_with 'busy' put dst 2001:db8::2
	check put rate 2000
	check put run 0
	check put flows 2
}

# What has arrived is the rate times the time, no matter what is done about it.
arrivals()
{
	local t n wanted

	nic sim0 || return
	check rig_sim sim0 rate 100000 run 1 || return
	check busywait 1000 stat_above sim0 arrived 1000
	rig_stat sim0
	t=${STAT[time]} n=${STAT[arrived]}
	check busywait 1000 stat_above sim0 time $((t + 200000000))
	rig_stat sim0
	wanted=$(((STAT[time] - t) / 10000))
	n=$((STAT[arrived] - n - wanted))
	# counters are those of the last poll
	check_cmp "arrivals more than $wanted" "${n#-}" -le $((wanted / 20))
	send sim0 5000 || return
	rig_stat sim0
	check_eq "received and missed" $((STAT[rx_packets] + STAT[missed])) "${STAT[arrived]}"
}

ring_overflow()
{
	nic sim0 || return
	check rig_sim sim0 burst 256 rate 1000000 || return
	RING=64 send sim0 256 || return
	check_stat sim0 arrived 256
	check_stat sim0 rx_packets 64
	check_stat sim0 missed 192
	check_prints 192 cat /sys/class/net/sim0/statistics/rx_missed_errors
}

# All that a generator sends, in windows of equal length.
samples()
{
	local file=/sys/kernel/debug/vrsim/samples rows

	nic sim0 || return
	check_fails_with 'out of range' put_samples '0 1000000'
	check_fails_with 'out of range' put_samples '10 1'
	check_fails_with 'Invalid argument' put_samples 'some'
	check rig_sim sim0 loop 1 hops 0 rate 100000 run 1 || return
	check put_samples '4 50000000' || return
	check_fails_with 'busy' cat $file
	rows=$(busywait 2000 cat $file | awk '$3 == "sim0" {
			if (n++)
				print ($2 - time >= 40000000) "" ($4 > own) "" ($5 > arrived)
			time = $2; own = $4; arrived = $5
		}')
	check_eq "windows" "$rows" $'111\n111\n111\n111'
}

put_samples()
{
	echo "$1" >/sys/kernel/debug/vrsim/samples
}

router()
{
	check rig_add r1 vrf 10 || return
	defer rig_del r1
	check rig_ready r1
}

forward()
{
	local before

	router || return
	check rig_sim r1-in rate 20000 flows 100 dsts 50 dst_step 3 srcs 7 size 200 || return
	rig_stat r1-out
	before=${STAT[own]}
	send r1-in 2000 || return
	check_stat r1-out own $((before + 2000))
	check rig_correct r1
	rig_stat r1-out
	check_eq "packets with a latency" "${STAT[latency_count]}" "${STAT[own]}"
	check_cmp "least latency" "${STAT[latency_min]}" -gt 0
	check_cmp "average latency" "${STAT[latency_avg]}" -ge "${STAT[latency_min]}"
	check_cmp "greatest latency" "${STAT[latency_max]}" -ge "${STAT[latency_avg]}"
	check_cmp "median latency" "${STAT[latency_p50]}" -ge "${STAT[latency_min]}"
	check_cmp "p99 of the latency" "${STAT[latency_p99]}" -ge "${STAT[latency_p50]}"
	check_cmp "greatest latency" "${STAT[latency_max]}" -ge "${STAT[latency_p99]}"
	check rig_sim r1-out reset 1
	send r1-in 1 || return
	check_stat r1-out latency_count 1
}

forward_ipv6()
{
	[ -d /proc/sys/net/ipv6 ] || { skip "no IPv6"; return; }
	nic sim0 sim1 || return
	sysctl -qw net.ipv6.conf.sim0.disable_ipv6=0 net.ipv6.conf.sim1.disable_ipv6=0 \
		net.ipv6.conf.all.forwarding=1
	check ip addr add 2001:db8:1::1/64 dev sim0 nodad || return
	check ip addr add 2001:db8:2::1/64 dev sim1 nodad || return
	check ip route add 2001:db8:3::/64 via 2001:db8:2::2 || return
	check ip neigh add 2001:db8:2::2 lladdr $RIG_HOP dev sim1 nud permanent || return
	check rig_sim sim1 peer $RIG_HOP || return
	check rig_sim sim0 src 2001:db8:1::2 dst 2001:db8:3::1 flows 10 dsts 10 rate 20000 || return
	send sim0 1000 || return
	check_stat sim1 own 1000
	rig_stat sim1
	check_eq "wrong MACs" "${STAT[wrong_mac]}" 0
	check_eq "bad hop limits" "${STAT[bad_ttl]}" 0
	check_eq "bad data" "${STAT[bad_data]}" 0
	check_eq "reordered" "${STAT[reordered]}" 0
}

sink_sees_wrong()
{
	router || return
	check rig_sim r1-out peer 02:00:00:00:00:01
	send r1-in 10 || return
	check_stat r1-out wrong_mac 10
	check rig_sim r1-out peer $RIG_HOP hops 2
	send r1-in 20 || return
	check_stat r1-out bad_ttl 20
	check_fails rig_correct r1
	check_stat r1-out wrong_mac 10
	check rig_sim r1-out check 0
	send r1-in 5 || return
	check_stat r1-out bad_ttl 20
	# what is not from a generator; nobody answers
	ping -q -n -c 1 -W 1 -I r1 198.19.0.77 >/dev/null 2>&1
	rig_stat r1-out
	check_cmp "foreign packets" "${STAT[foreign]}" -gt 0
}

sink_sees_reordering()
{
	router || return
	tc qdisc add dev r1-out root netem delay 2ms reorder 50% 2>/dev/null ||
		{ skip "no netem"; return; }
	check rig_sim r1-in rate 10000 flows 1 || return
	send r1-in 500 || return
	check busywait 2000 stat_above r1-out own 499
	rig_stat r1-out
	check_cmp reordered "${STAT[reordered]}" -gt 10
	check_cmp skipped "${STAT[skipped]}" -ge "${STAT[reordered]}"
}

loop()
{
	nic sim0 || return
	check rig_sim sim0 loop 1 hops 0 rate 100000 || return
	send sim0 1000 || return
	rig_stat sim0
	check_stat sim0 own "${STAT[rx_packets]}"
	check_stat sim0 bad_ttl 0
}

threaded()
{
	local before

	router || return
	check put_threaded 1 || return
	rig_stat r1-out
	before=${STAT[own]}
	check rig_sim r1-in rate 20000 || return
	send r1-in 2000 || return
	check_stat r1-out own $((before + 2000))
	check rig_correct r1
}

put_threaded()
{
	echo "$1" >/sys/class/net/r1-in/threaded
}

another_cpu()
{
	[ -d /sys/devices/system/cpu/cpu1 ] || { skip "one CPU only"; return; }
	local before

	router || return
	rig_stat r1-out
	before=${STAT[own]}
	check rig_sim r1-in rate 20000 cpu 1 || return
	send r1-in 1000 || return
	check_stat r1-out own $((before + 1000))
	check rig_correct r1
}

# From one packet in 1000 seconds to many: it must not wait for that one.
rate_change()
{
	nic sim0 || return
	check rig_sim sim0 rate 1 run 1 || return
	check rig_sim sim0 rate 10000 || return
	check busywait 2000 stat_above sim0 rx_packets 100
}

# with_xdp DEV ACTION [DEV2]: until end_xdp
with_xdp()
{
	coproc XDP { exec "$XDP_TOOL" "$@"; }
	read -r -u "${XDP[0]}" REPLY && [ "$REPLY" = attached ]
}

end_xdp()
{
	local pid=$XDP_PID fd=${XDP[1]}

	exec {fd}>&-
	wait "$pid"
}

xdp()
{
	local tmp

	command -v gcc >/dev/null || { skip "no C compiler"; return; }
	tmp=$(mktemp -d)
	defer rm -rf "$tmp"
	XDP_TOOL=$tmp/xdp
	check gcc -O1 -o "$XDP_TOOL" "$SELFTESTS/sim/xdp.c" || return
	nic sim0 sim1 || return
	check rig_sim sim0 hops 0 rate 50000
	check rig_sim sim1 hops 0

	for action in drop pass tx aborted; do
		with_xdp sim0 "$action" || { fail "cannot attach $action"; return; }
		send sim0 100 || return
		check_stat sim0 "xdp_$action" 100
		end_xdp || fail "xdp $action failed"
	done
	check_stat sim0 own 100
	with_xdp sim0 redirect sim1 || { fail "cannot attach redirect"; return; }
	send sim0 100 || return
	check_stat sim0 xdp_redirect 100
	check_stat sim1 own 100
	check_stat sim1 bad_ttl 0
	end_xdp || fail "xdp redirect failed"
}

delete_running()
{
	local i

	for ((i = 0; i < 10; i++)); do
		check rig_add r1 vrf 10 || return
		check rig_sim r1-in rate 200000 run 1
		case $((i % 3)) in
		0) check ip link set dev r1-in down ;;
		1) check ip link del r1-out ;;
		esac
		ip link del r1-in
		ip link del r1-out 2>/dev/null
		ip link del r1
	done
	RIG_NAMES=() RIG_KIND=()
}

unload_running()
{
	check rig_add r1 vrf 10 || return
	check rig_sim r1-in rate 200000 run 1
	check rmmod vrsim
	check_fails ip link show r1-in
	ip link del r1
	RIG_NAMES=() RIG_KIND=()
	check modprobe vrsim
}

require_root
require_module vrsim vrf
rig_init || die "cannot set up"
dmesg_mark
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@" && check_dmesg
