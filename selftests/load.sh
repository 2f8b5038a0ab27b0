#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The least that must work on every kernel: load, forward, unload. Runs as root.
#
# vm: kernels=6.12-rt,6.1-rt,6.12,6.1,debug

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="load forward unload reload"

load()
{
	check modprobe "$KIND"
	check test -d "/sys/module/$KIND"
}

forward()
{
	topo two || return
	check helper traffic || return
	check pings h1 10.2.0.2
	check pings h1 2001:db8:2::2
	check stream h1 h2 10.2.0.2 1000000
	check stream h2 h1 2001:db8:1::2 1000000
	counts r red '^tx_packets' 6 pings h1 10.2.0.2
	counts r blue '^tx_packets' 6 pings h1 2001:db8:2::2
	check n h1 ping -q -n -f -c 500 10.2.0.2
}

# With VRs, ports and routes in place.
unload()
{
	is_vr || { skip "a VRF is never unloaded"; return; }
	topo two || return
	TOPO_NOW=
	check modprobe -r "$KIND"
	check_fails test -d "/sys/module/$KIND"
	check_fails ip -n r link show dev red
	saysnot " master " ip -n r -o link show dev a
	check ip -n r link show dev a
}

reload()
{
	local i

	is_vr || { skip "a VRF is never unloaded"; return; }
	for i in 1 2 3; do
		check modprobe "$KIND"
		check ip link add reload0 type "$KIND" table 10
		check ip link set dev reload0 up
		check modprobe -r "$KIND"
		check_fails ip link show dev reload0
	done
	check modprobe "$KIND"
	forward
}

require_root
run_tests "$ALL_TESTS" "$@"
