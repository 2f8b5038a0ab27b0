#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ports of the common kinds: veth, VLAN, VXLAN, bond, macvlan, dummy; offloads
# switched on and off; jumbo frames; LRO. Runs as root.
#
#	h1 e --- a [red, table 10] b --- e h2
#
# Each test puts the port under test between a and red.
#
# vm: smp=1 kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="vlan vxlan bond macvlan_port dummy_egress offloads_off gro_on checksum_mix jumbo
	jumbo_to_small lro"

: "${BYTES:=$((4000000 / SLOW))}"

# Echo both families and TCP both ways between h1 and h2, and it is the VR that does it.
passes()
{
	check pings h1 10.2.0.2
	check pings h1 2001:db8:2::2
	check stream h1 h2 10.2.0.2 "$BYTES"
	check stream h2 h1 10.1.0.2 "$BYTES"
	check stream h1 h2 2001:db8:2::2 "$BYTES"
	counts r red '^tx_packets' 6 pings h1 10.2.0.2
	counts r red '^tx_packets' 6 pings h1 2001:db8:2::2
}

# h2 on red as always; the way to h1 is left to the test: both ends of a wire, no addresses.
topo_half()
{
	ns_add h1 h2 r && ns_route r && vr_add r red 10 && wire h1 e r a && wire h2 e r b &&
		port r b red 10.2.0.1/24 2001:db8:2::1/64 &&
		addr h2 e 10.2.0.2/24 2001:db8:2::2/64 && default_via h2 10.2.0.1 2001:db8:2::1
}

# ends HDEV RDEV: the two ends that make the way to h1 get addresses, RDEV becomes the port
ends()
{
	ip -n h1 link set dev "$1" up && ip -n r link set dev "$2" up &&
		port r "$2" red 10.1.0.1/24 2001:db8:1::1/64 &&
		addr h1 "$1" 10.1.0.2/24 2001:db8:1::2/64 && default_via h1 10.1.0.1 2001:db8:1::1
}

half()
{
	TOPO_NOW=
	topo half && check helper traffic
}

vlan()
{
	half || return
	ip -n h1 link add link e name e.5 type vlan id 5 2>/dev/null || { skip "no VLAN here"; return; }
	check ip -n r link add link a name a.5 type vlan id 5
	check ends e.5 a.5 || return
	passes
	# Tags travel: nothing may arrive without one.
	check ip -n r link set dev a.5 down
	check silent h1 10.2.0.2
}

vxlan()
{
	half || return
	check addr h1 e 192.0.2.2/24
	check addr r a 192.0.2.1/24
	ip -n h1 link add vx type vxlan id 7 remote 192.0.2.1 dstport 4789 dev e 2>/dev/null ||
		{ skip "no VXLAN here"; return; }
	check ip -n r link add vx type vxlan id 7 remote 192.0.2.2 dstport 4789 dev a
	check ends vx vx || return
	passes
}

bond()
{
	half || return
	check wire h1 e2 r a2
	ip -n r link add bond0 type bond mode active-backup miimon 50 2>/dev/null ||
		{ skip "no bonding here"; return; }
	check ip -n r link set dev a down
	check ip -n r link set dev a2 down
	check ip -n r link set dev a master bond0
	check ip -n r link set dev a2 master bond0
	check ip -n h1 link add bond0 type bond mode active-backup miimon 50
	check ip -n h1 link set dev e down
	check ip -n h1 link set dev e2 down
	check ip -n h1 link set dev e master bond0
	check ip -n h1 link set dev e2 master bond0
	check ends bond0 bond0 || return
	soon 5 reaches h1 10.2.0.2
	passes
	# the active member goes down: the other takes over
	check ip -n r link set dev a down
	soon 10 reaches h1 10.2.0.2
	soon 10 reaches h1 2001:db8:2::2
	# a member of a bond belongs to the bond
	saysnot " master red " ip -n r -o link show dev a2
}

