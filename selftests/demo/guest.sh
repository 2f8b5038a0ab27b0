#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo's part inside the VM, see demo.sh: three routers on one CPU, each
# offered more than the CPU can do for it, first vrouters, then Linux VRFs.
# Prints for demo.sh one record per line:
#
#   phase KIND
#   KIND NAME WEIGHT OFFERED FORWARDED USED NS    once per router and sample
#   shown KIND GUEST_MS                           after each sample
#   total KIND NAME WEIGHT OFFERED FORWARDED USED NS
#   error TEXT

# shellcheck source-path=SCRIPTDIR source=../sim/rig.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../sim/rig.sh"

: "${DEMO_MS:=1500}"	# per phase, of this machine's clock
: "${DEMO_STEP:=0.1}"	# seconds between two samples

NAMES=(red green blue)
declare -A WEIGHTS=([red]=100 [green]=200 [blue]=300)
declare -A RATES=([red]=90000 [green]=180000 [blue]=270000)
declare -A SUM_OFFERED SUM_FORWARDED SUM_USED SUM_NS

give_up()
{
	echo "error $*"
	exit 1
}

print_sample()
{
	local name

	for name in "${NAMES[@]}"; do
		echo "$1 $name ${WEIGHTS[$name]} ${OFFERED[$name]} ${FORWARDED[$name]}" \
		     "${USED[$name]} ${TIME[$name]}"
		: $((SUM_OFFERED[$name] += OFFERED[$name]))
		: $((SUM_FORWARDED[$name] += FORWARDED[$name]))
		: $((SUM_USED[$name] += USED[$name]))
		: $((SUM_NS[$name] += TIME[$name]))
	done
	ms=$(((SNAP_TIME[red] - started) / 1000000))
	echo "shown $1 $ms"
}

# phase KIND: build the routers, overload them, watch, remove them
phase()
{
	local kind=$1 name table=10 load=()

	echo "phase $kind"
	for name in "${NAMES[@]}"; do
		rig_add "$name" "$kind" $((table += 10)) "${WEIGHTS[$name]}" ||
			give_up "cannot set up $kind $name"
		load+=("$name" "${RATES[$name]}")
		SUM_OFFERED[$name]=0 SUM_FORWARDED[$name]=0 SUM_USED[$name]=0 SUM_NS[$name]=0
	done
	rig_ready "${NAMES[@]}" || give_up "the routers of kind $kind do not forward"
	rig_start "${load[@]}" || give_up "cannot start the load"
	rig_snapshot || give_up "cannot read the counters"
	started=${SNAP_TIME[red]}
	ms=0
	while [ $ms -lt "$DEMO_MS" ]; do
		rig_pass "$DEMO_STEP"
		rig_delta || give_up "cannot read the counters"
		print_sample "$kind"
	done
	rig_stop "${NAMES[@]}"
	for name in "${NAMES[@]}"; do
		echo "total $kind $name ${WEIGHTS[$name]} ${SUM_OFFERED[$name]}" \
		     "${SUM_FORWARDED[$name]} ${SUM_USED[$name]} ${SUM_NS[$name]}"
	done
	rig_correct "${NAMES[@]}" || give_up "$kind: packets came out wrong"
	rig_del "${NAMES[@]}"
}

rig_init || give_up "no module vrsim"
modprobe vrouter || give_up "no module vrouter"
phase vrouter
phase vrf
