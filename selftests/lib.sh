# SPDX-License-Identifier: GPL-2.0
# Helpers for the shell selftests. A test script reads
#
#	#!/bin/bash
#	# SPDX-License-Identifier: GPL-2.0
#	# vm: timeout=120
#	. "$(dirname "$0")/lib.sh"
#	ALL_TESTS="ping_works ..."
#	ping_works() { ...; check ip netns exec "$a" ping -c 1 192.0.2.2; }
#	require_root; require_command ping; require_module vrouter
#	run_tests "$ALL_TESTS" "$@"
#
# and prints KTAP. A failed check is reported and the test goes on; write
# `check ... || return` where going on makes no sense. Whatever defer and
# setup_ns registered during a test is undone when that test ends.
# shellcheck shell=bash

set -u

SKIP_STATUS=4
SELFTESTS=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(dirname "$SELFTESTS")
export PATH=$TOP/tools/vrctl:$PATH
export IP_LIB_DIR=$TOP/tools/ip

# How much longer than on an idle fast machine things may take here.
: "${SLOW:=$([ "${VM_KERNEL:-}" = debug ] && echo 5 || echo 2)}"

TEST_NAME=
TEST_FAILED=0
TEST_SKIPPED=
CHECK_OUTPUT=
DEFERRED=()
NS_COUNT=0

# ---- KTAP

diag()
{
	local line

	while IFS= read -r line; do
		echo "# $line"
	done <<<"$*"
}

# fail REASON: the running test has failed.
fail()
{
	TEST_FAILED=1
	diag "${TEST_NAME:-setup}: $*"
	return 1
}

# skip REASON: in a test, `skip "why"; return`; outside one, skips the script.
skip()
{
	if [ -z "$TEST_NAME" ]; then
		echo "KTAP version 1"
		echo "1..0 # SKIP $*"
		exit $SKIP_STATUS
	fi
	TEST_SKIPPED=$*
	return 1
}

# die REASON: the set-up is broken; nothing more can be tested.
die()
{
	diag "$*"
	echo "Bail out! $*"
	exit 1
}

