#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Draw the figures of Documentation/figures.rst: measure in a VM under the
# instruction clock, then plot.
#
# Usage: figures.sh [NAME...]     only these; names of the scripts beside this one
#
#   OUT=DIR     where to (default: Documentation/figures)
#   PLOT_ONLY=1 from the data that is there
#
# A bar that is missed is reported and does not stop the rest; the exit status is 1 then.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../vm/common.sh"

HERE=$TOP/selftests/figures
: "${OUT:=$TOP/Documentation/figures}"
: "${PLOT_ONLY:=0}"
missed=()

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -gt 0 ] || set -- fig2 fig3 fig5 fig6 fig7 beyond hostile compare
for name; do
	[ -x "$HERE/$name.sh" ] || die "no figure '$name'"
done
command -v gnuplot >/dev/null || die "no gnuplot: run selftests/deps.sh figures"

# header SCRIPT KEY
header()
{
	sed -n '1,30{/^# vm:/s/^.* '"$2"'=\([^ ]*\).*/\1/p}' "$1"
}

# measure NAME: its .dat files
measure()
{
	local script=$HERE/$1.sh log=$BUILD/figures/$1.log mem

	mem=$(header "$script" mem)
	mkdir -p "$BUILD/figures"
	"$TOP/selftests/vm/vm.sh" --kernel 6.12 --icount --smp "$(header "$script" smp)" \
		${mem:+--mem "$mem"} --timeout 3600 --out "$OUT" --env FULL=1 --env FIG_OUT="$OUT" \
		-- "$script" >"$log" 2>&1
	case $? in
	0) ;;
	1) missed+=("$1") ;;
	*) tail -n 20 "$log" >&2; die "cannot measure $1, see $log" ;;
	esac
	grep -E '^(not )?ok ' "$log"
	sed -n '/, wanted /s/^# /    /p' "$log"
}

plot()
{
	local gp name

	for gp in "$HERE/$1"*.gp; do
		[ -f "$gp" ] || continue
		name=$(basename "$gp" .gp)
		(cd "$OUT" &&
		 gnuplot -e "set terminal svg size 720,432 dynamic font 'sans,12'; set output '$name.svg'" "$gp" &&
		 gnuplot -e "set terminal pngcairo size 720,432 font 'sans,10'; set output '$name.png'" "$gp") ||
			die "cannot plot $name"
	done
}

mkdir -p "$OUT"
[ "$PLOT_ONLY" = 1 ] || make -s -C "$TOP/tools" || die "cannot build the tools"
[ "$PLOT_ONLY" = 1 ] || make -s -C "$HERE" || die "cannot build $HERE"
for name; do
	say "$name"
	[ "$PLOT_ONLY" = 1 ] || measure "$name"
	plot "$name"
done
"$HERE/tables.sh" "$OUT" "$TOP/Documentation/figures.rst" || die "cannot write the tables"
[ ${#missed[@]} = 0 ] || { say "bars missed in: ${missed[*]}"; exit 1; }
