#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Write measured data into a page: between ".. table NAME" and ".. end of table" goes
# DIR/NAME.dat, its last comment line being the head. Tables without data stay.
#
# Usage: tables.sh DIR PAGE

set -eu

dir=$1 page=$2
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

table()
{
	awk '
		/^#/ { $1 = ""; head = $0; next }
		{ row[++n] = $0 }
		END {
			row[0] = head
			for (i = 0; i <= n; i++) {
				m = split(row[i], f, " ")
				if (m > cols)
					cols = m
				for (j = 1; j <= m; j++) {
					cell[i, j] = f[j]
					if (length(f[j]) > width[j])
						width[j] = length(f[j])
				}
			}
			for (j = 1; j <= cols; j++) {
				rule = rule sep
				for (k = 0; k < width[j]; k++)
					rule = rule "="
				sep = "  "
			}
			print rule
			for (i = 0; i <= n; i++) {
				line = ""
				for (j = 1; j <= cols; j++)
					line = line sprintf("%-" (width[j] + 2) "s", cell[i, j])
				sub(/ +$/, "", line)
				print line
				if (!i)
					print rule
			}
			print rule
		}' "$1"
}

skip=0
while IFS= read -r line; do
	case $line in
	'.. table '*)
		echo "$line"
		if [ -f "$dir/${line#.. table }.dat" ]; then
			echo
			table "$dir/${line#.. table }.dat"
			echo
			skip=1
		fi
		;;
	'.. end of table')
		echo "$line"
		skip=0
		;;
	*) [ $skip = 1 ] || echo "$line" ;;
	esac
done <"$page" >"$tmp"
cat "$tmp" >"$page"
