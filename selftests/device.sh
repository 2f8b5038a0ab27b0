#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The device: create, change, show, move, delete, and what must be refused with
# words and without a trace. Runs as root.
#
# vm: kernels=6.12,6.1 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="autoload aliases basic weight bad_options refuse_lo refuse_vr refuse_master
	refuse_rx_handler handler_after_enslave refuse_tables rename move netns_delete
	l3mdev_rule many_ports release unprivileged userns"

topo_t()
{
	ns_add t
}

vr()
{
	ip -n t link add "$1" type "$KIND" "${@:2}"
}

details()
{
	ip -n t -d link show dev "$1"
}

exists()
{
	ip -n "${2:-t}" link show dev "$1"
}

# what `ip` says of the links of t, without what changes by itself
snapshot()
{
	ip -n t -d -o link show | sed 's/state [A-Z]*//; s/qlen [0-9]*//' | sort
}

# Refused with words that match, and every link is what it was before.
refused_and_nothing_changed()
{
	local before after

	before=$(snapshot)
	refused "$@"
	after=$(snapshot)
	[ "$before" = "$after" ] || fail "changed though refused: ${*:2}" \
		"$(diff <(echo "$before") <(echo "$after"))"
}

has_master()
{
	ip -n "${3:-t}" -o link show dev "$1" | grep -q " master $2 "
}

no_master()
{
	! ip -n "${2:-t}" -o link show dev "$1" | grep -q ' master '
}

loadable()
{
	modinfo -n "$KIND" 2>/dev/null | grep -q '\.ko'
}

# Ip link add type vrouter loads the module.
autoload()
{
	is_vr || { skip "a VRF is never unloaded"; return; }
	loadable || { skip "$KIND is built in"; return; }
	[ ! -d "/sys/module/$KIND" ] || check modprobe -r "$KIND"
	check_fails test -d "/sys/module/$KIND"
	check ip link add auto0 type "$KIND" table 10
	check test -d "/sys/module/$KIND"
	check ip link del dev auto0
	check modprobe -r "$KIND"
	check_fails test -d "/sys/module/$KIND"
	need_kind || fail "cannot load $KIND"
}

# Module metadata: aliases, licence, description.
aliases()
{
	is_vr || { skip "of vrouter only"; return; }
	says "^rtnl-link-vrouter$" modinfo -F alias vrouter
	says "^net-pf-16-proto-16-family-vrouter$" modinfo -F alias vrouter
	says "GPL" modinfo -F license vrouter
	says "[a-z]" modinfo -F description vrouter
}

# Create, show, enslave, up, delete.
basic()
{
	topo t || return
	check vr red table 10
	says "$KIND .*table 10" details red
	is_vr && says "weight 100" details red
	check ip -n t link set dev red up
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	check has_master d0 red
	says "d0" ip -n t link show master red
	refused "exists" vr red table 11
	check ip -n t link del dev red
	check_fails exists red
	check no_master d0
	check ip -n t link del dev d0
}

# Weight: given, changed live, limits.
weight()
{
	is_vr || { skip "of vrouter only"; return; }
	topo t || return
	check vr red table 10 weight 200
	says "weight 200" details red
	check ip -n t link set dev red up
	check ip -n t link set dev red type vrouter weight 300
	says "table 10 .*weight 300|weight 300 .*table 10" details red
	check ip -n t link set dev red type vrouter weight 1
	says "weight 1( |$)" details red
	check ip -n t link set dev red type vrouter weight 10000
	says "weight 10000" details red
	refused_and_nothing_changed "weight|range|invalid" ip -n t link set dev red type vrouter weight 0
	refused_and_nothing_changed "weight|range|invalid" ip -n t link set dev red type vrouter weight 10001
	refused_and_nothing_changed "table" ip -n t link set dev red type vrouter table 11
	check ip -n t link del dev red
}

# Wrong table or weight at creation.
bad_options()
{
	topo t || return
	refused_and_nothing_changed "table" vr red
	refused_and_nothing_changed "table" vr red table 0
	check_fails exists red
	is_vr || return
	refused_and_nothing_changed "weight|range" vr red table 10 weight 0
	refused_and_nothing_changed "weight|range" vr red table 10 weight 10001
	refused_and_nothing_changed "weight" vr red table 10 weight -1
	refused_and_nothing_changed "weight" vr red table 10 weight x
	refused_and_nothing_changed "table" vr red table x
	refused_and_nothing_changed "colour" vr red table 10 colour 5
	check_fails exists red
}

