#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routing daemons that do not notice that anything changed. Runs as root.
#
#	                          b 10.4.0.0/24, cost 10 e
#	h1 --- 10.1.0.0/24 --- a [red] ------------------- [p] s 10.99.0.1/32, 2001:db8:99::1/128
#	                          c 10.5.0.0/24, cost 20 f
#
# BIRD: bound to the VR (`vrf "red"`, `kernel table 10`), OSPFv2 and OSPFv3.
# FRR: zebra takes for a VRF only a device of kind "vrf". So FRR runs in a
# namespace that is the router: its VR has the namespace's main table, and the
# daemons need to know nothing of it; net.ipv4.tcp_l3mdev_accept lets their unbound
# sockets receive what comes through an L3 master, as with a VRF. BGP to a BIRD.
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="bird_ospf bird_ospf_reroute frr_bgp frr_bgp_withdraw"

FRR=/usr/lib/frr
FRR_DIR=$TOPO_TMP/frr
DEAD=$((3 + SLOW))

# daemon_topo TABLE
daemon_topo()
{
	ns_add h1 r p && ns_route r p && vr_add r red "$1" &&
		wire h1 e r a && wire p e r b && wire p f r c &&
		port r a red 10.1.0.1/24 2001:db8:1::1/64 &&
		port r b red 10.4.0.1/24 2001:db8:4::1/64 &&
		port r c red 10.5.0.1/24 2001:db8:5::1/64 &&
		addr p e 10.4.0.2/24 2001:db8:4::2/64 && addr p f 10.5.0.2/24 2001:db8:5::2/64 &&
		ip -n p link add s type dummy && ip -n p link set dev s up &&
		addr p s 10.99.0.1/32 2001:db8:99::1/128 &&
		addr h1 e 10.1.0.2/24 2001:db8:1::2/64 && default_via h1 10.1.0.1 2001:db8:1::1
}

ospf_interfaces()
{
	local port

	for port in "$1 10" "$2 20"; do
		cat <<-END
		interface "${port% *}" {
			type ptp; hello 1; dead $DEAD; retransmit 2; cost ${port#* };
		};
		END
	done
}

# bird_config VRF PORTS: VRF is empty, or a device and its table
bird_config()
{
	local bind='' table='' family n

	[ -z "$1" ] || { bind="vrf \"${1% *}\";" table="kernel table ${1#* };"; }
	cat <<-END
	log stderr { warning, error, fatal, auth, bug };
	router id $2;
	ipv4 table t4; ipv6 table t6;
	protocol device { scan time 1; }
	protocol kernel k4 { $bind $table scan time 2; ipv4 { table t4; export all; }; }
	protocol kernel k6 { $bind $table scan time 2; ipv6 { table t6; export all; }; }
	END
	n=2
	for family in 4 6; do
		cat <<-END
		protocol ospf v$n o$family {
			$bind
			ipv$family { table t$family; import all; };
			area 0 {
				$(ospf_interfaces "$3" "$4")
				interface "$5" { stub; };
			};
		}
		END
		n=3
	done
}

# bird_run NS NAME: with $TOPO_TMP/NAME.conf
bird_run()
{
	check bird -p -c "$TOPO_TMP/$2.conf" || return
	run "$2.log" "$1" bird -f -c "$TOPO_TMP/$2.conf" -s "$TOPO_TMP/$2.ctl" -P "$TOPO_TMP/$2.pid"
}

topo_ospf()
{
	daemon_topo 10 || return
	bird_config "red 10" 10.0.0.1 b c a >"$TOPO_TMP/r.conf"
	bird_config "" 10.0.0.2 e f s >"$TOPO_TMP/p.conf"
	bird_run r r && bird_run p p
}

bird_ospf()
{
	require_command bird birdc || return
	topo ospf || return
	soon 25 says "10.99.0.1 via 10.4.0.2 dev b proto bird" ip -n r route show table 10
	soon 25 says "2001:db8:99::1 via fe80::.* dev b proto bird" ip -n r -6 route show table 10
	says "Full" birdc -s "$TOPO_TMP/r.ctl" show ospf neighbors o4
	saysnot "bird" ip -n r route show
	# the way back, by what p has learned
	soon 25 says "10.1.0.0/24 via 10.4.0.1 dev e proto bird" ip -n p route show
	soon 25 says "2001:db8:1::/64 via fe80::.* dev e proto bird" ip -n p -6 route show
	soon 10 reaches h1 10.99.0.1
	soon 10 reaches h1 2001:db8:99::1
	counts r red '^tx_packets' 6 pings h1 10.99.0.1
	counts r red '^tx_packets' 6 pings h1 2001:db8:99::1
	is_vr && soon 5 says "10.99.0.1 .*offload" ip -n r -d route show table 10
	[ "$TEST_FAILED" = 0 ] || diag "$(cat "$TOPO_TMP/r.log" "$TOPO_TMP/p.log"
		birdc -s "$TOPO_TMP/r.ctl" show ospf neighbors o4; ip -n r route show table 10)"
}

