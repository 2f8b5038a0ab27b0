#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The mirror of routes: what `ip route` says the VR holds, for each way in which
# routes come, change and go, and what happens when memory is short. Runs as root.
#
# vm: kernels=6.12 timeout=900

# A way out is two words: $A6, $B6.
# shellcheck disable=SC2086
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="ipv4_identical ipv4_tos ipv4_metric ipv4_replace ipv4_delete ipv4_plen ipv4_types
	ipv4_multipath ipv4_via_ipv6 ipv4_onlink
	ipv6_add ipv6_metric ipv6_append_single ipv6_replace_single ipv6_metric_multipath
	ipv6_append_multipath ipv6_replace_multipath ipv6_append_multipath_to_single
	ipv6_delete_single ipv6_delete_multipath ipv6_types ipv6_source
	encap not_a_port port_comes_and_goes nexthop_object flush
	replay replay_beside_changes delete_vr local_table rules
	lost_event lost_route lost_nexthop flap"

DEBUGFS=/sys/kernel/debug/vrouter

# routes FAMILY: the table as one line per route, nexthops joined to it
routes()
{
	ip -n r "-$1" route show table 10 |
		awk '/^[ \t]/ { printf " %s", $0; next } NR > 1 { print "" } { printf "%s", $0 } END { print "" }'
}

# is_marked FAMILY ROUTE-REGEX MARK: MARK is offload, trap, failed or none. There
# must be such a route, and all must be so marked.
is_marked()
{
	routes "$1" | grep -E "$2" | awk -v mark="$3" '
		{
			n++
			offload = / rt_offload( |$)/
			trap = / rt_trap( |$)/
			failed = / rt_offload_failed( |$)/
			got = failed ? "failed" : offload ? "offload" : trap ? "trap" : "none"
			if (got != mark || offload + trap + failed > 1)
				bad++
		}
		END { exit !n || bad }'
}

# marked FAMILY ROUTE-REGEX MARK: it soon is
marked()
{
	busywait 10000 is_marked "$@" ||
		fail "IPv$1 route /$2/ is not marked as $3: $(indent "$(routes "$1" | grep -E "$2")")"
}

# mirror VR KEY: one figure of vrctl's statistics
mirror()
{
	vrctl -j -n r stats show "$1" |
		sed -n "s/.*\"$2\":[ ]*\([0-9a-z]*\).*/\1/p" | head -n 1
}

# mirror_is VR KEY WANTED
mirror_is()
{
	local got

	got=$(mirror "$1" "$2")
	[ "$got" = "$3" ]
}

# holds_all: as many routes as the table has, none failed
holds_all()
{
	local line

	for f in 4 6; do
		line=$(n r "$HELPERS/rtload" count 10 $f)
		[ "$(mirror red "routes_ipv$f")" = "$(prefixes $f)" ] || { echo "$f: $line"; return 1; }
	done
	[ "$(mirror red failed)" = 0 ] && [ "$(mirror red ready)" = true ]
}

# prefixes FAMILY: how many different ones there are in the table
prefixes()
{
	ip -n r "-$1" route show table 10 | grep -v '^[[:space:]]' |
		awk '{ print $1 ~ /^(local|broadcast|anycast|multicast|unicast|blackhole|unreachable|prohibit|throw)$/ ? $2 : $1 }' |
		sort -u | wc -l
}

# r4 VERB ARGS, r6 VERB ARGS: of the VR's table
r4()
{
	local verb=$1

	shift
	check ip -n r route "$verb" table 10 "$@"
}

r6()
{
	local verb=$1

	shift
	check ip -n r -6 route "$verb" table 10 "$@"
}

topo_mirror()
{
	topo_one && helper rtload
}

# ---- IPv4: of several routes to a prefix the mirror holds the one that counts

ipv4_identical()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 10.1.0.2
	marked 4 "^192.0.2.0/24" offload
	r4 append 192.0.2.0/24 via 10.2.0.2
	marked 4 "^192.0.2.0/24 via 10.1.0.2" offload
	marked 4 "^192.0.2.0/24 via 10.2.0.2" none
	r4 prepend 192.0.2.0/24 via 10.2.0.2 src 10.2.0.1
	marked 4 "^192.0.2.0/24 .*src 10.2.0.1" offload
	marked 4 "^192.0.2.0/24 via 10.1.0.2" none
	r4 flush 192.0.2.0/24
}

