#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Real NIC models as ports: virtio-net, e1000e and igb. Runs as root in a VM whose
# NICs come in pairs on one wire each: nic0-nic1, nic2-nic3, nic4-nic5.
#
#	h1 nic0 === nic1 [red, table 10] nic3 === nic2 h2
#	                        nic5 === nic4 h3
#
# vm: nics=virtio,virtio,e1000e,e1000e,igb,igb kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="virtio_to_e1000e e1000e_to_igb igb_to_virtio offloads frames jumbo carrier no_iommu"

: "${BYTES:=$((2000000 / SLOW))}"

driver()
{
	basename "$(readlink -f "/sys/class/net/$1/device/driver")"
}

have_nics()
{
	local i

	for i in 0 1 2 3 4 5; do
		[ -e "/sys/class/net/nic$i" ] || { skip "no nic$i: needs --nics virtio,virtio,e1000e,e1000e,igb,igb"; return; }
	done
	diag "nic1 $(driver nic1), nic3 $(driver nic3), nic5 $(driver nic5)"
}

carrier_on()
{
	[ "$(ip netns exec "$1" cat "/sys/class/net/$2/carrier")" = 1 ]
}

# Physical devices come back to the first namespace when the others go.
nics_home()
{
	local ns i

	for ns in h1 h2 h3 r; do
		for i in 0 1 2 3 4 5; do
			ip -n $ns link set dev nic$i netns 1 2>/dev/null
		done
	done
	topo_wipe
}

nics_apart()
{
	local i

	ns_add h1 h2 h3 r && ns_route r && vr_add r red 10 || return 1
	defer nics_home
	for i in 1 2 3; do
		ip link set dev nic$((2 * i - 2)) netns h$i &&
			ip link set dev nic$((2 * i - 1)) netns r &&
			ip -n h$i link set dev nic$((2 * i - 2)) up &&
			ip -n r link set dev nic$((2 * i - 1)) up &&
			port r nic$((2 * i - 1)) red 10.$i.0.1/24 2001:db8:$i::1/64 &&
			addr h$i nic$((2 * i - 2)) 10.$i.0.2/24 2001:db8:$i::2/64 &&
			default_via h$i 10.$i.0.1 2001:db8:$i::1 || return 1
	done
	for i in 1 2 3; do
		soon 20 carrier_on h$i nic$((2 * i - 2))
		soon 20 carrier_on r nic$((2 * i - 1))
	done
	check helper traffic
}

# between I J: echo, and TCP with every byte checked, both ways
between()
{
	local h1=h$1 h2=h$2 v4=10.$2.0.2 v6=2001:db8:$2::2 back=2001:db8:$1::2

	soon 10 reaches "$h1" "$v4"
	soon 10 reaches "$h1" "$v6"
	check pings "$h1" "$v4" -s 1472
	check stream "$h1" "$h2" "$v4" "$BYTES"
	check stream "$h2" "$h1" "$back" "$BYTES"
	counts r red '^tx_packets' 6 pings "$h1" "$v4"
	counts r red '^tx_packets' 6 pings "$h1" "$v6"
}

virtio_to_e1000e()
{
	nics_apart || fail "cannot set up" || return
	between 1 2
}

e1000e_to_igb()
{
	nics_apart || fail "cannot set up" || return
	between 2 3
}

igb_to_virtio()
{
	nics_apart || fail "cannot set up" || return
	between 3 1
}

offloads()
{
	local i

	nics_apart || fail "cannot set up" || return
	for i in 1 3 5; do
		n r ethtool -K nic$i gro off tso off gso off tx off rx off >/dev/null 2>&1
		says "generic-receive-offload: off" n r ethtool -k nic$i
		says "large-receive-offload: off" n r ethtool -k nic$i
	done
	between 1 2
	for i in 1 3 5; do
		n r ethtool -K nic$i gro on tso on gso on tx on rx on >/dev/null 2>&1
		says "generic-receive-offload: on" n r ethtool -k nic$i
	done
	between 3 1
}

