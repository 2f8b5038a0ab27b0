#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Forwarding as real peers see it: hosts that ping, trace, transfer and listen
# through one VR and through two VRs in a row. Runs as root.
#
# vm: smp=1 kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="ping_two fast_path trace ttl_expiry tcp_two tcp_two_v6 udp unreachable blackhole
	pmtu pmtu_v6 options local_addresses own_source own_source_many bound_ping bound_tcp multicast_hello
	tcpdump_vr counters ip_statistics offload_marks first_packet mac_change route_replace ecmp nexthop_objects
	link_down forwarding_off nft_drop policy_off
	redirect overlap main_table host_unreachable"

V4_DST=10.2.0.2
V6_DST=2001:db8:2::2

# Echo through two VRs in a row, both families, small and full size.
ping_two()
{
	topo two || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	check pings h2 10.1.0.2 -s 1472
	check pings h2 2001:db8:1::2 -s 1452
}

# It is the VR that forwards, not the stack.
fast_path()
{
	is_vr || { skip "of vrouter only"; return; }
	topo two || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	counts r red '^tx_packets' 6 pings h1 $V4_DST
	counts r blue '^tx_packets' 6 pings h1 $V4_DST
	counts r red '^tx_packets' 6 pings h1 $V6_DST
	counts r blue '^tx_packets' 6 pings h1 $V6_DST
}

# Traceroute shows both VRs.
trace()
{
	command -v traceroute >/dev/null || { skip "no traceroute"; return; }
	topo two || return
	says "^ *1 .*10\.1\.0\.1" n h1 traceroute -n -q 1 -w 2 $V4_DST
	says "^ *2 .*10\.12\.0\.2" n h1 traceroute -n -q 1 -w 2 $V4_DST
	says "^ *3 .*10\.2\.0\.2" n h1 traceroute -n -q 1 -w 2 $V4_DST
	says "^ *1 .*2001:db8:1::1" n h1 traceroute -6 -n -q 1 -w 2 $V6_DST
	says "^ *3 .*2001:db8:2::2" n h1 traceroute -6 -n -q 1 -w 2 $V6_DST
}

# TTL and hop limit run out where they must.
ttl_expiry()
{
	topo two || return
	says "From 10.1.0.1 .*[Tt]ime to live exceeded" n h1 ping -n -c 1 -W 2 -t 1 $V4_DST
	says "From 10.12.0.2 .*[Tt]ime to live exceeded" n h1 ping -n -c 1 -W 2 -t 2 $V4_DST
	check reaches h1 $V4_DST -t 3
	says "From 2001:db8:1::1 .*[Tt]ime exceeded" n h1 ping -n -c 1 -W 2 -t 1 $V6_DST
	check reaches h1 $V6_DST -t 3
	counts r red 'punt_ttl' 1 n h1 ping -n -c 1 -W 2 -t 1 $V4_DST
}

# TCP over IPv4 through two VRs, 8 MB, every byte right.
tcp_two()
{
	topo two || return
	check helper traffic || return
	check stream h1 h2 $V4_DST 8000000
	check stream h2 h1 10.1.0.2 1000001
}

# TCP over IPv6 through two VRs, 8 MB, every byte right.
tcp_two_v6()
{
	topo two || return
	check helper traffic || return
	check stream h1 h2 $V6_DST 8000000
	check stream h2 h1 2001:db8:1::2 1000001
}

# count_seen FILE: packets that a watcher saw
seen()
{
	sed -n 's/^seen \([0-9]*\) .*/\1/p' "$TOPO_TMP/$1"
}

watch_h2()
{
	run watch.out h2 "$HELPERS/traffic" watch e "$@"
	WATCH=$RUN_PID
	soon 10 grep -q watching "$TOPO_TMP/watch.out"
}

watched()
{
	finish "$WATCH" || { cat "$TOPO_TMP/watch.out"; return 1; }
}