macvlan_port()
{
	half || return
	ip -n r link add mv link a type macvlan mode bridge 2>/dev/null || { skip "no macvlan here"; return; }
	check ends e mv || return
	passes
}

# What is routed out of a dummy is gone, and counted by it.
dummy_egress()
{
	local before after

	half || return
	check ends e a || return
	ip -n r link add sink type dummy 2>/dev/null || { skip "no dummy here"; return; }
	check ip -n r link set dev sink up
	check port r sink red 10.4.0.1/24
	check ip -n r neigh add 10.4.0.9 lladdr 02:00:00:00:00:99 dev sink
	check ip -n r route add 10.44.0.0/16 via 10.4.0.9 table 10
	check pings h1 10.2.0.2
	before=$(dev_stat r sink tx packets)
	check n h1 "$HELPERS/traffic" blast -r 5000 -c 1000 10.44.0.1/200
	check reaches h1 10.2.0.2
	after=$(dev_stat r sink tx packets)
	check_cmp "packets out of the dummy" $((after - before)) -ge 1000
	is_vr || return
	counts r red '^tx_packets' 1000 n h1 "$HELPERS/traffic" blast -r 5000 -c 1100 10.44.0.1/200
}

features()
{
	local spec=$1 pair

	shift
	for pair; do
		# shellcheck disable=SC2086
		n "${pair%:*}" ethtool -K "${pair#*:}" $spec >/dev/null 2>&1 ||
			fail "ethtool -K ${pair#*:} $spec in ${pair%:*}"
	done
}

ALL_ENDS="h1:e r:a r:b h2:e"

offloads_off()
{
	half || return
	check ends e a || return
	# shellcheck disable=SC2086
	features "tso off gso off gro off tx off" $ALL_ENDS
	passes
}

gro_on()
{
	half || return
	check ends e a || return
	# shellcheck disable=SC2086
	features "gro on gso on tso on tx on" $ALL_ENDS
	passes
}

# The sender leaves segmentation and checksums to the device; the way out can neither.
checksum_mix()
{
	half || return
	check ends e a || return
	features "tso on gso on gro on tx on" h1:e r:a
	features "tx off tso off" r:b
	passes
	features "tx off tso off gso off" h1:e
	features "tx on tso on gro on" r:a r:b h2:e
	passes
}

jumbo()
{
	half || return
	check ip -n h1 link set dev e mtu 9000
	check ip -n h2 link set dev e mtu 9000
	check ip -n r link set dev a mtu 9000
	check ip -n r link set dev b mtu 9000
	check ends e a || return
	check pings h1 10.2.0.2 -M "do" -s 8972
	check pings h1 2001:db8:2::2 -M "do" -s 8952
	counts r red '^tx_packets' 6 pings h1 10.2.0.2 -M "do" -s 8972
	# shellcheck disable=SC2086
	features "tso off gso off gro off" $ALL_ENDS
	passes
}

# TCP from a jumbo link to one of 1500, GSO packets included; UDP is fragmented or refused.
jumbo_to_small()
{
	half || return
	check ip -n h1 link set dev e mtu 9000
	check ip -n r link set dev a mtu 9000
	check ends e a || return
	says "Frag needed and DF set .mtu = 1500" n h1 ping -n -c 1 -W 2 -M "do" -s 4000 10.2.0.2
	check n h1 ip route flush cache
	check reaches h1 10.2.0.2 -M dont -s 4000
	passes
}

# A bond offers LRO; a router must not let it merge what it has to forward.
lro()
{
	half || return
	ip -n r link add bl type bond 2>/dev/null || { skip "no bonding here"; return; }
	n r ethtool -K bl lro on >/dev/null 2>&1
	n r ethtool -k bl | grep -q '^large-receive-offload: on' || { skip "no device with LRO"; return; }
	check ip -n r link set dev bl master red
	is_vr && says "large-receive-offload: off" n r ethtool -k bl
	check ip -n r link set dev bl nomaster
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
