#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/examples: the files that are there, on two boxes that are namespaces.
# Hosts ping one another all the time; who forwards that is in the counters of the VRs.
# Runs as root.
#
# keepalived:  h -- lan switch --<  box1, box2  >-- wan switch -- s
# frr:         h -- lan [box1] link-a, link-b ==== link-a, link-b [box2] lan -- s
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="keepalived_moves_addresses frr_finds_another_way"
EXAMPLES=$TOP/Documentation/examples
FRR=/usr/lib/frr

# boxes EXAMPLE: what its files say, and a second time there is nothing to do
boxes()
{
	local i

	for i in 1 2; do
		check n box$i sysctl -q -p "$EXAMPLES/$1/sysctl.conf" || return
		vrctl -n box$i apply "$EXAMPLES/$1/box$i/edge.vr" >/dev/null
		check_eq "exit status of apply on box $i" $? 3 || return
		check vrctl -n box$i apply "$EXAMPLES/$1/box$i/edge.vr"
		check patient box$i edge
	done
}

# echoes NS ADDRESS: ten a second until the test ends, answers in $TOPO_TMP/echoes.ADDRESS
echoes()
{
	run "echoes.$2" "$1" stdbuf -oL ping -n -D -O -i 0.1 "$2"
	defer finish "$RUN_PID"
	soon 10 grep -q "bytes from" "$TOPO_TMP/echoes.$2"
}

# longest_gap: milliseconds between two answers to the same at most
longest_gap()
{
	awk -F '[][]' '
		FNR == 1 { last = 0 }
		/bytes from/ { if (last && $2 - last > gap) gap = $2 - last; last = $2 }
		END { printf "%d\n", gap * 1000 }' "$TOPO_TMP"/echoes.*
}

# ---- keepalived

topo_vrrp()
{
	local side i

	ns_add h s box1 box2 sw || return
	for side in lan wan; do
		ip -n sw link add $side type bridge && ip -n sw link set $side up || return
		for i in 1 2; do
			wire box$i $side sw $side$i && ip -n sw link set $side$i master $side || return
		done
	done
	wire h e sw lan9 && ip -n sw link set lan9 master lan &&
		wire s e sw wan9 && ip -n sw link set wan9 master wan &&
		addr h e 10.1.0.100/24 2001:db8:1::100/64 && addr s e 10.2.0.100/24 2001:db8:2::100/64 &&
		ip -n h route add default via 10.1.0.1 && ip -n h route add default via fe80::1 dev e &&
		ip -n s route add default via 10.2.0.1 && ip -n s route add default via fe80::1 dev e
}

keepalived_run()
{
	run "keepalived$1" "box$1" keepalived --vrrp --dont-fork --log-console --log-detail \
		--use-file "$EXAMPLES/keepalived/box$1/keepalived.conf" \
		--pid "$TOPO_TMP/keepalived$1.pid" --vrrp_pid "$TOPO_TMP/vrrp$1.pid"
}

# has_addresses BOX NUMBER: of the six that move
has_addresses()
{
	local have

	have=$(ip -n "box$1" -o addr show | grep -cE ' (10\.[12]\.0\.1/24|2001:db8:[12]::1/64|fe80::1/64) ')
	[ "$have" = "$2" ] || { echo "box $1 has $have of the addresses: $(ip -n "box$1" -o addr show)"; return 1; }
}

# goes_by BOX: box BOX has the addresses, the other none, and it is its VR that forwards
goes_by()
{
	soon 20 has_addresses "$1" 6
	soon 5 has_addresses $((3 - $1)) 0
	soon 10 reaches h 10.2.0.100
	soon 10 reaches h 2001:db8:2::100
	counts "box$1" edge '^tx_packets' 6 pings h 10.2.0.100
	counts "box$1" edge '^tx_packets' 6 pings h 2001:db8:2::100
}