# 5000 UDP packets each family: all arrive, TTL, MAC, checksums and bytes right.
udp()
{
	topo two || return
	check helper traffic || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	watch_h2 "10.2.0.0/24=62@$(mac h2 e)" "2001:db8:2::/64=62@$(mac h2 e)"
	check n h1 "$HELPERS/traffic" blast -r 4000 -s 600 -c 10000 $V4_DST $V6_DST
	soon 5 all_through
	watched || fail "the watcher found faults"
	says "^seen 10000 wrong 0 " cat "$TOPO_TMP/watch.out"
}

# What h1 sent has reached h2: the last thing it sends is answered by then.
all_through()
{
	reaches h1 $V4_DST && reaches h1 $V6_DST
}

# Unreachable, prohibit and missing routes are answered as Linux does.
unreachable()
{
	topo two || return
	check ip -n r route add unreachable 10.66.1.0/24 table 10
	check ip -n r route add prohibit 10.66.2.0/24 table 10
	check ip -n r route add unreachable default metric 4278198272 table 10
	says "Host Unreachable" n h1 ping -n -c 1 -W 2 10.66.1.1
	says "Packet filtered" n h1 ping -n -c 1 -W 2 10.66.2.1
	says "Unreachable" n h1 ping -n -c 1 -W 2 10.66.3.1
	check ip -n r -6 route add unreachable 2001:db8:66:1::/64 table 10
	check ip -n r -6 route add prohibit 2001:db8:66:2::/64 table 10
	check ip -n r -6 route add unreachable default metric 4278198272 table 10
	says "No route|unreachable" n h1 ping -n -c 1 -W 2 2001:db8:66:1::1
	says "Administratively prohibited" n h1 ping -n -c 1 -W 2 2001:db8:66:2::1
	says "No route" n h1 ping -n -c 1 -W 2 2001:db8:66:3::1
	check ip -n r route flush table 10 type unreachable
	check ip -n r route flush table 10 type prohibit
	check ip -n r -6 route flush table 10 type unreachable
	check ip -n r -6 route flush table 10 type prohibit
}

# A blackhole route swallows without a word, and it is counted.
blackhole()
{
	topo two || return
	check ip -n r route add blackhole $V4_DST/32 table 10
	check ip -n r -6 route add blackhole $V6_DST/128 table 10
	soon 5 silent h1 $V4_DST
	soon 5 silent h1 $V6_DST
	counts r red 'blackhole' 1 silent h1 $V4_DST
	counts r red 'blackhole' 1 silent h1 $V6_DST
	check ip -n r route del blackhole $V4_DST/32 table 10
	check ip -n r -6 route del blackhole $V6_DST/128 table 10
	soon 5 reaches h1 $V4_DST
	soon 5 reaches h1 $V6_DST
}

narrow()
{
	ip -n r link set dev ab mtu "$1" && ip -n r link set dev ba mtu "$1"
}

# IPv4: too big with DF is answered, without DF is fragmented.
pmtu()
{
	topo two || return
	check narrow 1400
	says "From 10.1.0.1 .*Frag needed and DF set .mtu = 1400" \
		n h1 ping -n -c 1 -W 2 -M "do" -s 1450 $V4_DST
	check reaches h1 $V4_DST -M want -s 1450
	n h1 ip route flush cache
	check reaches h1 $V4_DST -M dont -s 1450
	check reaches h1 $V4_DST -M "do" -s 1372
	if command -v tracepath >/dev/null; then
		says "pmtu 1400" n h1 tracepath -n -m 5 $V4_DST
	else
		echo "# no tracepath"
	fi
	check helper traffic || return
	n h1 ip route flush cache
	check stream h1 h2 $V4_DST 1000000
	check narrow 1500
	n h1 ip route flush cache
}

# IPv6: too big is answered and TCP goes on.
pmtu_v6()
{
	topo two || return
	check narrow 1400
	says "2001:db8:1::1.*Packet too big.*mtu=1400" n h1 ping -n -c 1 -W 2 -M "do" -s 1440 $V6_DST
	n h1 ip -6 route flush cache
	check helper traffic || return
	check stream h1 h2 $V6_DST 1000000
	check narrow 1500
	n h1 ip -6 route flush cache
}

