#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# NICs that are polled with credit: under load the VR polls its own ports and pays,
# an idle port has its interrupt, and everything may change in between.
#
# vm: kernels=6.12,6.1 icount=1 smp=2 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="idle_has_interrupts flood_is_pulled dear_packets settings_come_back off_and_on two_ports
	port_released released_from_full_queue nic_down nic_changed local_traffic moves_with_mask
	standby_is vr_deleted module_unloaded netns_deleted veth_is_not"

[ "${VM_KERNEL:-}" != debug ] || ALL_TESTS="flood_is_pulled dear_packets off_and_on port_released
	released_from_full_queue nic_down vr_deleted module_unloaded netns_deleted"

FLOOD=400000

router()
{
	rig_add red vrouter 10 || fail "cannot set up" || return
	defer rig_del red
	check rig_ready red
}

# pulled [NETNS]: packets that came by red's own polls
pulled()
{
	${1:+in_ns "$1"} ethtool -S red | awk '$1 == "pulled:" { print $2 }'
}

# defer_of DEV: how its interrupt is deferred
defer_of()
{
	echo "$(<"/sys/class/net/$1/napi_defer_hard_irqs") $(<"/sys/class/net/$1/gro_flush_timeout")"
}

# pulled_is N [NETNS]: it is N or more
pulled_is()
{
	[ "$(pulled "${@:2}")" -ge "$1" ]
}

# pulls MS [NETNS]: within this time many packets are pulled
pulls()
{
	busywait "$1" pulled_is $(($(pulled "${@:2}") + 2000)) "${@:2}"
}

flood()
{
	check rig_start red $FLOOD
	pulls 2000 || fail "the flooded NIC is not pulled from"
}

# What comes one by one is not kept waiting for the timer that stands for a deferred
# interrupt.
prompt()
{
	local before

	busywait 2000 interrupts_on || fail "$1: interrupts are deferred still: $(defer_of red-in)"
	check rig_sim red-out reset 1
	rig_stat red-out
	before=${STAT[own]}
	check rig_sim red-in rate 500 count 25 run 1
	busywait 1000 rig_counts red-out own $((before + 25))
	check rig_sim red-in run 0 count 0
	rig_stat red-out
	check_eq "$1: packets forwarded of 25" $((STAT[own] - before)) 25
	check_cmp "$1: greatest latency of these, ns" "${STAT[latency_max]}" -lt $((2000000 * SLOW))
}

# set_as DEFER TIMEOUT
set_as()
{
	[ "$(defer_of red-in)" = "$*" ]
}

interrupts_on()
{
	set_as 0 0
}

idle_has_interrupts()
{
	local before irqs

	router || return
	before=$(pulled)
	rig_stat red-in
	irqs=${STAT[rx_irqs]}
	prompt "light load"
	rig_stat red-in
	check_eq "packets pulled" "$(pulled)" "$before"
	check_cmp "interrupts for 25 packets" $((STAT[rx_irqs] - irqs)) -ge 25
}

# The interrupt stays away while there is a flood, and comes back after it.
flood_is_pulled()
{
	local irqs before

	router || return
	flood
	rig_stat red-in
	irqs=${STAT[rx_irqs]} before=${STAT[rx_packets]}
	check busywait 2000 rig_counts red-in rx_packets $((before + 20000))
	rig_stat red-in
	diag "$((STAT[rx_packets] - before)) packets, $((STAT[rx_irqs] - irqs)) interrupts"
	check_cmp "packets per interrupt" $((STAT[rx_packets] - before)) -gt $(((STAT[rx_irqs] - irqs) * 1000))
	check rig_stop red
	prompt "after the flood"
	check rig_correct red
}

# Of packets that take longer than a slice no more are pulled than are served: what
# is too much stays in the NIC.
dear_packets()
{
	local khz before dropped

	router || return
	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	check vrctl vr set red burn $((khz / 5)) vector-limit off
	check rig_start red 20000
	check busywait 5000 pulled_is 64
	rig_pass 0.05	# what came by interrupt waits in the queue for at most 10 ms
	before=$(pulled) dropped=$(drops)
	check busywait 5000 pulled_is $((before + 1000))
	diag "pulled $(($(pulled) - before)), dropped $(($(drops) - dropped))"
	check_cmp "packets dropped by the VR" $(($(drops) - dropped)) -lt 125
	rig_stat red-in
	check_cmp "packets lost in the NIC" "${STAT[missed]}" -gt 1000
	check rig_stop red
	check vrctl vr set red burn 0
	prompt "after the flood"
	check rig_correct red
}

