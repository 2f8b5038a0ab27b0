#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl doctor finds what is wrong, and what it proposes mends it; vrctl vf list
# warns of what concerns VFs, and vrctl balance minds NUMA nodes. Runs as root in a
# VM with two nodes, one CPU each; nic0, which has VFs, is on the second one.
#
# vm: nics=iommu,igb:0:numa1,e1000e:0 kernels=6.12 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="healthy output down quarantine rules mtu ring numa numa_of_both balances trust speed vf_list"

# finds CHECK: its findings, "dev: finding" each
finds()
{
	vrctl -j doctor check "$1" | jq -r '.[] | "\(.dev): \(.finding)"'
}

# mended CHECK: the commands that it proposes leave nothing to find
mended()
{
	local fix

	while read -r fix; do
		check eval "$fix"
	done < <(vrctl -j doctor check "$1" | jq -r '.[].fix')
	check_eq "what $1 finds after that" "$(finds "$1")" ""
}

# VR red with two ports that are up
pair()
{
	ip link add dev red type vrouter table 10 && ip link set dev red up || return
	defer ip link del dev red
	ip link add dev a type veth peer name ap && ip link add dev b type veth peer name bp || return
	defer ip link del dev a
	defer ip link del dev b
	ip link set dev ap up && ip link set dev bp up &&
		ip link set dev a up master red && ip link set dev b up master red
}

# VR red with VF 0 of nic0, whose netdevice is in VF_DEV
vf_pair()
{
	pair || return
	defer vf_gone
	check vrctl -j vf bind red pf nic0 numvfs 2 || return
	VF_DEV=$(jq -r .dev <<<"$CHECK_OUTPUT")
}

vf_gone()
{
	vrctl vf release red
	echo 0 >/sys/class/net/nic0/device/sriov_numvfs
}

healthy()
{
	check_prints "Nothing found." vrctl doctor
	pair || fail "cannot set up" || return
	check_prints "Nothing found." vrctl doctor
	check_eq "findings" "$(vrctl -j doctor)" "[]"
	check_prints "Nothing found." vrctl doctor check mtu
}

output()
{
	local rc

	pair && ip link set dev b down || fail "cannot set up" || return
	vrctl doctor >"$TOPO_TMP/doctor"
	rc=$?
	check_eq "exit status" $rc 3
	check_eq "text" "$(cat "$TOPO_TMP/doctor")" "bad: down: b: this port of red is down
    ip link set dev b up"
	check_eq "JSON" "$(vrctl -j doctor)" \
		'[{"check":"down","severity":"bad","dev":"b","finding":"this port of red is down","fix":"ip link set dev b up"}]'
	check_eq "in colour" "$(vrctl -c=always doctor | head -n 1)" \
		$'\e[31mbad\e[0m: down: \e[36mb\e[0m: this port of red is down'
	check_eq "without" "$(vrctl -c doctor | head -n 1)" "bad: down: b: this port of red is down"
	check_eq "another check" "$(vrctl -j doctor check mtu)" "[]"
	vrctl doctor check no 2>"$TOPO_TMP/doctor"
	rc=$?
	check_eq "exit status" $rc 255
	check_eq "message" "$(cat "$TOPO_TMP/doctor")" 'Error: "no" is no check, try "vrctl doctor list".'
	check_eq "checks" "$(vrctl -j doctor list | jq -r 'map(.check) | join(" ")')" \
		"quarantine rules down mtu numa ring speed vf-speed trust iommu"
}

down()
{
	pair && ip link set dev red down && ip link set dev a down || fail "cannot set up" || return
	check_eq "down" "$(finds down)" "red: the VR is down and forwards nothing
a: this port of red is down"
	mended down
}

quarantine()
{
	pair && vrctl vr set red quarantine on || fail "cannot set up" || return
	check_eq "quarantine" "$(finds quarantine)" \
		'red: the VR is in quarantine and forwards nothing; "vrctl incident show vr red" tells why'
	mended quarantine
}

rules()
{
	pair && ip rule del pref 1000 && ip -6 rule del pref 1000 || fail "cannot set up" || return
	check_eq "rules" "$(finds rules)" ": no IPv4 rule for l3mdev: lookups for VRs do not find their tables
: no IPv6 rule for l3mdev: lookups for VRs do not find their tables"
	mended rules
	says l3mdev ip rule
	says l3mdev ip -6 rule
}

mtu()
{
	pair && ip link set dev a mtu 9000 || fail "cannot set up" || return
	check_eq "MTU" "$(finds mtu)" \
		"b: MTU 1500, but 9000 on a, also a port of red: longer packets are fragmented or refused"
	mended mtu
	check_eq "MTU" "$(cat /sys/class/net/b/mtu)" 9000
}

# A NIC with a short ring before a router that is slow.
ring()
{
	local missed

	rig_add red vrouter 10 || fail "cannot set up" || return
	defer rig_del red
	check_eq "ring" "$(finds ring)" ""
	check vrctl vr set red burn 100000 vector-limit off
	check rig_sim red-in ring 64
	check rig_ready red
	check rig_start red 200000
	soon 10 missed_some
	rig_stop red
	missed=$(cat /sys/class/net/red-in/statistics/rx_missed_errors)
	says "^red-in: $missed packets lost as the receive ring was full, [0-9]+ received.*; the ring has room for 64 of at most [0-9]+" \
		finds ring
	says "^ethtool -G red-in rx [0-9]+$" jq -r '.[].fix' <<<"$(vrctl -j doctor check ring)"
	check_eq "other findings" "$(vrctl -j doctor | jq -c 'map(.check) | unique')" '["ring"]'
}