ipv4_tos()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 10.1.0.2
	r4 add 192.0.2.0/24 tos 0x10 via 10.2.0.2
	marked 4 "^192.0.2.0/24 tos" trap
	marked 4 "^192.0.2.0/24 via" none
	r4 del 192.0.2.0/24 tos 0x10
	marked 4 "^192.0.2.0/24 via" offload
	r4 del 192.0.2.0/24
}

ipv4_metric()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 10.1.0.2 metric 1024
	marked 4 "^192.0.2.0/24 .*metric 1024" offload
	r4 add 192.0.2.0/24 via 10.2.0.2 metric 1023
	marked 4 "^192.0.2.0/24 .*metric 1023" offload
	marked 4 "^192.0.2.0/24 .*metric 1024" none
	r4 add 192.0.2.0/24 via 10.2.0.2 metric 1025
	marked 4 "^192.0.2.0/24 .*metric 1025" none
	r4 del 192.0.2.0/24 metric 1023
	marked 4 "^192.0.2.0/24 .*metric 1024" offload
	r4 del 192.0.2.0/24 metric 1024
	marked 4 "^192.0.2.0/24 .*metric 1025" offload
	r4 del 192.0.2.0/24 metric 1025
	soon 5 holds_all
}

ipv4_replace()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 10.1.0.2 metric 10
	r4 replace 192.0.2.0/24 via 10.2.0.2 metric 10
	marked 4 "^192.0.2.0/24 via 10.2.0.2" offload
	r4 replace blackhole 192.0.2.0/24 metric 10
	marked 4 "^blackhole 192.0.2.0/24" offload
	r4 replace unreachable 192.0.2.0/24 metric 10
	marked 4 "^unreachable 192.0.2.0/24" trap
	r4 add 192.0.2.0/24 via 10.2.0.2 metric 20
	r4 replace 192.0.2.0/24 via 10.1.0.2 metric 20
	marked 4 "^192.0.2.0/24 .*metric 20" none
	marked 4 "^unreachable 192.0.2.0/24" trap
	r4 flush 192.0.2.0/24
}

ipv4_delete()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 10.1.0.2 metric 10
	r4 append 192.0.2.0/24 via 10.2.0.2 metric 10
	marked 4 "^192.0.2.0/24 via 10.1.0.2" offload
	r4 del 192.0.2.0/24 via 10.1.0.2 metric 10
	marked 4 "^192.0.2.0/24 via 10.2.0.2" offload
	r4 del 192.0.2.0/24
	soon 5 holds_all
}

ipv4_plen()
{
	topo mirror || return
	for p in default 128.0.0.0/1 192.0.0.0/8 192.0.2.0/23 192.0.2.0/24 192.0.2.0/25 192.0.2.0/31 \
		 192.0.2.0/32; do
		r4 add $p via 10.1.0.2
	done
	marked 4 "via 10.1.0.2" offload
	check_eq "routes" "$(routes 4 | grep -c "via 10.1.0.2")" 8
	soon 5 holds_all
	r4 del 192.0.2.0/24
	marked 4 "via 10.1.0.2" offload
	r4 flush proto boot
	soon 5 holds_all
}

ipv4_types()
{
	topo mirror || return
	for type in unreachable prohibit throw; do
		r4 add $type 192.0.2.0/24
		marked 4 "^$type 192.0.2.0/24" trap
		r4 del $type 192.0.2.0/24
	done
	r4 add blackhole 192.0.2.0/24
	marked 4 "^blackhole 192.0.2.0/24" offload
	r4 del blackhole 192.0.2.0/24
	marked 4 "^local 10.1.0.1 " trap
	marked 4 "^broadcast 10.1.0.255 " trap
	marked 4 "^10.1.0.0/24 dev a" offload
}

ipv4_multipath()
{
	topo mirror || return
	r4 add 192.0.2.0/24 nexthop via 10.1.0.2 weight 3 nexthop via 10.2.0.2
	marked 4 "^192.0.2.0/24" offload
	r4 replace 192.0.2.0/24 nexthop via 10.1.0.2 nexthop via 10.2.0.2 weight 200
	marked 4 "^192.0.2.0/24" offload
	r4 del 192.0.2.0/24
	soon 5 holds_all
}

ipv4_via_ipv6()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via inet6 2001:db8:2::2 dev b
	marked 4 "^192.0.2.0/24" offload
	check addr h2 lo 192.0.2.1/32
	check pings h1 192.0.2.1
	counts r red '^tx_packets' 6 pings h1 192.0.2.1
	r4 del 192.0.2.0/24
}

