#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measure what forwarding a packet costs, the module beside what a user could take
# instead, in one boot of a VM under the instruction clock; see Documentation/performance.rst.
#
# Usage: bench.sh [ROW...]       only these tests of cost.sh
#        bench.sh --native [ROW...]
#                                in ns, in a kernel that runs as a process of this machine
#        bench.sh --baseline     what the module costs now becomes the baseline
#        bench.sh --profile ROW  which functions the instructions of one row are spent in
#        bench.sh --lines TEST   which cache lines two CPUs share in a test of two_cpus.sh
#
#   OUT=DIR           where cost.dat, cost.json and cost.svg go (default: build/bench, or
#                     build/bench-native)
#   ROUNDS=N          boots of --native, of which the median counts (default: 5)
#   REPORT_ONLY=1     from the cost.dat that is there
#
# A bar that is missed is reported; the exit status tells whether all was measured.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../vm/common.sh"

HERE=$TOP/selftests/bench
: "${ROUNDS:=5}" "${REPORT_ONLY:=0}"
baseline=0 native=0 unit=instructions bars=$HERE/bars
if [ "${1:-}" = --native ]; then
	shift
	native=1 unit=ns bars=$HERE/bars_native
	: "${OUT:=$BUILD/bench-native}"
fi
: "${OUT:=$BUILD/bench}"

# profile ROW: of 200 ms with 1000 flows
profile()
{
	local dir=$OUT/profile log=$OUT/profile.log

	mkdir -p "$dir"
	rm -f "$dir"/*
	make -s -C "$HERE" peers plugin || die "cannot build the plugin"
	"$TOP/selftests/vm/vm.sh" --kernel 6.12 --icount --mem 4G --timeout 1800 --out "$dir" \
		--plugin "$HERE/build/profile.so,symbols=$dir/kallsyms,mark=sample [vrsim],out=$dir/functions" \
		--env FULL=1 --env PROFILE=1 --env FIG_OUT="$dir" -- "$HERE/cost.sh" "$1" >"$log" 2>&1 ||
		die "cannot measure, see $log"
	[ -s "$dir/functions" ] || die "no profile, see $log"
	awk 'FNR == NR { if ($1 == "v4x1000") packets = 200000000 / $3; next }
		{ n[FNR] = $1 / packets; sum += $1 / packets; sub(/^[^ ]+ /, ""); name[FNR] = $0; last = FNR }
		END {
			for (i = 1; i <= last && i <= 40; i++)
				printf "%8.1f  %s\n", n[i], name[i]
			for (more = last < i ? 0 : last - i + 1; i <= last; i++)
				rest += n[i]
			printf "%8.1f  %d more functions\n%8.1f  in all\n", rest, more, sum
		}' "$dir/cost.dat" "$dir/functions"
}

# lines TEST: of 50 ms, by times per 1000 packets that a line went from one CPU to the other
lines()
{
	local dir=$OUT/lines log=$OUT/lines.log

	mkdir -p "$dir"
	rm -f "$dir"/*
	make -s -C "$HERE" plugin || die "cannot build the plugin"
	two_cpus "$dir" "$log" --plugin \
		"$HERE/build/lines.so,symbols=$dir/kallsyms,mark=sample [vrsim],out=$dir/lines" \
		--env SHARED=1 -- "$1" || die "cannot measure, see $log"
	[ -s "$dir/lines" ] || die "no lines, see $log"
	awk -F '\t' -v OFS='\t' 'FNR == NR { if (!/^#/) { split($0, f, " "); packets = f[6] + f[7] } next }
		!/^#/ {
			n[$2]++; times[$2] += $1
			if ($1 * 1000 >= packets / 10)
				printf "%8.2f  %-4s  %-36s %s | %s\n", $1 * 1000 / packets, $2, $7, $8, $9
		}
		END {
			printf "written by both: %d lines, %.2f times per 1000 packets\n", n["both"], \
				times["both"] * 1000 / packets
			printf "written by one: %d lines, %.2f times per 1000 packets; %d packets\n", \
				n["one"], times["one"] * 1000 / packets, packets
		}' "$dir/cpus.dat" "$dir/lines"
}

# two_cpus DIR LOG OPTION... -- [TEST]: short turns, as if both ran at the same time
two_cpus()
{
	local dir=$1 log=$2 options=()

	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	"$TOP/selftests/vm/vm.sh" --kernel 6.12 --icount --smp 2 --turns 10 --timeout 1800 --out "$dir" \
		--env FULL=1 --env FIG_OUT="$dir" "${options[@]}" -- "$HERE/two_cpus.sh" "$@" >"$log" 2>&1
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
--baseline)
	[ "$# $native" = "1 0" ] || die "--baseline takes no more words"
	# in a boot of its own, as the test does
	baseline=1 OUT=$OUT/baseline
	set -- vrouter frames
	;;
--profile)
	[ $# = 2 ] || die "--profile needs the name of one row"
	profile "$2"
	exit
	;;
--lines)
	[ $# = 2 ] || die "--lines needs the name of one test"
	lines "$2"
	exit
	;;
-*) die "unknown option '$1', try --help" ;;
esac

build()
{
	make -s -C "$TOP/tools" >&2 || die "cannot build the tools"
	make -s -C "$TOP/selftests/figures" || die "cannot build selftests/figures"
	make -s -C "$HERE" peers || say "no BPF programs: their rows will be missing"
}

measure()
{
	local log=$OUT/bench.log mem

	build
	# 1000 VRs need more than the test, whose boot the baseline is for
	[ $baseline = 1 ] && mem=3G || mem=4G
	say "measuring in a VM, this takes some minutes; log: $log"
	"$TOP/selftests/vm/vm.sh" --kernel 6.12 --icount --mem $mem --timeout 1800 --out "$OUT" \
		--env FULL=1 --env FIG_OUT="$OUT" -- "$HERE/cost.sh" "$@" >"$log" 2>&1
	rc=$?
	if [ $rc = 0 ] && [ $# = 0 ]; then
		log=$OUT/cpus.log
		two_cpus "$OUT" "$log" --
		rc=$?
	fi
	complain "$log"
}

complain()
{
	[ $rc = 0 ] || { grep -E -B 5 '^not ok ' "$1" || tail -n 20 "$1"; } >&2
}

# In rounds, so that what else this machine does hits all rows alike; a boot each, since
# what a row leaves behind moves those after it.
measure_native()
{
	local i log

	build
	make -s -C "$TOP/selftests/helpers" rtload || die "cannot build rtload"
	rm -rf "$OUT"/round.*
	say "measuring in $ROUNDS boots, this takes some minutes; log: $OUT/round.*/log"
	for ((i = 1; i <= ROUNDS; i++)); do
		log=$OUT/round.$i/log
		mkdir -p "$OUT/round.$i"
		"$TOP/selftests/vm/um-run.sh" --mem 3G --timeout 900 --out "$OUT/round.$i" --env FULL=1 \
			--env NATIVE=1 --env FIG_OUT="$OUT/round.$i" -- "$HERE/cost.sh" "$@" >"$log" 2>&1
		rc=$?
		complain "$log"
		[ $rc = 0 ] || break
		say "round $i of $ROUNDS is over"
	done
	[ -s "$OUT/round.1/cost.dat" ] || die "nothing was measured"
	medians "$OUT"/round.*/cost.dat >"$OUT/cost.dat"
}

