#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A flood into a VF: its VR polls it with credit, at its own expense, and the other
# VR notices nothing. Both share CPU 0; the neighbour has simulated NICs.
#
#	h1 nic1 ===+=== nic0 (PF): VF [red, table 10] void
#	           		   in [blue, table 20] out
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs kernels=6.12 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=sriov_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/sriov_lib.sh"
# shellcheck source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="pulled light_neighbour equal_shares"

MASKED=

# scene US: a packet of red takes so long, longer than its host needs to send one
scene()
{
	local khz

	seven || return
	ip link del red
	ip link del blue
	rig_init && rig_add blue vrouter 20 && defer rig_del blue || return
	vr_here red 10 && hosts && check vrctl vf bind red pf nic0 vf 1 || return
	VF=$(vf_dev nic0 1)
	irqs_here
	ip addr add 10.1.0.1/24 dev "$VF" && addr h1 nic1 10.1.0.2/24 &&
		ip -n h1 route replace default via 10.1.0.1 &&
		ip -n h1 neigh replace 10.1.0.1 lladdr "$(address "$VF")" dev nic1 nud permanent || return
	ip link add void type dummy && defer ip link del void &&
		ip link set dev void master red up && ip addr add 10.2.0.1/24 dev void &&
		ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:99 dev void nud permanent &&
		ip route replace 10.3.0.0/24 via 10.2.0.2 dev void table 10 || return
	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	check vrctl vr set red cpus 0 burn $((khz * $1 / 1000)) vector-limit off
	check vrctl vr set blue cpus 0 vector-limit off queue-time 0
	rig_ready blue
}

# The VF's interrupts come where its VR works.
irqs_here()
{
	local irq

	while read -r irq; do
		echo 1 >"/proc/irq/$irq/smp_affinity"
	done < <(awk -v dev="$VF" 'index($NF, dev) == 1 { sub(":", "", $1); print $1 }' /proc/interrupts)
}

# A NIC masks a vector when it fires, until its driver is through (EIAM in the 82576).
# QEMU's igb does not, so its driver would be called by interrupt for all that comes,
# whoever polls. This masks all vectors of the VF and opens them for a moment, five
# times a second.
masked()
{
	exec taskset -c 1 chrt -f 50 python3 - "/sys/class/net/$VF/device/config" <<-'END'
	import os, signal, sys, time

	config = os.open(sys.argv[1], os.O_RDWR)

	def byte(at):
	    return os.pread(config, 1, at)[0]

	cap = byte(0x34)
	while byte(cap) != 0x11:
	    cap = byte(cap + 1)
	opened = byte(cap + 3) & ~0x40

	def put(value):
	    os.pwrite(config, bytes([value]), cap + 3)

	def end(*_):
	    put(opened)
	    os._exit(0)

	signal.signal(signal.SIGTERM, end)
	while True:
	    put(opened | 0x40)
	    print(flush=True)
	    time.sleep(0.2)
	    put(opened)
	END
}

flood()
{
	run flood h1 taskset -c 1 "$HELPERS/traffic" blast -r 40000 10.3.0.9
	FLOOD=$RUN_PID
	soon 20 vr_has red rx_packets 300
	: >"$TOPO_TMP/masked"
	masked >"$TOPO_TMP/masked" &
	MASKED=$!
	soon 20 test -s "$TOPO_TMP/masked"
	defer flood_ends
}

# What is still on the wire counts as well.
flood_ends()
{
	local before=

	[ -n "$MASKED" ] || return 0
	finish "$MASKED"
	MASKED=
	finish "$FLOOD"
	while [ "$(of_vr red rx_packets)" != "$before" ]; do
		before=$(of_vr red rx_packets)
		rig_pass 0.2
	done
}

# of_vr VR COUNTER
of_vr()
{
	ethtool -S "$1" | awk -v name="$2:" '$1 == name { print $2 }'
}

vr_has()
{
	[ "$(of_vr "$1" "$2")" -ge "$3" ]
}

pulled()
{
	local -A before now
	local lost

	scene 200 || fail "cannot set up" || return
	flood
	look before
	soon 20 vr_has red pulled $((before[pulled] + 2000))
	look now
	lost=$((now[sent] - before[sent] - now[received] + before[received]))
	diag "sent $((now[sent] - before[sent])), lost in the NIC $lost, pulled" \
	     "$((now[pulled] - before[pulled])), dropped by the VR $((now[dropped] - before[dropped]))"
	check_cmp "packets that were lost in the NIC" $lost -gt $(((now[sent] - before[sent]) / 2))
	check_cmp "packets that the VR had to drop" \
		$((now[dropped] - before[dropped])) -lt $(((now[sent] - before[sent]) / 5))
	flood_ends
	# Without a flood all is forwarded, by interrupt.
	check vrctl vr set red burn 0
	look before
	n h1 "$HELPERS/traffic" blast -r 200 -c 100 10.3.0.9 >/dev/null
	soon 5 vr_has red tx_packets $((before[forwarded] + 100))
}

# look ARRAY: what counts of a packet's way so far
look()
{
	local -n at=$1

	# shellcheck disable=SC2034 # it is the caller's
	at=([sent]=$(n h1 cat /sys/class/net/nic1/statistics/tx_packets)
	    [received]=$(cat "/sys/class/net/$VF/statistics/rx_packets")
	    [pulled]=$(of_vr red pulled) [forwarded]=$(of_vr red tx_packets)
	    [dropped]=$(($(of_vr red drop_queue_full) + $(of_vr red drop_queue_time) + $(of_vr red drop_late))))
}

# 500 packets of the neighbour, none is lost.
light_neighbour()
{
	local before

	scene 2000 || fail "cannot set up" || return
	flood
	rig_stat blue-out
	before=${STAT[own]}
	check rig_sim blue-in rate 500 count 500 run 1
	check busywait 20000 rig_counts blue-out own $((before + 500))
	rig_stat blue-in
	check_eq "packets of blue that its NIC missed" "${STAT[missed]}" 0
	rig_correct blue || fail "packets of blue were wrong"
	rig_stat blue-out
	diag "latency of blue: ${STAT[latency_avg]} ns on average, ${STAT[latency_p99]} p99"
	flood_ends
}

used()
{
	vrctl -j stats show | jq -r '[.[] | {(.name): .used_ns}] | add | "\(.red) \(.blue)"'
}

# Both want more than there is: each has half of what both have. A CPU that stands
# still is billed to whose turn it is, who pays it back.
equal_shares()
{
	local khz r0 b0 r1 b1 ratio

	scene 2000 || fail "cannot set up" || return
	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	check vrctl vr set blue burn $((khz * 2000 / 1000))
	check rig_start blue 5000
	flood
	read -r r0 b0 <<<"$(used)"
	rig_pass 4
	read -r r1 b1 <<<"$(used)"
	diag "CPU time: red $(((r1 - r0) / 1000000)) ms, blue $(((b1 - b0) / 1000000)) ms"
	ratio=$(((r1 - r0) * 100 / (b1 - b0)))
	check_cmp "per cent that red has of blue" $ratio -ge 90
	check_cmp "per cent that red has of blue" $ratio -le 110
	flood_ends
	check rig_stop blue
}

require_root
require_command jq ethtool taskset
[ "$(nproc)" -ge 2 ] || skip "one CPU only"
modprobe vrsim || skip "no simulated NICs"
helper traffic || die "cannot make the helper traffic"
sriov_init
run_tests "$ALL_TESTS" "$@"