ipv4_onlink()
{
	topo mirror || return
	r4 add 192.0.2.0/24 via 198.51.100.1 dev b onlink
	marked 4 "^192.0.2.0/24" offload
	check ip -n r neigh replace 198.51.100.1 lladdr "$(mac h2 e)" dev b
	check addr h2 lo 192.0.2.1/32
	check pings h1 192.0.2.1
	counts r red '^tx_packets' 6 pings h1 192.0.2.1
	r4 del 192.0.2.0/24
}

# ---- IPv6: the routes of a prefix with equal metric and a gateway are one route

P6=2001:db8:beef::/64
A6="via 2001:db8:1::2"
B6="via 2001:db8:2::2"

ipv6_add()
{
	topo mirror || return
	r6 add $P6 $A6
	marked 6 "^$P6" offload
	r6 append $P6 $B6 metric 2000
	marked 6 "^$P6 .*metric 1024" offload
	marked 6 "^$P6 .*metric 2000" none
	r6 flush $P6
}

ipv6_metric()
{
	topo mirror || return
	r6 add $P6 $A6 metric 100
	r6 add $P6 $B6 metric 99
	marked 6 "^$P6 .*metric 99" offload
	marked 6 "^$P6 .*metric 100" none
	r6 del $P6 metric 99
	marked 6 "^$P6 .*metric 100" offload
	r6 del $P6 metric 100
	soon 5 holds_all
}

ipv6_append_single()
{
	topo mirror || return
	r6 add $P6 $A6 metric 100
	r6 append $P6 $B6 metric 100
	marked 6 "^$P6 .*$A6.*$B6|^$P6 .*$B6.*$A6" offload
	r6 append $P6 $A6 metric 200
	marked 6 "^$P6 .*metric 200" none
	r6 flush $P6
}

ipv6_replace_single()
{
	topo mirror || return
	r6 add $P6 $A6 metric 100
	r6 replace $P6 $B6 metric 100
	marked 6 "^$P6 $B6" offload
	r6 replace $P6 metric 100 nexthop $A6 nexthop $B6
	marked 6 "^$P6 .*nexthop" offload
	r6 replace $P6 $B6 metric 100
	marked 6 "^$P6 $B6" offload
	r6 flush $P6
	soon 5 holds_all
}

ipv6_metric_multipath()
{
	topo mirror || return
	r6 add $P6 metric 100 nexthop $A6 nexthop $B6
	marked 6 "^$P6 metric 100" offload
	r6 add $P6 metric 99 nexthop $A6 nexthop $B6
	marked 6 "^$P6 metric 99" offload
	marked 6 "^$P6 metric 100" none
	r6 del $P6 metric 99
	marked 6 "^$P6 metric 100" offload
	r6 del $P6 metric 100
	soon 5 holds_all
}

ipv6_append_multipath()
{
	topo mirror || return
	check addr h2 e 2001:db8:2::3/64
	r6 add $P6 metric 100 nexthop $A6 nexthop $B6
	r6 append $P6 metric 100 nexthop via 2001:db8:2::3
	marked 6 "^$P6 metric 100.*2001:db8:2::3" offload
	r6 append $P6 metric 200 nexthop $A6
	marked 6 "^$P6 .*metric 200" none
	r6 flush $P6
}

ipv6_replace_multipath()
{
	topo mirror || return
	r6 add $P6 metric 100 nexthop $A6 nexthop $B6
	r6 replace $P6 metric 100 nexthop $A6 nexthop via 2001:db8:2::3
	marked 6 "^$P6 metric 100.*2001:db8:2::3" offload
	r6 replace unreachable $P6 metric 100
	marked 6 "^unreachable $P6" trap
	r6 flush $P6
	soon 5 holds_all
}

ipv6_append_multipath_to_single()
{
	topo mirror || return
	r6 add $P6 $A6 metric 100
	marked 6 "^$P6" offload
	r6 append $P6 metric 100 nexthop $B6 nexthop via 2001:db8:2::3
	marked 6 "^$P6 metric 100.*nexthop" offload
	check_eq "paths" "$(routes 6 | grep "^$P6" | grep -o nexthop | wc -l)" 3
	r6 flush $P6
	soon 5 holds_all
}

