#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Check the style of the tree; prints KTAP. The kernel's own tools come from
# linux-source-6.12, the builds are against the 6.12 headers.
#
# Usage: style.sh [NAME...]     only these checks

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
VM_DIR=$SELFTESTS/vm
: "${BUILD:=$TOP/build}"

ALL_TESTS="checkpatch sparse_and_w1 kernel_doc shell_scripts tools_format licence_lines
	   file_length no_leftovers generated_files book"

# Files of the tree that match, tracked or new, as existing paths below TOP.
files()
{
	local f

	if [ -e "$TOP/.git" ]; then
		git -C "$TOP" ls-files -co --exclude-standard -- "$@"
	else
		(cd "$TOP" && find . -path ./build -prune -o -type f -print | sed 's@^\./@@' |
			while read -r f; do
				for pattern; do
					# shellcheck disable=SC2053 # a pattern it is
					[[ $f != $pattern ]] || { echo "$f"; break; }
				done
			done)
	fi | sort | while read -r f; do [ ! -f "$TOP/$f" ] || echo "$f"; done
}

kernel_code()
{
	files 'kmod/*.[ch]' 'include/*.h' 'selftests/sim/*.[ch]'
}

kernel_source()
{
	"$VM_DIR/kernels.sh" source 2>/dev/null
}

# each CMD... : run it with each file named on stdin; fail on any output.
# Feed it by redirection: in a pipeline its failures would be lost.
each()
{
	local f out rc

	while read -r f; do
		out=$(cd "$TOP" && "$@" "$f" 2>&1)
		rc=$?
		[ "$rc$out" = 0 ] ||
			fail "$f: status $rc$(head -n 12 <<<"${out:+$'\n'$out}")"
	done
}

# Not ours to follow: version tests are what compat.h is for, puts is not in 6.1,
# the packet handle is opaque by intent, and tracepoint macros are laid out as in
# the kernel's own trace headers.
checkpatch()
{
	local src out f more ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON,PREFER_ETHTOOL_PUTS

	require_command perl || return
	src=$(kernel_source) || { skip "no linux-source-6.12"; return; }
	ignore+=,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,NEW_TYPEDEFS
	for f in $(kernel_code); do
		more=
		[[ $f != */trace.h ]] || more=,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
		[[ $f != */egress.c ]] || more=,CAMELCASE	# struct Qdisc
		out=$(cd "$TOP" && perl "$src/scripts/checkpatch.pl" --no-tree --strict --terse \
			--no-summary --show-types --ignore "$ignore$more" -f "$f" 2>&1)
		[ -z "$out" ] || fail "$out"
	done
	# where it keeps the names that headers have
	rm -f "$TOP"/.checkpatch-camelcase.*
}

# From scratch, since neither says anything about an object that is up to date.
sparse_and_w1()
{
	local env dir out=$BUILD/style log found

	require_command sparse gcc make rsync || return
	[ -f "$TOP/kmod/main.c" ] || { skip "no module yet"; return; }
	env=$("$VM_DIR/kernels.sh" get 6.12 2>/dev/null) || { skip "no 6.12 headers"; return; }
	eval "$env"
	rm -rf "$out"
	mkdir -p "$out/vrouter"
	rsync -a --exclude='*.o' --exclude='*.cmd' "$TOP/Kbuild" "$TOP/kmod" "$TOP/include" "$out/vrouter/"
	[ ! -d "$SELFTESTS/sim" ] || rsync -a --exclude='*.o' --exclude='*.cmd' "$SELFTESTS/sim" "$out/"
	for dir in "$out"/*/; do
		dir=${dir%/}
		[ -f "$dir/Kbuild" ] || continue
		log=$dir.log
		make -j"$(nproc)" -C "${KDIR:?}" M="$dir" C=2 CF=-D__CHECK_ENDIAN__ W=1 modules >"$log" 2>&1 ||
			fail "the build of ${dir##*/} fails: $(grep -E 'error|Error' "$log" | head -n 20)"
		found=$(grep -E -A 3 "$dir/.*(warning|error):" "$log" | head -n 60)
		[ -z "$found" ] || fail "${dir##*/}: $found"
	done
}

