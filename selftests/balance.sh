#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl balance on real VRs: of three that are more than a CPU can do, and whose
# packets arrive on one CPU, some are placed on the other one and work there. What
# is decided and how often is for unit/plan_test.c and scene.sh: loads in a VM are
# not the same twice.
#
# vm: kernels=6.12 smp=2 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

ALL_TESTS="proposes places"

NAMES=(red green blue)
BURN_US=50	# that each packet takes at least
PPS=9000	# of each: nearly half a CPU

routers()
{
	local i khz name

	khz=$(vrctl -j core show 0 | jq '.[0].clock_khz')
	for i in 0 1 2; do
		name=${NAMES[i]}
		rig_add "$name" vrouter $((10 * (i + 1))) 100 || fail "cannot set up $name" || return
		defer rig_del "$name"
		check vrctl vr set "$name" burn $((khz * BURN_US / 1000)) vector-limit off || return
	done
	[ "$(masks)" != "  " ] || { skip "the module has no masks"; return 1; }
	rig_ready "${NAMES[@]}" || fail "the routers do not forward"
	rig_start red $PPS green $PPS blue $PPS || fail "cannot start the load"
}

# masks: of the routers, in a line
masks()
{
	vrctl -j vr show | jq -r 'map(.cpus) | join(" ")'
}

# dropped: by all, in the last second or so
drop_rate()
{
	vrctl -j top interval 1 count 1 </dev/null | jq '[.vrs[].drop_pps] | add | floor'
}

# Nothing is moved, the reason is given. What is lost in NICs that are polled with credit
# is not known; what VRs have to drop is.
proposes()
{
	local before name

	routers || return
	before=$(masks)
	check_prints "the busiest CPU falls from " vrctl balance dry-run interval 1
	for name in "${NAMES[@]}"; do
		check vrctl port set "$name-in" credit off
	done
	check_prints " of what they are entitled to" vrctl balance dry-run interval 1
	check_eq "masks" "$(masks)" "$before"
}

places()
{
	local name moves on_one

	routers || return
	for name in "${NAMES[@]}"; do
		check rig_grows "$name-out" own $((PPS / 3))
	done
	diag "before: $(drop_rate) drops per second"
	moves=$(vrctl -j balance interval 1)
	diag "$(jq -r '.[] | "\(.vr): \(.from) -> \(.to): \(.reason)"' <<<"$moves")"
	check_cmp "moves" "$(jq length <<<"$moves")" -ge 1
	check_eq "where to" "$(jq -r 'map(.to) | unique | join(" ")' <<<"$moves")" 1
	check_eq "mask" "$(vrctl -j vr show "$(jq -r '.[0].vr' <<<"$moves")" | jq -r '.[0].cpus')" 1
	on_one=$(used_on_one)
	check busywait 5000 more_on_one "$on_one"
	diag "after: $(drop_rate) drops per second"
	# Its time is spent there now, and at least a fifth of a CPU.
	on_one=$(used_on_one)
	rig_pass 1
	check_cmp "ns used on CPU 1" $(($(used_on_one) - on_one)) -ge 200000000
}

used_on_one()
{
	vrctl -j stats show cpu | jq '[.[] | select(.cpu == 1) | .used_ns] | add'
}

# more_on_one NS: more than so much has been used there
more_on_one()
{
	[ "$(used_on_one)" -gt "$1" ]
}

require_root
require_command vrctl jq
require_module vrouter vrsim
[ "$(nproc)" -ge 2 ] || skip "one CPU only"
rig_init || die "no simulated NICs"
run_tests "$ALL_TESTS" "$@"