drops()
{
	vrctl -j stats show red | jq '[.[] | .dropped] | add'
}

settings_come_back()
{
	router || return
	echo 2 >/sys/class/net/red-in/napi_defer_hard_irqs
	echo 30000 >/sys/class/net/red-in/gro_flush_timeout
	flood
	check_cmp "the timeout while it is pulled from, ns" \
		"$(</sys/class/net/red-in/gro_flush_timeout)" -gt 1000000
	check rig_stop red
	busywait 2000 set_as 2 30000 ||
		fail "as set: 2 30000, as they are: $(defer_of red-in)"
}

off_and_on()
{
	local before i

	router || return
	flood
	check vrctl port set red-in credit off
	check_eq "settings of the NIC" "$(defer_of red-in)" "0 0"
	before=$(pulled)
	rig_grows red-out own 2000 || fail "nothing is forwarded by interrupt"
	check_eq "packets pulled with credit off" "$(pulled)" "$before"
	check vrctl port set red-in credit on
	pulls 2000 || fail "not pulled from again"
	for ((i = 0; i < 40; i++)); do
		echo "port set red-in credit $((i % 2))"
	done | sed 's/0$/off/; s/1$/on/' >"$BATCH"
	check vrctl -b "$BATCH"
	pulls 2000 || fail "not pulled from after many changes"
	check rig_stop red
	prompt "after the flood"
}

# A second NIC of the same VR.
second_port()
{
	check ip link add more type vrsim
	defer ip link del more
	check ip link set dev more master red up
	check ip addr replace 198.17.255.254/16 dev more
	check rig_sim more flows 256 dsts 256 src 198.17.0.1 rate $FLOOD
}

# Two floods into one VR: neither NIC goes without.
two_ports()
{
	local a b

	router || return
	second_port
	check rig_sim more run 1
	flood
	rig_stat red-in
	a=${STAT[rx_packets]}
	rig_stat more
	b=${STAT[rx_packets]}
	check busywait 2000 rig_counts red-in rx_packets $((a + 30000))
	rig_stat red-in
	a=$((STAT[rx_packets] - a))
	rig_stat more
	b=$((STAT[rx_packets] - b))
	diag "received meanwhile: $a and $b"
	check_cmp "packets of the second NIC" "$b" -gt $((a * 8 / 10))
	check_cmp "packets of the first NIC" "$a" -gt $((b * 8 / 10))
	check rig_sim more run 0
	check rig_stop red
	prompt "after the floods"
}

port_released()
{
	router || return
	flood
	check ip link set dev red-in nomaster
	check_eq "settings of the NIC" "$(defer_of red-in)" "0 0"
	rig_grows red-in rx_packets 1000 || fail "nothing is received by interrupt"
	check ip link set dev red-in master red
	check ip addr replace 198.18.255.254/16 dev red-in
	pulls 5000 || fail "not pulled from when enslaved again"
	check rig_stop red
	prompt "after the flood"
}

queue_filled()
{
	vrctl -j stats show red | python3 -c '
import json, sys
sys.exit(json.load(sys.stdin)[0]["qlen"] < 200)'
}

# The packets of a port that goes leave holes among those of one that stays.
released_from_full_queue()
{
	local i

	router || return
	second_port
	check vrctl port set red-in credit off
	check vrctl vr set red queue-time 0 burn 300000
	check rig_sim more run 1
	check rig_start red $FLOOD
	for ((i = 0; i < 4; i++)); do
		check vrctl port set more credit off
		busywait 3000 queue_filled || fail "the queue is not full"
		check ip link set dev more nomaster
		check ip link set dev more master red
		check ip addr replace 198.17.255.254/16 dev more
	done
	check_cmp "packets dropped because their port was gone" \
		"$(ethtool -S red | awk '$1 == "drop_port_gone:" { print $2 }')" -gt 0
	check vrctl vr set red burn 0
	check rig_sim more run 0
	check rig_stop red
	prompt "after the floods"
}

nic_down()
{
	local i

	router || return
	flood
	for ((i = 0; i < 5; i++)); do
		check ip link set dev red-in down
		check ip link set dev red-in up
		pulls 5000 || fail "not pulled from when up again"
	done
	check rig_stop red
	prompt "after the flood"
}

# The ring is made anew under the feet of the VR.
nic_changed()
{
	local i

	router || return
	for ((i = 0; i < 5; i++)); do
		check rig_stop red
		check rig_sim red-in ring $((256 << i % 2))
		flood
	done
	check rig_stop red
	prompt "after the flood"
}