keepalived_moves_addresses()
{
	local i

	require_command keepalived || return
	topo vrrp && boxes keepalived || return
	for i in 1 2; do
		keepalived_run $i
	done
	goes_by 1
	check_prints "" vrctl -n box1 restore "$EXAMPLES/keepalived/box1/edge.vr"
	check has_addresses 1 6
	echoes h 10.2.0.100
	echoes s 2001:db8:1::100
	# a cable is pulled: the box lets go of both sides
	check ip -n sw link set lan1 down
	goes_by 2
	diag "a cable pulled: at most $(longest_gap) ms without an answer"
	# and put back: the better box takes it all back
	check ip -n sw link set lan1 up
	goes_by 1
	# it is told to stop: nobody waits for it to be missed
	check kill -TERM "$(cat "$TOPO_TMP/keepalived1.pid")"
	goes_by 2
	[ "$TEST_FAILED" = 0 ] || diag "$(tail -n 25 "$TOPO_TMP"/keepalived{1,2})"
}

# ---- FRR

topo_bgp()
{
	ns_add h s box1 box2 && wire h e box1 lan && wire s e box2 lan &&
		wire box1 link-a box2 link-a && wire box1 link-b box2 link-b &&
		addr h e 10.1.0.100/24 2001:db8:1::100/64 && addr s e 10.2.0.100/24 2001:db8:2::100/64 &&
		default_via h 10.1.0.1 2001:db8:1::1 && default_via s 10.2.0.1 2001:db8:2::1
}

# frr_run BOX: as on a box of its own, but for the directories
frr_run()
{
	local dir=/etc/frr/box$1

	defer rm -rf "$dir"
	check install -d -o frr -g frr "$dir" || return
	check install -m 640 -o frr -g frr "$EXAMPLES/frr/daemons" "$EXAMPLES/frr/box$1/frr.conf" "$dir" || return
	echo "service integrated-vtysh-config" >"$dir/vtysh.conf"
	defer cleanup_ns "box$1"
	check n "box$1" "$FRR/frrinit.sh" start "box$1"
}

# routes_by BOX LINK: what it has learned of the other's network is by this link, and the VR has it
routes_by()
{
	local to=$((3 - $1)) main

	main=$(ip -n "box$1" -d route show; ip -n "box$1" -6 -d route show)
	[ "$(grep -cE "^unicast (10\.$to\.0\.0/24|2001:db8:$to::/64) .*dev $2 proto bgp .*rt_offload" <<<"$main")" = 2 ] ||
		{ echo "box $1, not by $2: $main"; return 1; }
}

# goes_over LINK: there and back, and the VRs forward it
goes_over()
{
	soon 40 routes_by 1 "$1"
	soon 20 routes_by 2 "$1"
	soon 10 reaches h 10.2.0.100
	soon 10 reaches h 2001:db8:2::100
	counts box1 edge '^tx_packets' 6 pings h 10.2.0.100
	counts box2 edge '^tx_packets' 6 pings h 2001:db8:2::100
}

# link_packets LINK: that box 1 has sent and received
link_packets()
{
	echo $(($(dev_stat box1 "$1" tx packets) + $(dev_stat box1 "$1" rx packets)))
}

frr_finds_another_way()
{
	local i before

	[ -x $FRR/bgpd ] || { skip "no FRR here"; return; }
	topo bgp && boxes frr || return
	for i in 1 2; do
		frr_run $i || return
	done
	goes_over link-a
	echoes h 10.2.0.100
	echoes s 2001:db8:1::100
	before=$(link_packets link-b)
	check ip -n box2 link set link-a down
	goes_over link-b
	check_cmp "packets by the other link" $(($(link_packets link-b) - before)) -ge 12
	diag "a link down: at most $(longest_gap) ms without an answer"
	check ip -n box2 link set link-a up
	goes_over link-a
	[ "$TEST_FAILED" = 0 ] || diag "$(for i in 1 2; do
		n box$i vtysh -N box$i -c 'show bgp summary' -c 'show bgp all'; done 2>&1)"
}

require_root
require_command vrctl ping sysctl
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
