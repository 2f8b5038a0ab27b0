#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything may go away under traffic: VR, port, namespace, routes, neighbours,
# the module. Forwarding is right again each time, and the kernel log is clean.
# Runs as root.
#
# vm: kernels=6.12,debug timeout=600

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="vr_delete port_release port_delete netns_delete link_flap neigh_flush route_flush
	route_flap vr_churn changes vr_move table_main_delete unload"

# A minute each on the debug kernel: by default those that free most.
[ "${VM_KERNEL:-}" != debug ] || ALL_TESTS="vr_delete port_delete netns_delete unload"

# A grace period is long on the debug kernel, and each finds as much as ten. More
# packets would leave no time to anything else.
[ "${VM_KERNEL:-}" != debug ] || : "${LOOPS:=2}" "${RATE:=100}"
: "${LOOPS:=$((20 / SLOW))}"
: "${RATE:=$((4000 / SLOW))}"
: "${FLAP_SECONDS:=$((3 + SLOW))}"
: "${FLAPS:=6000}"	# route changes asked for, per second

traffic_on()
{
	check helper traffic || return
	run blast.out h1 "$HELPERS/traffic" blast -r "$RATE" -s 300 10.2.0.2 2001:db8:2::2
	BLAST=$RUN_PID
	run back.out h2 "$HELPERS/traffic" blast -r "$RATE" -s 1200 10.1.0.2 2001:db8:1::2
	BACK=$RUN_PID
	defer kill "$BLAST" "$BACK"
	dmesg_mark
}

# The traffic was there to the end, forwarding is right again, the kernel said nothing.
traffic_off()
{
	check kill -0 "$BLAST"
	check kill -0 "$BACK"
	soon 10 pings h1 10.2.0.2 || report
	soon 10 pings h1 2001:db8:2::2
	finish "$BLAST"
	finish "$BACK"
	# shellcheck disable=SC2016
	check_cmp "packets sent" "$(sed -n 's/^sent \([0-9]*\).*/\1/p' "$TOPO_TMP/blast.out")" -gt 0
	counts r red '^tx_packets' 3 pings h1 10.2.0.2
	check_dmesg
}

join()
{
	port r a red 10.1.0.1/24 2001:db8:1::1/64 && port r b red 10.2.0.1/24 2001:db8:2::1/64
}

# A few packets pass, so that a loop meets a VR at work and not one just set up.
some_pass()
{
	local before

	before=$(dev_stat h2 e rx packets)
	# shellcheck disable=SC2317
	more()
	{
		[ "$(dev_stat h2 e rx packets)" -ge $((before + 20)) ]
	}
	busywait 3000 more && return
	before=$(dev_stat h2 e rx packets)
	fail "no traffic passes"
	report
	diag "$(($(dev_stat h2 e rx packets) - before)) packets passed while this was written"
	return 1
}

# Between two looks, of which the second tells what still moves
look_again()
{
	sleep 1
}

# What is known of who does not forward.
report()
{
	local ns i pid

	for i in 1 2; do
		[ $i = 1 ] || look_again
		for ns in h1 r h2; do
			diag "$ns: $(ip -n $ns -s link | sed 1,6d; ip -n $ns neigh)"
		done
		diag "$(cat /proc/net/softnet_stat; n r ethtool -S red | grep -v ': 0$')"
		diag "$(n r vrctl -s core show; n r vrctl stats show cpu)"
	done
	for pid in $BLAST $BACK; do
		diag "$(cat /proc/"$pid"/stack /proc/"$pid"/status | head -n 30)"
	done
	diag "$(ip -n r -d route show table 10; ip -n h1 route get 10.2.0.2; ip -n h2 route get 10.1.0.2)"
	diag "$(ps -eo pid,stat,wchan:20,pcpu,args --sort=-pcpu | head -n 12)"
}

vr_delete()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		some_pass || break
		check ip -n r link del dev red || break
		check vr_add r red 10 || break
		check join || break
	done
	traffic_off
}

