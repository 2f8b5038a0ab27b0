#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measure what can be measured in user space, at native speed, against the bars.
#
# Usage: run.sh [-j]     -j: one JSON object per benchmark and line
#
# Exit status 1 if a bar is missed.

set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1

args=()
case ${1:-} in
'') ;;
-j) args=(-j) ;;
*)
	sed -n 's/^# Usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
	exit 2
	;;
esac

make -s all >&2 || exit 2
missed=0
for bench in build/*_bench; do
	"$bench" "${args[@]}" || missed=1
done
exit $missed
