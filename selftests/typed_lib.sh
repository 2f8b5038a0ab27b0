# SPDX-License-Identifier: GPL-2.0
# For tests that type what a page of Documentation/ types. In its blocks of code "# " begins
# a command, "> " goes on with it, and other lines are what it says: each must be in
# what comes out, but for the width of blanks, and "..." may be anything. Sourced
# after lib.sh; RST is the page.
# shellcheck shell=bash

# Commands of section $1, each followed by a NUL, and what it says by another.
typed_in()
{
	awk -v title="$1" '
		function flush() { if (cmd != "") printf "%s%c%s%c", cmd, 0, said, 0; cmd = said = "" }
		/^[=-]+$/ { here = (last == title) }
		here && /^    # / { flush(); cmd = substr($0, 7) }
		here && /^    > / { cmd = cmd "\n" substr($0, 7) }
		here && /^    [^#>]/ && cmd != "" { said = said substr($0, 5) "\n" }
		/^[^ ]/ { flush() }
		{ last = $0 }
		END { flush() }' "$RST"
}

squeeze()
{
	tr -s ' \t' ' ' | sed 's/^ //; s/ $//'
}

# has_line TEXT LINE: the line is in the text
has_line()
{
	local rest=$1 line=$2 part

	while part=${line%%...*}; [[ $rest == *"$part"* ]]; do
		[[ $line == *...* ]] || return 0
		rest=${rest#*"$part"} line=${line#*...}
	done
	return 1
}

# type_one CMD SAID: run it. That there was something to do, or to find, or that something
# differs, some tell by their status.
type_one()
{
	local cmd=$1 out status=0 line all

	out=$(bash -ec "$cmd" 2>&1) || status=$?
	case $cmd:$status in
	'vrctl apply'*:3 | 'vrctl doctor'*:3 | 'vrctl snapshot rollback'*:3 | 'vrctl diff'*:1) ;;
	*:0) ;;
	*) echo "'$cmd' ended with status $status: $out"; return 1 ;;
	esac
	all=$(squeeze <<<"$out")
	while IFS= read -r line; do
		has_line "$all" "$line" || { echo "'$cmd' should say '$line' but says: $out"; return 1; }
	done < <(squeeze <<<"$2")
}

# type_all SECTION: run them in turn. What only shows something is given the time to be right.
type_all()
{
	local cmd said out n=0 wait

	while IFS= read -r -d '' cmd <&3 && IFS= read -r -d '' said <&3; do
		n=$((n + 1)) wait=0
		[[ ! $cmd =~ ^(vrctl (-j )?[a-z]+ show|vrctl (show|why|doctor|diff)|ip .*show) ]] || wait=5000
		out=$(busywait $wait type_one "$cmd" "$said") || fail "$out" || return
	done 3< <(typed_in "$1")
	check_cmp "commands in '$1'" $n -gt 0
}

# examples_of PAGE [SED]: all of them work, if need be with other names of devices
examples_of()
{
	local line out n=0

	while IFS= read -r line <&5; do
		n=$((n + 1))
		out=$(type_one "$line" "") || fail "$out"
	done 5< <(sed -n '/^\.SH EXAMPLES/,/^\.fi/p' "$TOP/tools/man/$1" | grep -v '^\.' | sed 's/\\-/-/g'";${2:-}")
	check_cmp "examples of $1" $n -gt 0
}
