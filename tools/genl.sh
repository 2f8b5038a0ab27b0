#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Generate everything that comes from Documentation/netlink/specs/vrouter.yaml:
# the uapi header, the kernel's policies and op table, and the reference.  The
# results are committed, so that a build needs no Python; running this on a
# clean tree must change nothing.
#
# The generators are those of the kernel, from Debian's linux-source package.
# Their output depends on the version, which is therefore fixed here.
#
# Usage: tools/genl.sh [--ynl]
#   --ynl	only print the directory of the generators and the YNL client
#
# Environment:
#   YNL	tools/net/ynl of a kernel tree (default: found, or unpacked to CACHE)
#   CACHE	where to keep things (default: ~/.cache/vrouter)

set -eu

KVER=6.12
: "${CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/vrouter}"
top=$(cd "$(dirname "$0")/.." && pwd)

die()
{
	echo "genl.sh: $*" >&2
	exit 1
}

# Print the directory of the generators.
find_ynl()
{
	src=linux-source-$KVER
	for dir in "${YNL:-}" "/usr/src/$src/tools/net/ynl" \
		   "$CACHE/$src/tools/net/ynl" \
		   "$CACHE/src/current/tools/net/ynl"; do
		if [ -f "$dir/ynl-gen-c.py" ]; then
			echo "$dir"
			return
		fi
	done
	[ -z "${YNL:-}" ] || die "no ynl-gen-c.py in YNL=$YNL"

	tarball=/usr/src/$src.tar.xz
	[ -f "$tarball" ] ||
		die "no generators: apt-get install $src, or set YNL="
	mkdir -p "$CACHE"
	tar -C "$CACHE" -xJf "$tarball" "$src/tools/net/ynl" \
	    "$src/Documentation/netlink"
	echo "$CACHE/$src/tools/net/ynl"
}

ynl=$(find_ynl)
if [ "${1:-}" = --ynl ]; then
	echo "$ynl"
	exit 0
fi
[ $# -eq 0 ] || die "unknown argument $1"

for mod in yaml jsonschema; do
	python3 -c "import $mod" 2>/dev/null ||
		die "no Python module $mod: apt-get install python3-yaml python3-jsonschema"
done

# The generator looks for its schema beside the spec's directory and for the
# top of the tree by MAINTAINERS: give it a tree of its own.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
spec=Documentation/netlink/specs/vrouter.yaml
mkdir -p "$stage/Documentation/netlink/specs"
: > "$stage/MAINTAINERS"
cp "$top/$spec" "$stage/$spec"
# This version knows uns-admin-perm in its older schema only.
sed 's/enum: \[ admin-perm \]/enum: [ admin-perm, uns-admin-perm ]/' \
    "$ynl/../../../Documentation/netlink/genetlink.yaml" \
    > "$stage/Documentation/netlink/genetlink.yaml"

gen()
{
	python3 "$ynl/ynl-gen-c.py" --spec "$stage/$spec" "$@" ||
		die "ynl-gen-c.py failed"
}

gen --mode uapi --header -o "$stage/vrouter.h"
gen --mode kernel --header -o "$stage/netlink_gen.h"
gen --mode kernel --source -o "$stage/netlink_gen.c"
python3 "$ynl/ynl-gen-rst.py" -i "$stage/$spec" -o "$stage/vrouter-spec.rst" ||
	die "ynl-gen-rst.py failed"

# Leave a file that did not change untouched, for make.
put()
{
	cmp -s "$stage/$1" "$top/$2" && return
	mkdir -p "$(dirname "$top/$2")"
	cp "$stage/$1" "$top/$2"
	echo "genl.sh: wrote $2"
}

put vrouter.h include/uapi/linux/vrouter.h
put netlink_gen.h kmod/netlink_gen.h
put netlink_gen.c kmod/netlink_gen.c
put vrouter-spec.rst Documentation/netlink/vrouter-spec.rst