# Record route and timestamp options are handled by the stack.
options()
{
	topo two || return
	says "RR:|10.12.0.1|10.2.0.1" n h1 ping -n -c 1 -W 2 -R $V4_DST
	says "10\.12\.0\.1" n h1 ping -n -c 1 -W 2 -R $V4_DST
	says "TS:" n h1 ping -n -c 1 -W 2 -T tsonly $V4_DST
	counts r red 'punt_options' 1 n h1 ping -n -c 1 -W 2 -R $V4_DST
}

# Addresses on the ports answer, near and far.
local_addresses()
{
	topo two || return
	check pings h1 10.1.0.1
	check pings h1 10.12.0.1
	check pings h1 10.12.0.2
	check pings h1 10.2.0.1
	check pings h1 2001:db8:1::1
	check pings h1 2001:db8:2::1
	check reaches h1 "fe80::$(ll r a)%e"
}

# from77 REGEX: an echo request from 10.77.1.1 makes that counter of red grow
from77()
{
	local before

	before=$(counter r red "$1")
	reaches h1 $V4_DST -I 10.77.1.1 -W 0.2 >/dev/null 2>&1
	[ "$(counter r red "$1")" -gt "$before" ]
}

# h1 has 10.77.1.1, too, and what comes from there is forwarded
hosts77()
{
	topo two && check ip -n h1 addr add 10.77.1.1/32 dev e && soon 5 from77 '^tx_packets'
}

# An own address as source is for the stack to refuse, alone or in a whole prefix.
own_source()
{
	local prefix

	is_vr || { skip "of vrouter only"; return; }
	hosts77 || return
	for prefix in 10.77.1.1/32 10.77.0.0/16; do
		check ip -n r route add local $prefix dev red table 10
		soon 5 from77 punt_martian
		check ip -n r route add 10.77.1.1/32 via 10.1.0.2 dev a table 10 metric 5
		check ip -n r route del local $prefix dev red table 10
		soon 5 from77 '^tx_packets'
		check ip -n r route del 10.77.1.1/32 via 10.1.0.2 dev a table 10
	done
	check ip -n h1 addr del 10.77.1.1/32 dev e
}

# mirrored N: red's mirror holds so many IPv4 routes
mirrored()
{
	[ "$(ip netns exec r vrctl -j stats show red | jq '.[0].mirror.routes_ipv4')" = "$1" ]
}

# own_addresses add|del N: N own addresses that red counts where it counts 10.77.1.1
own_addresses()
{
	local i addr

	for ((i = 1, addr = 0x0a4d0101; i <= $2; i++)); do
		addr=$((addr + 94956))
		echo "route $1 local $((addr >> 24)).$((addr >> 16 & 255)).$((addr >> 8 & 255)).$((addr & 255))/32 dev red table 10"
	done | ip -n r -batch -
}

# Of more own addresses than a counter counts none is forgotten.
own_source_many()
{
	local n

	is_vr || { skip "of vrouter only"; return; }
	hosts77 || return
	n=$(ip netns exec r vrctl -j stats show red | jq '.[0].mirror.routes_ipv4')
	check ip -n r route add local 10.77.1.1/32 dev red table 10
	check own_addresses add 255
	soon 5 mirrored $((n + 256))
	check from77 punt_martian
	check own_addresses del 255
	soon 5 mirrored $((n + 1))
	check from77 punt_martian
	check ip -n r route del local 10.77.1.1/32 dev red table 10
	soon 5 from77 '^tx_packets'
	check ip -n h1 addr del 10.77.1.1/32 dev e
}

# the last 64 bits of the link-local address of a device
ll()
{
	ip -n "$1" -6 -o addr show dev "$2" scope link | sed -n 's/.*fe80::\([0-9a-f:]*\).*/\1/p'
}

# Sockets bound to a VR use its table.
bound_ping()
{
	topo two || return
	check pings r 10.1.0.2 -I red
	check pings r $V4_DST -I red
	check pings r $V4_DST -I blue
	check pings r 2001:db8:1::2 -I red
	check pings r $V6_DST -I red
	check_fails reaches r 10.1.0.2
	says "via 10.12.0.2 dev ab table 10" ip -n r route get 10.2.0.2 oif red
}