ipv6_delete_single()
{
	topo mirror || return
	r6 add $P6 $A6 metric 100
	r6 add $P6 metric 200 nexthop $A6 nexthop $B6
	r6 del $P6 metric 100
	marked 6 "^$P6 metric 200" offload
	r6 del $P6 $A6 metric 200
	marked 6 "^$P6 $B6.*metric 200" offload
	r6 add $P6 $A6 metric 300
	r6 del $P6 $B6 metric 200
	marked 6 "^$P6 $A6.*metric 300" offload
	r6 del $P6
	soon 5 holds_all
}

ipv6_delete_multipath()
{
	topo mirror || return
	r6 add $P6 metric 100 nexthop $A6 nexthop $B6
	r6 add $P6 metric 200 nexthop $A6 nexthop $B6
	r6 del $P6 metric 100
	marked 6 "^$P6 metric 200" offload
	r6 append $P6 metric 200 nexthop via 2001:db8:2::3
	r6 del $P6 metric 200 nexthop $A6 nexthop $B6
	marked 6 "^$P6 via 2001:db8:2::3.*metric 200" offload
	r6 del $P6
	soon 5 holds_all
}

ipv6_types()
{
	topo mirror || return
	for type in unreachable prohibit throw; do
		r6 add $type $P6
		marked 6 "^$type $P6" trap
		r6 del $type $P6
	done
	r6 add blackhole $P6
	marked 6 "^blackhole $P6" offload
	r6 del blackhole $P6
	r6 add $P6 $A6 expires 1000
	marked 6 "^$P6" trap
	r6 del $P6
	marked 6 "^local 2001:db8:1::1 " trap
	marked 6 "^2001:db8:1::/64 dev a" offload
}

# Routes by source: the whole family is left to the stack meanwhile.
ipv6_source()
{
	topo mirror || return
	check pings h1 2001:db8:2::2
	r6 add $P6 from 2001:db8:1::/64 $B6
	check addr h2 lo 2001:db8:beef::1/128
	busywait 5000 pings h1 2001:db8:beef::1 >/dev/null || fail "no way by source"
	counts r red '^punt_policy' 3 pings h1 2001:db8:2::2
	r6 del $P6 from 2001:db8:1::/64
	soon 5 fast 2001:db8:2::2
}

# fast ADDR: what h1 sends there is forwarded by the VR, both ways
fast()
{
	local before

	before=$(counter r red '^tx_packets')
	pings h1 "$1" && [ $(($(counter r red '^tx_packets') - before)) -ge 6 ]
}

# ---- what only the stack can do is held as a punt

encap()
{
	topo mirror || return
	if ! ip -n r route add 192.0.2.0/24 encap ip id 7 dst 10.2.0.2 dev b table 10 2>/dev/null; then
		skip "the kernel has no ip encapsulation"
		return
	fi
	marked 4 "^192.0.2.0/24" trap
	r4 del 192.0.2.0/24
}

not_a_port()
{
	topo mirror || return
	check ip -n r link add d0 type dummy
	check ip -n r link set d0 up
	r4 add 192.0.2.0/24 dev d0
	marked 4 "^192.0.2.0/24" trap
	r6 add $P6 dev d0
	marked 6 "^$P6" trap
	check ip -n r link del d0
	soon 5 holds_all
}

# Routes over a device follow it into the VR and out.
port_comes_and_goes()
{
	topo mirror || return
	check ip -n r link add d0 type dummy
	check ip -n r link set d0 master red
	check ip -n r link set d0 up
	r4 add 192.0.2.0/24 dev d0
	r6 add $P6 dev d0
	marked 4 "^192.0.2.0/24" offload
	marked 6 "^$P6" offload
	check ip -n r link set d0 nomaster
	soon 5 holds_all
	# leaving an L3 master takes the device's routes along; set them again
	check ip -n r link set d0 up
	check ip -n r route replace 192.0.2.0/24 dev d0 table 10
	marked 4 "^192.0.2.0/24" trap
	check ip -n r link del d0
	soon 5 holds_all
}

