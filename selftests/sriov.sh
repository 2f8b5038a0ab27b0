#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl vf: VFs of a NIC become ports of VRs and are given back. Runs as root in a
# VM whose igb has its VFs on the same wire as two hosts, and a second igb alone:
#
#	h1 nic1 ===+=== nic0 (PF): VF, VF [red, table 10]        nic3 (PF)
#	h2 nic2 ===+
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=sriov_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/sriov_lib.sh"

ALL_TESTS="list_before bind_from_nothing list_json options_at_the_pf routed vlan
	   wrong_addresses other_drivers other_namespace undone_beside_others rebinds release
	   two_at_once numvfs refusals undone_without_driver undone_after_rate"

list_before()
{
	local nic0 nic3

	fresh || fail "cannot set up" || return
	nic0=$(last /sys/class/net/nic0/device)
	nic3=$(last /sys/class/net/nic3/device)
	check_eq "PFs" "$(vrctl -j vf list | jq -c '[.[] | [.name, .address, .driver, .total, .enabled, .free]]')" \
		"[[\"nic0\",\"$nic0\",\"igb\",7,0,0],[\"nic3\",\"$nic3\",\"igb\",7,0,0]]"
	check_eq "NUMA node" "$(vrctl -j vf list | jq '.[0].numa_node')" "$(cat $PCI/"$nic0"/numa_node)"
	check_eq "receive queues" "$(vrctl -j vf list | jq '.[0].rx_queues')" \
		"$(find /sys/class/net/nic0/queues/ -name 'rx-*' | wc -l)"
	check_prints "nic0  $nic0  igb         7        0     0" vrctl vf list
	check_prints_not nic1 vrctl vf list
	check_eq "VFs of VRs" "$(vrctl -j vf show)" "[]"
	check_eq "'vrctl vf'" "$(vrctl vf)" "$(vrctl vf list)"
}

# The first bind: VFs are created, the PF set up, the driver's module loaded.
bind_from_nothing()
{
	local mac dev

	fresh || fail "cannot set up" || return
	rmmod igbvf 2>/dev/null
	check vrctl vf bind red pf nic0 || return
	dev=$(vf_dev nic0 0)
	mac=$(vf_get nic0 0 mac)
	check_eq "what bind said" "$CHECK_OUTPUT" "red: nic0 vf 0 $(vf_addr nic0 0) is $dev, mac $mac"
	check_eq "VFs" "$(sriov nic0 numvfs)" 7
	check_eq "drivers_autoprobe" "$(sriov nic0 drivers_autoprobe)" 1
	check_eq "driver of VF 0" "$(vf_driver nic0 0)" igbvf
	check_eq "driver of VF 1" "$(vf_driver nic0 1)" ""
	check_eq "master" "$(master "$dev")" red
	check_eq "address of $dev" "$(address "$dev")" "$mac"
	[[ $mac == ?[26ae]:* ]] || fail "$mac is not a local address"
	says '<.*UP' ip link show dev "$dev"
	says '<.*UP' ip link show dev nic0
	check_prints "$dev" vrctl port show vr red
	# Another one takes the next, with the address it had kept.
	check vrctl -j vf bind blue pf nic0 vf auto
	check_eq "what bind said in JSON" "$(jq -c '[.vr, .pf, .vf, .dev]' <<<"$CHECK_OUTPUT")" \
		"[\"blue\",\"nic0\",1,\"$(vf_dev nic0 1)\"]"
	check_eq "master of VF 1" "$(master "$(vf_dev nic0 1)")" blue
	[ "$(vf_get nic0 1 mac)" != "$mac" ] || fail "two VFs with the same address"
}

list_json()
{
	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 2
	check_eq "PF" "$(vrctl -j vf list | jq -c '.[0] | [.total, .enabled, .free, (.vfs | length)]')" "[7,7,6,7]"
	check_eq "VF 2" "$(vrctl -j vf list | jq -c '.[0].vfs[2] | [.vf, .address, .driver, .dev, .vr, .master, .free]')" \
		"[2,\"$(vf_addr nic0 2)\",\"igbvf\",\"$(vf_dev nic0 2)\",\"red\",\"red\",false]"
	check_eq "VF 3" "$(vrctl -p vf list | jq -c '.[0].vfs[3] | [.vf, .driver, .dev, .vr, .free]')" \
		'[3,"","","",true]'
	check_eq "VFs of red" "$(vfs red)" "nic0:2"
	check_eq "VFs of blue" "$(vrctl -j vf show blue)" "[]"
	check_eq "VFs of VRs" "$(vfs)" "nic0:2"
	check_eq "VFs of nic0" "$(vrctl -p vf show pf nic0 | jq length)" 7
	says "^nic0 +2 +$(vf_addr nic0 2) +igbvf +$(vf_dev nic0 2) +red +[0-9a-f:]{17}$" vrctl vf list
	says "^red +nic0 +2 +$(vf_addr nic0 2) +igbvf +$(vf_dev nic0 2) +[0-9a-f:]{17} +- +off +on +-$" vrctl vf show
}