# TCP server and client bound to a VR, bytes exact.
bound_tcp()
{
	topo two || return
	check helper traffic || return
	check stream h1 r 10.1.0.1 1000000 red
	check stream h2 r 10.12.0.1 1000000 red
	check stream h1 r 2001:db8:1::1 1000000 red
	check stream r h2 $V4_DST 1000000 "" red
	check stream r h2 $V6_DST 1000000 "" blue
}

# An OSPF hello as h1 would send it: 224.0.0.5, protocol 89, TTL 1.
send_hello()
{
	n h1 python3 -c "
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 89)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('4s4si', b'', b'', socket.if_nametoindex('e')))
s.sendto(bytes.fromhex('0201002c0a01000200000000') + bytes(32), ('224.0.0.5', 0))"
}

heard_hello()
{
	send_hello
	grep -q "heard 10.1.0.2" "$TOPO_TMP/$1"
}

# An OSPF hello reaches a daemon on the port and one bound to the VR.
multicast_hello()
{
	command -v python3 >/dev/null || { skip "no python3"; return; }
	topo two || return
	check helper traffic || return
	run hello.out r "$HELPERS/traffic" hello a $((20 * SLOW))
	soon 15 heard_hello hello.out
	counts r red 'passed|punt' 1 send_hello
}

# Tcpdump on a VR shows what it forwards.
tcpdump_vr()
{
	local dump

	is_vr || { skip "a VRF does not show it"; return; }
	command -v tcpdump >/dev/null || { skip "no tcpdump"; return; }
	topo two || return
	check pings h1 $V4_DST
	run dump.out r timeout $((20 * SLOW)) tcpdump -n -l -i red -c 4 "icmp and host $V4_DST"
	dump=$RUN_PID
	soon 15 grep -q "listening on" "$TOPO_TMP/dump.out"
	check pings h1 $V4_DST
	wait "$dump" || fail "tcpdump ended with $?"
	says "10.1.0.2 > 10.2.0.2: ICMP echo request" cat "$TOPO_TMP/dump.out"
	says "10.2.0.2 > 10.1.0.2: ICMP echo reply" cat "$TOPO_TMP/dump.out"
	check pings h1 $V4_DST
}

# Ethtool -S names every counter.
counters()
{
	is_vr || { skip "of vrouter only"; return; }
	topo two || return
	says "^ *drop_.*: [0-9]" n r ethtool -S red
	says "^ *punt_.*: [0-9]" n r ethtool -S red
	says "driver: vrouter" n r ethtool -i red
}

# Ip -s shows what the VR forwards.
ip_statistics()
{
	local before after

	is_vr || { skip "of vrouter only"; return; }
	topo two || return
	check pings h1 $V4_DST
	before=$(dev_stat r red tx packets)
	check pings h1 $V4_DST
	after=$(dev_stat r red tx packets)
	[ $((after - before)) -ge 6 ] || fail "tx packets grew by $((after - before)), not 6"
	[ "$(dev_stat r red tx bytes)" -gt 0 ] || fail "no bytes"
	[ "$(dev_stat r red rx packets)" -gt 0 ] || fail "no rx packets"
}

# Ip route shows which routes the fast path holds.
offload_marks()
{
	is_vr || { skip "of vrouter only"; return; }
	topo two || return
	soon 10 says "10.2.0.0/24 .*offload" ip -n r -d route show table 10
	soon 10 says "2001:db8:2::/64 .*offload" ip -n r -6 -d route show table 10
	saysnot "offload_failed" ip -n r -d route show table 10
}

# An unresolved next hop is resolved and the first packet is not lost.
first_packet()
{
	topo two || return
	check pings h1 $V4_DST
	check ip -n r neigh flush all
	check ip -n r -6 neigh flush all
	check reaches h1 $V4_DST -W 3
	check reaches h1 $V6_DST -W 3
	is_vr || return
	counts r red '^tx_packets' 6 pings h1 $V4_DST
	check ip -n r neigh flush all
	counts r red 'punt_unresolved' 1 reaches h1 $V4_DST -W 3
}