# Lo is no port.
refuse_lo()
{
	topo t || return
	check vr red table 10
	refused_and_nothing_changed "loopback" ip -n t link set dev lo master red
	check ip -n t link del dev red
}

# A VR or another L3 master is no port.
refuse_vr()
{
	topo t || return
	check vr red table 10
	check vr blue table 20
	refused_and_nothing_changed "." ip -n t link set dev blue master red
	refused_and_nothing_changed "." ip -n t link set dev red master red
	is_vr && refused_and_nothing_changed "router|L3|l3mdev|master|VR" ip -n t link set dev blue master red
	if modprobe -q vrf; then
		check ip -n t link add v0 type vrf table 30
		refused_and_nothing_changed "." ip -n t link set dev v0 master red
		refused_and_nothing_changed "." ip -n t link set dev red master v0
		check ip -n t link del dev v0
	fi
	check ip -n t link del dev red
	check ip -n t link del dev blue
}

# A device that has a master keeps it.
refuse_master()
{
	topo t || return
	check vr red table 10
	check vr blue table 20
	check ip -n t link add br0 type bridge
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master br0
	# `ip link set master` moves a device: the kernel asks the old master first. What
	# must never be is a device of two masters, or an rx handler left behind.
	check ip -n t link set dev d0 master red
	check has_master d0 red
	check ip -n t link set dev d0 master blue
	check has_master d0 blue
	check ip -n t link set dev d0 master br0
	check has_master d0 br0
	check ip -n t link set dev d0 nomaster
	check no_master d0
	check ip -n t link del dev d0
	check ip -n t link del dev br0
	check ip -n t link del dev red
	check ip -n t link del dev blue
}

# Devices that took the rx handler without being a master.
# A device whose rx handler is taken is no port.
refuse_rx_handler()
{
	local kind

	is_vr || { skip "a VRF uses no rx handler"; return; }
	topo t || return
	check vr red table 10
	for kind in macvlan ipvlan; do
		check ip -n t link add d0 type dummy
		if ! ip -n t link add up0 link d0 type $kind 2>/dev/null; then
			echo "# this kernel has no $kind"
			check ip -n t link del dev d0
			continue
		fi
		refused_and_nothing_changed "handler|busy|in use" ip -n t link set dev d0 master red
		check no_master d0
		check ip -n t link del dev up0
		check ip -n t link set dev d0 master red
		check ip -n t link del dev d0
	done
	check ip -n t link del dev red
}

# A port cannot also carry a macvlan.
handler_after_enslave()
{
	is_vr || { skip "a VRF uses no rx handler"; return; }
	topo t || return
	check vr red table 10
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	refused "." ip -n t link add up0 link d0 type macvlan
	check has_master d0 red
	check ip -n t link set dev d0 nomaster
	check ip -n t link add up0 link d0 type macvlan
	check ip -n t link del dev d0
	check ip -n t link del dev red
}

# Tables: special ones and one that another VR has.
refuse_tables()
{
	is_vr || { skip "of vrouter only"; return; }
	topo t || return
	check vr red table 254
	says "table (254|main)" details red
	check ip -n t link del dev red
	refused_and_nothing_changed "table" vr red table 255
	check vr red table 4000000000
	says "table 4000000000" details red
	check ip -n t link del dev red
}

# A VR and its port are renamed.
rename()
{
	topo t || return
	check vr red table 10
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	check ip -n t link set dev d0 name d1
	check ip -n t link set dev red name crimson
	check has_master d1 crimson
	says "table 10" details crimson
	check ip -n t link set dev crimson up
	check ip -n t link del dev crimson
	check no_master d1
	check ip -n t link del dev d1
}

# A VR moves to another namespace and leaves its ports.
move()
{
	is_vr || { skip "a VRF stays in its namespace"; return; }
	topo t || return
	check ns_add t2
	check vr red table 10 weight 42
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	check ip -n t link set dev d0 up
	check ip -n t link set dev red up
	check ip -n t link set dev red netns t2
	check_fails exists red
	check exists red t2
	check no_master d0
	says "table 10 .*weight 42|weight 42 .*table 10" ip -n t2 -d link show dev red
	check ip -n t2 link set dev red up
	check ip -n t2 link add d9 type dummy
	check ip -n t2 link set dev d9 master red
	check has_master d9 red t2
	# A port that moves leaves its VR.
	check ip -n t2 link set dev d9 netns t
	check no_master d9
	check ip -n t2 link del dev red
	check ip -n t link del dev d0
	check ip -n t link del dev d9
	check ip netns del t2
}

