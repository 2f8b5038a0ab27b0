# SPDX-License-Identifier: GPL-2.0
# PFs nic0 and nic3, their VFs, and hosts beside them; for sriov.sh, whose header
# shows the wires, and others in the same VM. Sourced after topo.sh.
# shellcheck shell=bash

PCI=/sys/bus/pci/devices
SANE_PATH=$PATH

# sriov PF ATTRIBUTE
sriov()
{
	cat "/sys/class/net/$1/device/sriov_$2"
}

# last LINK: the last part of what it points to, nothing if it is none
last()
{
	local link

	link=$(readlink "$1") && echo "${link##*/}"
}

# vf_addr PF N
vf_addr()
{
	last "/sys/class/net/$1/device/virtfn$2"
}

# vf_driver PF N: nothing if there is none
vf_driver()
{
	last "/sys/class/net/$1/device/virtfn$2/driver"
}

# vf_dev PF N
vf_dev()
{
	ls "/sys/class/net/$1/device/virtfn$2/net"
}

# vf_get PF N KEY: of what vrctl says of a VF
vf_get()
{
	vrctl -j vf show pf "$1" vf "$2" | sed -n "s/.*\"$3\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# vfs WORDS...: pf:vf of the VFs that vrctl vf show WORDS shows
vfs()
{
	vrctl -j vf show "$@" | grep -o '"pf":"[^"]*","vf":[0-9]*' | tr -d '"' | sed 's/pf:\(.*\),vf/\1/' | xargs
}

address()
{
	cat "/sys/class/net/$1/address"
}

master()
{
	last "/sys/class/net/$1/master"
}

# All that vrctl may change; igb keeps fewer queues once it had VFs.
state()
{
	local list

	list=$(vrctl -j vf list)
	shopt -s extglob
	echo "${list//\"[rt]x_queues\":+([0-9]),/}"
	grep . /sys/class/net/nic[03]/device/sriov_{drivers_autoprobe,numvfs} /sys/class/net/*/{address,flags}
}

# refuses CODE TEXT WORDS...: vrctl vf says this one line and changes nothing
refuses()
{
	local code=$1 text=$2 before after out rc

	shift 2
	before=$(state)
	out=$(vrctl vf "$@" 2>&1)
	rc=$?
	after=$(state)
	check_eq "exit status of 'vrctl vf $*'" "$rc" "$code"
	check_eq "what 'vrctl vf $*' says" "$out" "$text"
	[ "$before" = "$after" ] ||
		fail "'vrctl vf $*' changed: $(diff <(echo "$before") <(echo "$after"))"
}

# refuses_in NS TEXT WORDS...
refuses_in()
{
	local ns=$1 text=$2 before

	shift 2
	before=$(state)
	check_fails_with "$text" vrctl -n "$ns" vf "$@"
	check_eq "the state" "$(state)" "$before"
}

# refuses_with VRCTL TEXT WORDS...: with that vrctl and this PATH
refuses_with()
{
	local path=$PATH vrctl=$1 text=$2 before out

	shift 2
	PATH=$SANE_PATH
	before=$(state)
	out=$(PATH=$path "$vrctl" vf "$@" 2>&1)
	check_eq "exit status of 'vrctl vf $*'" $? 2
	check_eq "what 'vrctl vf $*' says" "$out" "$text"
	check_eq "the state" "$(state)" "$before"
}

# no_users: no VRs, no VF that has a driver or is to have one
no_users()
{
	local vf

	ip link del red 2>/dev/null
	ip link del blue 2>/dev/null
	for vf in /sys/class/net/nic[03]/device/virtfn*; do
		[ ! -e "$vf/driver" ] || last "$vf" >"$vf/driver/unbind"
		[ ! -e "$vf" ] || echo >"$vf/driver_override"
	done
}

# As it was when the machine started.
wipe()
{
	local nic

	no_users
	for nic in nic0 nic3; do
		ip link set dev $nic down
		echo 0 >/sys/class/net/$nic/device/sriov_numvfs
		echo 1 >/sys/class/net/$nic/device/sriov_drivers_autoprobe
	done
}

# VRs red and blue, and no VFs
fresh()
{
	wipe
	vr_here red 10 && vr_here blue 20
}

# VRs red and blue, and 7 VFs that nobody has; it takes long to make them
seven()
{
	local i

	no_users
	[ "$(sriov nic0 numvfs)" = 7 ] || { wipe; echo 0 >/sys/class/net/nic0/device/sriov_drivers_autoprobe; }
	[ "$(sriov nic0 numvfs)" = 7 ] || echo 7 >/sys/class/net/nic0/device/sriov_numvfs
	echo 1 >/sys/class/net/nic0/device/sriov_drivers_autoprobe
	ip link set dev nic0 up && soon 20 has_carrier nic0
	for i in 0 1 2 3 4 5 6; do
		ip link set dev nic0 vf $i mac 00:00:00:00:00:00 vlan 0 trust off spoofchk on max_tx_rate 0 ||
			return
	done
	vr_here red 10 && vr_here blue 20
}

has_carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]
}

vr_here()
{
	ip link add dev "$1" type vrouter table "$2" && ip link set dev "$1" up
}

# What the kernel says of VF $1 of nic0, by ip and not by vrctl.
at_pf()
{
	ip link show dev nic0 | sed -n "s/^ *vf $1 *link\/ether //p" |
		sed 's/ brd [^,]*//; s/ tx rate [^,]*,//; s/ link-state auto,//'
}

# shellcheck disable=SC2034 # for the tests
UNSET="00:00:00:00:00:00, spoof checking on, trust off"

# ---- traffic

forwarded()
{
	ethtool -S red | awk '$1 == "tx_packets:" { print $2 }'
}

hosts_home()
{
	ip -n h1 link set dev nic1 netns 1
	ip -n h2 link set dev nic2 netns 1
	topo_wipe
}

# All on one wire: each answers only for addresses of the device that was asked.
hosts()
{
	ns_add h1 h2 || return 1
	defer hosts_home
	ip link set dev nic1 netns h1 && ip link set dev nic2 netns h2 &&
		ip -n h1 link set dev nic1 up && ip -n h2 link set dev nic2 up &&
		sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
			net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.accept_dad=0
}

# host_addr NS DEV NET: .2 of the network, its gateway is .1
host_addr()
{
	addr "$1" "$2" "10.$3.0.2/24" "2001:db8:$3::2/64" &&
		default_via "$1" "10.$3.0.1" "2001:db8:$3::1"
}

# vf_addrs PF N NET: .1 of the network
vf_addrs()
{
	local dev

	dev=$(vf_dev "$1" "$2")
	ip addr add "10.$3.0.1/24" dev "$dev" && ip addr add "2001:db8:$3::1/64" dev "$dev" nodad
}

# bind_driver PF N DRIVER
bind_driver()
{
	local addr

	addr=$(vf_addr "$1" "$2")
	echo "$3" >"$PCI/$addr/driver_override" && echo "$addr" >/sys/bus/pci/drivers_probe
	[ "$(vf_driver "$1" "$2")" = "$3" ]
}

# The machine it takes, else all is skipped; as it was when the script ends.
sriov_init()
{
	[ -e /sys/class/net/nic0/device/sriov_totalvfs ] ||
		skip "nic0 is no igb: needs --nics iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs"
	modprobe -n -q igbvf || skip "no igbvf for $(uname -r)"
	need_kind || die "cannot load $KIND"
	defer wipe
}