port_release()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		some_pass || break
		check ip -n r link set dev b nomaster
		check ip -n r link set dev a nomaster
		check join || break
	done
	traffic_off
}

port_delete()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		some_pass || break
		check ip -n r link del dev b
		check wire h2 e r b || break
		check addr h2 e 10.2.0.2/24 2001:db8:2::2/64
		check default_via h2 10.2.0.1 2001:db8:2::1
		check join || break
	done
	traffic_off
}

# gone NS DEV: a device has gone with its peer
gone()
{
	! ip -n "$1" link show dev "$2"
}

rebuild()
{
	ns_add r && ns_route r && check vr_add r red 10 && check wire h1 e r a &&
		check wire h2 e r b && check join
}

netns_delete()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS / 2; i++)); do
		some_pass || break
		check ip netns del r
		soon 20 gone h1 e
		soon 20 gone h2 e
		rebuild || break
		check addr h1 e 10.1.0.2/24 2001:db8:1::2/64
		check addr h2 e 10.2.0.2/24 2001:db8:2::2/64
		check default_via h1 10.1.0.1 2001:db8:1::1
		check default_via h2 10.2.0.1 2001:db8:2::1
	done
	traffic_off
}

link_flap()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		some_pass || break
		check ip -n r link set dev b down
		check ip -n r link set dev a down
		check ip -n r link set dev red down
		check ip -n r link set dev red up
		check ip -n r link set dev a up
		check ip -n r link set dev b up
	done
	traffic_off
}

# flush [-6]: all neighbours of r, or those that traffic did not bring back at once
flush()
{
	local out

	out=$(ip -n r "$@" neigh flush all 2>&1) || [[ $out = *'Flush not complete'* ]] ||
		fail "'ip $* neigh flush all': $out"
}

neigh_flush()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS * 2; i++)); do
		flush
		flush -6
	done
	some_pass
	traffic_off
}

route_flush()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		some_pass || break
		check ip -n r route flush table 10
		check ip -n r -6 route flush table 10
		check ip -n r link set dev a down
		check ip -n r link set dev b down
		check ip -n r link set dev a up
		check ip -n r link set dev b up
	done
	traffic_off
}

# seen FILE RULE: how many packets a watcher counted for its rule number RULE
seen()
{
	awk -v rule="$2" '/^seen/ { print $(9 + rule) }' "$TOPO_TMP/$1"
}

watchers_on()
{
	local m2 m3 f2=02:00:00:00:02:03 f3=02:00:00:00:03:03

	m2=$(mac h2 e) m3=$(mac h3 e)
	run watch2.out h2 "$HELPERS/traffic" watch e "10.9.0.0/16=63@$m2" \
		"16.0.0.0/8=63@$m2+$f2" "2a00:0::/32=63@$m2+$f2"
	WATCH2=$RUN_PID
	run watch3.out h3 "$HELPERS/traffic" watch e \
		"17.0.0.0/8=63@$m3+$f3" "2a00:1::/32=63@$m3+$f3"
	WATCH3=$RUN_PID
	soon 10 grep -q watching "$TOPO_TMP/watch2.out"
	soon 10 grep -q watching "$TOPO_TMP/watch3.out"
}

watchers_off()
{
	finish "$WATCH2" || fail "wrong packets at h2: $(indent "$(cat "$TOPO_TMP/watch2.out")")"
	finish "$WATCH3" || fail "wrong packets at h3: $(indent "$(cat "$TOPO_TMP/watch3.out")")"
	diag "h2: $(tail -n 1 "$TOPO_TMP/watch2.out")"
	diag "h3: $(tail -n 1 "$TOPO_TMP/watch3.out")"
	says "unwatched 0 " cat "$TOPO_TMP/watch2.out"
	says "unwatched 0 " cat "$TOPO_TMP/watch3.out"
}

aim()
{
	n h1 "$HELPERS/traffic" blast -r "$RATE" -s 200 -c "$1" 10.9.0.1/200 \
		16.0.0.1/1000 17.0.0.1/1000 2a00:0:3::1 2a00:1:3::1
}