# run_tests "NAMES" [NAME...]: run these functions, or only those named after.
run_tests()
{
	local all=$1 names name n=0 failed=0 passed=0 skipped=0 mark

	shift
	names=${*:-$all}
	for name in $names; do
		[[ " ${all//[$'\n\t']/ } " == *" $name "* ]] || die "unknown test '$name'"
		declare -F "$name" >/dev/null || die "test '$name' is not a function"
	done
	# shellcheck disable=SC2086
	set -- $names
	echo "KTAP version 1"
	echo "1..$#"
	for name; do
		n=$((n + 1))
		TEST_NAME=$name TEST_FAILED=0 TEST_SKIPPED=
		mark=${#DEFERRED[@]}
		"$name"
		run_deferred "$mark"
		if [ $TEST_FAILED != 0 ]; then
			echo "not ok $n $name"
			failed=$((failed + 1))
		elif [ -n "$TEST_SKIPPED" ]; then
			echo "ok $n $name # SKIP $TEST_SKIPPED"
			skipped=$((skipped + 1))
		else
			echo "ok $n $name"
			passed=$((passed + 1))
		fi
		TEST_NAME=
	done
	echo "# Totals: pass:$passed fail:$failed skip:$skipped"
	[ $failed = 0 ]
}

# ---- checks

# check CMD...: the command must succeed. Its output is in CHECK_OUTPUT.
check()
{
	local rc

	CHECK_OUTPUT=$("$@" 2>&1)
	rc=$?
	[ $rc = 0 ] || fail "'$*' ended with status $rc: $CHECK_OUTPUT"
}

# check_fails CMD...: the command must fail.
check_fails()
{
	if CHECK_OUTPUT=$("$@" 2>&1); then
		fail "'$*' should have failed: $CHECK_OUTPUT"
	fi
}

# check_fails_with TEXT CMD...: it must fail and TEXT must be on its stderr.
check_fails_with()
{
	local text=$1 err

	shift
	if err=$("$@" 2>&1 >/dev/null); then
		fail "'$*' should have failed with '$text'"
	elif [[ $err != *"$text"* ]]; then
		fail "'$*' should say '$text' but says '$err'"
	fi
}

# check_prints TEXT CMD...: it must succeed and print TEXT.
check_prints()
{
	local text=$1

	shift
	check "$@" || return
	[[ $CHECK_OUTPUT == *"$text"* ]] || fail "'$*' should print '$text' but prints '$CHECK_OUTPUT'"
}

# check_prints_not TEXT CMD...: it must succeed and not print TEXT.
check_prints_not()
{
	local text=$1

	shift
	check "$@" || return
	[[ $CHECK_OUTPUT != *"$text"* ]] || fail "'$*' should not print '$text': $CHECK_OUTPUT"
}

# check_eq WHAT GOT WANTED
check_eq()
{
	[ "$2" = "$3" ] || fail "$1 is '$2' instead of '$3'"
}

# check_cmp WHAT GOT OP WANTED: OP as for test(1): -lt -le -ge -gt -ne
check_cmp()
{
	test "$2" "$3" "$4" || fail "$1 is '$2', wanted $3 $4"
}

# ---- waiting

now_ms()
{
	local t=${EPOCHREALTIME/[.,]/}

	echo $((t / 1000))
}

# busywait MS CMD...: repeat the command until it succeeds; print what it
# printed last. MS is stretched by SLOW.
busywait()
{
	local end out

	end=$(($(now_ms) + $1 * SLOW))
	shift
	while true; do
		if out=$("$@" 2>&1); then
			[ -z "$out" ] || echo "$out"
			return 0
		fi
		if [ "$(now_ms)" -ge $end ]; then
			[ -z "$out" ] || echo "$out"
			return 1
		fi
		sleep 0.05
	done
}

# For vrctl exec: a cgroup2 file system, one of ours if there is none.
mount_cgroup2()
{
	grep -q ' cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup
}

# subscribed PID [PROTOCOL]: the process has joined a multicast group of this protocol of
# netlink, by default of the generic one (16); 0 is rtnetlink
subscribed()
{
	awk -v pid="$1" -v proto="${2:-16}" '$2 == proto && $3 == pid && $4 != "00000000" { found = 1 }
		END { exit !found }' "/proc/$1/net/netlink"
}

# ---- clean-up

# defer CMD...: run it when the test (outside one: the script) ends, last first.
defer()
{
	DEFERRED+=("$(printf '%q ' "$@")")
}

run_deferred()
{
	local down=$1 i

	for ((i = ${#DEFERRED[@]} - 1; i >= down; i--)); do
		eval "${DEFERRED[i]}" >/dev/null 2>&1
		unset "DEFERRED[i]"
	done
}

trap 'run_deferred 0' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- network namespaces

# setup_ns VAR...: a new namespace for each variable, its name in the variable.
setup_ns()
{
	local var name

	for var; do
		NS_COUNT=$((NS_COUNT + 1))
		name=$var-$$-$NS_COUNT
		ip netns add "$name" || die "cannot create network namespace $name"
		defer cleanup_ns "$name"
		ip -n "$name" link set lo up
		printf -v "$var" %s "$name"
	done
}

# cleanup_ns NAME...: end what runs in a namespace and remove it.
cleanup_ns()
{
	local name pids

	for name; do
		[ -e "/run/netns/$name" ] || continue
		pids=$(ip netns pids "$name")
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -9 $pids 2>/dev/null
		ip netns del "$name"
	done
}

# in_ns NAME CMD...
in_ns()
{
	ip netns exec "$@"
}

# connect NS1 DEV1 NS2 DEV2: a veth pair between namespaces, both ends up.
connect()
{
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set "$2" up && ip -n "$3" link set "$4" up
}

# ---- requirements

require_root()
{
	[ "$(id -u)" = 0 ] || skip "needs root"
}

require_command()
{
	local cmd

	for cmd; do
		command -v "$cmd" >/dev/null || { skip "no $cmd here"; return 1; }
	done
}

require_module()
{
	local mod

	for mod; do
		modprobe -q "$mod" || [ -d "/sys/module/$mod" ] ||
			{ skip "no module $mod for $(uname -r)"; return 1; }
	done
}

# ---- kernel log

# shellcheck source-path=SCRIPTDIR source=vm/splats.sh
. "$SELFTESTS/vm/splats.sh"

# dmesg_mark: check_dmesg looks only at what comes after.
dmesg_mark()
{
	DMESG_MARK="selftest mark $$ $EPOCHREALTIME"
	echo "$DMESG_MARK" >/dev/kmsg
}

check_dmesg()
{
	local found

	found=$(dmesg | sed -n "/${DMESG_MARK:-.}/,\$p" | grep -E -A 12 "$SPLATS")
	[ -z "$found" ] || fail "the kernel log shows: $found"
}
