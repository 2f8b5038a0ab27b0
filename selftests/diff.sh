#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same random topology, routes and packets through a virtual router and
# through a Linux VRF: what comes out must be the same, byte for byte.
# selftests/diff/pktdiff does the work; a failure prints its seed, and
# `SEED=N selftests/diff.sh CASE` repeats it.
#
#   KIND_A, KIND_B  kinds of router to compare (default vrouter and vrf; frames is
#                   a vrouter with XDP on some of its ports)
#   SEED            seed of the random numbers (default: 1, so that a failure is
#                   the change's; SEED=$(date +%s) looks for new ones)
#   PACKETS         packets of a case (default 2500; "base" sends twice that)
# vm: kernels=6.12 timeout=400
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

ALL_TESTS="
	same_kind_is_equal
	detects_a_difference
	detects_another_route
	base
	vectors
	rp_strict
	rp_loose
	no_forward
	accept_local
	no_redirects
	source_route
	l4_hash
	proxy_arp
	frames
"

: "${KIND_A:=vrouter}" "${KIND_B:=vrf}" "${SEED:=1}" "${PACKETS:=2500}"
# Where ip(8) finds how to say "type vrouter table N".
: "${IP_LIB_DIR:=$TOP/tools/ip}"
export IP_LIB_DIR
PKTDIFF=$SELFTESTS/diff/pktdiff
# Passes everything as long as no VR opens it.
export PKTDIFF_XDP=$TOP/tools/bpf/port.bpf.o

# pktdiff ARGS...: run it and show what it says; its status is ours.
pktdiff()
{
	echo "# pktdiff --seed $SEED $*"
	"$PKTDIFF" --seed "$SEED" "$@" 2>&1 | sed 's/^\([^#]\)/# \1/'
	return "${PIPESTATUS[0]}"
}

compare_kinds()
{
	pktdiff --kinds "$KIND_A,$KIND_B" "$@" ||
		fail "$KIND_A and $KIND_B differ, seed $SEED"
	SEED=$((SEED + 1))
}

same_kind_is_equal()
{
	pktdiff --kinds "$KIND_B,$KIND_B" --packets 600 --scenes ||
		fail "two routers of kind $KIND_B differ"
}

# A test that cannot fail is a defect: one TTL is off by one, one route leads
# elsewhere.
must_differ()
{
	local rc

	pktdiff --kinds "$KIND_B,$KIND_B" --show 1 "$@" >/dev/null
	rc=$?
	[ $rc = 1 ] || fail "the difference was not found, status $rc"
}

detects_a_difference()
{
	must_differ --packets 200 --corrupt 50
}

detects_another_route()
{
	must_differ --packets 600 --wrong-route
}

base()
{
	compare_kinds --packets $((PACKETS * 2)) --scenes
}

vectors()
{
	[ "$(nproc)" -gt 1 ] || { skip "needs two CPUs"; return; }
	compare_kinds --packets "$PACKETS" --scenes --vectors
}

# The test is named as the variant.
variant()
{
	compare_kinds --packets "$PACKETS" --variant "${TEST_NAME//_/-}"
}

rp_strict() { variant; }
rp_loose() { variant; }
no_forward() { variant; }
accept_local() { variant; }
no_redirects() { variant; }
source_route() { variant; }
l4_hash() { variant; }
proxy_arp() { variant; }

# The same, and the variants that matter, with packets that come and leave as frames.
frames()
{
	local KIND_A=frames

	[ "$KIND_A,$KIND_B" != frames,plain ] || { skip "not against plain"; return; }
	require_command ethtool
	compare_kinds --packets "$PACKETS" --scenes
	compare_kinds --packets $((PACKETS / 2)) --variant l4-hash
}

build()
{
	# Built outside the VM this does nothing; inside it takes a while.
	[ -x "$PKTDIFF" ] || require_command gcc make || return
	make -s -C "$SELFTESTS/diff" >&2 || die "cannot build pktdiff"
}

require_root
require_command ip
for kind in "$KIND_A" "$KIND_B"; do
	case $kind in
	plain) ;;
	frames) require_module vrouter ;;
	*) require_module "$kind" ;;
	esac
done
require_module veth 8021q
build
run_tests "$ALL_TESTS" "$@"
