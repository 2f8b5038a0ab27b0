#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl vf passthrough: VFs go to network namespaces and to vfio-pci, and come
# back. Runs as root in the VM of sriov.sh, whose header shows the wires. nic3 is
# behind a port without ACS: it and its VFs are in one IOMMU group.
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=sriov_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/sriov_lib.sh"

ALL_TESTS="netns netns_gone netns_undone vfio vfio_in_use vfio_undone vfio_undone_to_none
	   netns_of_process group_shared refusals"

# override PF N
override()
{
	cat "/sys/class/net/$1/device/virtfn$2/driver_override"
}

# free PF N: nobody has it, and it is as when it was made
check_free()
{
	check_eq "VF $2 is free" "$(vf_get "$1" "$2" free)" true
	check_eq "driver of VF $2" "$(vf_driver "$1" "$2")" ""
	check_eq "driver_override of VF $2" "$(override "$1" "$2")" "(null)"
	check_eq "VF $2" "$(at_pf "$2")" "$UNSET"
}

# A tenant's namespace routes by itself, beside a VR.
netns()
{
	local dev

	seven && hosts && ns_add t || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 0
	check vrctl vf passthrough netns t pf nic0 vf 3 mac 02:00:00:00:06:03 trust on max-rate 300
	dev=$(ip -n t -j link show | jq -r '.[] | select(.address == "02:00:00:00:06:03") | .ifname')
	check_eq "what passthrough said" "$CHECK_OUTPUT" \
		"nic0: vf 3 $(vf_addr nic0 3) is $dev in netns t, mac 02:00:00:00:06:03"
	check_eq "VF 3 by ip" "$(at_pf 3)" \
		"02:00:00:00:06:03, max_tx_rate 300Mbps, spoof checking on, trust on"
	check_eq "VF 3" "$(vrctl -j vf show pf nic0 vf 3 | jq -c '.[0] | [.dev, .netns, .driver, .vr, .free]')" \
		"[\"$dev\",\"t\",\"igbvf\",\"\",false]"
	says "^nic0 +3 +$(vf_addr nic0 3) +igbvf +$dev +t +02:00:00:00:06:03$" vrctl vf list
	says "^nic0 +3 +$(vf_addr nic0 3) +igbvf +$dev +t +02:00:00:00:06:03 +- +on +on +300$" \
		vrctl vf show pf nic0 vf 3
	check_eq "VF 0" "$(vrctl -j vf show pf nic0 vf 0 | jq -c '.[0] | [.netns, .vr]')" '["","red"]'

	check ip -n t link set "$dev" up
	check addr t "$dev" 10.1.0.1/24 2001:db8:1::1/64
	check host_addr h1 nic1 1
	soon 20 reaches h1 10.1.0.1
	check pings h1 2001:db8:1::1
	refuses 2 "Error: nic0: VF 3 is in another network namespace." bind red pf nic0 vf 3

	check vrctl vf release pf nic0 vf 3
	check_free nic0 3
	check_fails ip -n t link show "$dev"
	check_eq "master of VF 0" "$(master "$(vf_dev nic0 0)")" red
	check vrctl vf bind blue pf nic0 vf 3 mac 02:00:00:00:06:03
	refuses 2 "Error: nic0: blue holds VF 3." passthrough netns t pf nic0 vf 3
	refuses 2 "Error: nic0: blue holds VF 3." passthrough vfio pf nic0 vf 3
	refuses 2 "Error: nic0: red holds VF 0." passthrough vfio pf nic0 vf 0
}

# A container's, which has no name; VFs are created for it.
netns_of_process()
{
	local pid dev

	fresh || fail "cannot set up" || return
	unshare -n sleep 1000 &
	pid=$!
	# shellcheck disable=SC2064 # now
	defer kill $pid
	soon 10 other_netns $pid || return
	check vrctl -j vf passthrough netns $pid pf nic0 numvfs 2
	check_eq "what passthrough said" "$(jq -c '[.pf, .vf, .address, .netns]' <<<"$CHECK_OUTPUT")" \
		"[\"nic0\",0,\"$(vf_addr nic0 0)\",\"$pid\"]"
	dev=$(jq -r .dev <<<"$CHECK_OUTPUT")
	check nsenter -t $pid -n ip link show dev "$dev"
	check_eq "VF 0" "$(vf_get nic0 0 netns) $(vf_get nic0 0 dev)" "pid $pid $dev"
	check_eq "VFs" "$(sriov nic0 numvfs) $(sriov nic0 drivers_autoprobe)" "2 1"
	check vrctl vf release pf nic0 vf 0
	check_free nic0 0
}