options_at_the_pf()
{
	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 3 mac 02:00:00:00:00:A3 vlan 77 trust on spoofchk off max-rate 200
	check_eq "VF 3 by ip" "$(at_pf 3)" \
		"02:00:00:00:00:a3, vlan 77, max_tx_rate 200Mbps, spoof checking off, trust on"
	check_prints '"mac":"02:00:00:00:00:a3","vlan":77,"qos":0,"trust":true,"spoofchk":false,"min_rate":0,"max_rate":200}' \
		vrctl -j vf show red
	check_eq "address" "$(address "$(vf_dev nic0 3)")" 02:00:00:00:00:a3
	check_eq "VF 2 by ip" "$(at_pf 2)" "$UNSET"
	check vrctl vf bind blue pf nic0 vf 4 trust off spoofchk on vlan off max-rate off
	check_eq "VF 4" "$(at_pf 4)" "$(vf_get nic0 4 mac),${UNSET#*,}"
}

# ---- traffic

# neighbour NS ADDRESS MAC: so that host knows the gateway
neighbour()
{
	ip -n "$1" neigh show "$2" | grep -q "lladdr $3 "
}

pings_both()
{
	local before

	soon 20 reaches h1 10.2.0.2
	soon 20 reaches h1 2001:db8:2::2
	before=$(forwarded)
	check pings h1 10.2.0.2 -s 1400
	check pings h2 10.1.0.2
	check pings h1 2001:db8:2::2
	soon 2 forwarded_is $((before + 18))
}

# forwarded_is N: by red, or more
forwarded_is()
{
	[ "$(forwarded)" -ge "$1" ] || { forwarded; return 1; }
}

routed()
{
	seven && hosts || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 mac 02:00:00:00:01:01
	check vrctl vf bind red pf nic0 mac 02:00:00:00:01:02
	host_addr h1 nic1 1 && host_addr h2 nic2 2 && vf_addrs nic0 0 1 && vf_addrs nic0 1 2 ||
		fail "cannot set up" || return
	pings_both
	check neighbour h1 10.1.0.1 02:00:00:00:01:01
	check neighbour h2 10.2.0.1 02:00:00:00:01:02
	check neighbour h1 2001:db8:1::1 02:00:00:00:01:01
	# On the wire the frames that red forwards come from its VF.
	run wire h2 tcpdump -c 1 -len -i nic2 "ether dst $(mac h2 nic2) and icmp and src 10.1.0.2"
	soon 10 grep -q 'listening on' "$TOPO_TMP/wire"
	check pings h1 10.2.0.2
	soon 10 grep -q "02:00:00:00:01:02 > $(mac h2 nic2)" "$TOPO_TMP/wire" ||
		diag "tcpdump: $(cat "$TOPO_TMP/wire")"
	# The VF of another VR goes by other routes.
	check vrctl vf release pf nic0 vf 1
	check_fails reaches h1 10.2.0.2
	check vrctl vf bind red pf nic0 vf 1 mac 02:00:00:00:01:02
	vf_addrs nic0 1 2
	pings_both
}

# The VF does not know that it is in a VLAN; the host on the wire does.
vlan()
{
	seven && hosts || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 0 vlan 100
	check vrctl vf bind red pf nic0 vf 1
	ip -n h1 link add link nic1 name v100 type vlan id 100 && ip -n h1 link set v100 up &&
		host_addr h1 v100 1 && host_addr h2 nic2 2 && vf_addrs nic0 0 1 && vf_addrs nic0 1 2 ||
		fail "cannot set up" || return
	pings_both
	check_eq "VLAN" "$(vf_get nic0 0 vlan)" 100
	# Without the tag it hears nothing.
	ip -n h1 link del v100 && host_addr h1 nic1 1 || fail "cannot set up" || return
	check_fails reaches h1 10.1.0.1
}

# ---- refusals