missed_some()
{
	[ "$(cat /sys/class/net/red-in/statistics/rx_missed_errors)" -gt 100 ]
}

numa()
{
	check_eq "node of nic0" "$(cat /sys/class/net/nic0/device/numa_node)" 1
	vf_pair || fail "cannot set up" || return
	check_eq "on all CPUs" "$(finds numa)" ""
	check vrctl vr set red cpus 0
	check_eq "on CPU 0" "$(finds numa)" "$VF_DEV: on NUMA node 1, but the CPUs of red, 0, are on node 0"
	mended numa
	check_eq "CPUs" "$(vrctl -j vr show red | jq -r '.[0].cpus')" 1
}

# Ports on both nodes want CPUs of both; a VLAN is where what is below it is.
numa_of_both()
{
	local node

	vf_pair || fail "cannot set up" || return
	node=$(cat /sys/class/net/nic1/device/numa_node)
	# Where the firmware does not tell, the NIC is told.
	[ "$node" = 0 ] || echo 0 >/sys/class/net/nic1/device/numa_node || fail "cannot set up" || return
	# shellcheck disable=SC2064 # now
	defer eval "echo $node >/sys/class/net/nic1/device/numa_node"
	ip link add link nic1 name nic1.7 type vlan id 7 && ip link set dev nic1 up &&
		ip link set dev nic1.7 up master red || fail "cannot set up" || return
	defer ip link del nic1.7
	check vrctl vr set red cpus 1
	check_eq "on CPU 1" "$(finds numa)" "nic1.7: on NUMA node 0, but the CPUs of red, 1, are on node 1"
	mended numa
	check_eq "CPUs" "$(vrctl -j vr show red | jq -r '.[0].cpus')" 0-1
}

# Load on the CPU of node 0 fits there and stays, but goes to the node of a port.
balances()
{
	local khz

	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	rig_add red vrouter 10 || fail "cannot set up" || return
	defer rig_del red
	check vrctl vr set red cpus 0 burn $((khz * 50 / 1000)) vector-limit off
	check rig_ready red
	check rig_start red 5000
	check_prints "Nothing to move" vrctl balance dry-run interval 1 threshold 1
	check ip link set dev nic0 up master red
	defer ip link set dev nic0 nomaster
	soon 20 balanced
	says "its ports are on NUMA node 1" jq -r '.[].reason' "$TOPO_TMP/moves"
}

# balanced: one more step, of two perhaps, by way of both CPUs
balanced()
{
	vrctl -j balance interval 1 threshold 1 >>"$TOPO_TMP/moves"
	[ "$(vrctl -j vr show red | jq -r '.[0].cpus')" = 1 ]
}

trust()
{
	vf_pair || fail "cannot set up" || return
	check_eq "trust" "$(finds trust)" ""
	ip link add link "$VF_DEV" name v9 type vlan id 9 || fail "cannot set up" || return
	check_eq "with a VLAN" "$(finds trust)" \
		"$VF_DEV: VLAN v9 is on it, but VF 0 of nic0 is not trusted: the NIC may keep the VLAN's packets from it"
	mended trust
	check ip link del v9
	check ip link set dev nic0 vf 0 trust off
	check_eq "trust" "$(finds trust)" ""
	check ip link set dev "$VF_DEV" promisc on
	check_eq "promiscuous" "$(finds trust)" \
		"$VF_DEV: it is promiscuous, but VF 0 of nic0 is not trusted: the NIC may keep packets for others from it"
	mended trust
}

# One Gbit/s unless it is told not to use that.
speed()
{
	pair && ip link set dev nic1 up master red || fail "cannot set up" || return
	defer ip link set dev nic1 nomaster
	check_eq "speed" "$(finds speed)" ""
	check ethtool -s nic1 autoneg off speed 100 duplex full
	defer ethtool -s nic1 autoneg on
	soon 10 runs_at nic1 100 || return
	check_eq "at 100" "$(finds speed)" "nic1: the link runs at 100 Mbit/s, the NIC can do 1000"
	check eval "$(vrctl -j doctor check speed | jq -r '.[].fix')"
	soon 10 runs_at nic1 1000
	check_eq "speed" "$(finds speed)" ""
}

runs_at()
{
	ethtool "$1" | grep -q "Speed: $2Mb/s"
}

vf_list()
{
	local text

	vf_pair || fail "cannot set up" || return
	saysnot warning: vrctl vf list
	check_eq "warnings" "$(vrctl -j vf list | jq -c '.[0] | [.warnings, .vfs[].warnings]')" "[[],[],[]]"
	check vrctl vr set red cpus 0
	text=$(vrctl vf list)
	check_eq "the end of 'vrctl vf list'" "$(tail -n 3 <<<"$text")" "
warning: numa: $VF_DEV: on NUMA node 1, but the CPUs of red, 0, are on node 0
    vrctl vr set red cpus 1"
	check_eq "warnings" "$(vrctl -j vf list | jq -c '.[0].vfs | map([.warnings[] | [.check, .fix]])')" \
		'[[["numa","vrctl vr set red cpus 1"]],[]]'
	# What concerns no VF is not told here.
	check ip link set dev a mtu 9000
	check_eq "the end of 'vrctl vf list'" "$(vrctl vf list | grep -c warning:)" 1
}

require_root
require_command jq ethtool
[ -e /sys/class/net/nic0/device/sriov_totalvfs ] || skip "nic0 is no igb"
[ -d /sys/devices/system/node/node1 ] ||
	skip "no igb on a second NUMA node: needs --nics iommu,igb:0:numa1,e1000e:0"
require_module vrouter vrsim igbvf
rig_init || die "no simulated NICs"
run_tests "$ALL_TESTS" "$@"