nexthop_object()
{
	topo mirror || return
	check ip -n r nexthop add id 1 via 10.1.0.2 dev a
	check ip -n r nexthop add id 2 via 10.2.0.2 dev b
	check ip -n r nexthop add id 10 group 1/2,3
	r4 add 192.0.2.0/24 nhid 1
	r4 add 192.0.3.0/24 nhid 10
	marked 4 "^192.0.[23].0/24" offload
	check_fails ip -n r nexthop replace id 1 blackhole
	check ip -n r nexthop replace id 10 group 2
	check ip -n r nexthop del id 1
	marked 4 "^192.0.3.0/24" offload
	check ip -n r nexthop flush
	soon 5 holds_all
	check ip -n r nexthop add id 11 via 2001:db8:1::2 dev a
	check ip -n r nexthop add id 12 via 2001:db8:2::2 dev b
	check ip -n r nexthop add id 20 group 11/12
	r6 add $P6 nhid 20
	marked 6 "^$P6" offload
	check addr h2 lo 2001:db8:beef::1/128
	check ip -n r nexthop replace id 20 group 12
	soon 5 fast 2001:db8:beef::1
	check ip -n r nexthop flush
	soon 5 holds_all
}

flush()
{
	topo mirror || return
	check n r "$HELPERS/rtload" add 10 4 2000 b 10.2.0.2
	check n r "$HELPERS/rtload" add 10 6 2000 b 2001:db8:2::2
	soon 20 holds_all
	r4 flush proto boot
	r4 flush proto static
	r6 flush root 2a00::/16
	soon 20 holds_all
	check_cmp "routes left" "$(mirror red routes_ipv4)" -lt 20
}

# ---- dumps

# A VR that comes to a table later holds the same.
replay()
{
	topo mirror || return
	check n r "$HELPERS/rtload" add 10 4 3000 b 10.2.0.2
	check n r "$HELPERS/rtload" add 10 6 1000 b 2001:db8:2::2
	r6 add $P6 metric 100 nexthop $A6 nexthop $B6
	soon 20 holds_all
	check vr_add r late 10
	soon 20 mirror_is late ready true
	check_eq "IPv4 routes" "$(mirror late routes_ipv4)" "$(mirror red routes_ipv4)"
	check_eq "IPv6 routes" "$(mirror late routes_ipv6)" "$(mirror red routes_ipv6)"
	check ip -n r link del late
	TOPO_NOW=
}

# The same while the table changes all the time.
replay_beside_changes()
{
	local i

	topo mirror || return
	check n r "$HELPERS/rtload" add 10 4 3000 b 10.2.0.2
	run flap r "$HELPERS/rtload" flap 10 4 3000 b 10.2.0.2 0 6 2000
	for i in 1 2 3; do
		check vr_add r "late$i" 10
	done
	wait "$RUN_PID" || fail "rtload: $(cat "$TOPO_TMP/flap")"
	for i in 1 2 3; do
		soon 20 mirror_is "late$i" ready true
	done
	soon 20 holds_all
	for i in 1 2 3; do
		soon 5 mirror_is "late$i" routes_ipv4 "$(mirror red routes_ipv4)"
		check ip -n r link del "late$i"
	done
	TOPO_NOW=
}

# Routes that outlive the VR do not claim to be held.
delete_vr()
{
	topo mirror || return
	TOPO_NOW=
	r4 add blackhole 192.0.2.0/24
	r6 add blackhole $P6
	marked 4 "^blackhole 192.0.2.0/24" offload
	check ip -n r link del red
	marked 4 "^blackhole 192.0.2.0/24" none
	marked 6 "^blackhole $P6" none
}

# ---- rules

# The local table comes first, also with a prefix shorter than the VR's.
local_table()
{
	topo mirror || return
	TOPO_NOW=
	r4 add 10.77.1.0/24 via 10.2.0.2
	check addr h2 lo 10.77.1.1/32
	soon 5 fast 10.77.1.1
	check ip -n r route add local 10.77.0.0/16 dev lo table local
	busywait 5000 punted local 10.77.1.1 >/dev/null || fail "not left to the local table"
	check ip -n r route del local 10.77.0.0/16 dev lo table local
	soon 5 fast 10.77.1.1
	# and after it, if the rules say so
	check ip -n r rule add pref 32765 table local
	check ip -n r rule del pref 0
	check ip -n r route add local 10.77.0.0/16 dev lo table local
	soon 5 fast 10.77.1.1
}

# punted WHY ADDR
punted()
{
	local before

	before=$(counter r red "^punt_$1")
	n h1 ping -q -n -c 1 -W 1 "$2" >/dev/null
	[ "$(counter r red "^punt_$1")" -gt "$before" ]
}