# A neighbour that changes its MAC is followed.
mac_change()
{
	local old new

	topo two || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	old=$(mac h2 e)
	check ip -n h2 link set dev e address 02:00:00:00:00:77
	new=$(mac h2 e)
	[ "$old" != "$new" ] || fail "MAC did not change"
	check ip -n r neigh replace $V4_DST lladdr "$new" dev b nud reachable
	check ip -n r -6 neigh replace $V6_DST lladdr "$new" dev b nud reachable
	soon 5 reaches h1 $V4_DST
	# The change downed nothing but a route of h2 may have gone with its address.
	check ip -n h2 -6 route replace default via 2001:db8:2::1
	soon 5 reaches h1 $V6_DST
	check ip -n h2 link set dev e address "$old"
	check ip -n r neigh flush dev b
	check ip -n r -6 neigh flush dev b
	soon 10 reaches h1 $V4_DST
	soon 10 reaches h1 $V6_DST
}

# arrivals NS: frames that reached it so far
arrivals()
{
	n "$1" cat /sys/class/net/e/statistics/rx_packets
}

# goes_to NS CMD...: CMD's packets arrive there; the other host gets next to none
goes_to()
{
	local to=$1 other b_to b_other d_to d_other

	shift
	[ "$to" = h2 ] && other=h3 || other=h2
	b_to=$(arrivals "$to") b_other=$(arrivals "$other")
	"$@" >/dev/null 2>&1 || { echo "failed: $*"; return 1; }
	d_to=$(($(arrivals "$to") - b_to)) d_other=$(($(arrivals "$other") - b_other))
	echo "$to got $d_to, $other got $d_other"
	[ $d_to -ge 10 ] && [ $d_other -lt 8 ]
}

ten()
{
	n h1 ping -q -n -c 10 -f -W 2 "$1" | grep -q ' 10 received'
}

# Replace, add, delete and metrics of routes are followed.
route_replace()
{
	topo fork || return
	check ip -n r route add 10.9.0.0/24 via 10.2.0.2 table 10
	check ip -n r -6 route add 2001:db8:9::/64 via 2001:db8:2::2 table 10
	soon 5 goes_to h2 ten 10.9.0.1
	soon 5 goes_to h2 ten 2001:db8:9::1
	check ip -n r route replace 10.9.0.0/24 via 10.3.0.2 table 10
	check ip -n r -6 route replace 2001:db8:9::/64 via 2001:db8:3::2 table 10
	soon 5 goes_to h3 ten 10.9.0.1
	soon 5 goes_to h3 ten 2001:db8:9::1
	# a more specific one wins, and gives way again
	check ip -n r route add 10.9.0.1/32 via 10.2.0.2 table 10
	soon 5 goes_to h2 ten 10.9.0.1
	check ip -n r route del 10.9.0.1/32 table 10
	soon 5 goes_to h3 ten 10.9.0.1
	# the lower metric wins, and gives way again
	check ip -n r route del 10.9.0.0/24 table 10
	check ip -n r route add 10.9.0.0/24 via 10.3.0.2 metric 200 table 10
	check ip -n r route add 10.9.0.0/24 via 10.2.0.2 metric 100 table 10
	soon 5 goes_to h2 ten 10.9.0.1
	check ip -n r route del 10.9.0.0/24 via 10.2.0.2 metric 100 table 10
	soon 5 goes_to h3 ten 10.9.0.1
	# IPv4 through an IPv6 next hop
	check ip -n r route replace 10.9.0.0/24 via inet6 2001:db8:2::2 dev b table 10
	check ip -n r route del 10.9.0.0/24 via 10.3.0.2 metric 200 table 10
	soon 5 goes_to h2 ten 10.9.0.1
	check ip -n r route flush 10.9.0.0/24 table 10
	check ip -n r -6 route flush 2001:db8:9::/64 table 10
}

