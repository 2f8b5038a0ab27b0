#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Make a book of Documentation/ and the manual pages, as HTML, by sphinx. A warning is
# an error: a broken link, a table that is none, a page that no other leads to, a file that
# is not in the tree.
#
# Usage: tools/book.sh [DIR]	where to, by default build/book

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/book}

for cmd in sphinx-build groff; do
	command -v "$cmd" >/dev/null || {
		echo "book.sh: no $cmd: apt-get install python3-sphinx groff-base" >&2
		exit 1
	}
done

rm -rf "$out"
mkdir -p "$out/src"
cp -R "$top/Documentation/." "$out/src"
mkdir "$out/src/man"

# Manual pages stay as man shows them.
for page in "$top"/tools/man/*.[58]; do
	name=$(basename "$page")
	title="${name%.*}(${name##*.})"
	rule=$(echo "$title" | tr '[:print:]' =)
	{
		printf '%s\n%s\n%s\n\n::\n\n' "$rule" "$title" "$rule"
		groff -K utf8 -t -man -Tutf8 -P-cbou -rLL=92n "$page" | sed 's/^/  /'
	} >"$out/src/man/$name.rst"
done

sphinx-build -b html -W --keep-going -q -c "$top/Documentation" -d "$out/doctrees" \
	"$out/src" "$out/html"
