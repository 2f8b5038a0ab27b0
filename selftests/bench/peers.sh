# SPDX-License-Identifier: GPL-2.0
# What make bench measures: the module and what a user could take instead. Sourced.
#
#                 b-in           b-out
#   generator ──────── the row ──────── sink
#   198.18.0.0/16      20.0.0.0/24, 20.0.1.0/24 ... via 10.9.0.2
#   2001:db8:1::/64    2001:db8:3::0/112, 2001:db8:3::1:0/112 ... via 2001:db8:2::2
#
# set_ROW makes it ready between these two NICs; what it defers takes it away again. It
# fails with what is lacking in WHY. GRO is off everywhere: none of the packets could be
# merged, and trying costs all of them the same 300 instructions.
# shellcheck shell=bash

BENCH_ROUTES=1000
BENCH_TABLE=10
BENCH_VR=(weight 100)		# settings of the VR
BENCH_OTHER_MAC=02:76:72:ff:00:02
# bench_nics [MASTER [NAME]]: the two NICs of b, or of NAME
bench_nics()
{
	local master=${1:-} name=${2:-b} nic

	for nic in "$name-in" "$name-out"; do
		ip link add name "$nic" type vrsim && defer ip link del dev "$nic" || return
		ethtool -K "$nic" gro off || return
		sysctl -qw "net.ipv6.conf.$nic.disable_ipv6=0"
		[ -z "$master" ] || ip link set dev "$nic" master "$master" || return
		ip link set dev "$nic" up || return
	done
	rig_sim "$name-out" peer "$RIG_HOP"
}

bench_addresses()
{
	ip addr add 198.18.255.254/16 dev b-in &&
		ip addr add 10.9.0.1/24 dev b-out &&
		ip addr add 2001:db8:1::1/64 dev b-in nodad &&
		ip addr add 2001:db8:2::1/64 dev b-out nodad &&
		ip neigh add 10.9.0.2 lladdr "$RIG_HOP" dev b-out nud permanent &&
		ip neigh add 2001:db8:2::2 lladdr "$RIG_HOP" dev b-out nud permanent
}

# bench_routes TABLE
bench_routes()
{
	local i

	for ((i = 0; i < BENCH_ROUTES; i++)); do
		echo "route add 20.$((i >> 8)).$((i & 255)).0/24 via 10.9.0.2 dev b-out table $1"
		printf -- 'route add 2001:db8:3::%x:0/112 via 2001:db8:2::2 dev b-out table %s\n' $i "$1"
	done | ip -batch -
}

# offloaded TABLE: both families' routes are all in the mirror
offloaded()
{
	local af

	for af in 4 6; do
		[ "$(ip -$af route show table "$1" | grep -c ' via .*rt_offload')" = $BENCH_ROUTES ] || return
	done
}

bench_vr()
{
	rig_vrctl vr add b table $BENCH_TABLE && defer ip link del dev b &&
		rig_vrctl vr set b "${BENCH_VR[@]}" && ip link set dev b up
}

set_vrouter()
{
	bench_vr && bench_nics b && bench_addresses && bench_routes $BENCH_TABLE &&
		busywait 20000 offloaded $BENCH_TABLE
}

# bench_wide COMMAND...: a VR, and the command that adds its routes to 16.0.0.0/4
bench_wide()
{
	bench_vr && bench_nics b && bench_addresses && "$@"
}

set_one_route()
{
	bench_wide ip route add 16.0.0.0/4 via 10.9.0.2 dev b-out table $BENCH_TABLE
}

# million_offloaded: see rtload.c
million_offloaded()
{
	"$SELFTESTS/helpers/rtload" count $BENCH_TABLE 4 | awk '{ exit !($4 >= 1000000 && $8 == 0) }'
}

# 16.0.0.0/24, 16.0.1.0/24 ...
set_million_routes()
{
	bench_wide "$SELFTESTS/helpers/rtload" add $BENCH_TABLE 4 1000000 b-out 10.9.0.2 &&
		busywait 60000 million_offloaded
}

set_direct()
{
	set_vrouter && rig_vrctl port set b-in direct on && rig_vrctl port set b-out direct on
}

set_frames()
{
	set_vrouter || return
	WHY=$(rig_vrctl port set b-in xdp on 2>&1 && rig_vrctl port set b-out xdp on 2>&1) && return
	WHY="not available: ${WHY%%$'\n'*}"
	return 1
}

set_ip_forward()
{
	bench_nics && bench_addresses && bench_routes main
}