bird_ospf_reroute()
{
	require_command bird birdc || return
	topo ospf || return
	soon 25 reaches h1 10.99.0.1
	soon 25 reaches h1 2001:db8:99::1
	# the better link is lost: carrier goes on both sides
	check ip -n p link set dev e down
	soon 25 says "10.99.0.1 via 10.5.0.2 dev c proto bird" ip -n r route show table 10
	soon 25 says "2001:db8:99::1 via fe80::.* dev c proto bird" ip -n r -6 route show table 10
	soon 10 reaches h1 10.99.0.1
	soon 10 reaches h1 2001:db8:99::1
	# and the other: nothing is left
	check ip -n p link set dev f down
	soon 30 saysnot "10.99.0.1" ip -n r route show table 10
	soon 30 saysnot "2001:db8:99::1" ip -n r -6 route show table 10
	check_fails reaches h1 10.99.0.1
	# it comes back by itself
	check ip -n p link set dev e up
	check ip -n p link set dev f up
	soon 30 says "10.99.0.1 via 10.4.0.2 dev b proto bird" ip -n r route show table 10
	soon 10 reaches h1 10.99.0.1
}

frr_run()
{
	local daemon=$1

	shift
	run "$daemon.log" r "$FRR/$daemon" -f "$FRR_DIR/$daemon.conf" -i "$FRR_DIR/$daemon.pid" \
		-z "$FRR_DIR/zserv" --vty_socket "$FRR_DIR" --log stdout "$@"
}

topo_bgp()
{
	local main=254

	is_vr || main=10
	daemon_topo "$main" || return
	n r sh -c "echo 1 >/proc/sys/net/ipv4/tcp_l3mdev_accept
		echo 1 >/proc/sys/net/ipv4/udp_l3mdev_accept" || return
	rm -rf "$FRR_DIR"
	mkdir "$FRR_DIR" && chmod 755 "$TOPO_TMP" || return
	echo "hostname r" >"$FRR_DIR/zebra.conf"
	cat >"$FRR_DIR/bgpd.conf" <<-END
	hostname r
	router bgp 65001
	 bgp router-id 10.0.0.1
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 2 6
	 neighbor 10.4.0.2 remote-as 65002
	 neighbor 10.4.0.2 timers connect 1
	 neighbor 2001:db8:4::2 remote-as 65002
	 neighbor 2001:db8:4::2 timers connect 1
	 address-family ipv4 unicast
	  network 10.1.0.0/24
	  no neighbor 2001:db8:4::2 activate
	 exit-address-family
	 address-family ipv6 unicast
	  network 2001:db8:1::/64
	  neighbor 2001:db8:4::2 activate
	 exit-address-family
	END
	cat >"$TOPO_TMP/p.conf" <<-END
	log stderr { warning, error, fatal, auth, bug };
	router id 10.0.0.2;
	protocol device { scan time 1; }
	protocol kernel k4 { ipv4 { export all; }; }
	protocol kernel k6 { ipv6 { export all; }; }
	protocol static s4 { ipv4; route 10.99.0.1/32 blackhole; }
	protocol static s6 { ipv6; route 2001:db8:99::1/128 blackhole; }
	protocol bgp b4 {
		local 10.4.0.2 as 65002; neighbor 10.4.0.1 as 65001;
		connect retry time 1; connect delay time 1; error wait time 1, 2;
		ipv4 { import all; export where source = RTS_STATIC; };
	}
	protocol bgp b6 {
		local 2001:db8:4::2 as 65002; neighbor 2001:db8:4::1 as 65001;
		connect retry time 1; connect delay time 1; error wait time 1, 2;
		ipv6 { import all; export where source = RTS_STATIC; };
	}
	END
	# The blackholes are there to be announced; the addresses of s answer.
	sed -i 's/export all; }; }$/export where source = RTS_BGP; }; }/' "$TOPO_TMP/p.conf"
	# they drop root for a user of their own
	chown -R frr:frr "$FRR_DIR" || return
	frr_run zebra
	soon 20 test -S "$FRR_DIR/zserv" || return
	frr_run bgpd
	bird_run p p
}

have_frr()
{
	is_vr || { skip "a VRF cannot have the main table"; return; }
	if [ ! -x $FRR/zebra ] || [ ! -x $FRR/bgpd ]; then
		skip "no FRR here"
	fi
}

learned()
{
	says "10.99.0.1 .*via 10.4.0.2 dev b proto bgp" ip -n r route show &&
		says "2001:db8:99::1 .*dev b proto bgp" ip -n r -6 route show
}

frr_bgp()
{
	have_frr || return
	require_command bird || return
	topo bgp || return
	soon 30 learned
	soon 20 says "10.1.0.0/24 via 10.4.0.1 dev e proto bird" ip -n p route show
	soon 20 says "2001:db8:1::/64 via .* dev e proto bird" ip -n p -6 route show
	soon 10 reaches h1 10.99.0.1
	soon 10 reaches h1 2001:db8:99::1
	counts r red '^tx_packets' 6 pings h1 10.99.0.1
	counts r red '^tx_packets' 6 pings h1 2001:db8:99::1
	soon 5 says "10.99.0.1 .*offload" ip -n r -d route show
	[ "$TEST_FAILED" = 0 ] || diag "$(tail -n 15 "$TOPO_TMP"/{zebra,bgpd,p}.log)"
}

frr_bgp_withdraw()
{
	have_frr || return
	require_command bird || return
	topo bgp || return
	soon 30 learned
	check ip -n p link set dev e down
	soon 20 saysnot "10.99.0.1" ip -n r route show
	soon 20 saysnot "2001:db8:99::1" ip -n r -6 route show
	check_fails reaches h1 10.99.0.1
	check ip -n p link set dev e up
	soon 30 learned
	soon 10 reaches h1 10.99.0.1
	soon 10 reaches h1 2001:db8:99::1
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
