#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A port that may be lost (l) and its standby (s), which has the addresses:
#
#	h1 e --- a [red, table 10] s --- sp +--------+
#	                           l --- lp | br, sw | hp --- e h2
#	                                    +--------+
#	10.1.0.0/24, 2001:db8:1::/64         10.2.0.0/24, 2001:db8:2::/64
#
# vm: kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=lane_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lane_lib.sh"

ALL_TESTS="refusals shown carries idle_is_counted groups vlan link_down set_down address_and_mtu lane_deleted
	   released standby_deleted router_deleted namespace_deleted module_unloaded"

MAC=02:00:00:00:53:01

topo_standby()
{
	local dev

	ns_add h1 h2 r sw && ns_route r && vr_add r red 10 &&
		ip -n sw link add dev br0 type bridge mcast_snooping 0 && ip -n sw link set dev br0 up &&
		wire h1 e r a && wire r s sw sp && wire r l sw lp && wire h2 e sw hp || return 1
	for dev in sp lp hp; do
		ip -n sw link set dev $dev master br0 || return 1
	done
	ip -n r link set dev s address $MAC && ip -n r link set dev l address $MAC &&
		lane_addrs e
}

# As above, with l as the lane of s, in use.
laned()
{
	topo_wipe
	if ! topo_standby || ! ip -n r link set dev l master red; then
		fail "cannot set up"
		return 1
	fi
	check vrctl -n r port set l standby s || return 1
	soon 5 lane_is active
}

# sends_by DEV CMD...: meanwhile the frames with our address enter the bridge by DEV only
sends_by()
{
	local dev=$1 other="sp" before after

	shift
	[ "$dev" = lp ] || other="lp"
	before=$(dev_stat sw $other rx packets)
	check "$@"
	after=$(dev_stat sw $other rx packets)
	check_cmp "frames by $other" $((after - before)) -le 3
}

# ---- what is refused

refused_with()
{
	local text=$1 before

	shift
	before=$(vrctl -n r -j port show | jq -c '.[] | [.name, .standby, .lane_state]')
	check_fails_with "$text" vrctl -n r port set "$@"
	check_eq "ports" "$(vrctl -n r -j port show | jq -c '.[] | [.name, .standby, .lane_state]')" "$before"
}

refusals()
{
	topo_standby && ip -n r link add dev x type veth peer name y && vr_add r blue 20 &&
		ip -n r link add dev dum0 type dummy && ip -n r link add dev gre0x type gre local 10.2.0.1 remote 10.2.0.9 &&
		ip -n r link set dev l master red && ip -n r link set dev x address $MAC || fail "cannot set up" || return
	refused_with 'standby "nosuch": No such device' l standby nosuch
	refused_with "the standby is not a port of a VR" l standby x
	refused_with "a port cannot be its own standby" l standby l
	check ip -n r link set dev x master blue
	refused_with "the standby is a port of another VR" l standby x
	check ip -n r link set dev x master red
	check ip -n r link set dev gre0x master red
	refused_with "must be Ethernet devices" gre0x standby s
	refused_with "must have the same address" a standby s
	check ip -n r link set dev l mtu 1400
	refused_with "has a smaller MTU than the standby" l standby s
	check ip -n r link set dev l mtu 1500
	check ip -n r link add link s name s.5 type vlan id 5
	check ip -n r link set dev s.5 master red
	refused_with "on top of one another" s.5 standby s
	check vrctl -n r port set l standby s
	check vrctl -n r port set l standby s
	soon 5 lane_is active
	refused_with "the standby stands by for another port" x standby s
	refused_with "the standby has a standby itself" x standby l
	refused_with "the port is a standby itself" s standby x
	check_fails_with "nothing to set" vrctl -n r port set l
	check_fails_with "lacks its value" vrctl -n r port set l standby
	check_fails_with "not a port" vrctl -n r port set dum0 standby s
	topo_wipe
}

