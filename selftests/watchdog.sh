#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The watchdog: a VR whose vectors take too long is shut off, its neighbour does
# not notice, and there is evidence.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=600

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="no_strike_below_limit quarantine evidence first_strike_has_none neighbour event release
	   by_hand limit_off window survives_its_vr gone_with_namespace refusals"

routers()
{
	rig_add red vrouter 10 100 && defer rig_del red &&
		rig_add blue vrouter 20 100 && defer rig_del blue ||
		fail "cannot set up the routers" || return
	rig_ready red blue || fail "the routers do not forward"
}

# load: on both for a moment; what they forwarded is in FORWARDED
load()
{
	check rig_start red 200000 blue 200000
	rig_measure 0.1 || fail "cannot measure"
	rig_stop red blue
}

incidents()
{
	vrctl -j incident show vr "$1"
}

# kinds NAME: of its incidents, in a line
kinds()
{
	incidents "$1" | jq -r 'map(.kind) | join(" ")'
}

drops()
{
	vrctl -j stats show "$1" | jq ".[0].drops.$2"
}

quarantined()
{
	vrctl -j vr show "$1" | jq -r '.[0].quarantine'
}

no_strike_below_limit()
{
	routers || return
	load
	check_eq "incidents" "$(kinds red)" ""
	check_eq "strikes" "$(vrctl -j stats show red | jq '.[0].strikes')" 0
}

# hog: red takes a millisecond for a packet and may take half of one
hog()
{
	check vrctl vr set red burn 1000000 vector-limit 500us "$@"
}

quarantine()
{
	routers || return
	hog
	load
	check_eq "incidents" "$(kinds red)" "strike strike quarantine"
	check_eq "quarantine" "$(quarantined red)" true
	check_eq "what red forwarded in quarantine" "${FORWARDED[red]}" 0
	check_cmp "what red dropped" "$(drops red quarantine)" -gt 1000
	check_eq "strikes" "$(vrctl -j stats show red | jq '.[0].strikes')" 3
}

evidence()
{
	local last

	routers || return
	hog
	load
	last=$(incidents red | jq '.[-1]')
	check_eq "the element" "$(jq -r .element <<<"$last")" burn
	check_eq "the port" "$(jq -r .port <<<"$last")" red-in
	check_eq "the CPU" "$(jq -r .cpu <<<"$last")" 0
	check_eq "the packets" "$(jq -r .packets <<<"$last")" 1
	check_cmp "what it took" "$(jq -r .spent_ns <<<"$last")" -gt 1000000
	check_cmp "what the element took" "$(jq -r .element_ns <<<"$last")" -ge 1000000
	# IPv4 without options, from and to the NICs' addresses
	check_eq "the header" "$(jq -r '.header[0:2]' <<<"$last")" 45
	check_eq "the source" "$(jq -r '.header[24:28]' <<<"$last")" c612
	check_eq "the destination" "$(jq -r '.header[32:36]' <<<"$last")" c613
	check_prints "burn" vrctl incident show vr red
}

# Measuring every node costs something, so it begins with the first strike,
# unless there is to be only one.
first_strike_has_none()
{
	routers || return
	hog
	load
	check_eq "the first one's element" "$(incidents red | jq -r '.[0].element')" null
	rig_del red
	rig_add red vrouter 10 100 && rig_ready red || fail "cannot set up red" || return
	hog strikes 1
	load
	check_eq "incidents" "$(kinds red)" "quarantine"
	check_eq "the element" "$(incidents red | jq -r '.[0].element')" burn
}

# Blue misses three of red's packets and no more.
neighbour()
{
	local before

	routers || return
	rig_start blue 100000
	hog
	rig_start red 200000
	rig_offered 200 || fail "the load does not arrive"
	rig_stop red blue
	rig_settle blue
	check_eq "quarantine" "$(quarantined red)" true
	rig_stat blue-in
	before=${STAT[arrived]}
	rig_stat blue-out
	diag "$TEST_NAME: blue lost $((before - STAT[own])) of $before packets," \
	     "latency at most ${STAT[latency_max]} ns"
	# the first vector of red had as many packets as one that is cheap
	check_cmp "blue's latency in us" $((STAT[latency_max] / 1000)) -lt 100000
	check rig_correct blue
}