# What is for the machine itself comes in by the same NIC.
local_traffic()
{
	local before

	router || return
	check rig_sim red-in dst 198.18.255.254 dsts 1
	before=$(ethtool -S red | awk '$1 == "punt_local:" { print $2 }')
	check rig_start red $FLOOD
	pulls 2000 || fail "not pulled from"
	check_cmp "packets for the machine itself" \
		"$(ethtool -S red | awk '$1 == "punt_local:" { print $2 }')" -gt $((before + 100))
	check rig_stop red
	busywait 2000 interrupts_on || fail "interrupts are deferred still"
}

# cpu_has CPU N: so many packets
cpu_has()
{
	local -a now

	read -r -a now <<<"$(per_cpu)"
	[ "${now[$1]}" -ge "$2" ]
}

# per_cpu: packets received by each CPU
per_cpu()
{
	vrctl -j stats show red cpu | python3 -c '
import json, sys
print(*[r["rx_packets"] for r in json.load(sys.stdin) if "cpu" in r])'
}

# The NIC follows its VR to another CPU, and its packets stay in order.
moves_with_mask()
{
	local i
	local -a before after

	router || return
	flood
	for i in 1 0 1; do
		read -r -a before <<<"$(per_cpu)"
		check vrctl vr set red cpus $i
		check busywait 2000 cpu_has $i $((before[i] + 2000))
		read -r -a before <<<"$(per_cpu)"
		pulls 2000 || fail "not pulled from on CPU $i"
		read -r -a after <<<"$(per_cpu)"
		check_cmp "packets of CPU $i" $((after[i] - before[i])) -gt 100
		check_eq "packets of the other CPU" $((after[1 - i] - before[1 - i])) 0
	done
	check vrctl vr set red cpus all
	pulls 2000 || fail "not pulled from when back"
	check rig_stop red
	prompt "after the flood"
	check rig_correct red
}

# A NIC that stands by is pulled from while its lane, here without a link, is not fit.
standby_is()
{
	router || return
	check ip link add name lane0 address "$(</sys/class/net/red-in/address)" type veth peer name lane0-peer
	defer ip link del dev lane0
	check ip link set dev lane0 master red up
	check vrctl port set lane0 standby red-in
	flood
	check rig_stop red
	prompt "after the flood"
}

# on_its_own DEFER TIMEOUT: no VR has the NIC: it is set as it was, and each packet
# comes by an interrupt
on_its_own()
{
	local irqs before

	check_eq "settings of the NIC" "$(defer_of red-in)" "$*"
	check rig_sim red-in run 0
	rig_stat red-in
	irqs=${STAT[rx_irqs]} before=${STAT[rx_packets]}
	check rig_sim red-in rate 500 count 25 run 1
	busywait 1000 rig_counts red-in rx_packets $((before + 25))
	rig_stat red-in
	check_eq "packets received of 25" $((STAT[rx_packets] - before)) 25
	check_cmp "interrupts for them" $((STAT[rx_irqs] - irqs)) -ge 25
	check rig_sim red-in run 0 count 0
}

vr_deleted()
{
	router || return
	echo 2 >/sys/class/net/red-in/napi_defer_hard_irqs
	echo 30000 >/sys/class/net/red-in/gro_flush_timeout
	flood
	check ip link del dev red
	rig_grows red-in rx_packets 1000 || fail "the NIC stands still"
	on_its_own 2 30000
}

module_unloaded()
{
	router || return
	defer modprobe vrouter
	flood
	check rmmod vrouter
	rig_grows red-in rx_packets 1000 || fail "the NIC stands still"
	on_its_own 0 0
}

# The NIC comes back from it, as real ones do.
netns_deleted()
{
	local ns

	setup_ns ns
	rig_in_netns "$ns" $FLOOD : || return
	pulls 2000 "$ns" || fail "the flooded NIC is not pulled from"
	rig_back_from "$ns" || return
	on_its_own 0 0
}

veth_is_not()
{
	local peer

	router || return
	setup_ns peer
	check ip link add v1 type veth peer name v0 netns "$peer"
	check ip -n "$peer" link set dev v0 up
	check ip link set dev v1 master red up
	check ethtool -K v1 gro on
	check ip addr add 198.16.0.1/16 dev v1
	check ip -n "$peer" addr add 198.16.0.2/16 dev v0
	check in_ns "$peer" ping -q -c 256 -l 64 -i 0.01 -W 2 198.16.0.1
	check_eq "settings of the veth" "$(defer_of v1)" "0 0"
}

require_root
require_module vrouter vrsim
require_command ethtool ping python3
rig_init || die "cannot set up"
BATCH=$(mktemp)
defer rm -f "$BATCH"
dmesg_mark
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@" && check_dmesg