set_ip_forward_gro()
{
	set_ip_forward && ethtool -K b-in gro on
}

set_vrf_default()
{
	ip link add name b type vrf table $BENCH_TABLE && defer ip link del dev b &&
		ip link set dev b up && bench_nics b && bench_addresses && bench_routes $BENCH_TABLE
}

# The kernel's VRF document advises to look into the local table last.
set_vrf()
{
	local af

	set_vrf_default || return
	for af in 4 6; do
		defer ip -$af rule del pref 32765
		defer ip -$af rule add pref 0 table local
		ip -$af rule add pref 32765 table local && ip -$af rule del pref 0 || return
	done
}

set_bridge()
{
	ip link add name b type bridge mcast_snooping 0 && defer ip link del dev b &&
		ip link set dev b up && bench_nics b &&
		command bridge fdb add $BENCH_OTHER_MAC dev b-out master static &&
		rig_sim b-in dmac $BENCH_OTHER_MAC && rig_sim b-out hops 0 peer $BENCH_OTHER_MAC
}

set_flowtable()
{
	command -v nft >/dev/null || { WHY="not installed: no nft"; return 1; }
	set_ip_forward && defer nft delete table inet b && nft -f - <<-'END'
		table inet b {
			flowtable f { hook ingress priority 0; devices = { b-in, b-out }; }
			chain c {
				type filter hook forward priority 0; policy accept;
				meta l4proto udp flow add @f
			}
		}
	END
}

# with_fib KIND: a program of fib.bpf.o, until the row is over
with_fib()
{
	[ -x "$SELFTESTS/bench/build/fib" ] || { WHY="not installed: no clang or libbpf"; return 1; }
	set_ip_forward || return
	coproc FIB { exec "$SELFTESTS/bench/build/fib" "$SELFTESTS/bench/build/fib.bpf.o" "$1" b-in b-out; }
	read -r -u "${FIB[0]}" REPLY && [ "$REPLY" = attached ] || return
	# shellcheck disable=SC2153,SC2154 # set by coproc
	defer kill "$FIB_PID"
}

set_tc_fib()
{
	with_fib tc
}

set_xdp_fib()
{
	with_fib xdp
}

# Without its daemon: the datapath alone, with a flow that it would have installed.
set_ovs()
{
	if ! command -v ovs-dpctl >/dev/null || ! modprobe -q openvswitch; then
		WHY="not installed: no ovs-dpctl or no module openvswitch"
		return 1
	fi
	bench_nics || return
	ovs-dpctl add-dp bench && defer ovs-dpctl del-dp bench &&
		ovs-dpctl add-if bench b-in && ovs-dpctl add-if bench b-out &&
		ovs-dpctl add-flow bench \
			"in_port(1),eth(),eth_type(0x0800),ipv4(dst=20.0.0.0/255.240.0.0,ttl=64,frag=no)" \
			"set(eth(src=$(<"/sys/class/net/b-out/address"),dst=$RIG_HOP)),set(ipv4(ttl=63)),2"
}

# bench_routers N: VRs v1 ... vN, each with two NICs; what comes out of the first is looked at
bench_routers()
{
	local i tmp

	tmp=$(mktemp -d)
	defer rm -rf "$tmp"
	for ((i = 1; i <= $1; i++)); do
		echo "link add v$i type vrouter table $((1000 + i))"
		echo "link set v$i up"
		echo "link add v$i-in type vrsim"
		echo "link add v$i-out type vrsim"
		echo "link set v$i-in master v$i up"
		echo "link set v$i-out master v$i up"
		echo "addr add 198.18.255.254/16 dev v$i-in"
		echo "addr add 10.9.0.1/24 dev v$i-out"
		echo "neigh add 10.9.0.2 lladdr $RIG_HOP dev v$i-out nud permanent"
		echo "route add 20.0.0.0/24 via 10.9.0.2 dev v$i-out table $((1000 + i))"
	done >"$tmp/add"
	for ((i = 1; i <= $1; i++)); do
		printf 'link del dev v%d%s\n' $i -in $i -out $i ''
	done >"$tmp/del"
	defer ip -batch "$tmp/del"
	ip -batch "$tmp/add" || return
	for ((i = 1; i <= $1; i++)); do
		ethtool -K v$i-in gro off
		rig_sim v$i-in dst 20.0.0.1 ring 32 && rig_sim v$i-out peer "$RIG_HOP" check 0 latency 0 || return
	done
	rig_sim v1-out check 1
}