event()
{
	local out pid

	routers || return
	out=$(mktemp)
	vrctl -j monitor >"$out" &
	pid=$!
	busywait 5000 subscribed "$pid" || fail "the monitor does not listen"
	hog
	load
	busywait 2000 grep -q '"quarantine"' "$out" >/dev/null || fail "no event: $(cat "$out")"
	kill "$pid"
	check_eq "events of kind strike" "$(grep -c '"kind": *"strike"' "$out")" 2
	rm -f "$out"
}

release()
{
	routers || return
	hog
	load
	check vrctl vr set red burn off
	check_eq "quarantine after another change" "$(quarantined red)" true
	check vrctl vr set red quarantine off
	check_eq "quarantine" "$(quarantined red)" false
	check_eq "last incident" "$(incidents red | jq -r '.[-1].kind')" release
	load
	check_cmp "what red forwards again" "${FORWARDED[red]}" -gt 1000
	check rig_correct red blue
}

by_hand()
{
	routers || return
	check vrctl vr set red quarantine on
	check vrctl vr set red queue-packets 100
	load
	check_eq "what red forwarded" "${FORWARDED[red]}" 0
	check_cmp "what red dropped" "$(drops red quarantine)" -gt 1000
	check_cmp "what blue forwarded" "${FORWARDED[blue]}" -gt 1000
	check vrctl vr set red quarantine off
	check_eq "incidents" "$(kinds red)" "quarantine release"
	load
	check_cmp "what red forwards again" "${FORWARDED[red]}" -gt 1000
}

limit_off()
{
	routers || return
	hog
	check vrctl vr set red vector-limit off
	load
	check_eq "incidents" "$(kinds red)" ""
	check_eq "quarantine" "$(quarantined red)" false
}

# struck N: so many times, red
struck()
{
	[ "$(incidents red | jq length)" -ge "$1" ]
}

# Strikes that are far enough apart do no harm.
window()
{
	local i

	routers || return
	hog strike-window 1ms
	for ((i = 0; i < 5; i++)); do
		rig_sim red-in count 1 rate 1000 run 1
		busywait 2000 struck $((i + 1)) || fail "no strike"
		rig_pass 0.005	# the window, and more
	done
	rig_sim red-in run 0 count 0
	check_eq "quarantine" "$(quarantined red)" false
	check_eq "incidents" "$(kinds red)" "strike strike strike strike strike"
}

survives_its_vr()
{
	routers || return
	hog
	load
	rig_del red
	check_eq "incidents" "$(vrctl -j incident show | jq -r '.[-1] | .vr + " " + .kind')" \
		"red quarantine"
	check rig_add red vrouter 10
}

gone_with_namespace()
{
	local ns

	setup_ns ns || return
	check vrctl -n "$ns" vr add wd0 table 10
	check vrctl -n "$ns" vr set wd0 quarantine on
	check_eq "incidents" "$(vrctl -n "$ns" -j incident show | jq length)" 1
	check_eq "its incidents elsewhere" \
		"$(vrctl -j incident show | jq 'map(select(.vr == "wd0")) | length')" 0
}

refusals()
{
	routers || return
	check_fails vrctl vr set red strikes 0
	check_fails vrctl vr set red strikes 1001
	check_fails vrctl vr set red burn 10000001
	check_fails vrctl vr set red vector-limit 1parsec
	check_fails vrctl incident show vr nosuch
	check_eq "settings" "$(vrctl -j vr show red | jq -r '.[0] | "\(.strikes) \(.burn)"')" "3 0"
}

require_root
require_command jq
require_module vrsim
require_module vrouter
rig_init || die "cannot load vrsim"
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@"