shown()
{
	laned || return
	check_eq "l" "$(vrctl -n r -j port show l | jq -c '.[0] | [.standby, .lane, .lane_state]')" '["s","",""]'
	check_eq "s" "$(vrctl -n r -j port show s | jq -c '.[0] | [.standby, .lane, .lane_state]')" '["","l","active"]'
	says "^s +red +off +on +off +l +active " vrctl -n r port show
	says "^l +red +off +on +off +s " vrctl -n r port show
	# The lane has no addresses of its own.
	check_eq "addresses of l" "$(ip -n r -o addr show dev l)" ""
	monitored events vrctl monitor port
	monitored json vrctl -j monitor port
	check ip -n sw link set dev lp down
	soon 5 grep -q "PORT. change s vr red .* lane l no-carrier" "$TOPO_TMP/events"
	check ip -n sw link set dev lp up
	soon 5 grep -q "PORT. change s vr red .* lane l active" "$TOPO_TMP/events"
	soon 5 grep -q '"event":"change".*"name":"s".*"lane":"l".*"lane_state":"no-carrier"' "$TOPO_TMP/json"
	check vrctl -n r port set l standby none
	soon 5 grep -q "PORT. change s vr red .* lane .* released" "$TOPO_TMP/events"
	check_eq "s" "$(vrctl -n r -j port show s | jq -c '.[0] | [.lane, .lane_state]')" '["",""]'
	says "fe80::" ip -n r -o addr show dev l
}

carries()
{
	laned || return
	soon 5 reaches h1 2001:db8:2::2
	sends_by lp pings h1 10.2.0.2
	sends_by lp pings h1 2001:db8:2::2
	sends_by lp pings h2 10.1.0.2
	# The stack's own, too: neighbours anew, and what it answers itself.
	check ip -n r neigh flush dev s
	check ip -n h2 neigh flush dev e
	sends_by lp pings h2 10.2.0.1
	sends_by lp pings h2 2001:db8:2::1
	counts r red '^tx_packets' 6 pings h1 10.2.0.2
	saysnot DUP n h1 ping -c 5 -i 0.05 10.2.0.2
	saysnot DUP n h2 ping -c 5 -i 0.05 2001:db8:2::1
	# Taps on the standby see both directions.
	run tap r tcpdump -c 4 -lni s icmp
	soon 10 grep -q 'listening on' "$TOPO_TMP/tap"
	check pings h1 10.2.0.2
	soon 5 grep -q "10.1.0.2 > 10.2.0.2: ICMP echo request" "$TOPO_TMP/tap"
	soon 5 grep -q "10.2.0.2 > 10.1.0.2: ICMP echo reply" "$TOPO_TMP/tap"
	check helper traffic
	check stream h1 h2 10.2.0.2 3000000
	check stream h2 h1 2001:db8:1::2 3000000
	check_cmp "sent by l, in vrctl" "$(vrctl -n r -j port show l | jq '.[0].tx_packets')" -gt 100
	check_cmp "received by l, in vrctl" "$(vrctl -n r -j port show l | jq '.[0].rx_packets')" -gt 100
}

# What is dropped on the one that is not in use has a name.
idle_is_counted()
{
	laned || return
	soon 5 reaches h2 10.2.0.1
	# Broadcast that the standby hears as well
	counts r red lane_idle 3 n h2 ping -b -c 3 -i 0.05 -W 1 10.2.0.255
	check_cmp "dropped by s" "$(vrctl -n r -j port show s | jq '.[0].rx_dropped')" -ge 3
	# The lane's own, while there is no standby to have them
	check ip -n r link set dev s down
	counts r red lane_idle 3 silent h2 10.2.0.1 -c 3 -i 0.05
	check_cmp "dropped by l" "$(vrctl -n r -j port show l | jq '.[0].rx_dropped')" -ge 3
}

# The lane receives the groups that the standby is in, those of later, too.
groups()
{
	local group=33:33:00:00:56:78

	laned || return
	says "33:33:ff:00:00:01" ip -n r maddr show dev l
	check ip -n r maddr add $group dev s
	soon 2 has_group $group
	check ip -n r maddr del $group dev s
	soon 2 lacks_group $group
	check ip -n r maddr add $group dev s
	soon 2 has_group $group
	check vrctl -n r port set l standby none
	check lacks_group $group
}

has_group()
{
	ip -n r maddr show dev l | grep -q "$1"
}

