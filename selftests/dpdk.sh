#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A VF given to a program by vfio: Debian's testpmd, the DPDK application, sends back
# what it gets, on a CPU of its own, while VRs beside it keep their shares. Runs as
# root in the VM of sriov.sh, whose header shows the wires; testpmd polls on CPU 1,
# VRs work on CPU 0. QEMU's emulation of the IOMMU fails an assertion now and then
# under testpmd (iotlb_to_section), so it is no part of make check:
#
#	selftests/vm/dpdk.sh	# fetches it
#	selftests/vm/vm.sh --kernel 6.12 --nics iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs -- selftests/dpdk.sh
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs kernels=none timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=sriov_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/sriov_lib.sh"
# shellcheck source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="forwards shares"

MAC=02:00:00:00:08:00
FRAMES=2000
LOG=$TOPO_TMP/testpmd

# testpmd on a VF that h1 reaches as 10.1.0.9; its process is in PMD
start_testpmd()
{
	local addr driver drivers=()

	for driver in "$DPDK_DRIVERS"/librte_{net_e1000,mempool_ring}.so.*; do
		[[ $driver == *.so.*.* ]] || drivers+=(-d "$driver")
	done
	hosts && addr h1 nic1 10.1.0.2/24 &&
		ip -n h1 neigh replace 10.1.0.9 lladdr $MAC dev nic1 nud permanent || return
	check vrctl -j vf passthrough vfio pf nic0 vf 6 mac $MAC || return
	addr=$(jq -r .address <<<"$CHECK_OUTPUT")
	LD_LIBRARY_PATH=$DPDK_LIBS "$TESTPMD" --lcores 0@1,1@1 -a "$addr" --in-memory --no-telemetry \
		"${drivers[@]}" -- --forward-mode=macswap --auto-start --stats-period 1 --total-num-mbufs=2048 \
		>"$LOG" 2>&1 </dev/null &
	PMD=$!
	defer end_testpmd
	soon 60 ready_or_gone
	if ! ready || ! kill -0 "$PMD"; then
		diag "testpmd: $(tail -n 20 "$LOG")"
		return 1
	fi
}

ready()
{
	grep -q 'macswap packet forwarding' "$LOG"
}

ready_or_gone()
{
	ready || ! kill -0 "$PMD"
}

end_testpmd()
{
	kill -INT "$PMD" 2>/dev/null
	wait "$PMD" 2>/dev/null
	vrctl vf release pf nic0 vf 6
}

# bounced COUNT: h1 sends so many frames; those that came back are printed
bounced()
{
	local pid

	run back h1 tcpdump -p -n -U -i nic1 -w "$TOPO_TMP/back.pcap" "ether src $MAC and udp port 9"
	pid=$RUN_PID
	soon 10 grep -q 'listening on' "$TOPO_TMP/back"
	n h1 "$HELPERS/traffic" blast -r 2000 -c "$1" 10.1.0.9 >/dev/null
	busywait 3000 came_back "$1"
	finish "$pid" INT
	sed -n 's/^\([0-9]*\) packets\{0,1\} captured.*/\1/p' "$TOPO_TMP/back"
}

came_back()
{
	[ "$(tcpdump -n -r "$TOPO_TMP/back.pcap" 2>/dev/null | wc -l)" -ge "$1" ]
}

forwards()
{
	local file back

	seven && start_testpmd || fail "testpmd does not run" || return
	back=$(bounced $FRAMES)
	diag "$back of $FRAMES frames came back"
	check_cmp "frames that came back" "$back" -ge $((FRAMES * 99 / 100))
	file=/dev/vfio/$(last "$PCI/$(vf_addr nic0 6)/iommu_group")
	check_eq "driver" "$(vf_driver nic0 6)" vfio-pci
	refuses 2 "Error: nic0 vf 6: busy: dpdk-testpmd ($PMD) has $file open." release pf nic0 vf 6
	kill -INT "$PMD"
	wait "$PMD" 2>/dev/null
	check vrctl vf release pf nic0 vf 6
	check vrctl vf bind red pf nic0 vf 6
	check_eq "driver" "$(vf_driver nic0 6)" igbvf
}

# used: ns of CPU time of the VRs fast and slow
used()
{
	vrctl -j stats show | jq -r '[(.[] | select(.name == "fast" or .name == "slow") | .used_ns)] | join(" ")'
}

# measure NAME: share of fast and of slow in CPU 0 within two seconds, in 1/1000
measure()
{
	local t0 t1 a0 b0 a1 b1

	read -r a0 b0 <<<"$(used)"
	t0=${EPOCHREALTIME/./}
	rig_pass 2
	read -r a1 b1 <<<"$(used)"
	t1=${EPOCHREALTIME/./}
	FAST=$(((a1 - a0) / (t1 - t0)))
	SLOW_VR=$(((b1 - b0) / (t1 - t0)))
	diag "$1: fast has $FAST/1000 of CPU 0, slow $SLOW_VR/1000"
}

# twice NAME: fast has twice of what slow has. A CPU that stands still is billed to
# the VR whose turn it is, which pays it back later than two seconds if it was long.
twice()
{
	local i ratio=0

	for i in 1 2 3 4 5; do
		measure "$1"
		[ "$SLOW_VR" -gt 0 ] || continue
		ratio=$((FAST * 100 / SLOW_VR))
		[ $ratio -lt 190 ] || [ $ratio -gt 210 ] || return 0
	done
	fail "$1: fast has $ratio per cent of what slow has"
}

# Two VRs want more than there is; one has twice of what the other has, as their
# weights are, also while testpmd polls on CPU 1. How much both have together is not
# judged: virtual CPUs stand still now and then, the more the busier they are.
shares()
{
	local khz back

	seven || fail "cannot set up" || return
	rig_init || fail "no simulated NICs" || return
	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	rig_add fast vrouter 30 200 && rig_add slow vrouter 40 100 || fail "cannot set up" || return
	defer rig_del fast slow
	check vrctl vr set fast cpus 0 burn $((khz * 50 / 1000)) vector-limit off
	check vrctl vr set slow cpus 0 burn $((khz * 50 / 1000)) vector-limit off
	check rig_ready fast slow
	rig_start fast 40000 slow 40000 || fail "no load" || return
	check rig_offered 1000
	twice "alone"

	start_testpmd || fail "testpmd does not run" || return
	back=$(bounced $FRAMES)
	run blast h1 "$HELPERS/traffic" blast -r 500 10.1.0.9
	twice "beside testpmd"
	finish "$RUN_PID"
	diag "$back of $FRAMES frames came back"
	# The host at the other end shares the CPUs with all of this, and may lose some.
	check_cmp "frames that came back" "$back" -ge $((FRAMES / 2))
}

require_root
require_command jq tcpdump
[ "$(nproc)" -ge 2 ] || skip "one CPU only"
env=$("$SELFTESTS/vm/dpdk.sh" 2>/dev/null) || skip "no testpmd here: $("$SELFTESTS/vm/dpdk.sh" 2>&1 | tail -n 1)"
eval "$env"
: "${TESTPMD:?}" "${DPDK_LIBS:?}" "${DPDK_DRIVERS:?}"
helper traffic || die "cannot make the helper traffic"
echo 64 >/proc/sys/vm/nr_hugepages
defer eval "echo 0 >/proc/sys/vm/nr_hugepages"
modprobe vrsim || skip "no simulated NICs"
sriov_init
run_tests "$ALL_TESTS" "$@"
