#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl save and restore with VFs as ports, as after a reboot: the VFs are gone and
# SR-IOV is off. Runs as root in a VM whose nic0 is an igb with 7 VFs.
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="comes_back nothing_the_second_time dry_run live_changes new_mac vf_refusals lane
	   lane_returns lane_alone lane_pf_down"

TMP=$(mktemp -d)
FILE=$TMP/site.vr
PF=$(basename "$(readlink -f /sys/class/net/nic0/device)")

numvfs()
{
	cat /sys/class/net/nic0/device/sriov_numvfs
}

# Whatever there was before, as after a boot
wipe()
{
	local vf

	ip link del red 2>/dev/null
	ip link del blue 2>/dev/null
	for vf in /sys/class/net/nic0/device/virtfn*; do
		[ ! -e "$vf/driver" ] || basename "$(readlink -f "$vf")" >"$vf/driver/unbind"
		[ ! -e "$vf" ] || echo >"$vf/driver_override"
	done
	ip link set dev nic0 down
	echo 0 >/sys/class/net/nic0/device/sriov_numvfs
	echo 1 >/sys/class/net/nic0/device/sriov_drivers_autoprobe
}

# dev N: the netdevice of VF N
dev()
{
	ls "/sys/class/net/nic0/device/virtfn$1/net"
}

# said N KEY: what the PF says of VF N
said()
{
	vrctl -j vf show pf nic0 vf "$1" | jq -r ".[0].$2"
}

# What may not change without reason.
link_state()
{
	local d

	for d in $(dev 0) $(dev 2) red blue; do
		echo "$d $(cd "/sys/class/net/$d" && cat ifindex address carrier_up_count carrier_down_count flags)"
	done
	vrctl -j vf show pf nic0 | jq -c '.[] | del(.rx_queues, .tx_queues)'
}

configure()
{
	wipe
	vrctl vr add red table 10 weight 200 && vrctl vr add blue table 20 &&
		vrctl vf bind red pf nic0 vf 0 mac 02:00:00:00:00:01 max-rate 200 spoofchk off numvfs 4 &&
		vrctl vf bind blue pf nic0 vf 2 vlan 100 trust on &&
		vrctl port set "$(dev 0)" credit off && vrctl port set "$(dev 2)" direct on &&
		ip addr add 192.0.2.1/24 dev "$(dev 0)" && ip addr add 2001:db8::1/64 dev "$(dev 2)" nodad &&
		vrctl save "$FILE"
}