lacks_group()
{
	! has_group "$1"
}

# A VLAN on the standby is on the lane as well.
vlan()
{
	laned || return
	check ip -n r link add link s name s.5 type vlan id 5
	check ip -n r link set dev s.5 up
	check port r s.5 red 10.5.0.1/24
	check ip -n h2 link add link e name e.5 type vlan id 5
	check ip -n h2 link set dev e.5 up
	check addr h2 e.5 10.5.0.2/24
	sends_by lp pings h2 10.5.0.1
	sends_by lp pings h1 10.5.0.2
	check ip -n sw link set dev lp down
	sends_by sp pings h1 10.5.0.2
}

# ---- losing and getting back

# Told to whom it concerns: h2 has forgotten nothing, and the bridge knows the way.
bridge_knows()
{
	n sw bridge fdb show br br0 | grep -q "^$MAC dev $1 "
}

link_down()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip -n sw link set dev lp down
	soon 2 lane_is no-carrier
	soon 2 bridge_knows sp
	sends_by sp pings h1 10.2.0.2
	check ip -n sw link set dev lp up
	soon 5 lane_is active
	soon 2 bridge_knows lp
	sends_by lp pings h1 10.2.0.2
	flows_end $((20 * SLOW))
}

set_down()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip -n r link set dev l down
	check lane_is down
	soon 2 bridge_knows sp
	check pings h1 10.2.0.2
	check ip -n r link set dev l up
	soon 5 lane_is active
	soon 2 bridge_knows lp
	flows_end $((20 * SLOW))
}

address_and_mtu()
{
	laned || return
	check ip -n r link set dev l address 02:00:00:00:53:02
	check lane_is address
	sends_by sp pings h1 10.2.0.2
	check ip -n r link set dev l address $MAC
	soon 5 lane_is active
	check ip -n r link set dev l mtu 1400
	check lane_is mtu
	check pings h1 10.2.0.2 -s 1472 -M "do"
	check ip -n r link set dev l mtu 1500
	soon 5 lane_is active
	check pings h1 10.2.0.2 -s 1472 -M "do"
}

# taken_away STATE CMD...: the lane goes by CMD, the events say so, and one that is there
# afterwards takes its place
taken_away()
{
	local state=$1

	shift
	laned || return
	monitored events vrctl monitor port
	flows || fail "cannot set up" || return
	check "$@"
	check_eq "s" "$(vrctl -n r -j port show s | jq -c '.[0] | [.lane, .lane_state]')" '["",""]'
	soon 2 grep -q "PORT. change s .* $state" "$TOPO_TMP/events"
	check pings h1 10.2.0.2
	if ! ip -n r link show dev l >/dev/null 2>&1; then
		check wire r l sw lp
		check ip -n sw link set dev lp master br0
		check ip -n r link set dev l address $MAC
	fi
	check ip -n r link set dev l master red
	check vrctl -n r port set l standby s
	soon 5 lane_is active
	sends_by lp pings h1 10.2.0.2
	flows_end $((20 * SLOW))
}

lane_deleted()
{
	taken_away gone ip -n r link del dev l
}

released()
{
	taken_away released ip -n r link set dev l nomaster
}

standby_deleted()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip -n r link del dev s
	check_eq "standby of l" "$(vrctl -n r -j port show l | jq -r '.[0].standby')" ""
	soon 5 eval "ip -n r -o addr show dev l | grep -q fe80::"
	# It is a port as any other.
	check addr r l 10.2.0.1/24
	soon 5 reaches h1 10.2.0.2
}

router_deleted()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip -n r link del dev red
	check vr_add r red 10
	check ip -n r link set dev l master red
	check ip -n r link set dev s master red
	check vrctl -n r port set l standby s
	check ip -n r link del dev red
}

namespace_deleted()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip netns del r
	soon 10 no_ports
}

no_ports()
{
	! ip netns exec sw ip link show dev lp 2>/dev/null
}

module_unloaded()
{
	laned || return
	flows || fail "cannot set up" || return
	check ip -n sw link set dev lp down
	check rmmod vrouter
	check modprobe vrouter
}

require_root
require_command jq tcpdump bridge
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
