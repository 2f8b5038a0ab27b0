#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The CPUs that may work for a router: its mask is respected, flows keep their
# order and nothing is lost unseen while masks change, CPUs come and go, and
# ports, routers, namespaces and the module go, all of it under traffic that
# crosses from CPU to CPU. The load is numbered and its sink sees any reordering
# (sim/).
#
# vm: kernels=6.12 smp=4 timeout=600

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="shown refusals kernel_refusals mask_respected spread order_and_account overrun
	quarantine hot_unplug fallback unplug_target port_goes vr_goes netns_goes unload"

# The debug kernel has long grace periods, and forwards some hundred packets a second
# here: with more, CPU 0 receives and does nothing else.
[ "${VM_KERNEL:-}" != debug ] || : "${LOOPS:=2}" "${RATE:=200}" "${FLIPS:=400}"
: "${LOOPS:=6}"
: "${RATE:=$((8000 / SLOW))}"
: "${FLIPS:=$((8000 / SLOW))}"

# A router with load that arrives on CPU 0, and a second source on CPU 2.
router()
{
	check rig_add red vrouter 10 || return
	defer rig_del red
	check ip link add name red-in2 type vrsim || return
	defer ip link del red-in2
	check ip link set dev red-in2 master red up || return
	check rig_sim red-in2 flows 64 dsts 64 src 198.18.9.1 cpu 2 || return
	check rig_sim red-in flows 64 dsts 64 || return
	check rig_ready red || return
	# A slow machine is not to be taken for an expensive vector.
	check vrctl vr set red vector-limit off || return
	dmesg_mark
}

cpus()
{
	vrctl vr set red cpus "$1"
}

