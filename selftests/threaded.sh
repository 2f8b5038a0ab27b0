#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Threaded NAPI: the polls of a VR in threads, which are scheduled like any
# process. Runs as root.
#
# vm: kernels=6.12 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="switch_on forward switch_off delete_under_it"

set_threaded()
{
	local vr

	for vr in red blue; do
		n r sh -c "echo $1 >/sys/class/net/$vr/threaded" || return
	done
}

# What one VR forwards at least.
works()
{
	check helper traffic || return
	check pings h1 10.2.0.2
	check stream h1 h2 10.2.0.2 200000
	check stream h2 h1 2001:db8:1::2 200000
	counts r red '^tx_packets' 6 pings h1 10.2.0.2
}

switch_on()
{
	topo two || return
	check set_threaded 1
	is_vr || return 0
	pgrep "napi/red" >/dev/null || fail "no NAPI thread of red"
}

forward()
{
	topo two || return
	works
}

switch_off()
{
	topo two || return
	check set_threaded 0
	works
	check set_threaded 1
}

delete_under_it()
{
	topo two || return
	TOPO_NOW=
	run ping.out h1 ping -q -n -f 10.2.0.2
	check ip -n r link del dev blue
	check ip -n r link del dev red
	finish "$RUN_PID"
	check_fails pgrep "napi/red"
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
