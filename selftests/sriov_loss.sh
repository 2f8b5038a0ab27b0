#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A VF that is lost under traffic, in all the ways that there are, and returns. Its
# standby s reaches the same wire by a bridge. Prints for how long packets were lost;
# 10 ms are asked for. Emulated NICs on a busy host lose as much at rest, so it is for
# a quiet one, and no part of make check:
#
#	selftests/vm/vm.sh --kernel 6.12 --nics iommu,igb:0,e1000e:0,e1000e:0 -- selftests/sriov_loss.sh
#
#	h1 e --- a [red, table 10] s --- sp [bridge, in sw] nic2 ===+
#	                           VF of nic0 ======================+=== nic1 h2
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0 kernels=none timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
PPS=2000
# shellcheck source=lane_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lane_lib.sh"

ALL_TESTS="bound set_down driver_unbound vf_reset numvfs_rewritten pf_down pf_unbound
	   pf_module_unloaded pf_removed"

PCI=/sys/bus/pci/devices
MAC=02:00:00:00:54:01
: "${WANTED_MS:=10}"
: "${LIMIT_MS:=1000}"

# ---- the scene, once

# This namespace is also known as r.
build()
{
	ns_add h1 h2 sw && ip netns attach r $$ && TOPO_NS+=(r) && ns_route r &&
		sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 &&
		vr_add r red 10 &&
		ip link set dev nic1 netns h2 && ip -n h2 link set dev nic1 up &&
		ip link set dev nic2 netns sw && ip -n sw link set dev nic2 up &&
		ip -n sw link add dev br0 type bridge mcast_snooping 0 && ip -n sw link set dev br0 up &&
		ip -n sw link set dev nic2 master br0 &&
		wire r a h1 e && wire r s sw sp && ip -n sw link set dev sp master br0 &&
		ip link set dev s address $MAC && lane_addrs nic1
}

wipe()
{
	ip link del dev red
	ip link del dev a
	ip link del dev s
	ip -n h2 link set dev nic1 netns 1
	ip -n sw link set dev nic2 netns 1
	topo_wipe
	echo 0 >$PCI/"$pf"/sriov_numvfs
}

vf_dev()
{
	ls "$PCI/$vf/net"
}

# The VF carries; if a test before has left nothing of it, it is bound anew.
in_use()
{
	[ -n "$built" ] || return 1
	lane_is active >/dev/null || busywait 5000 lane_is active >/dev/null && return
	pf_dev >/dev/null || echo "$pf" >/sys/bus/pci/drivers_probe
	ip link set dev "$(pf_dev)" up
	[ -d "$PCI/$vf/net" ] || echo 0 >"$PCI/$pf/sriov_numvfs"
	vrctl vf release red 2>/dev/null
	vrctl vf bind red pf "$(pf_dev)" vf 0 numvfs 2 standby s || vrctl vf bind red pf "$(pf_dev)" vf 0 standby s
	busywait 10000 lane_is active
}

pf_dev()
{
	ls "$PCI/$pf/net" 2>/dev/null
}

# ---- traffic

# measured WHAT: the end of the flows; more than is wanted is said, far more fails
measured()
{
	local dir

	flows_end "$LIMIT_MS" "$1"
	for dir in down up; do
		[ "$(longest $dir)" -le "$WANTED_MS" ] ||
			diag "missed: $(longest $dir) ms, wanted at most $WANTED_MS"
	done
}

# lost WHAT BACK...: the words of WHAT are a command that takes the VF away; those of
# BACK bring it back
lost()
{
	local away=$1 back=$2

	in_use || fail "cannot set up: $(vrctl -j port show s)" || return
	dmesg_mark
	monitored events vrctl -t monitor port
	EVENTS=$RUN_PID
	flows
	eval "$away" || fail "cannot: $away"
	soon 10 lane_is_not active
	check n h1 ping -q -n -c 1 -W 1 10.2.0.2
	diag "the lane is $(lane_get lane_state)"
	measured "away"
	flows
	eval "$back" || fail "cannot: $back"
	soon 20 lane_is active
	measured "back"
	check pings h1 10.2.0.2
	finish "$EVENTS" 2>/dev/null
	diag "events: $(grep -o 's vr .*' "$TOPO_TMP/events" | sed 's/.* lane //' | xargs)"
	check grep -q "lane .* active" "$TOPO_TMP/events"
	check_dmesg
}

bound()
{
	check vrctl vf bind red pf nic0 vf 0 numvfs 2 standby s || return
	check_eq "address" "$(cat "/sys/class/net/$(vf_dev)/address")" $MAC
	check_eq "standby" "$(vrctl -j port show "$(vf_dev)" | jq -r '.[0].standby')" s
	soon 10 lane_is active || return
	check_eq "parent" "$(lane_get lane_parent)" "$vf"
	soon 10 pings h1 10.2.0.2
	flows
	measured "undisturbed"
}

set_down()
{
	lost "ip link set dev $(vf_dev) down" "ip link set dev $(vf_dev) up"
}

driver_unbound()
{
	lost "echo $vf >/sys/bus/pci/drivers/igbvf/unbind" "echo $vf >/sys/bus/pci/drivers_probe"
}

vf_reset()
{
	lost "echo 1 >$PCI/$vf/reset" :
}

numvfs_rewritten()
{
	lost "echo 0 >$PCI/$pf/sriov_numvfs" "echo 3 >$PCI/$pf/sriov_numvfs"
}

pf_down()
{
	lost "ip link set dev $(pf_dev) down" "ip link set dev $(pf_dev) up"
}

pf_up_with_vfs()
{
	soon 10 pf_dev >/dev/null
	ip link set dev "$(pf_dev)" up && echo 2 >"$PCI/$pf/sriov_numvfs"
}

pf_unbound()
{
	lost "echo $pf >/sys/bus/pci/drivers/igb/unbind" \
		"echo $pf >/sys/bus/pci/drivers_probe; pf_up_with_vfs"
}

pf_module_unloaded()
{
	lost "rmmod igb" "modprobe igb; pf_up_with_vfs"
}

pf_removed()
{
	lost "echo 1 >$PCI/$pf/remove" "echo 1 >/sys/bus/pci/rescan; pf_up_with_vfs"
}

require_root
require_command jq
[ -e /sys/class/net/nic0/device/sriov_totalvfs ] ||
	skip "nic0 is no igb: needs --nics iommu,igb:0,e1000e:0,e1000e:0"
modprobe -q igbvf || skip "no igbvf for $(uname -r)"
need_kind || die "cannot load $KIND"
pf=$(basename "$(readlink /sys/class/net/nic0/device)")
echo 0 >$PCI/"$pf"/sriov_drivers_autoprobe
echo 1 >$PCI/"$pf"/sriov_numvfs
vf=$(basename "$(readlink "$PCI/$pf/virtfn0")")
echo 0 >$PCI/"$pf"/sriov_numvfs
echo 1 >$PCI/"$pf"/sriov_drivers_autoprobe
defer wipe
built=
build && built=1
[ -n "$built" ] || die "cannot set up"
run_tests "$ALL_TESTS" "$@"