kernel_doc()
{
	local src

	require_command perl || return
	src=$(kernel_source) || { skip "no linux-source-6.12"; return; }
	each perl "$src/scripts/kernel-doc" -none -Wall < <(kernel_code)
}

shell_scripts()
{
	require_command shellcheck || return
	each shellcheck -x -P SCRIPTDIR < <(shell_files)
}

shell_files()
{
	local f

	for f in $(files '*'); do
		case $(head -c 64 "$TOP/$f" | tr -d '\0' | head -n 1) in
		'#!/bin/bash'* | '#!/bin/sh'* | '#!/usr/bin/env bash'*) echo "$f" ;;
		*) [[ $f != *.sh ]] || echo "$f" ;;
		esac
	done
}

tools_format()
{
	require_command clang-format || return
	[ -f "$TOP/.clang-format" ] || { skip "no .clang-format"; return; }
	each clang-format --dry-run -Werror < <(files 'tools/*.[ch]')
}

licence_lines()
{
	local f

	for f in $(files '*'); do
		case $f in
		COPYING | MAINTAINERS | .editorconfig | .clang-format | *.md | *.json | *.txt) continue ;;
		# their format has no comments
		debian/changelog | debian/copyright | debian/source/format) continue ;;
		# made by make figures
		Documentation/figures/*) continue ;;
		esac
		head -n 3 "$TOP/$f" | grep -q 'SPDX-License-Identifier: ' ||
			fail "$f: no SPDX line at its top"
	done
}

file_length()
{
	local f n

	for f in $(files 'kmod/*.[ch]' 'tools/*.[ch]' 'selftests/*.[ch]' 'selftests/*.sh'); do
		n=$(wc -l <"$TOP/$f")
		[ "$n" -le 900 ] || fail "$f: $n lines, the limit is 900"
	done
}

no_leftovers()
{
	local words='TO''DO|FIX''ME|X''XX|HA''CK' found

	found=$(cd "$TOP" && files '*' | grep -v '^COPYING$' | xargs -d '\n' grep -nIwE "$words")
	[ -z "$found" ] || fail "$found"
	found=$(cd "$TOP" && files 'kmod/*.[ch]' | grep -v '/compat[^/]*\.h$' |
		xargs -d '\n' grep -nw 'LINUX_VERSION_CODE')
	[ -z "$found" ] || fail "kernel versions outside the compat headers: $found"
}

# What is generated from the netlink spec must be what is committed.
generated_files()
{
	local copy=$BUILD/style-genl out

	[ -x "$TOP/tools/genl.sh" ] || { skip "no tools/genl.sh"; return; }
	require_command python3 rsync || return
	python3 -c 'import yaml' 2>/dev/null || { skip "no python3-yaml"; return; }
	kernel_source >/dev/null || { skip "no linux-source-6.12"; return; }
	rm -rf "$copy"
	mkdir -p "$copy"
	(cd "$TOP" && files '*' | rsync -a --files-from=- . "$copy/")
	if ! out=$(cd "$copy" && tools/genl.sh 2>&1); then
		fail "tools/genl.sh: $out"
		return
	fi
	out=$(cd "$TOP" && files '*' | while read -r f; do cmp "$f" "$copy/$f"; done 2>&1)
	[ -z "$out" ] || fail "make genl changes what is committed: $out"
}

# Documentation builds without a warning, and names nothing that is not there.
book()
{
	local out

	require_command sphinx-build groff || return
	out=$("$TOP/tools/book.sh" "$BUILD/style-book" 2>&1) || fail "$out"
}

run_tests "$ALL_TESTS" "$@"
