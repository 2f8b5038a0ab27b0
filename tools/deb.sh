#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the Debian packages from a copy of the tree, with the network unused.
#
# Usage: deb.sh [--version VERSION] [DIR]
#
# They go to DIR, by default build/deb, which is removed first if it is below build or
# was made by this script. Their version is that of Kbuild, which
# debian/changelog must have at its top, unless another is given.

set -eu -o pipefail
mark=.made-by-deb.sh
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

die()
{
	echo "deb.sh: $*" >&2
	exit 1
}

version=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	--version)
		version=${2:?"--version needs a value"}
		shift
		;;
	-*) die "unknown option '$1', try --help" ;;
	*) break ;;
	esac
	shift
done
[ $# -le 1 ] || die "more than one directory: '$2'"
out=$(realpath -m "${1:-$top/build/deb}")
case $top/ in
"$out"/*) die "'$out' is the tree itself" ;;
esac
case $out in
"$top"/build/*) ;;
*)
	[ ! -e "$out" ] || [ -e "$out/$mark" ] || [ -z "$(ls -A "$out")" ] ||
		die "'$out' is not empty, and not of this script"
	;;
esac
for tool in rsync dpkg-buildpackage dh dh_dkms; do
	command -v "$tool" >/dev/null || die "no $tool: run selftests/deps.sh build packages"
done

rm -rf "$out"
mkdir -p "$out/src"
: >"$out/$mark"
rsync -a --exclude=/.git --exclude=/build --filter=':- .gitignore' "$top/" "$out/src/"
cd "$out/src"
of_tree=$(sed -n 's/^VR_VERSION := //p' Kbuild)
changelog=$(dpkg-parsechangelog -S Version)
if [ -n "$version" ]; then
	sed -i "s/^VR_VERSION := .*/VR_VERSION := $version/" Kbuild
	{
		printf 'vrouter (%s) unstable; urgency=medium\n\n' "$version"
		printf '  * Built from the tree of %s.\n\n' "$of_tree"
		printf ' -- %s  %s\n\n' "$(dpkg-parsechangelog -S Maintainer)" "$(dpkg-parsechangelog -S Date)"
		cat "$top/debian/changelog"
	} >debian/changelog
elif [ "$changelog" != "$of_tree" ]; then
	die "debian/changelog says '$changelog', Kbuild says '$of_tree'"
fi

dpkg-buildpackage -us -uc >"$out/log" 2>&1 || {
	tail -n 30 "$out/log" >&2
	die "dpkg-buildpackage failed, see $out/log"
}
ls "$out"/*.deb