refusals()
{
	fresh || fail "cannot set up" || return
	# Nothing is enabled for the sake of a bind that cannot be.
	refuses 2 "Error: nosuch: No such device." bind red pf nosuch
	refuses 2 "Error: lo: has no SR-IOV." bind red pf lo
	refuses 2 "Error: nic1: has no SR-IOV." bind red pf nic1
	refuses 2 "Error: red: has no SR-IOV." bind red pf red
	refuses 2 "Error: nic0: has no VF 7, it would have 0 to 6." bind red pf nic0 vf 7
	refuses 2 "Error: nic0: has no VF 2, it would have 0 to 1." bind red pf nic0 vf 2 numvfs 2
	refuses 2 "Error: nic0: numvfs 8: it can have 7 VFs at most." bind red pf nic0 numvfs 8
	refuses 2 "Error: nic0: has no VF 0, none is enabled." release pf nic0 vf 0
	refuses 2 "Error: red: has no VF here." release red
	refuses 2 "Error: nic1: has no SR-IOV." set pf nic1 numvfs 1
	refuses 2 "Error: nic0: numvfs 8: it can have 7 VFs at most." set pf nic0 numvfs 8
	before=$(state)
	check_fails_with "Error: nosuch: " vrctl vf bind nosuch pf nic0
	check_fails_with "Error: nic0: " vrctl vf bind nic0 pf nic0
	check_fails_with "Error: nosuch: " vrctl vf release nosuch
	check_fails_with "Error: nic0: " vrctl vf release nic0
	check_fails_with "Error: nosuch: " vrctl vf show nosuch
	check_eq "the state" "$(state)" "$before"

	check vrctl vf bind red pf nic0 vf 1 numvfs 2
	refuses 2 "Error: nic0: red holds VF 1." bind blue pf nic0 vf 1
	refuses 2 "Error: nic0: red holds VF 1." bind red pf nic0 vf 1
	refuses 2 "Error: nic0: has no VF 2, it has 0 to 1." bind red pf nic0 vf 2
	refuses 2 "Error: nic0: has 2 VFs already, \"vrctl vf set pf nic0 numvfs 5\" changes that." \
		bind red pf nic0 numvfs 5
	refuses 2 "Error: $(vf_dev nic0 1): has no SR-IOV, it is a VF itself." bind red pf "$(vf_dev nic0 1)"
	refuses 2 "Error: blue: has no VF here." release blue
	refuses 2 "Error: nic0 vf 0: is in no VR." release pf nic0 vf 0
	refuses 2 "Error: nic0: has no VF 2, it has 0 to 1." release pf nic0 vf 2
	refuses 2 "Error: nic0: has no VF 2, it has 0 to 1." show pf nic0 vf 2
	check vrctl vf bind blue pf nic0
	refuses 2 "Error: nic0: no free VF, all 2 are in use." bind red pf nic0
	refuses 2 "Error: nic0: no free VF, all 2 are in use." bind red pf nic0 vf auto
}

wrong_addresses()
{
	seven || fail "cannot set up" || return
	refuses 2 "Error: nic0: mac $(address nic1): nic1 has it already." \
		bind red pf nic0 mac "$(address nic1)"
	refuses 2 "Error: nic0: mac $(address nic0): nic0 has it already." \
		bind red pf nic0 mac "$(address nic0)"
	check vrctl vf bind red pf nic0 mac 02:00:00:00:02:01
	refuses 2 "Error: nic0: mac 02:00:00:00:02:01: VF 0 of nic0 has it already." \
		bind red pf nic0 mac 02:00:00:00:02:01
	refuses 2 "Error: nic3: mac 02:00:00:00:02:01: VF 0 of nic0 has it already." \
		bind red pf nic3 mac 02:00:00:00:02:01
	# One that the PF has for a VF which nobody uses is taken all the same.
	check ip link set dev nic0 vf 5 mac 02:00:00:00:02:05
	refuses 2 "Error: nic0: mac 02:00:00:00:02:05: VF 5 of nic0 has it already." \
		bind red pf nic0 vf 1 mac 02:00:00:00:02:05
	check vrctl vf bind red pf nic0 vf 5
	check_eq "address" "$(address "$(vf_dev nic0 5)")" 02:00:00:00:02:05
}