# A namespace goes away with VRs and ports inside.
netns_delete()
{
	topo t || return
	check ip netns add gone
	check ip -n gone link add red type "$KIND" table 10
	check ip -n gone link add blue type "$KIND" table 20
	check ip -n gone link add x0 type veth peer name x1 netns t
	check ip -n gone link set dev x0 master red
	check ip -n gone link set dev red up
	check ip -n gone link set dev x0 up
	check ip netns del gone
	soon 10 check_fails exists x1
	exists x1 >/dev/null 2>&1 && fail "the peer of a port of a deleted namespace is still there"
	return 0
}

# The l3mdev rule is there after the first VR, for both families, once.
l3mdev_rule()
{
	check ip netns add rule
	TOPO_NS+=(rule)
	saysnot "l3mdev" ip -n rule rule show
	check ip -n rule link add red type "$KIND" table 10
	check ip -n rule link add blue type "$KIND" table 20
	[ "$(ip -n rule rule show | grep -c l3mdev)" = 1 ] || fail "not one IPv4 l3mdev rule"
	[ "$(ip -n rule -6 rule show | grep -c l3mdev)" = 1 ] || fail "not one IPv6 l3mdev rule"
	check ip netns del rule
}

# 64 ports come and go; a VR with ports is deleted.
many_ports()
{
	local i

	topo t || return
	check vr red table 10
	for i in {1..64}; do
		echo "link add p$i type dummy"
		echo "link set dev p$i master red"
		echo "link set dev p$i up"
	done >"$TOPO_TMP/batch"
	check ip -n t -batch "$TOPO_TMP/batch"
	[ "$(ip -n t -o link show master red | wc -l)" = 64 ] || fail "not 64 ports"
	check ip -n t link del dev red
	[ "$(ip -n t -o link show type dummy | grep -c ' master ')" = 0 ] || fail "ports kept a master"
	for i in {1..64}; do
		echo "link del dev p$i"
	done >"$TOPO_TMP/batch"
	check ip -n t -batch "$TOPO_TMP/batch"
}

# Nomaster and deletion of a port release it.
release()
{
	topo t || return
	check vr red table 10
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	check ip -n t link set dev d0 nomaster
	check no_master d0
	check ip -n t link set dev d0 master red
	check ip -n t link del dev d0
	saysnot "d0" ip -n t link show master red
	check ip -n t link del dev red
}

# as_nobody NS CMD...
as_nobody()
{
	n "$1" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "${@:2}"
}

# An unprivileged user changes nothing and may look.
unprivileged()
{
	command -v setpriv >/dev/null || { skip "no setpriv"; return; }
	topo t || return
	check vr red table 10
	check ip -n t link add d0 type dummy
	check ip -n t link set dev d0 master red
	refused "not permitted" as_nobody t ip link add x type "$KIND" table 10
	refused "not permitted" as_nobody t ip link del dev red
	refused "not permitted" as_nobody t ip link set dev d0 nomaster
	is_vr && refused "not permitted" as_nobody t ip link set dev red type vrouter weight 7
	check as_nobody t ip -d link show red
	check has_master d0 red
	check ip -n t link del dev d0
	check ip -n t link del dev red
}

# in_userns CMD...: as root of a new user namespace with a network of its own
in_userns()
{
	unshare --user --map-root-user --net "$@"
}

# Root of a user namespace: VRs in its own network, but no weight.
userns()
{
	unshare --user --map-root-user --net true 2>/dev/null || { skip "no user namespaces"; return; }
	check in_userns ip link add red type "$KIND" table 10
	check in_userns sh -c "ip link add red type $KIND table 10 && ip link set dev red up &&
		ip link add d0 type dummy && ip link set dev d0 master red && ip link del dev red"
	is_vr || return
	refused "weight|permi" in_userns ip link add red type vrouter table 10 weight 5000
	refused "weight|permi" in_userns sh -c "ip link add red type vrouter table 10 &&
		ip link set dev red type vrouter weight 5000"
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