# medians FILE...: cost.dat of several rounds as one: scenario row median - lowest highest
medians()
{
	awk '
		/^#/ { if (FNR == NR) print; next }
		$3 == "-" { if (!($2 in why)) { why[$2]; print }; next }
		{
			key = $1 " " $2
			if (!(key in n))
				order[++keys] = key
			for (i = ++n[key]; i > 1 && v[key, i - 1] > $3; i--)
				v[key, i] = v[key, i - 1]
			v[key, i] = $3
		}
		END {
			for (i = 1; i <= keys; i++) {
				key = order[i]
				m = n[key]
				print key, (v[key, int((m + 1) / 2)] + v[key, int(m / 2) + 1]) / 2, "-",
					v[key, 1], v[key, m]
			}
		}' "$@"
}

report()
{
	local cpus=()

	[ ! -f "$OUT/cpus.dat" ] || cpus=("$OUT/cpus.dat")
	awk -v dir="$OUT" -v unit="${unit/instructions/instr.}" -f "$HERE/report.awk" "$bars" "${cpus[@]}" "$OUT/cost.dat" ||
		die "cannot read $OUT/cost.dat"
	[ $baseline = 0 ] || return 0
	command -v gnuplot >/dev/null || { say "no gnuplot, no chart: run selftests/deps.sh figures"; return; }
	(cd "$OUT" && gnuplot -e "unit = '$unit'; set terminal svg size 860,480 dynamic font 'sans,12'; set output 'cost.svg'" \
		"$HERE/bench.gp") || die "cannot plot"
}

# The module's rows only, by scenario.
write_baseline()
{
	command -v jq >/dev/null || die "no jq: run selftests/deps.sh test"
	jq --tab '{ kernel, cost: (.scenarios | map_values(
		with_entries(select(.key == "vrouter" or .key == "frames")) | map_values(.cost) |
		select(length > 0))) }' \
		"$OUT/cost.json" >"$OUT/baseline.json" || die "cannot read $OUT/cost.json"
	cp "$OUT/baseline.json" "$HERE/baseline.json"
}

mkdir -p "$OUT"
rc=0
if [ "$REPORT_ONLY" != 1 ]; then
	if [ $native = 1 ]; then
		measure_native "$@"
	else
		rm -f "$OUT/cpus.dat"
		measure "$@"
	fi
fi
report
[ $rc = 0 ] || die "not all was measured, see the log in $OUT"
[ $baseline = 0 ] || write_baseline
