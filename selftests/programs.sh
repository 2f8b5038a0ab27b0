#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that people use against routers, through two VRs in a row and on
# sockets bound to one: ping, traceroute, iperf3. Runs as root.
#
# vm: smp=1 kernels=6.12,6.1 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="ping_both trace trace_v6 iperf_tcp iperf_tcp_v6 iperf_parallel file_copy iperf_udp
	iperf_bound iperf_from_bound"

V4_DST=10.2.0.2
V6_DST=2001:db8:2::2
BYTES=$((64 * 131072))	# whole blocks of iperf3, whose own transfer of files loses bytes

ping_both()
{
	topo two || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	check pings r $V4_DST -I red
	check pings r $V6_DST -I blue
}

trace()
{
	topo two || return
	says "^ *1 +10.1.0.1 " n h1 traceroute -n -q 1 -w 2 $V4_DST
	says "^ *2 +10.12.0.2 " n h1 traceroute -n -q 1 -w 2 $V4_DST
	says "^ *3 +$V4_DST " n h1 traceroute -n -q 1 -w 2 $V4_DST
}

trace_v6()
{
	topo two || return
	says "^ *1 +2001:db8:1::1 " n h1 traceroute -6 -n -q 1 -w 2 $V6_DST
	says "^ *2 +2001:db8:12::2 " n h1 traceroute -6 -n -q 1 -w 2 $V6_DST
	says "^ *3 +$V6_DST " n h1 traceroute -6 -n -q 1 -w 2 $V6_DST
}

# iperf NS1 NS2 ADDR [OPTION...]: one test of iperf3; SERVER_OPTS for the other end
iperf()
{
	local from=$1 to=$2 dst=$3 server rc

	shift 3
	# shellcheck disable=SC2086
	run iperf.out "$to" iperf3 -s -1 ${SERVER_OPTS:-}
	server=$RUN_PID
	soon 10 listening "$to" 5201 || return 1
	timeout $((60 * SLOW)) ip netns exec "$from" iperf3 -c "$dst" --connect-timeout 5000 \
		-J "$@" >"$TOPO_TMP/iperf.json"
	rc=$?
	[ $rc = 0 ] || { finish "$server" KILL; echo "iperf3: $rc: $(cat "$TOPO_TMP/iperf.json")"; return 1; }
	wait "$server" || { cat "$TOPO_TMP/iperf.out"; return 1; }
}

# tcp NS1 NS2 ADDR [OPTION...]: the sender is done with $BYTES, and the receiver
# got them but for what was under way when it was told so; copy() is exact
tcp()
{
	iperf "$@" -n $BYTES || return 1
	jq -e ".end | .sum_sent.bytes >= $BYTES and .sum_received.bytes > $BYTES / 2" \
		"$TOPO_TMP/iperf.json"
}

iperf_tcp()
{
	topo two || return
	check tcp h1 h2 $V4_DST
	check tcp h2 h1 10.1.0.2
	counts r red '^tx_packets' 100 tcp h1 h2 $V4_DST
}

iperf_tcp_v6()
{
	topo two || return
	check tcp h1 h2 $V6_DST
	check tcp h2 h1 2001:db8:1::2
}

# parallel streams both ways
iperf_parallel()
{
	topo two || return
	check tcp h1 h2 $V4_DST -P 4
	check tcp h1 h2 $V4_DST -P 4 -R
}

# copy NS1 NS2 ADDR TYPE: a file by socat, which must arrive as it was
copy()
{
	local from=$1 to=$2 dst=$3 type=$4 server

	head -c $BYTES /dev/urandom >"$TOPO_TMP/sent"
	rm -f "$TOPO_TMP/got"
	run socat.out "$to" socat -u "$type-LISTEN:5002,reuseaddr" "CREATE:$TOPO_TMP/got"
	server=$RUN_PID
	soon 10 listening "$to" 5002 || return 1
	timeout $((60 * SLOW)) ip netns exec "$from" socat -u "$TOPO_TMP/sent" "$type:$dst:5002" ||
		{ finish "$server" KILL; cat "$TOPO_TMP/socat.out"; return 1; }
	wait "$server" || { cat "$TOPO_TMP/socat.out"; return 1; }
	cmp "$TOPO_TMP/sent" "$TOPO_TMP/got"
}

file_copy()
{
	topo two || return
	check copy h1 h2 $V4_DST TCP4
	check copy h2 h1 10.1.0.2 TCP4
	check copy h1 h2 "[$V6_DST]" TCP6
}

iperf_udp()
{
	local dst

	topo two || return
	for dst in $V4_DST $V6_DST; do
		check iperf h1 h2 "$dst" -u -l 600 -b 2400000 -k 500 || return
		check_eq "packets lost to $dst" "$(jq .end.sum.lost_packets "$TOPO_TMP/iperf.json")" 0
		check_cmp "packets to $dst" "$(jq .end.sum.packets "$TOPO_TMP/iperf.json")" -ge 500
	done
}

iperf_bound()
{
	topo two || return
	SERVER_OPTS="--bind-dev red" check tcp h1 r 10.1.0.1
	SERVER_OPTS="--bind-dev red" check tcp h2 r 10.12.0.1
}

iperf_from_bound()
{
	topo two || return
	check tcp r h2 $V4_DST --bind-dev red
	check tcp r h2 $V4_DST --bind-dev blue
}

require_root
for cmd in ping traceroute iperf3 jq socat; do
	require_command $cmd
done
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
