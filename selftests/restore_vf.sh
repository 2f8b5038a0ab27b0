#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl save and restore with VFs as ports, as after a reboot: the VFs are gone and
# SR-IOV is off. Runs as root in a VM whose nic0 is an igb with 7 VFs.
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1 kernels=6.12 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=boot_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/boot_lib.sh"

ALL_TESTS="comes_back nothing_the_second_time dry_run live_changes new_mac vf_refusals applied lane
	   lane_returns lane_alone lane_pf_down boots"

TMP=$(mktemp -d)
BOOT_DIR=$TMP/units
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

# applies STATUS: as $FILE.2 says
applies()
{
	CHECK_OUTPUT=$(vrctl apply "$FILE.2" wait 0 2>&1)
	check_eq "status of apply ($CHECK_OUTPUT)" $? "$1"
}

# What is not in the file is released; a failure in the end undoes it all.
applied()
{
	local before

	configured || fail "cannot set up" || return
	cp "$FILE" "$FILE.2" && sed -i '/^  blue:/,/^  red:/{/^  red:/!d}' "$FILE.2"
	applies 3
	check_prints "- $PF vf 2: vr blue" echo "$CHECK_OUTPUT"
	check_prints "- blue: table 20" echo "$CHECK_OUTPUT"
	check_eq "driver of VF 2" "$([ -e /sys/class/net/nic0/device/virtfn2/driver ] && echo yes)" ""
	applies 0
	before=$(vrctl save)
	cp "$FILE" "$FILE.2" && sed -i 's/vlan: 100/vlan: 101/; s/max-rate: 200/max-rate: 300/; s|^    routes: .*|    routes: [10.0.0.0/8 via 10.99.9.9]|' "$FILE.2"
	applies 2
	check_prints ": everything is as it was." echo "$CHECK_OUTPUT"
	check_eq "saved" "$(vrctl save)" "$before"
	check_eq "VF 2" "$([ -e /sys/class/net/nic0/device/virtfn2/driver ] && echo yes)" ""
	wipe
	before=$(link_of nic0)
	applies 2
	check_prints ": everything is as it was." echo "$CHECK_OUTPUT"
	check_eq "VFs" "$(numvfs)" 0
	check_eq "PF" "$(link_of nic0)" "$before"
	check_eq "VRs" "$(vrctl -j vr show)" "[]"
}

# link_of DEV: whether it is up
link_of()
{
	ip -o link show dev "$1" | grep -o '[<,]UP[,>]'
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

# Two boots with systemd. The PF's driver is slow; a daemon that waits for the network
# finds VR, port and address. Stopping and starting the service changes nothing.
boots()
{
	local before i

	require_command unshare nsenter curl || return
	configured || fail "cannot set up" || return
	boot_install || return
	mkdir -p "$BOOT_DIR" && cp "$FILE" /etc/vrouter/site.vr && defer rm -f /etc/vrouter/site.vr &&
		boot_enable vrouter.service && boot_enable vrouter-exporter.service || fail "cannot set up" || return
	boot_unit driver.service <<-END
		[Service]
		Type=oneshot
		ExecStart=sleep 2
		ExecStart=modprobe igb
	END
	boot_unit daemon.service <<-END
		[Unit]
		After=network.target
		[Service]
		Type=oneshot
		ExecStart=sh -c 'ip -o -4 address show master red >$BOOT_UNITS/seen'
	END
	defer modprobe igb
	defer boot_ends
	for i in 1 2; do
		wipe
		rmmod igbvf igb
		rmmod vrouter
		rm -f "$BOOT_DIR/seen"
		boot || return
		check_eq "boot $i: units that failed" "$(in_boot systemctl --failed --plain --no-legend)" ""
		check_eq "boot $i: vrouter.service" "$(in_boot systemctl is-active vrouter)" active
		[ "$(pf_name)" = nic0 ] || check ip link set dev "$(pf_name)" name nic0
		check_eq "boot $i: saved again" "$(vrctl save)" "$(cat "$FILE")"
		check_prints "inet 192.0.2.1/24" cat "$BOOT_DIR/seen"
		[ $i = 1 ] || break
		busywait 10000 links_up || fail "no link" || return
		before=$(link_state)
		check in_boot systemctl restart vrouter
		check in_boot systemctl reload vrouter
		check_eq "after a restart" "$(link_state)" "$before"
		check busywait 5000 curl -sf -o "$BOOT_DIR/metrics" http://127.0.0.1:9773/metrics ||
			diag "$(in_boot systemctl status vrouter-exporter)"
		check_prints 'vrouter_vr_weight{vr="red"} 200' cat "$BOOT_DIR/metrics"
		boot_ends
		check_eq "VRs when the machine goes off" \
			"$(vrctl -j vr show | jq -r '.[].name' | sort | xargs)" "blue red"
	done
}

pf_name()
{
	ls "/sys/bus/pci/devices/$PF/net"
}

require_root
require_command jq
require_module vrouter
[ -e /sys/class/net/nic0/device/sriov_totalvfs ] || skip "nic0 has no SR-IOV"
defer wipe
defer rm -rf "$TMP"
run_tests "$ALL_TESTS" "$@"