other_drivers()
{
	seven || fail "cannot set up" || return
	echo vfio-pci >"$PCI/$(vf_addr nic0 1)/driver_override"
	refuses 2 "Error: nic0: VF 1 is for vfio-pci only, by its driver_override." bind red pf nic0 vf 1
	refuses 2 "Error: nic0: busy: VF 1 is for vfio-pci only, by its driver_override." set pf nic0 numvfs 3
	modprobe -q vfio-pci && bind_driver nic0 1 vfio-pci ||
		fail "vfio-pci does not take the VF: is there an IOMMU?" || return
	refuses 2 "Error: nic0: VF 1 is bound to vfio-pci." bind red pf nic0 vf 1
	refuses 2 "Error: nic0: busy: VF 1 is bound to vfio-pci." set pf nic0 numvfs 0
	check_eq "VF 1" "$(vf_get nic0 1 driver) $(vf_get nic0 1 dev) $(vf_get nic0 1 free)" "vfio-pci  false"
	check vrctl vf bind red pf nic0
	check vrctl vf bind red pf nic0
	check_eq "VFs of red" "$(vfs red)" "nic0:0 nic0:2"
}

other_namespace()
{
	local dev

	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0
	dev=$(vf_dev nic0 0)
	ns_add h1 || fail "cannot set up" || return
	defer topo_wipe
	check ip link set dev "$dev" nomaster
	refuses 2 "Error: nic0: VF 0 is $dev, which is up." bind blue pf nic0 vf 0
	check ip link set dev "$dev" netns h1
	defer ip -n h1 link set dev "$dev" netns 1
	refuses 2 "Error: nic0: VF 0 is in another network namespace." bind red pf nic0 vf 0
	refuses 2 "Error: nic0: busy: VF 0 is in another network namespace." set pf nic0 numvfs 0
	check vrctl vf bind red pf nic0
	check_eq "VFs of red" "$(vfs red)" "nic0:1"
	# There a VR has no NIC, and a NIC would have no VF.
	vr_add h1 green 30 || fail "cannot set up" || return
	check_eq "PFs of h1" "$(vrctl -n h1 -j vf list)" "[]"
	refuses_in h1 "Error: nic0: drivers make the devices of VFs in the initial network namespace: bind there." \
		bind green pf nic0
}

# ---- undoing

undone_without_driver()
{
	local vrctl modalias

	[ -e /sys/class/net/nic0/device/virtfn0 ] || check vrctl vf set pf nic0 numvfs 1
	modalias=$(cat /sys/class/net/nic0/device/virtfn0/modalias)
	fresh || fail "cannot set up" || return
	rmmod igbvf 2>/dev/null
	[ ! -e /sys/bus/pci/drivers/igbvf ] || { skip "igbvf cannot be unloaded"; return; }
	vrctl=$(command -v vrctl)
	PATH=/nonexistent refuses_with "$vrctl" \
		"Error: nic0 vf 2: no driver takes its modalias: $modalias." \
		bind red pf nic0 vf 2 vlan 5 trust on spoofchk off
	# With VFs there before: what the PF had set comes back.
	check vrctl vf set pf nic0 numvfs 3
	check ip link set dev nic0 vf 2 mac 02:00:00:00:03:02 vlan 9
	PATH=/nonexistent refuses_with "$vrctl" \
		"Error: nic0 vf 2: no driver takes its modalias: $modalias." \
		bind red pf nic0 vf 2 mac 02:00:00:00:03:03 vlan 5 trust on spoofchk off
	check_eq "VF 2" "$(at_pf 2)" "02:00:00:00:03:02, vlan 9, spoof checking on, trust off"
}

undone_after_rate()
{
	fresh || fail "cannot set up" || return
	refuses 2 "Error: nic0 vf 0: max-rate 5000: Invalid argument." bind red pf nic0 vlan 5 max-rate 5000
	check_eq "VFs" "$(sriov nic0 numvfs)" 0
	# A PF that was up before stays so, VFs that were there stay.
	check ip link set dev nic0 up
	soon 20 has_carrier nic0
	check vrctl vf set pf nic0 numvfs 2
	refuses 2 "Error: nic0 vf 1: max-rate 5000: Invalid argument." \
		bind red pf nic0 vf 1 vlan 5 trust on max-rate 5000
	check_eq "VF 1" "$(at_pf 1)" "$UNSET"
	check_eq "VFs" "$(sriov nic0 numvfs)" 2
}

# A VF that has its driver keeps it, or gets it back.
undone_beside_others()
{
	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0
	check eval "vf_addr nic0 1 >/sys/bus/pci/drivers_probe"
	refuses 2 "Error: nic0 vf 1: max-rate 5000: Invalid argument." bind blue pf nic0 vf 1 max-rate 5000
	check_eq "driver of VF 1" "$(vf_driver nic0 1)" igbvf
	check_eq "master of VF 0" "$(master "$(vf_dev nic0 0)")" red
}