# spread ADDR: 64 flows; prints how many of them reached each of h2 and h3
spread()
{
	local b2 b3

	b2=$(arrivals h2) b3=$(arrivals h3)
	n h1 bash -c "for p in {40001..40064}; do echo x >/dev/udp/$1/\$p; done" 2>/dev/null
	echo "h2=$(($(arrivals h2) - b2)) h3=$(($(arrivals h3) - b3))"
}

both_ways()
{
	local h2 h3

	eval "$(spread "$1")"
	echo "h2 $h2 h3 $h3"
	[ "$h2" -ge 8 ] && [ "$h3" -ge 8 ]
}

# one_way NS ADDR: no flow takes the other one's way (a few other packets may)
one_way()
{
	local h2 h3

	eval "$(spread "$2")"
	echo "h2 $h2 h3 $h3"
	if [ "$1" = h2 ]; then
		[ "$h2" -ge 60 ] && [ "$h3" -lt 8 ]
	else
		[ "$h3" -ge 60 ] && [ "$h2" -lt 8 ]
	fi
}

# Equal paths share flows by port; a path that goes is left at once.
ecmp()
{
	topo fork || return
	check n r sh -c "echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy
		echo 1 >/proc/sys/net/ipv6/fib_multipath_hash_policy"
	check ten 10.2.0.2
	check ten 10.3.0.2
	check ip -n r route add 10.9.0.0/24 table 10 nexthop via 10.2.0.2 nexthop via 10.3.0.2
	soon 5 both_ways 10.9.0.1
	check ip -n r -6 route add 2001:db8:9::/64 table 10 nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2
	soon 5 both_ways 2001:db8:9::1
	check helper traffic || return
	# one flow keeps its way
	soon 5 same_way 10.9.0.1
	check ip -n r route replace 10.9.0.0/24 table 10 via 10.3.0.2
	soon 5 one_way h3 10.9.0.1
	check ip -n r -6 route del 2001:db8:9::/64 table 10 via 2001:db8:3::2 dev c
	soon 5 one_way h2 2001:db8:9::1
	check ip -n r route del 10.9.0.0/24 table 10
	check ip -n r -6 route del 2001:db8:9::/64 table 10
}

same_way()
{
	local b2 b3 d2 d3

	b2=$(arrivals h2) b3=$(arrivals h3)
	n h1 "$HELPERS/traffic" blast -c 64 -r 5000 "$1"
	d2=$(($(arrivals h2) - b2)) d3=$(($(arrivals h3) - b3))
	echo "h2 $d2 h3 $d3"
	{ [ $d2 -ge 60 ] && [ $d3 -lt 8 ]; } || { [ $d3 -ge 60 ] && [ $d2 -lt 8 ]; }
}

# Next hop objects: single, group, changed and removed under routes.
nexthop_objects()
{
	topo fork || return
	check ten 10.2.0.2
	check ten 10.3.0.2
	check ip -n r nexthop add id 102 via 10.2.0.2 dev b
	check ip -n r nexthop add id 103 via 10.3.0.2 dev c
	check ip -n r nexthop add id 110 group 102/103
	check ip -n r route add 10.9.0.0/24 nhid 102 table 10
	soon 5 one_way h2 10.9.0.1
	check ip -n r nexthop replace id 102 via 10.3.0.2 dev c
	soon 5 one_way h3 10.9.0.1
	check ip -n r nexthop replace id 102 via 10.2.0.2 dev b
	check n r sh -c "echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy"
	check ip -n r route replace 10.9.0.0/24 nhid 110 table 10
	soon 5 both_ways 10.9.0.1
	check ip -n r nexthop replace id 110 group 103
	soon 5 one_way h3 10.9.0.1
	check ip -n r nexthop replace id 110 group 102/103
	soon 5 both_ways 10.9.0.1
	check ip -n r nexthop del id 102
	soon 5 one_way h3 10.9.0.1
	check ip -n r nexthop add id 120 blackhole
	check ip -n r route replace 10.9.0.0/24 nhid 120 table 10
	soon 5 silent h1 10.9.0.1
	check ip -n r nexthop flush
	says "^$" ip -n r route show 10.9.0.0/24 table 10
}