# field NAME: of the router, as JSON
field()
{
	vrctl -j vr show red | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

field_is()
{
	[ "$(field "$1")" = "$2" ]
}

# per_cpu: packets received, a number for each CPU
per_cpu()
{
	vrctl -j stats show red cpu | python3 -c '
import json, sys
print(*[r["rx_packets"] for r in json.load(sys.stdin) if "cpu" in r])'
}

# drops: all packets that the router dropped, by name if they are any
drops()
{
	ethtool -S red | awk '/drop_/ && $2 { sum += $2; printf "%s %d, ", $1, $2 >"/dev/stderr" }
		END { print sum + 0 }'
}

# load_on RATE [DEV...]: numbered load until load_off
load_on()
{
	local rate=$1 dev

	shift
	for dev in "${@:-red-in}"; do
		check rig_sim "$dev" rate "$rate" run 1 || return
	done
}

# more N: the sink has seen N packets more than at the time of `mark`
mark()
{
	rig_stat red-out
	MARK=${STAT[own]}
}

more()
{
	rig_stat red-out
	[ "${STAT[own]}" -ge $((MARK + $1)) ]
}

passes()
{
	mark
	busywait 5000 more "${1:-50}" || fail "no traffic passes"
}

idle()
{
	[[ $(vrctl -j stats show red) =~ \"qlen\":0[,}] ]]
}

# account: what came in, what came out and what was dropped
account()
{
	local dev in=0

	for dev in red-in red-in2; do
		rig_stat "$dev"
		in=$((in + STAT[rx_packets]))
	done
	rig_stat red-out
	echo "$in $((STAT[own] + STAT[foreign])) $(drops 2>"$TMP/drops")"
}

balanced()
{
	local in out lost

	read -r in out lost <<<"$(account)"
	[ $((in - out - lost)) = 0 ]
}

# The load ends; everything has come out or been dropped by name, in order.
load_off()
{
	local dev in lost out

	for dev in red-in red-in2; do
		rig_sim "$dev" run 0
	done
	check busywait 5000 idle
	busywait 1000 balanced
	read -r in out lost <<<"$(account)"
	rig_stat red-out
	diag "$TEST_NAME: received $in, forwarded $out, dropped $lost ($(<"$TMP/drops"))"
	check_eq "received packets that neither came out nor were counted as dropped" \
		$((in - out - lost)) 0
	check_eq "reordered packets" "${STAT[reordered]}" 0
	check rig_correct red
	check_dmesg
}

# flip N MASK...: set these masks in turn
flip()
{
	local n=$1 i

	shift
	for ((i = 0; i < n; i++)); do
		echo "vr set red cpus ${*:i % $# + 1:1}"
	done >"$TMP/flips"
	check vrctl -b "$TMP/flips"
}

shown()
{
	check rig_add red vrouter 10 || return
	defer rig_del red
	check_eq "the mask of a new VR" "$(field cpus)" 0-3
	check_eq "its active CPUs" "$(field cpus_active)" 0-3
	check cpus 1,3
	check_eq "the mask" "$(field cpus)" 1,3
	check_eq "the active CPUs" "$(field cpus_active)" 1,3
	check cpus all
	check_eq "the mask of all" "$(field cpus)" 0-3
}

# Whoever refuses, nothing has changed.
refusals()
{
	local list

	check rig_add red vrouter 10 || return
	defer rig_del red
	check cpus 1-2
	for list in "" ',' x 1- 3-1 0-4 4 1023 8192 99999999999; do
		check_fails cpus "$list"
	done
	check_eq "the mask" "$(field cpus)" 1-2
	check online 3 0 || return
	defer online 3 1
	check_fails_with 'no CPU of the list is online' cpus 3
	check_eq "the mask" "$(field cpus)" 1-2
	check cpus 2-3
	check_eq "the active CPUs" "$(field cpus_active)" 2
}

# The same without vrctl, which may be stricter.
kernel_refusals()
{
	local ynl spec=$TOP/Documentation/netlink/specs/vrouter.yaml

	ynl=$("$TOP/tools/genl.sh" --ynl 2>&1) || { skip "${ynl##*: }"; return; }
	python3 -c "import yaml" 2>/dev/null || { skip "no Python module yaml"; return; }
	check rig_add red vrouter 10 || return
	defer rig_del red
	vr_set()
	{
		python3 "$ynl/cli.py" --spec "$spec" --no-schema --do vr-set \
			--json "{\"ifname\": \"red\", \"weight\": 7, \"cpus\": \"$1\"}" 2>&1
	}
	refused()
	{
		local out

		out=$(vr_set "$2") && fail "accepted: '$2'"
		[[ $out == *"$1"* ]] || fail "'$2' is refused without '$1': $out"
	}
	refused 'the list of CPUs is empty' ''
	refused 'the list of CPUs is empty' ','
	refused 'cpus must be a list such as 0-3,8' x
	refused 'cpus must be a list such as 0-3,8' 3-1
	refused 'a CPU of the list does not exist' 0-4
	refused 'a CPU of the list does not exist' 99999999999
	refused 'a CPU of the list does not exist' 4096
	check_eq "the mask" "$(field cpus)" 0-3
	check_prints '"weight":100' vrctl -j vr show red
	check vr_set 1
	check_eq "the mask" "$(field cpus)" 1
	check_prints '"weight":7' vrctl -j vr show red
}

# only CPU...: of the packets from now on, these CPUs get some each and the others none
only()
{
	local -a before after
	local cpu

	read -r -a before <<<"$(per_cpu)"
	# shellcheck disable=SC2317
	each()
	{
		local cpu
		local -a now

		read -r -a now <<<"$(per_cpu)"
		for cpu; do
			[ "${now[cpu]}" -ge $((before[cpu] + 50)) ] || return 1
		done
	}
	busywait 5000 each "$@" || fail "not each of CPU $* forwards packets"
	read -r -a after <<<"$(per_cpu)"
	for cpu in 0 1 2 3; do
		[[ " $* " == *" $cpu "* ]] ||
			check_eq "packets of CPU $cpu" $((after[cpu] - before[cpu])) 0
	done
}

mask_respected()
{
	router || return
	load_on "$RATE" red-in red-in2 || return
	passes
	only 0 2
	check cpus 1 && passes && only 1
	check cpus 3 && passes && only 3
	# What arrives on a CPU of the mask stays there.
	check cpus 1-2 && passes && only 1 2
	check cpus 2 && passes && only 2
	check cpus all && passes && only 0 2
	load_off
}

spread()
{
	router || return
	check cpus 1,3
	load_on "$RATE" red-in red-in2 || return
	passes
	only 1 3
	load_off
}

order_and_account()
{
	router || return
	load_on "$RATE" red-in red-in2 || return
	passes
	flip "$FLIPS" 0 1 2-3 3 all 1,3 0-1
	passes
	load_off
}

# More than one CPU can do, so that queues are full when masks change, and stay so
# for as long as it takes.
overrun()
{
	router || return
	check vrctl vr set red queue-time off
	load_on 1000000 red-in red-in2 || return
	passes
	flip "$FLIPS" 1 3
	passes
	load_off
	check_prints drop_moving ethtool -S red
	check_cmp "packets dropped" "$(drops 2>/dev/null)" -gt 0
}

# Queues that are emptied from outside do not hold up those that move.
quarantine()
{
	local i

	router || return
	load_on 1000000 red-in red-in2 || return
	for ((i = 0; i < LOOPS; i++)); do
		flip 20 1 3
		check vrctl vr set red quarantine on
		flip 21 1 3
		check vrctl vr set red quarantine off
		passes
	done
	load_off
}

online()
{
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

# unplug CPU: takes it away and brings it back
unplug()
{
	check online "$1" 0 || return
	passes
	check online "$1" 1 || return
	passes
}

# With no mask, and with CPUs that nothing arrives on.
hot_unplug()
{
	local i

	router || return
	load_on "$RATE" red-in red-in2 || return
	for ((i = 0; i < LOOPS; i++)); do
		unplug 1 || break
		unplug 3 || break
	done
	check busywait 2000 field_is cpus_active 0-3
	load_off
}

# No CPU of the mask is left: all work, and whoever listens is told.
fallback()
{
	local monitor

	router || return
	check cpus 1
	load_on "$RATE" red-in red-in2 || return
	passes
	vrctl -j monitor vr >"$TMP/events" 2>&1 &
	monitor=$!
	defer kill "$monitor"
	busywait 5000 subscribed "$monitor" || fail "the monitor does not listen"
	check online 1 0 || return
	defer online 1 1
	check busywait 2000 field_is cpus_active 0,2-3
	check_eq "the mask" "$(field cpus)" 1
	check busywait 2000 grep -q '"cpus_active":"0,2-3"' "$TMP/events"
	passes && only 0 2
	check online 1 1 || return
	check busywait 2000 field_is cpus_active 1
	check busywait 2000 grep -q '"cpus_active":"1"' "$TMP/events"
	passes && only 1
	load_off
}

# The CPU that the packets are handed to goes and comes back, at full queues too.
unplug_target()
{
	local i

	router || return
	check cpus 1,3
	load_on "$RATE" red-in2 || return
	load_on 300000 red-in || return
	passes
	for ((i = 0; i < LOOPS; i++)); do
		unplug 3 || break
		unplug 1 || break
	done
	load_off
}

port_goes()
{
	local i

	router || return
	check cpus 1,3
	load_on $((RATE * 4)) red-in red-in2 || return
	for ((i = 0; i < LOOPS; i++)); do
		passes
		check ip link set dev red-in2 nomaster || break
		passes
		check ip link set dev red-in2 master red || break
	done
	rig_stop red
	check_dmesg
}

vr_goes()
{
	local i

	for ((i = 0; i < LOOPS; i++)); do
		check rig_add red vrouter 10 || break
		check cpus $((i % 3 + 1)) || break
		check rig_sim red-in rate $((RATE * 4)) run 1 || break
		passes 20
		check rig_del red
	done
	check_dmesg
}

# forwards_in NETNS N: the sink in there has seen so many packets
forwards_in()
{
	local own

	own=$(in_ns "$1" sed -n 's/^own //p' /sys/class/net/red-out/vrsim/stats)
	[ "$own" -ge "$2" ]
}

netns_goes()
{
	local i ns

	for ((i = 0; i < LOOPS; i++)); do
		setup_ns ns
		# shellcheck disable=SC2016
		check ip netns exec "$ns" bash -c '
			. "$0" && sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
				net.ipv4.conf.default.rp_filter=0 &&
			rig_add red vrouter 10 && rig_ready red &&
			rig_vrctl vr set red cpus '$((i % 3 + 1))' &&
			rig_sim red-in rate '$((RATE * 4))' run 1' "$SELFTESTS/sim/rig.sh" || break
		check busywait 5000 forwards_in "$ns" 1000
		check ip netns del "$ns" || break
	done
	check_dmesg
}

unload()
{
	local i

	for ((i = 0; i < LOOPS; i++)); do
		check rig_add red vrouter 10 || break
		check rig_ready red
		check cpus $((i % 3 + 1)) || break
		check rig_sim red-in rate $((RATE * 8)) run 1 || break
		passes 20
		check rmmod vrouter || break
		check rig_sim red-in run 0
		ip link del red-in
		ip link del red-out
		RIG_NAMES=() RIG_KIND=()
		check modprobe vrouter || break
	done
	check_dmesg
}

require_root
require_module vrouter vrsim
require_command ethtool python3
[ -e /sys/devices/system/cpu/cpu3/online ] || skip "needs four CPUs that can be unplugged"
TMP=$(mktemp -d)
defer rm -rf "$TMP"
rig_init || die "cannot set up"
dmesg_mark
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@" && check_dmesg
