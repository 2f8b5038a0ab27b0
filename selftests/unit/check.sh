#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build and run the unit tests: their TAP as one KTAP.
#
# Usage: check.sh TESTS FUZZERS SECONDS   (make check calls it)

set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1

tests=$1 fuzzers=$2 seconds=$3
lines=() n=0 failed=0

# result ok|not-ok TEXT
result()
{
	local word=ok

	[ "$1" = ok ] || { word="not ok" failed=1; }
	n=$((n + 1))
	lines+=("$word $n $2")
}

diag()
{
	local line

	while IFS= read -r line; do
		lines+=("# $line")
	done <<<"$1"
}

build()
{
	local out

	out=$(make -s "build/$1" 2>&1) && return
	diag "$out"
	result not-ok "$1: build"
	return 1
}

for t in $tests; do
	build "$t" || continue
	planned=-1 seen=0
	while IFS= read -r line; do
		case $line in
		"ok "*) result ok "${line#ok * }"; seen=$((seen + 1)) ;;
		"not ok "*) result not-ok "${line#not ok * }"; seen=$((seen + 1)) ;;
		1..*) planned=${line#1..} ;;
		"TAP version "*) ;;
		"") ;;
		*) lines+=("# ${line#\# }") ;;
		esac
	done < <("build/$t" 2>&1)
	# a sanitizer's report ends the program early
	[ "$seen" = "$planned" ] || result not-ok "$t: ran $seen of $planned"
done

for f in $fuzzers; do
	if ! command -v clang >/dev/null; then
		result ok "$f # SKIP no clang"
	elif ! echo 'int LLVMFuzzerTestOneInput(const char *d, long n); int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n > 1L << 40; }' |
	     clang -fsanitize=fuzzer,address -x c -o /dev/null - 2>/dev/null; then
		result ok "$f # SKIP clang has no libFuzzer"
	elif build "$f"; then
		dir=$(mktemp -d)
		if out=$("build/$f" -max_total_time="$seconds" -max_len=4096 -verbosity=0 \
				    -artifact_prefix="$dir/" -print_final_stats=1 2>&1); then
			diag "$(grep number_of_executed_units <<<"$out")"
			result ok "$f: $seconds seconds"
		else
			diag "$(tail -n 40 <<<"$out")"
			for artifact in "$dir"/*; do
				[ ! -f "$artifact" ] || diag "input: $(base64 -w0 "$artifact")"
			done
			result not-ok "$f"
		fi
		rm -rf "$dir"
	fi
done

echo "KTAP version 1"
echo "1..$n"
printf '%s\n' "${lines[@]}"
exit $failed