rules()
{
	topo mirror || return
	soon 5 fast 10.2.0.2
	check ip -n r rule add pref 100 from 10.1.0.0/24 lookup 77
	soon 5 punted policy 10.2.0.2
	check pings h1 10.2.0.2
	soon 5 fast 2001:db8:2::2
	check ip -n r rule del pref 100
	soon 5 fast 10.2.0.2
	# behind the VRs' rule it does no harm
	check ip -n r rule add pref 2000 from 10.1.0.0/24 lookup 77
	check pings h1 10.2.0.2
	soon 5 fast 10.2.0.2
	check ip -n r rule del pref 2000
	check ip -n r -6 rule add pref 100 fwmark 7 lookup 77
	soon 5 punted policy 2001:db8:2::2
	check ip -n r -6 rule del pref 100
	soon 5 fast 2001:db8:2::2
}

# ---- losses

inject()
{
	[ -d $DEBUGFS ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null
	[ -e "$DEBUGFS/$1" ] || { skip "no debugfs"; return 1; }
	defer inject_off
	echo "$2" >"$DEBUGFS/$1"
}

inject_off()
{
	local f

	for f in "$DEBUGFS"/fail_*; do
		echo N >"$f"
	done
}

# An event that can't be queued: the table is read again.
lost_event()
{
	local resyncs

	topo mirror || return
	soon 5 holds_all
	resyncs=$(mirror red resyncs)
	inject fail_event_alloc Y || return
	r4 add 192.0.2.0/24 via 10.2.0.2
	r6 add $P6 $B6
	soon 5 mirror_is red ready false
	check pings h1 10.2.0.2
	check pings h1 2001:db8:2::2
	inject fail_event_alloc N
	soon 20 mirror_is red ready true
	check_cmp "resyncs" "$(mirror red resyncs)" -gt "$resyncs"
	marked 4 "^192.0.2.0/24" offload
	marked 6 "^$P6" offload
	soon 5 holds_all
	r4 del 192.0.2.0/24
	r6 del $P6
	soon 5 holds_all
}

# A route that can't be held: it and what covers it are left to the stack.
lost_route()
{
	topo mirror || return
	check addr h2 lo 192.0.2.1/32
	# the shorter route leads astray
	r4 add 192.0.0.0/16 via 10.1.0.2
	marked 4 "^192.0.0.0/16" offload
	inject fail_route_alloc Y || return
	r4 add 192.0.2.0/24 via 10.2.0.2
	marked 4 "^192.0.2.0/24" failed
	marked 4 "^192.0.0.0/16" failed
	check_cmp "failed" "$(mirror red failed)" -ge 1
	check pings h1 192.0.2.1
	inject fail_route_alloc N
	busywait 30000 is_marked 4 "^192.0.2.0/24" offload || fail "not tried again"
	marked 4 "^192.0.0.0/16" offload
	soon 5 fast 192.0.2.1
	soon 5 holds_all
	r4 flush root 192.0.0.0/16
}

# The same for its next hops.
lost_nexthop()
{
	topo mirror || return
	check addr h2 lo 192.0.2.1/32
	inject fail_nexthop_alloc Y || return
	r4 add 192.0.2.0/24 via 10.2.0.2 mtu 1400
	r6 add $P6 $B6 mtu 1400
	marked 4 "^192.0.2.0/24" failed
	marked 6 "^$P6" failed
	check pings h1 192.0.2.1
	inject fail_nexthop_alloc N
	busywait 30000 is_marked 4 "^192.0.2.0/24" offload || fail "not tried again"
	marked 6 "^$P6" offload
	soon 5 fast 192.0.2.1
	r4 del 192.0.2.0/24
	r6 del $P6
}

# Thousands of changes, and in the end the two agree.
flap()
{
	topo mirror || return
	run flap4 r "$HELPERS/rtload" flap 10 4 4000 b 10.2.0.2 0 5 4000
	flap4=$RUN_PID
	run flap6 r "$HELPERS/rtload" flap 10 6 4000 a 2001:db8:1::2 0 5 2000
	wait "$RUN_PID" || fail "rtload: $(cat "$TOPO_TMP/flap6")"
	wait "$flap4" || fail "rtload: $(cat "$TOPO_TMP/flap4")"
	soon 30 holds_all
	marked 4 "^16.* via 10.2.0.2" offload
	marked 6 "^2a00.* via 2001:db8:1::2" offload
	diag "$(tr '\n' ' ' <"$TOPO_TMP/flap4") $(mirror red events) events"
}

require_root
require_command vrctl ethtool || exit
need_kind || die "no module $KIND"
is_vr || skip "of vrouter only"
run_tests "$ALL_TESTS" "$@"