# A VF whose driver has started already is stopped, so that it sees its address.
rebinds()
{
	seven || fail "cannot set up" || return
	check modprobe igbvf
	check eval "vf_addr nic0 0 >/sys/bus/pci/drivers_probe"
	check eval "vf_addr nic0 1 >/sys/bus/pci/drivers_probe"
	check_eq "driver of VF 1" "$(vf_driver nic0 1)" igbvf
	check vrctl vf bind red pf nic0 vf 1 mac 02:00:00:00:04:01
	check_eq "address" "$(address "$(vf_dev nic0 1)")" 02:00:00:00:04:01
	check_eq "at the PF" "$(vf_get nic0 1 mac)" 02:00:00:00:04:01
	check_eq "driver of VF 0" "$(vf_driver nic0 0)" igbvf
	# Where new VFs are to have no driver, that stays so.
	check vrctl vf release red
	echo 0 >/sys/class/net/nic0/device/sriov_drivers_autoprobe
	check vrctl vf bind red pf nic0 vf 1
	check_eq "drivers_autoprobe" "$(sriov nic0 drivers_autoprobe)" 0
	check_eq "VFs of red" "$(vfs red)" "nic0:1"
}

# ---- giving back

release()
{
	local i

	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 0 mac 02:00:00:00:05:01 vlan 7 trust on spoofchk off max-rate 100
	check vrctl vf bind red pf nic0 vf 1
	check vrctl vf bind red pf nic0 vf 2
	check vrctl vf bind blue pf nic0 vf 3
	check vrctl vf bind red pf nic3
	check vrctl vf release pf nic0 vf 0
	check_eq "VF 0" "$(at_pf 0)" "$UNSET"
	check_eq "driver of VF 0" "$(vf_driver nic0 0)" ""
	check_eq "VF 0 is free" "$(vf_get nic0 0 free)" true
	check_eq "VFs" "$(sriov nic0 numvfs)" 7
	check vrctl vf release "$(vf_dev nic0 1)"
	check_eq "VFs of red" "$(vfs red)" "nic0:2 nic3:0"
	check vrctl vf release red
	for i in 0 1 2; do
		check_eq "VF $i" "$(at_pf $i)" "$UNSET"
	done
	check_eq "VFs of VRs" "$(vfs)" "nic0:3"
	# Its address may go to another VF now.
	check vrctl vf bind red pf nic0 vf 4 mac 02:00:00:00:05:01
}

numvfs()
{
	seven || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 2
	refuses 2 "Error: nic0: busy: red holds VF 2." set pf nic0 numvfs 4
	refuses 2 "Error: nic0: busy: red holds VF 2." set pf nic0 numvfs 0
	refuses 0 "" set pf nic0 numvfs 7
	check vrctl vf release red
	check vrctl vf set pf nic0 numvfs 5
	check_eq "VFs" "$(sriov nic0 numvfs)" 5
	check_eq "driver of VF 0" "$(vf_driver nic0 0)" ""
	check_eq "drivers_autoprobe" "$(sriov nic0 drivers_autoprobe)" 1
	check vrctl vf set pf nic0 numvfs 0
	check_eq "VFs" "$(sriov nic0 numvfs)" 0
	check_eq "VFs shown" "$(vrctl -j vf show pf nic0)" "[]"
	check vrctl vf set pf nic0 numvfs 3
	check_eq "VFs" "$(sriov nic0 numvfs)" 3
}

# Two that want any VF at the same time get different ones.
two_at_once()
{
	local i pids=()

	seven || fail "cannot set up" || return
	for i in 1 2 3 4; do
		vrctl vf bind red pf nic0 >/dev/null 2>"$TOPO_TMP/bind.$i" &
		pids+=($!)
	done
	for i in 0 1 2 3; do
		wait "${pids[i]}" || fail "bind failed: $(cat "$TOPO_TMP/bind.$((i + 1))")"
	done
	check_eq "VFs of red" "$(vfs red)" "nic0:0 nic0:1 nic0:2 nic0:3"
	check_eq "different addresses" "$(cat /sys/class/net/nic0/device/virtfn[0-3]/net/*/address | sort -u | wc -l)" 4
}

require_root
require_command jq tcpdump ethtool
sriov_init
run_tests "$ALL_TESTS" "$@"