# Thousands of route changes a second while packets pass: 16/8 may only leave by
# b and 17/8 only by c, each with one of two next hops that come and go; 10.9/16
# stays and must lose nothing. Afterwards the mirror must be in step: all routes
# are put in place and every packet must arrive.
route_flap()
{
	local pids=() set4 set6 pid sent i

	topo fork || return
	TOPO_NOW=
	check helper traffic || return
	check helper rtload || return
	dmesg_mark
	check ip -n r neigh replace 10.2.0.2 lladdr "$(mac h2 e)" dev b nud permanent
	check ip -n r neigh replace 10.3.0.2 lladdr "$(mac h3 e)" dev c nud permanent
	check ip -n r neigh replace 10.2.0.3 lladdr 02:00:00:00:02:03 dev b nud permanent
	check ip -n r neigh replace 10.3.0.3 lladdr 02:00:00:00:03:03 dev c nud permanent
	check ip -n r neigh replace 2001:db8:2::2 lladdr "$(mac h2 e)" dev b nud permanent
	check ip -n r neigh replace 2001:db8:3::2 lladdr "$(mac h3 e)" dev c nud permanent
	check ip -n r neigh replace 2001:db8:2::3 lladdr 02:00:00:00:02:03 dev b nud permanent
	check ip -n r neigh replace 2001:db8:3::3 lladdr 02:00:00:00:03:03 dev c nud permanent
	check ip -n r route add 10.9.0.0/16 via 10.2.0.2 table 10
	check pings h1 10.1.0.1
	watchers_on
	sent=$((RATE * FLAP_SECONDS / 5 * 5))
	set4="b:10.2.0.2,10.2.0.3:0 c:10.3.0.2,10.3.0.3:65536"
	set6="b|2001:db8:2::2,2001:db8:2::3|0 c|2001:db8:3::2,2001:db8:3::3|65536"
	for i in $set4; do
		IFS=: read -r dev gw first <<<"$i"
		run "flap$dev" r "$HELPERS/rtload" flap 10 4 1000 "$dev" "$gw" "$first" \
			"$FLAP_SECONDS" $((FLAPS / 3))
		pids+=("$RUN_PID")
	done
	for i in $set6; do
		IFS='|' read -r dev gw first <<<"$i"
		run "flap6$dev" r "$HELPERS/rtload" flap 10 6 8 "$dev" "$gw" "$first" \
			"$FLAP_SECONDS" $((FLAPS / 6))
		pids+=("$RUN_PID")
	done
	check aim "$sent"
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "rtload ended with $?"
	done
	soon 5 pings h1 10.2.0.2
	diag "$(cat "$TOPO_TMP"/flap* | awk '{ c += $2; if ($6 > s) s = $6 }
		END { printf "%d route changes in %.1f s, %d per second", c, s, c / s }')"
	[ "$SLOW" -gt 2 ] ||
		check_cmp "route changes" "$(cat "$TOPO_TMP"/flap* | awk '{ c += $2 } END { print c }')" \
			-ge $((FLAP_SECONDS * 2000))
	watchers_off
	check_eq "arrivals of the stable prefix" "$(seen watch2.out 1)" $((sent / 5))
	check_cmp "arrivals of the flapping prefix" "$(seen watch2.out 2)" -gt 0
	check_cmp "arrivals of the other flapping prefix" "$(seen watch3.out 1)" -gt 0
	is_vr && check_cmp "packets forwarded by the VR" "$(counter r red '^tx_packets')" -ge $((sent / 5))

	for i in $set4; do
		IFS=: read -r dev gw first <<<"$i"
		n r "$HELPERS/rtload" del 10 4 1000 "$dev" "$gw" "$first" >/dev/null 2>&1
		check n r "$HELPERS/rtload" add 10 4 1000 "$dev" "$gw" "$first"
	done
	for i in $set6; do
		IFS='|' read -r dev gw first <<<"$i"
		n r "$HELPERS/rtload" del 10 6 8 "$dev" "$gw" "$first" >/dev/null 2>&1
		check n r "$HELPERS/rtload" add 10 6 8 "$dev" "$gw" "$first"
	done
	is_vr && soon 10 in_step
	watchers_on
	check aim 5000
	soon 5 pings h1 10.2.0.2
	watchers_off
	check_eq "arrivals of 10.9/16 at h2" "$(seen watch2.out 1)" 1000
	check_eq "arrivals of 16/8 at h2" "$(seen watch2.out 2)" 1000
	check_eq "arrivals of IPv6 at h2" "$(seen watch2.out 3)" 1000
	check_eq "arrivals of 17/8 at h3" "$(seen watch3.out 1)" 1000
	check_eq "arrivals of IPv6 at h3" "$(seen watch3.out 2)" 1000
	check_dmesg
}