other_netns()
{
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# With its namespace gone the netdevice is here again, and the VF is free.
netns_gone()
{
	seven && ns_add t || fail "cannot set up" || return
	check vrctl vf passthrough netns t pf nic0 vf 2 mac 02:00:00:00:06:02
	topo_wipe
	soon 10 has_here nic0 2
	check_eq "VF 2" "$(vf_get nic0 2 free) $(vf_get nic0 2 netns)" "true "
	check vrctl vf bind red pf nic0 vf 2
	check_eq "address" "$(address "$(vf_dev nic0 2)")" 02:00:00:00:06:02
}

has_here()
{
	[ -n "$(vf_dev "$1" "$2")" ]
}

# The name is taken there: all is as it was before.
netns_undone()
{
	local dev

	seven && ns_add t || fail "cannot set up" || return
	check vrctl -j vf bind red pf nic0 vf 1
	dev=$(jq -r .dev <<<"$CHECK_OUTPUT")
	check vrctl vf release red
	check ip -n t link add "$dev" type dummy
	defer topo_wipe
	refuses 2 "Error: nic0 vf 1: $dev into netns t: An interface with the same name exists in the target netns." \
		passthrough netns t pf nic0 vf 1 vlan 6 trust on mac 02:00:00:00:06:01
	check_free nic0 1
}

vfio()
{
	local addr group

	seven || fail "cannot set up" || return
	modprobe -qr vfio-pci
	check vrctl vf bind red pf nic0 vf 0
	check vrctl vf passthrough vfio pf nic0 vf 4 mac 02:00:00:00:07:04 vlan 40 spoofchk off
	addr=$(vf_addr nic0 4)
	group=$(last "$PCI/$addr/iommu_group")
	check_eq "what passthrough said" "$CHECK_OUTPUT" \
		"nic0: vf 4 $addr is at /dev/vfio/$group, mac 02:00:00:00:07:04"
	check test -c "/dev/vfio/$group"
	check_eq "driver" "$(vf_driver nic0 4) $(override nic0 4)" "vfio-pci vfio-pci"
	check_eq "VF 4 by ip" "$(at_pf 4)" "02:00:00:00:07:04, vlan 40, spoof checking off, trust off"
	says "^nic0 +4 +$addr +vfio-pci +02:00:00:00:07:04$" vrctl vf list
	check_eq "drivers_autoprobe" "$(sriov nic0 drivers_autoprobe)" 1
	check_eq "driver of VF 5" "$(vf_driver nic0 5)" ""
	check_eq "master of VF 0" "$(master "$(vf_dev nic0 0)")" red
	refuses 2 "Error: nic0: VF 4 is bound to vfio-pci." passthrough vfio pf nic0 vf 4
	refuses 2 "Error: nic0: busy: red holds VF 0." set pf nic0 numvfs 0
	check vrctl -j vf passthrough vfio pf nic0
	check_eq "VF 1" "$(jq -c '[.vf, .driver, .iommu_group]' <<<"$CHECK_OUTPUT")" \
		"[1,\"vfio-pci\",\"$(last "$PCI/$(vf_addr nic0 1)/iommu_group")\"]"

	check vrctl vf release pf nic0 vf 4
	check_free nic0 4
	check vrctl vf bind red pf nic0 vf 4
	check_eq "driver" "$(vf_driver nic0 4)" igbvf
	# One with another driver is taken from it.
	check vrctl vf release pf nic0 vf 4
	check eval "vf_addr nic0 4 >/sys/bus/pci/drivers_probe"
	check_eq "driver" "$(vf_driver nic0 4)" igbvf
	check vrctl vf passthrough vfio pf nic0 vf 4
	check_eq "driver" "$(vf_driver nic0 4)" vfio-pci
	# What somebody else had done is undone as well.
	check vrctl vf release pf nic0 vf 4
	bind_driver nic0 4 vfio-pci || fail "cannot bind by hand"
	check vrctl vf release pf nic0 vf 4
	check_free nic0 4
}

# It is not taken from a program that has it open: the kernel would wait for that.
vfio_in_use()
{
	local file pid

	seven || fail "cannot set up" || return
	check vrctl vf passthrough vfio pf nic0 vf 4
	file=/dev/vfio/$(last "$PCI/$(vf_addr nic0 4)/iommu_group")
	sleep 1000 3<>"$file" &
	pid=$!
	defer kill $pid
	soon 10 test -e "/proc/$pid/fd/3"
	soon 10 grep -qx sleep "/proc/$pid/comm"
	refuses 2 "Error: nic0 vf 4: busy: sleep ($pid) has $file open." release pf nic0 vf 4
	check_eq "driver" "$(vf_driver nic0 4)" vfio-pci
	kill $pid
	wait $pid 2>/dev/null
	check vrctl vf release pf nic0 vf 4
	check_free nic0 4
}

# No module: all is as it was before, a driver that the VF had is back.
vfio_undone()
{
	local vrctl

	seven || fail "cannot set up" || return
	modprobe -qr vfio-pci
	[ ! -e /sys/bus/pci/drivers/vfio-pci ] || { skip "vfio-pci cannot be unloaded"; return; }
	vrctl=$(command -v vrctl)
	PATH=/nonexistent refuses_with "$vrctl" "Error: nic0 vf 3: vfio: there is no driver vfio-pci." \
		passthrough vfio pf nic0 vf 3 vlan 5 trust on mac 02:00:00:00:07:03
	check_free nic0 3
	# A rate that the NIC refuses is told before the driver is stopped.
	check modprobe igbvf
	check eval "vf_addr nic0 3 >/sys/bus/pci/drivers_probe"
	refuses 2 "Error: nic0 vf 3: max-rate 5000: Invalid argument." passthrough vfio pf nic0 vf 3 max-rate 5000
	check_eq "driver" "$(vf_driver nic0 3)" igbvf
}

# VFs that were made for it go again.
vfio_undone_to_none()
{
	fresh || fail "cannot set up" || return
	refuses 2 "Error: nic0 vf 0: max-rate 5000: Invalid argument." \
		passthrough vfio pf nic0 numvfs 1 max-rate 5000
	check_eq "VFs" "$(sriov nic0 numvfs)" 0
}

# nic3 itself is in the group of its VFs.
group_shared()
{
	local group nic3

	fresh || fail "cannot set up" || return
	nic3=$(last /sys/class/net/nic3/device)
	group=$(last "$PCI/$nic3/iommu_group")
	refuses 2 "Error: nic3 vf 0: vfio: IOMMU group $group is shared with $nic3 (igb): give these to vfio-pci too, or put the NIC behind a port with ACS." \
		passthrough vfio pf nic3 numvfs 2
	check_eq "VFs" "$(sriov nic3 numvfs)" 0
	check vrctl vf bind red pf nic3 vf 0 numvfs 2
	check_eq "group of VF 1" "$(last "$PCI/$(vf_addr nic3 1)/iommu_group")" "$group"
	says "IOMMU group $group is shared with ($nic3 \(igb\)|, |$(vf_addr nic3 0) \(igbvf\)){3}: give" \
		vrctl vf passthrough vfio pf nic3 vf 1
	check_eq "driver of VF 1" "$(vf_driver nic3 1) $(cat "$PCI/$(vf_addr nic3 1)/driver_override")" " (null)"
	# A namespace is no program that could reach the others.
	ns_add t || fail "cannot set up" || return
	check vrctl vf passthrough netns t pf nic3 vf 1
	topo_wipe
}

refusals()
{
	fresh || fail "cannot set up" || return
	ns_add t || fail "cannot set up" || return
	defer topo_wipe
	refuses 1 'Error: network namespace "nosuch": No such file or directory.' passthrough netns nosuch pf nic0
	refuses 1 'Error: network namespace "4000000": No such file or directory.' passthrough netns 4000000 pf nic0
	refuses 2 "Error: network namespace \"$$\": is this one." passthrough netns $$ pf nic0
	refuses 2 "Error: nosuch: No such device." passthrough vfio pf nosuch
	refuses 2 "Error: nic1: has no SR-IOV." passthrough netns t pf nic1
	refuses 2 "Error: nic0: has no VF 7, it would have 0 to 6." passthrough netns t pf nic0 vf 7
	refuses 2 "Error: nic0: has no VF 2, it would have 0 to 1." passthrough vfio pf nic0 vf 2 numvfs 2
	refuses 2 "Error: nic0: mac $(address nic1): nic1 has it already." \
		passthrough netns t pf nic0 mac "$(address nic1)"
	refuses_in t "Error: nic0: drivers make the devices of VFs in the initial network namespace: give it away there." \
		passthrough netns $$ pf nic0
	check vrctl vf bind red pf nic0 vf 0 numvfs 1
	refuses 2 "Error: nic0: no free VF, all 1 are in use." passthrough netns t pf nic0
	refuses 2 "Error: nic0: no free VF, all 1 are in use." passthrough vfio pf nic0
}

require_root
require_command jq ethtool
sriov_init
run_tests "$ALL_TESTS" "$@"