# The links follow a little later, and are part of the state.
links_up()
{
	[ "$(cat "/sys/class/net/$(dev 0)/carrier" "/sys/class/net/$(dev 2)/carrier")" = "1
1" ]
}

# configured: as configure leaves it, without doing it all again
configured()
{
	if [ ! -s "$FILE" ] || [ "$(vrctl save)" != "$(cat "$FILE")" ]; then
		configure || return
	fi
	busywait 5000 links_up
}

comes_back()
{
	configure || fail "cannot set up" || return
	check_prints "- pf: $PF
        vf: 0
        mac: 02:00:00:00:00:01
        spoofchk: off
        max-rate: 200
        credit: off
        addresses:
          - 192.0.2.1/24" cat "$FILE"
	check_prints "vlan: 100
        trust: on
        direct: on" cat "$FILE"
	check_prints "pfs:
  $PF:
    numvfs: 4" cat "$FILE"
	wipe
	rmmod igbvf 2>/dev/null
	check vrctl restore "$FILE" || return
	check_prints "+ $PF vf 0: vr red" echo "$CHECK_OUTPUT"
	check_prints "+ $PF vf 2: address 2001:db8::1/64" echo "$CHECK_OUTPUT"
	check_eq "saved again" "$(vrctl save)" "$(cat "$FILE")"
	check_eq "VFs" "$(numvfs)" 4
	check_eq "address" "$(cat "/sys/class/net/$(dev 0)/address")" 02:00:00:00:00:01
	check_eq "rate" "$(said 0 max_rate)" 200
	check_eq "spoofchk" "$(said 0 spoofchk)" false
	check_eq "vlan" "$(said 2 vlan)" 100
	check_eq "trust" "$(said 2 trust)" true
	check_eq "master" "$(basename "$(readlink "/sys/class/net/$(dev 2)/master")")" blue
}

nothing_the_second_time()
{
	local before

	configured || fail "cannot set up" || return
	before=$(link_state)
	check_eq "what restore says" "$(vrctl restore "$FILE" 2>&1)" ""
	check_eq "state" "$(link_state)" "$before"
}

dry_run()
{
	local would

	configured || fail "cannot set up" || return
	wipe
	would=$(vrctl restore "$FILE" dry-run)
	check_eq "VFs" "$(numvfs)" 0
	check_eq "VRs" "$(vrctl -j vr show)" "[]"
	check vrctl restore "$FILE"
	check_eq "what is done" "$CHECK_OUTPUT" "$would"
}

# What the PF can be told while the driver runs is told, and the VF stays up.
live_changes()
{
	local before

	configured || fail "cannot set up" || return
	before=$(cat "/sys/class/net/$(dev 0)/"{ifindex,carrier_down_count,flags})
	check vrctl restore - <<-END
		vrs: {red: {table: 10, weight: 200, vfs: [{pf: "$PF", vf: 0, vlan: 7, credit: off}]}}
	END
	check_eq "changes" "$CHECK_OUTPUT" "~ $PF vf 0: vlan off -> 7
~ $PF vf 0: spoofchk off -> on
~ $PF vf 0: max-rate 200 -> off"
	check_eq "vlan" "$(said 0 vlan)" 7
	check_eq "rate" "$(said 0 max_rate)" 0
	check_eq "device" "$(cat "/sys/class/net/$(dev 0)/"{ifindex,carrier_down_count,flags})" "$before"
	check vrctl restore "$FILE"
	check_eq "saved again" "$(vrctl save)" "$(cat "$FILE")"
}

# Another address needs a new start of the driver; all else comes back after it.
new_mac()
{
	configured || fail "cannot set up" || return
	sed -i 's/02:00:00:00:00:01/02:00:00:00:00:09/' "$FILE"
	check vrctl restore "$FILE"
	check_prints "~ $PF vf 0: mac 02:00:00:00:00:01 -> 02:00:00:00:00:09
~ $PF vf 0: credit on -> off
+ $PF vf 0: address 192.0.2.1/24" echo "$CHECK_OUTPUT"
	check_eq "saved again" "$(vrctl save)" "$(cat "$FILE")"
}

# refuses TEXT LINE: restore says so and changes nothing
refuses()
{
	local before out

	before=$(link_state)
	out=$(vrctl restore - wait 0 <<<"$2" 2>&1) && fail "restored: $out"
	check_eq "what restore says" "$out" "Error: standard input:1: $1"
	check_eq "state" "$(link_state)" "$before"
}

vf_refusals()
{
	configured || fail "cannot set up" || return
	refuses "\"$PF vf 4\": the PF has VFs 0 to 3." \
		"vrs: {green: {table: 30, vfs: [{pf: $PF, vf: 4}]}}"
	refuses "\"$PF\": it has 4 VFs, \"vrctl vf set pf nic0 numvfs 2\" changes that." \
		"pfs: {$PF: {numvfs: 2}}"
	refuses "\"$PF\": it can have 7 VFs at most." "pfs: {$PF: {numvfs: 8}}"
	echo vfio-pci >/sys/class/net/nic0/device/virtfn1/driver_override
	refuses "\"$PF vf 1\": VF 1 is for vfio-pci only, by its driver_override." \
		"vrs: {green: {table: 30, vfs: [{pf: $PF, vf: 1}]}}"
	echo >/sys/class/net/nic0/device/virtfn1/driver_override
}

# The VF is the lane of a port that has another address after the next boot.
lane()
{
	wipe
	vrctl vr add red table 10 && ip link add s0 type veth peer name s1 || fail "cannot set up" || return
	defer ip link del s0
	vrctl port add s0 vr red && ip link set s0 up && ip link set s1 up || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 1 numvfs 2 standby s0 && check vrctl save "$FILE" || return
	check_prints "- pf: $PF
        vf: 1
        standby: s0" cat "$FILE"
	check_eq "restored" "$(vrctl restore "$FILE" 2>&1)" ""
	wipe
	ip link set dev s0 address 02:00:00:00:00:77
	check vrctl restore "$FILE" || return
	check_eq "address of the VF" "$(cat "/sys/class/net/$(dev 1)/address")" 02:00:00:00:00:77
	check_eq "saved again" "$(vrctl save)" "$(cat "$FILE")"
	check_eq "standby" "$(vrctl -j port show "$(dev 1)" | jq -r '.[0].standby')" s0
}

# laned: a standby s0 of red, whose lane VF 1 is
laned()
{
	wipe
	vrctl vr add red table 10 && ip link add s0 address 02:00:00:00:00:71 type veth peer name s1 ||
		fail "cannot set up" || return
	defer ip link del s0
	vrctl port add s0 vr red && ip link set s0 up && ip link set s1 up || fail "cannot set up" || return
	check vrctl vf bind red pf nic0 vf 1 numvfs 2 standby s0 && busywait 5000 lane_is active
}

lane_is()
{
	[ "$(vrctl -j port show s0 | jq -r '.[0].lane_state')" = "$1" ]
}

# returned VLAN: VF 1 is the lane again, in this VLAN and with its address
returned()
{
	busywait 10000 lane_is active || fail "no lane: $(vrctl -j port show s0)" || return
	check_eq "vlan" "$(said 1 vlan)" "$1"
	check_eq "address" "$(cat "/sys/class/net/$(dev 1)/address")" 02:00:00:00:00:71
	check_eq "standby" "$(vrctl -j port show "$(dev 1)" | jq -r '.[0].standby')" s0
}

numvfs_anew()
{
	echo 0 >"/sys/bus/pci/devices/$PF/sriov_numvfs" && echo 2 >"/sys/bus/pci/devices/$PF/sriov_numvfs"
}

# The PF is told again what it was told last, also what it was told after the VF had
# become a lane, while the PF was down, and while the VF had no driver.
lane_returns()
{
	local vf

	laned || fail "cannot set up" || return
	check ip link set nic0 vf 1 vlan 7
	check numvfs_anew
	returned 7
	vf=$(basename "$(readlink -f /sys/class/net/nic0/device/virtfn1)")
	echo "$vf" >/sys/bus/pci/drivers/igbvf/unbind
	check ip link set nic0 vf 1 vlan 8
	echo "$vf" >/sys/bus/pci/drivers_probe
	returned 8
	check ip link set nic0 vf 1 vlan 9 qos 3
	echo "$vf" >/sys/bus/pci/drivers/igbvf/unbind
	check ip link set nic0 vf 1 vlan 10
	check numvfs_anew
	returned 10
	check ip link set nic0 down
	check ip link set nic0 vf 1 vlan 11 spoofchk off
	check numvfs_anew
	check ip link set nic0 up
	returned 11
	check_eq "spoofchk" "$(said 1 spoofchk)" false
}

# Nobody knows what the VF had been told if its PF is elsewhere, so it stays out.
lane_alone()
{
	local other vf

	setup_ns other
	defer ip netns exec "$other" ip link set nic0 netns 1
	laned || fail "cannot set up" || return
	vf=$(basename "$(readlink -f /sys/class/net/nic0/device/virtfn1)")
	check vrctl port set "$(dev 1)" standby none
	check ip link set nic0 netns "$other"
	check vrctl port set "$(ls "/sys/bus/pci/devices/$vf/net")" standby s0
	check_eq "parent" "$(vrctl -j port show s0 | jq -r '.[0].lane_parent')" ""
	check numvfs_anew
	check busywait 10000 test -d "/sys/bus/pci/devices/$vf/net"
	check_eq "what is remembered" "$(vrctl -j port show s0 | jq -c '.[0] | [.lane, .lane_state]')" '["",""]'
	check_eq "ports of red" "$(vrctl -j port show vr red | jq -r '.[].name')" s0
}

# The VF's driver sees the link for a while after its PF was set down.
lane_pf_down()
{
	laned || fail "cannot set up" || return
	check ip link set nic0 down
	check lane_is pf-down
	check busywait 10000 lane_is no-carrier
	check ip link set nic0 up
	check busywait 10000 lane_is active
}

require_root
require_command jq
require_module vrouter
[ -e /sys/class/net/nic0/device/sriov_totalvfs ] || skip "nic0 has no SR-IOV"
defer wipe
defer rm -rf "$TMP"
run_tests "$ALL_TESTS" "$@"