# Every unicast route of table 10 is marked as held.
in_step()
{
	! ip -n r -d route show table 10 type unicast | grep -v offload | grep -q .
}

# VRs come and go beside the one that forwards, and take ports from one another.
vr_churn()
{
	local i

	topo one || return
	traffic_on
	check ip -n r link add d0 type dummy
	for ((i = 0; i < LOOPS; i++)); do
		check vr_add r green 30 || break
		check ip -n r link set dev d0 master green
		check ip -n r link set dev d0 up
		check ip -n r link set dev d0 master red
		check ip -n r link set dev d0 master green
		check ip -n r link del dev green
		some_pass || break
	done
	check ip -n r link del dev d0
	traffic_off
}

# What may be changed on a living VR and its ports.
changes()
{
	local i

	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS; i++)); do
		is_vr && check ip -n r link set dev red type vrouter weight $((i * 37 % 1000 + 1))
		check ip -n r link set dev b mtu $((1400 + i))
		check ip -n r link set dev b name bb
		check ip -n r link set dev bb name b
		check n r ethtool -K a gro on tso off
		check n r ethtool -K a gro off tso on
		check ip -n r link set dev a address 02:00:00:00:11:$((10 + i))
	done
	check ip -n r link set dev b mtu 1500
	# h1 is not told that its gateway has another MAC
	check ip -n h1 neigh flush all
	check ip -n h1 -6 neigh flush all
	traffic_off
}

vr_move()
{
	local i

	is_vr || { skip "a VRF stays in its namespace"; return; }
	topo one || return
	ns_add r9 || return
	traffic_on
	for ((i = 0; i < LOOPS / 2; i++)); do
		some_pass || break
		check ip -n r link set dev red netns r9 || break
		check ip -n r9 link set dev red netns r || break
		check ip -n r link set dev red up
		check join || break
	done
	traffic_off
}

topo_main()
{
	ns_add h1 h2 r && ns_route r && vr_add r red 254 && wire h1 e r a && wire h2 e r b &&
		join && addr h1 e 10.1.0.2/24 2001:db8:1::2/64 && addr h2 e 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via h1 10.1.0.1 2001:db8:1::1 && default_via h2 10.2.0.1 2001:db8:2::1
}

# On the main table the namespace routes on without its VR: nothing stops for long.
table_main_delete()
{
	local i

	is_vr || { skip "a VRF cannot have the main table"; return; }
	topo main || return
	traffic_on
	for ((i = 0; i < LOOPS / 2; i++)); do
		some_pass || break
		check ip -n r link del dev red
		soon 10 pings h1 10.2.0.2
		check vr_add r red 254 || break
		check join || break
	done
	traffic_off
}

unload()
{
	local i

	is_vr || { skip "a VRF is never unloaded"; return; }
	topo one || return
	traffic_on
	for ((i = 0; i < LOOPS / 4 + 1; i++)); do
		some_pass || break
		check modprobe -r vrouter || break
		check_fails test -d /sys/module/vrouter
		check modprobe vrouter || break
		check vr_add r red 10 || break
		check join || break
	done
	traffic_off
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
