# SPDX-License-Identifier: GPL-2.0
# What vm.sh and um-run.sh share: both run a script in another kernel. Sourced.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR source=splats.sh
. "$VM_DIR/splats.sh"

EXIT_TIMEOUT=124
EXIT_DIED=125
EXIT_SPLAT=126

need()
{
	[ $# -ge 2 ] || die "$1 needs a value"
}

# verdict DIR RC WHAT SECONDS: exit as the script did, whose kernel has left console,
# dmesg, status and WHAT.err in DIR; WHAT itself ended with status RC
verdict()
{
	local dir=$1 rc=$2 status

	touch "$dir/console" "$dir/dmesg" "$dir/status" "$dir/$3.err"
	status=$(sed -n 's/^exit //p' "$dir/status")
	if cat "$dir/console" "$dir/dmesg" | grep -qE "$SPLATS"; then
		say "--- the kernel log of $KVER shows:"
		cat "$dir/dmesg" "$dir/console" | tr -d '\r' | grep -E -A 25 "$SPLATS" | head -n 100 >&2
		if [ -z "$status" ]; then
			tail -n 5 "$dir/$3.err" >&2
			exit $EXIT_DIED
		fi
		[ "$status" = 0 ] || exit "$status"
		exit $EXIT_SPLAT
	fi
	if [ -n "$status" ]; then
		exit "$status"
	elif [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		say "${0##*/}: timeout after $4 s; the last console lines:"
		tail -n 15 "$dir/console" | tr -d '\r' >&2
		exit $EXIT_TIMEOUT
	fi
	say "${0##*/}: the guest ended without a result ($3: $rc); the last console lines:"
	tail -n 25 "$dir/console" "$dir/$3.err" | tr -d '\r' >&2
	exit $EXIT_DIED
}
