#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What it costs to ask vrouter-exporter once about 1000 VRs: the exporter's own CPU time, with
# the kernel's work for it, under the instruction clock, where that is instructions.
#
# vm: kernels=6.12 icount=1 smp=1 timeout=600

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=../topo.sh
. "$SELFTESTS/topo.sh"

ALL_TESTS="scrape"
: "${VRS:=1000}"
: "${PORTS:=0}"			# of each VR
BAR=20000			# instructions per VR; 1 % of a core of 3 GHz is 30000, at 1 per cycle
BAR_PORT=7000			# and for each port
METRICS=http://127.0.0.1:9773/metrics

# ask: the answer is in $TOPO_TMP/answer; one less than 0.1 s old would be given again
ask()
{
	sleep 0.15
	n m curl -s -m 20 -o "$TOPO_TMP/answer" $METRICS
}

# spent: seconds until the answer was made
spent()
{
	sed -n 's/^process_cpu_seconds_total //p' "$TOPO_TMP/answer"
}

# From one answer to the next: the first is sent, the second made.
scrape()
{
	local i before cost

	ns_add m || return
	for ((i = 1; i <= VRS; i++)); do
		echo "link add v$i up type vrouter table 10$i"
		[ "$PORTS" = 0 ] || seq 1 "$PORTS" | sed "s/.*/link add v$i.& up master v$i type dummy/"
	done >"$TOPO_TMP/add"
	check ip -n m -batch "$TOPO_TMP/add" || return
	run exporter.out m "$TOP/tools/exporter/vrouter-exporter"
	soon 10 listening m 9773 || return
	ask && ask || fail "no answer" || return
	before=$(spent)
	check ask
	check_eq "VRs" "$(grep -c ^vrouter_vr_weight "$TOPO_TMP/answer")" "$VRS"
	cost=$(awk -v a="$before" -v b="$(spent)" -v n="$VRS" 'BEGIN { printf "%d", (b - a) * 1e9 / n }')
	diag "$cost instructions per VR and scrape, $(wc -c <"$TOPO_TMP/answer") bytes for $VRS VRs with $PORTS ports each"
	check_cmp "instructions per VR" "$cost" -gt 1000
	check_cmp "instructions per VR" "$cost" -le $((BAR + PORTS * BAR_PORT))
}

require_root
require_command vrctl curl
[ "${VM_ICOUNT:-0}" = 1 ] || skip "not under the instruction clock"
need_kind || die "cannot load $KIND"
[ -x "$TOP/tools/exporter/vrouter-exporter" ] || die "no vrouter-exporter: make tools"
run_tests "$ALL_TESTS" "$@"