# A port that goes down takes its routes along and brings them back by hand.
link_down()
{
	topo fork || return
	check ten 10.2.0.2
	check ten 10.3.0.2
	check ip -n r route add 10.9.0.0/24 table 10 via 10.2.0.2 metric 10
	check ip -n r route add 10.9.0.0/24 table 10 via 10.3.0.2 metric 20
	soon 5 one_way h2 10.9.0.1
	check ip -n r link set dev b down
	soon 5 one_way h3 10.9.0.1
	check ip -n r link set dev b up
	check ip -n r route replace 10.9.0.0/24 table 10 via 10.2.0.2 metric 10
	soon 5 one_way h2 10.9.0.1
	check ip -n r route flush 10.9.0.0/24 table 10
	check addr r b 2001:db8:2::1/64
}

# Net.ipv4.ip_forward=0 and ipv6 forwarding=0 stop it.
forwarding_off()
{
	topo two || return
	check pings h1 $V4_DST
	check n r sh -c "echo 0 >/proc/sys/net/ipv4/ip_forward"
	check silent h1 $V4_DST
	check pings h1 $V6_DST
	check n r sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
	check pings h1 $V4_DST
	check n r sh -c "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding"
	check silent h1 $V6_DST
	check n r sh -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
	soon 5 reaches h1 $V6_DST
	# per port
	check n r sh -c "echo 0 >/proc/sys/net/ipv4/conf/a/forwarding"
	check silent h1 $V4_DST
	check n r sh -c "echo 1 >/proc/sys/net/ipv4/conf/a/forwarding"
	check pings h1 $V4_DST
}

# An nft rule in the forward hook is obeyed, and lifted again.
nft_drop()
{
	command -v nft >/dev/null || { skip "no nft"; return; }
	topo two || return
	check pings h1 $V4_DST
	n r nft -f - <<-END || { skip "this kernel takes no nft rules"; return; }
	table inet filter {
		chain forward {
			type filter hook forward priority 0; policy accept;
			ip daddr $V4_DST icmp type echo-request counter drop
			ip6 daddr $V6_DST icmpv6 type echo-request counter drop
		}
	}
	END
	check silent h1 $V4_DST
	check silent h1 $V6_DST
	says "counter packets [1-9]" n r nft list ruleset
	check pings h1 10.12.0.2
	check n r nft flush ruleset
	soon 5 reaches h1 $V4_DST
	soon 5 reaches h1 $V6_DST
	is_vr && counts r red '^tx_packets' 6 pings h1 $V4_DST
}

# Nft prerouting rules see and change what passes.
policy_off()
{
	command -v nft >/dev/null || { skip "no nft"; return; }
	topo two || return
	n r nft -f - <<-END || { skip "this kernel has no nft nat"; return; }
	table ip nat {
		chain pre {
			type nat hook prerouting priority -100;
			ip daddr 10.77.0.1 dnat to $V4_DST
		}
	}
	END
	check ip -n r route add 10.77.0.0/24 via 10.12.0.2 table 10
	check pings h1 10.77.0.1
	check n r nft flush ruleset
	check ip -n r route del 10.77.0.0/24 table 10
}

# A packet that leaves where it came from brings an ICMP redirect and passes.
redirect()
{
	topo one || return
	check ip -n h1 addr add 10.1.0.3/24 dev e
	check n r sh -c "echo 1 >/proc/sys/net/ipv4/conf/a/send_redirects
		echo 1 >/proc/sys/net/ipv4/conf/all/send_redirects"
	check n h1 sh -c "echo 0 >/proc/sys/net/ipv4/conf/e/accept_redirects; echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects"
	check ip -n r route add 10.50.0.0/24 via 10.1.0.3 table 10
	check pings h1 10.1.0.1
	run redirect.out h1 timeout $((20 * SLOW)) tcpdump -n -l -i e -c 1 "icmp[0] == 5"
	soon 15 grep -q "listening on" "$TOPO_TMP/redirect.out"
	soon 10 redirected
	says "redirect 10.50.0.1 to host 10.1.0.3" cat "$TOPO_TMP/redirect.out"
	check ip -n r route del 10.50.0.0/24 table 10
}