# Frames of drivers that have XDP, beside one that has not (e1000e).
frames()
{
	local i before

	nics_apart || fail "cannot set up" || return
	for i in 1 3 5; do
		check vrctl -n r port set nic$i xdp on
		diag "$(n r ip -o link show dev nic$i | grep -o 'xdp[a-z]*')"
	done
	says xdpgeneric ip -n r link show dev nic3
	says 'prog/xdp ' ip -n r link show dev nic5
	says "rx-vlan-offload: off" n r ethtool -k nic5
	for i in 1 2 3; do
		soon 20 carrier_on h$i nic$((2 * i - 2))
		soon 20 carrier_on r nic$((2 * i - 1))
	done
	before=$(counter r red '^frames')
	between 3 1
	between 2 3
	check_cmp "frames" $(($(counter r red '^frames') - before)) -gt 100
	for i in 1 3 5; do
		check vrctl -n r port set nic$i xdp off
		saysnot xdp ip -n r link show dev nic$i
	done
	for i in 1 2 3; do
		soon 20 carrier_on h$i nic$((2 * i - 2))
		soon 20 carrier_on r nic$((2 * i - 1))
	done
	between 1 3
}

jumbo()
{
	local i

	nics_apart || fail "cannot set up" || return
	for i in 1 2 3; do
		check ip -n h$i link set dev nic$((2 * i - 2)) mtu 9000
		check ip -n r link set dev nic$((2 * i - 1)) mtu 9000
	done
	for i in 1 2 3; do
		soon 20 carrier_on h$i nic$((2 * i - 2))
		soon 20 carrier_on r nic$((2 * i - 1))
	done
	soon 10 reaches h1 10.2.0.2
	check pings h1 10.2.0.2 -M "do" -s 8972
	check pings h2 10.3.0.2 -M "do" -s 8972
	check pings h3 2001:db8:1::2 -M "do" -s 8952
	check stream h1 h2 10.2.0.2 "$BYTES"
	for i in 1 2 3; do
		check ip -n h$i link set dev nic$((2 * i - 2)) mtu 1500
		check ip -n r link set dev nic$((2 * i - 1)) mtu 1500
	done
}

# Down and up under the VR's feet, and released and enslaved again.
carrier()
{
	local i

	nics_apart || fail "cannot set up" || return
	soon 10 reaches h1 10.3.0.2
	for i in 1 3 5; do
		check ip -n r link set dev nic$i down
		check ip -n r link set dev nic$i up
		check ip -n r link set dev nic$i nomaster
		check ip -n r link set dev nic$i master red
	done
	for i in 1 2 3; do
		check addr r nic$((2 * i - 1)) 10.$i.0.1/24 2001:db8:$i::1/64
		soon 20 carrier_on r nic$((2 * i - 1))
	done
	soon 20 reaches h1 10.2.0.2
	soon 20 reaches h2 10.3.0.2
	soon 20 reaches h3 2001:db8:1::2
}

# Nothing that user space does could be kept from the rest of the machine.
no_iommu()
{
	check_fails_with "Error: nic4: no IOMMU: switch on VT-d or AMD-Vi in the firmware and boot with intel_iommu=on or amd_iommu=on." \
		vrctl vf passthrough vfio pf nic4
	check_eq "VFs" "$(cat /sys/class/net/nic4/device/sriov_numvfs)" 0
	check_eq "findings" "$(vrctl -j doctor check iommu)" "[]"
	check vrctl vf set pf nic4 numvfs 1
	defer vrctl vf set pf nic4 numvfs 0
	check_fails_with "Error: nic4: no IOMMU: " vrctl vf passthrough vfio pf nic4 vf 0
	check_eq "findings" "$(vrctl -j doctor check iommu | jq -r '.[] | .dev + ": " + .finding')" \
		"nic4: its VFs have no IOMMU: they cannot be given to programs or virtual machines, and nothing limits where they write"
	check_prints "warning: iommu: nic4: " vrctl vf list
}

require_root
need_kind || die "cannot load $KIND"
have_nics
run_tests "$ALL_TESTS" "$@"
