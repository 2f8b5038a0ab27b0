#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets as frames, from driver to driver without an sk_buff: what is forwarded, who
# sees it, what is left to the stack, and that everything may change in between.
#
# vm: kernels=6.12,6.1 icount=1 smp=2 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="shown forwarded forwarded6 one_port_only multipath own_address ttl captured
	filtered shaped full pulled changes_under_flood released vr_down vr_deleted
	module_unloaded netns_deleted address_changed refusals generic veth tags"

# For runs by hand; there the emulated CPU stands still so long that queues overflow.
[ "${VM_KERNEL:-}" != debug ] || ALL_TESTS="changes_under_flood released vr_deleted"

FLOOD=600000
# What is forwarded to the last packet.
RATE=$([ "${VM_KERNEL:-}" = debug ] && echo 2000 || echo 100000)

xdp()
{
	local mode=$1 dev

	shift
	for dev; do
		check vrctl port set "$dev" xdp "$mode" || return
	done
}

# router [DEV...]: red, with frames on these ports, or on both
router()
{
	rig_add red vrouter 10 || fail "cannot set up" || return
	defer rig_del red
	# There the emulated CPU stands still for longer than packets and vectors may take.
	[ "${VM_KERNEL:-}" != debug ] || check vrctl vr set red vector-limit 0 queue-time 0
	[ $# -gt 0 ] || set -- red-in red-out
	xdp on "$@" || return
	check rig_ready red
}

# of_vr NAME: a counter of red
of_vr()
{
	ethtool -S red | awk -v name="$1:" '$1 == name { print $2 }'
}

of_vr_is()
{
	[ "$(of_vr "$1")" -ge "$2" ]
}

# send N: so many come in, not too fast
send()
{
	rig_stat red-in
	check rig_sim red-in rate "$RATE" count "$1" run 1 &&
		busywait 5000 rig_counts red-in rx_packets $((STAT[rx_packets] + $1)) &&
		check rig_sim red-in run 0 count 0 && rig_settle red
}

# gets N: all of N that come in are forwarded, and none is wrong
gets()
{
	local before

	rig_stat red-out
	before=${STAT[own]}
	send "$1" || fail "the NIC does not receive" || return
	rig_stat red-out
	if [ "${VM_KERNEL:-}" = debug ]; then
		check_cmp "packets forwarded" $((STAT[own] - before)) -gt 0
	else
		check_eq "packets forwarded" $((STAT[own] - before)) "$1"
	fi
	check rig_correct red
}

flood()
{
	check rig_start red $FLOOD
	rig_grows red-out own 5000 || fail "a flood is not forwarded"
}

# What waits in queues when the generator stops is forwarded still.
flood_ends()
{
	check rig_stop red && rig_settle red
}

shown()
{
	router || return
	check_eq "xdp" "$(vrctl -j port show red-in | jq -c '.[0].xdp')" true
	check ip link show dev red-in
	[[ $CHECK_OUTPUT == *xdp* ]] || fail "no program on red-in: $CHECK_OUTPUT"
	xdp on red-in
	xdp off red-in
	check_eq "xdp, off" "$(vrctl -j port show red-in | jq -c '.[0].xdp')" false
	check_prints_not xdp ip link show dev red-in
	xdp off red-in
}

forwarded()
{
	local frames rx

	router || return
	frames=$(of_vr frames) rx=$(of_vr rx_packets)
	gets 2000
	check_eq "frames" $(($(of_vr frames) - frames)) 2000
	check_eq "packets of the VR" $(($(of_vr rx_packets) - rx)) 2000
	check_eq "bytes sent per packet as sk_buff and frame" \
		"$(vrctl -j stats show red | jq '.[0].tx_bytes / .[0].tx_packets')" \
		"$(vrctl -j stats show red | jq '.[0].rx_bytes / .[0].rx_packets + 14')"
	# And beside packets that are none.
	xdp off red-in
	gets 1000
	check_eq "frames" $(($(of_vr frames) - frames)) 2000
	xdp on red-in
	gets 1000
	check_eq "frames" $(($(of_vr frames) - frames)) 3000
}

forwarded6()
{
	local frames

	router || return
	sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.red-in.disable_ipv6=0 \
		net.ipv6.conf.red-out.disable_ipv6=0
	check ip addr add 2001:db8:1::1/64 dev red-in nodad
	check ip addr add 2001:db8:2::1/64 dev red-out nodad
	check ip neigh add 2001:db8:2::2 lladdr $RIG_HOP dev red-out nud permanent
	check ip route add 2001:db8:3::/64 via 2001:db8:2::2 dev red-out table 10
	check rig_sim red-in src 2001:db8:1::2 dst 2001:db8:3::1
	check rig_ready red
	frames=$(of_vr frames)
	gets 1000
	check_eq "frames" $(($(of_vr frames) - frames)) 1000
}

# A port without a program sends what came as frames through its qdisc, and the other
# way round.
one_port_only()
{
	router red-in || return
	gets 1000
	xdp off red-in
	xdp on red-out
	gets 1000
}

# What has left by both paths, and as frames, in OUT
count_out()
{
	rig_stat red-out && OUT=("${STAT[own]}" "${STAT[tx_frames]}") &&
		rig_stat more && OUT+=("${STAT[own]}" "${STAT[tx_frames]}")
}

# by_path N: the same of N packets that come in now
by_path()
{
	local i before

	count_out
	before=("${OUT[@]}")
	send "$1"
	count_out
	for i in "${!OUT[@]}"; do
		OUT[i]=$((OUT[i] - before[i]))
	done
}

# As frames packets take the paths that they take as sk_buffs, unless the NIC gives
# these a hash; all flows come equally often.
multipath()
{
	local policy as_skbs fields=net.ipv4.fib_multipath_hash_fields

	router || return
	check ip link add more type vrsim
	defer ip link del more
	check ip link set dev more master red up
	check ip addr add 10.11.0.1/24 dev more
	check ip neigh add 10.11.0.2 lladdr $RIG_HOP dev more nud permanent
	check ip route replace 198.19.0.0/16 table 10 \
		nexthop via 10.10.0.2 dev red-out nexthop via 10.11.0.2 dev more
	check ethtool -K red-in rxhash off
	# of a custom hash: source and destination port
	defer sysctl -qw net.ipv4.fib_multipath_hash_policy=0 "$fields=$(sysctl -n $fields)"
	check sysctl -qw $fields=0x30
	for policy in 0 1 2 3; do
		check sysctl -qw net.ipv4.fib_multipath_hash_policy=$policy
		xdp off red-in red-out more
		by_path 2048
		as_skbs="${OUT[0]} ${OUT[2]}"
		diag "$TEST_NAME: policy $policy: $as_skbs"
		check_eq "frames of sk_buffs" $((OUT[1] + OUT[3])) 0
		check_cmp "packets of the first path" "${OUT[0]}" -gt 500
		check_cmp "packets of the second path" "${OUT[2]}" -gt 500
		check_eq "packets of both paths" $((OUT[0] + OUT[2])) 2048
		xdp on red-in red-out more
		by_path 2048
		check_eq "packets of each path" "${OUT[0]} ${OUT[2]}" "$as_skbs"
		check_eq "frames of each path" "${OUT[1]} ${OUT[3]}" "$as_skbs"
	done
}

# What is for the machine itself reaches it.
own_address()
{
	local before

	router || return
	before=$(of_vr punt_local)
	check rig_sim red-in dst 198.18.255.254 dsts 1
	send 500
	check_eq "packets for the machine" $(($(of_vr punt_local) - before)) 500
	check rig_sim red-in dst 198.19.0.1 dsts 256
}

ttl()
{
	local before

	router || return
	before=$(of_vr punt_ttl)
	check rig_sim red-in ttl 1
	send 500
	check_eq "packets whose time is over" $(($(of_vr punt_ttl) - before)) 500
}

# captures FILE N: it has so many packets by now
captures()
{
	[ "$(tcpdump -n -r "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}

# captured_on DEV: tcpdump sees all of 200 packets there
captured_on()
{
	local file=$DIR/$1.pcap pid

	# Started means that it writes its file.
	tcpdump -q -p -n -i "$1" -B 4096 -U -w "$file" udp 2>/dev/null &
	pid=$!
	check busywait 5000 test -s "$file"
	gets 200
	check busywait 2000 captures "$file" 200
	kill $pid
	wait $pid 2>/dev/null
	check_eq "packets captured on $1" "$(tcpdump -n -r "$file" 2>/dev/null | wc -l)" 200
}

captured()
{
	local frames dev

	router || return
	for dev in red-in red-out red; do
		captured_on $dev
	done
	frames=$(of_vr frames)
	gets 100
	check_eq "frames when nobody looks any more" $(($(of_vr frames) - frames)) 100
}

# Filters at the ingress and egress of ports.
filtered()
{
	local dir dev

	router || return
	check rig_sim red-in dst 198.19.1.0
	for dir in ingress egress; do
		dev=red-in
		[ $dir = ingress ] || dev=red-out
		check tc qdisc add dev $dev clsact
		check tc filter add dev $dev $dir protocol ip u32 match ip dst 198.19.1.0/25 action drop
		rig_stat red-out
		local before=${STAT[own]}
		send 512
		rig_stat red-out
		check_eq "packets past tc at the $dir" $((STAT[own] - before)) 256
		check tc qdisc del dev $dev clsact
		gets 256
		check nft "add table netdev t; add chain netdev t c { type filter hook $dir device $dev priority 0; }; add rule netdev t c ip daddr 198.19.1.0/25 drop"
		rig_stat red-out
		before=${STAT[own]}
		send 512
		rig_stat red-out
		check_eq "packets past nft at the $dir" $((STAT[own] - before)) 256
		check nft delete table netdev t
		gets 256
	done
}

# A qdisc that an administrator has put there is not passed by.
shaped()
{
	router || return
	check tc qdisc add dev red-out root pfifo limit 1000
	gets 200
	check_eq "packets of the qdisc" "$(tc -s -j qdisc show dev red-out root | jq '.[0].packets')" 200
	check tc qdisc del dev red-out root
	gets 200
}

# What there is no room for is dropped by the program; all is counted, and when the
# flood is over everything is as before.
full()
{
	local received forwarded dropped frames

	router || return
	check vrctl port set red-in credit off
	check vrctl vr set red burn 20000
	rig_stat red-in
	received=${STAT[rx_packets]}
	dropped=${STAT[xdp_drop]}
	rig_stat red-out
	forwarded=${STAT[own]}
	frames=$(of_vr frames)
	local lost
	lost=$(($(of_vr drop_queue_full) + $(of_vr drop_queue_time) + $(of_vr drop_late)))
	check rig_start red $FLOOD
	rig_grows red-out own 3000 || fail "a flood is not forwarded"
	flood_ends
	check vrctl vr set red burn 0
	# The last drops are counted when the next packets are served.
	gets 64
	rig_stat red-in
	received=$((STAT[rx_packets] - received))
	dropped=$((STAT[xdp_drop] - dropped))
	rig_stat red-out
	forwarded=$((STAT[own] - forwarded))
	lost=$(($(of_vr drop_queue_full) + $(of_vr drop_queue_time) + $(of_vr drop_late) - lost))
	diag "received $received, dropped by the program $dropped, forwarded $forwarded, lost $lost"
	check_cmp "packets dropped by the program" $dropped -gt 1000
	check_eq "packets forwarded and lost" $((forwarded + lost)) $received
	check_eq "frames" $(($(of_vr frames) - frames)) $received
	gets 500
}

# The VR polls its NIC at its own expense, as with sk_buffs.
pulled()
{
	router || return
	flood
	busywait 4000 of_vr_is pulled $(($(of_vr pulled) + 2000)) || fail "the NIC is not pulled from"
	flood_ends
	gets 500
}

changes_under_flood()
{
	local i

	router || return
	flood
	for ((i = 0; i < 6; i++)); do
		xdp off red-in
		rig_grows red-out own 500 || fail "nothing is forwarded, off"
		xdp off red-out
		xdp on red-in
		rig_grows red-out own 500 || fail "nothing is forwarded, on"
		xdp on red-out
	done
	flood_ends
	gets 500
}

# The program of a port that was released passes everything, and works again when
# the port is back.
released()
{
	local i

	router || return
	for ((i = 0; i < 3; i++)); do
		flood
		check ip link set dev red-in nomaster
		rig_grows red-in rx_packets 1000 || fail "the NIC stands still"
		check_prints xdp ip link show dev red-in
		check ip link set dev red-in master red
		check ip addr replace 198.18.255.254/16 dev red-in
		rig_grows red-out own 1000 || fail "nothing is forwarded when back"
		xdp on red-in
		check ip link set dev red-out nomaster
		check ip link set dev red-out master red
		check ip addr replace 10.10.0.1/24 dev red-out
		check ip neigh replace 10.10.0.2 lladdr $RIG_HOP dev red-out nud permanent
		check ip route replace 198.19.0.0/16 via 10.10.0.2 dev red-out table 10
		xdp on red-out
		rig_grows red-out own 1000 || fail "nothing is forwarded, on again"
		flood_ends
		gets 200
	done
}

# While the VR is down its ports are the machine's.
vr_down()
{
	local i passed

	router || return
	flood
	for ((i = 0; i < 3; i++)); do
		check ip link set dev red down
		passed=$(of_vr passed)
		busywait 4000 of_vr_is passed $((passed + 1000)) || fail "the stack gets nothing"
		check ip link set dev red up
		check ip route replace 198.19.0.0/16 via 10.10.0.2 dev red-out table 10
		rig_grows red-out own 1000 || fail "nothing is forwarded when up again"
	done
	flood_ends
	gets 200
}

stack_goes_on()
{
	rig_stat red-in
	rig_grows red-in xdp_pass 1000 || fail "its program does not pass packets on"
}

vr_deleted()
{
	router || return
	flood
	check ip link del dev red
	stack_goes_on
	check_fails vrctl port set red-in xdp off
	check ip link set dev red-in xdpdrv off
}

module_unloaded()
{
	router || return
	defer modprobe vrouter
	flood
	check rmmod vrouter
	stack_goes_on
}

netns_deleted()
{
	local ns

	setup_ns ns
	# shellcheck disable=SC2016
	rig_in_netns "$ns" $FLOOD 'for port in red-in red-out; do
		rig_vrctl port set $port xdp on || exit; done' || return
	rig_back_from "$ns" || return
	rig_grows red-in rx_packets 1000 || fail "the NIC stands still"
}

# The program learns of the port's new address.
address_changed()
{
	local frames

	router || return
	check ip link set dev red-in address 02:00:00:00:00:77
	frames=$(of_vr frames)
	gets 500
	check_eq "frames for the new address" $(($(of_vr frames) - frames)) 500
}

refusals()
{
	local pid fd

	router red-in || return
	check_fails_with "xdp \"yes\": must be on, off or auto" vrctl port set red-in xdp yes
	check_fails_with "nosuch" vrctl port set nosuch xdp on
	check_fails_with "not a port of a virtual router" vrctl port set lo xdp on
	check gcc -O1 -o "$DIR/xdp" "$SELFTESTS/sim/xdp.c" || return
	# It ends with its input.
	mkfifo "$DIR/in"
	"$DIR/xdp" red-out pass <"$DIR/in" &
	pid=$!
	exec {fd}>"$DIR/in"
	busywait 2000 eval 'ip link show dev red-out | grep -q xdp' ||
		fail "the other program is not attached"
	check_fails_with "has an XDP program already" vrctl port set red-out xdp on
	check_eq "xdp" "$(vrctl -j port show red-out | jq -c '.[0].xdp')" false
	check vrctl port set red-out xdp auto
	check vrctl port set red-out xdp off
	check_prints xdp ip link show dev red-out
	gets 100
	exec {fd}>&-
	wait "$pid"
	check busywait 2000 eval '! ip link show dev red-out | grep -q xdp'
	xdp auto red-out
	check_eq "xdp" "$(vrctl -j port show red-out | jq -c '.[0].xdp')" true
	# What is refused beside it takes it back.
	check_fails_with standby vrctl port set red-out xdp off standby red-out
	check_eq "xdp" "$(vrctl -j port show red-out | jq -c '.[0].xdp')" true
}

# A driver without XDP: a program all the same, which drops early, or none.
generic()
{
	router || return
	check ip link add plain type dummy
	defer ip link del plain
	check ip link set dev plain master red up
	xdp auto plain
	check_prints_not xdp ip link show dev plain
	xdp on plain
	check_prints xdpgeneric ip link show dev plain
	xdp off plain
	check_prints_not xdp ip link show dev plain
}

# veth takes frames only if its peer has NAPI; either way nothing is lost.
veth()
{
	local a b gro

	router || return
	setup_ns a b
	for i in a b; do
		check ip link add "v$i" type veth peer name e netns "${!i}"
		check ip -n "${!i}" link set dev e up
		check ip link set dev "v$i" master red up
	done
	check ip addr add 10.21.0.1/24 dev va
	check ip addr add 10.22.0.1/24 dev vb
	check ip -n "$a" addr add 10.21.0.2/24 dev e
	check ip -n "$b" addr add 10.22.0.2/24 dev e
	check ip -n "$a" route add default via 10.21.0.1
	check ip -n "$b" route add default via 10.22.0.1
	check_fails_with "must not offload checksums and VLAN tags" vrctl port set va xdp on
	check_prints_not xdp ip link show dev va
	xdp auto va
	check_eq "auto says" "$CHECK_OUTPUT" ""
	check_prints_not xdp ip link show dev va
	check in_ns "$a" ethtool -K e tx off txvlan off tx-vlan-stag-hw-insert off
	check in_ns "$b" ethtool -K e tx off txvlan off tx-vlan-stag-hw-insert off
	xdp on va vb
	for gro in off on; do
		in_ns "$a" ethtool -K e gro $gro
		in_ns "$b" ethtool -K e gro $gro
		local frames
		frames=$(of_vr frames)
		check in_ns "$a" ping -q -c 50 -i 0.01 -W 2 10.22.0.2
		[[ $CHECK_OUTPUT == *" 50 received"* ]] || fail "gro $gro: $CHECK_OUTPUT"
		check_cmp "frames, gro $gro" $(($(of_vr frames) - frames)) -ge 90
		check in_ns "$a" ping -q -c 3 -s 3000 -i 0.01 -W 2 10.22.0.2
	done
	# Now the peer leaves something to it that frames cannot carry.
	check in_ns "$a" ethtool -K e tx on
	frames=$(of_vr frames)
	check in_ns "$a" ping -q -c 10 -i 0.01 -W 2 10.22.0.2
	check_eq "frames of va" $(($(of_vr frames) - frames)) 10
	check in_ns "$a" ethtool -K e tx off
	check in_ns "$a" ping -q -c 10 -i 0.01 -W 2 10.22.0.2
	check_eq "frames of va and vb" $(($(of_vr frames) - frames)) 30
}

# Tags are not taken away before the program looks.
tags()
{
	router || return
	check ip link add vt type veth peer name vu
	defer ip link del vt
	check ip link set dev vu up
	check ethtool -K vu tx off txvlan off tx-vlan-stag-hw-insert off
	check ip link set dev vt master red up
	check_prints "rx-vlan-offload: on" ethtool -k vt
	xdp on vt
	check_prints "rx-vlan-offload: off" ethtool -k vt
}

require_root
require_module vrouter vrsim
require_command ethtool ping tcpdump tc nft jq gcc
DIR=$(mktemp -d)
defer rm -rf "$DIR"
rig_init || die "cannot set up"
dmesg_mark
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@" && check_dmesg