redirected()
{
	n h1 ping -q -n -c 1 -W 1 10.50.0.1
	grep -q "ICMP redirect" "$TOPO_TMP/redirect.out"
}

topo_overlap()
{
	local i

	ns_add r && ns_route r || return 1
	for i in 1 2 3; do
		ns_add s$i d$i && vr_add r vr$i $((100 + i)) && wire s$i e r a$i && wire d$i e r b$i &&
			port r a$i vr$i 10.1.0.1/24 2001:db8:1::1/64 &&
			port r b$i vr$i 10.2.0.1/24 2001:db8:2::1/64 &&
			addr s$i e 10.1.0.2/24 2001:db8:1::2/64 && addr d$i e 10.2.0.2/24 2001:db8:2::2/64 &&
			default_via s$i 10.1.0.1 2001:db8:1::1 && default_via d$i 10.2.0.1 2001:db8:2::1 ||
			return 1
	done
	ns_add r2 s4 d4 && ns_route r2 && vr_add r2 vr1 101 && wire s4 e r2 a && wire d4 e r2 b &&
		port r2 a vr1 10.1.0.1/24 2001:db8:1::1/64 && port r2 b vr1 10.2.0.1/24 2001:db8:2::1/64 &&
		addr s4 e 10.1.0.2/24 2001:db8:1::2/64 && addr d4 e 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via s4 10.1.0.1 2001:db8:1::1 && default_via d4 10.2.0.1 2001:db8:2::1
}

# Three VRs and one in another namespace with the same addresses do not mix.
overlap()
{
	local i before after j

	topo overlap || return
	for i in 1 2 3 4; do
		check pings s$i 10.2.0.2
		check pings s$i 2001:db8:2::2
	done
	for i in 1 2 3 4; do
		before=
		for j in 1 2 3 4; do
			[ $j = $i ] || before+=$(n d$j cat /proc/net/snmp | awk '/^Icmp:/ { l = $9 } END { print l }'),
		done
		check pings s$i 10.2.0.2
		after=
		for j in 1 2 3 4; do
			[ $j = $i ] || after+=$(n d$j cat /proc/net/snmp | awk '/^Icmp:/ { l = $9 } END { print l }'),
		done
		[ "$before" = "$after" ] || fail "echo of s$i reached another VR's host: $before $after"
	done
}

topo_main_table()
{
	ns_add h1 h2 r && ns_route r && vr_add r red 254 && wire h1 e r a && wire h2 e r b &&
		port r a red 10.1.0.1/24 2001:db8:1::1/64 && port r b red 10.2.0.1/24 2001:db8:2::1/64 &&
		addr h1 e 10.1.0.2/24 2001:db8:1::2/64 && addr h2 e 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via h1 10.1.0.1 2001:db8:1::1 && default_via h2 10.2.0.1 2001:db8:2::1
}

# A VR whose table is the namespace's main table.
main_table()
{
	is_vr || { skip "a VRF cannot"; return; }
	topo main_table || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	check pings h1 10.2.0.1
	check pings h1 2001:db8:2::1
	check ip -n r route add 10.99.0.0/24 via 10.2.0.2
	check addr h2 lo 10.99.0.1/32
	soon 5 reaches h1 10.99.0.1
	check pings r $V4_DST
	check pings r $V6_DST
	counts r red '^tx_packets' 6 pings h1 $V4_DST
	soon 5 says "10.99.0.0/24 .*offload" ip -n r -d route show
}

# A next hop that does not answer brings host unreachable.
host_unreachable()
{
	topo two || return
	says "Destination Host Unreachable" n h1 ping -n -c 1 -W $((4 * SLOW)) 10.12.0.78
	check pings h1 $V4_DST
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
