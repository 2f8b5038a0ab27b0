#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch Debian kernels, their headers and kbuild as packages, without
# installing them, into the cache.
#
# Usage: kernels.sh get FLAVOUR     fetch if needed; print KVER=, KIMAGE=, KDIR=,
#                                   KMODULES= lines that a shell can evaluate
#        kernels.sh update FLAVOUR  the same with the version the archive has now
#        kernels.sh source          fetch linux-source-6.12; print its directory
#        kernels.sh list            the flavours
#
# Flavours: 6.1 6.12 6.1-rt 6.12-rt debug; and um, which um-run.sh boots. One that this release does not have
# ends with exit status 4 and the reason.
# The cache is ${XDG_CACHE_HOME:-~/.cache}/vrouter, or $CACHE.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

FLAVOURS="6.1 6.12 6.1-rt 6.12-rt debug"

depends()
{
	apt-cache depends --important "$1" 2>/dev/null |
		sed -n 's/^ *|\{0,1\}Depends: //p'
}

# The newest image package of a series, from the meta packages of the archive:
# linux-image-amd64 follows the release, linux-image-6.12-amd64 a backport.
image_package()
{
	local series=$1 flavour=$2 meta pkg

	for meta in "linux-image-$series-$flavour" "linux-image-$flavour"; do
		pkg=$(depends "$meta" | grep -E "^linux-image-${series//./\\.}\.[0-9]" |
		      grep -v unsigned | head -n 1)
		[ -z "$pkg" ] || { echo "$pkg"; return 0; }
	done
	return 1
}

lists_present()
{
	[ -n "$(apt-cache depends linux-image-amd64 2>/dev/null)" ]
}

# Drivers that no test can use make depmod and the cache slow.
prune_modules()
{
	local dir=$1 name

	for name in sound drivers/gpu drivers/media drivers/iio drivers/staging \
		    drivers/usb drivers/hid drivers/input drivers/infiniband \
		    drivers/net/wireless drivers/net/usb drivers/isdn; do
		rm -rf "${dir:?}/kernel/$name"
	done
	find "$dir/kernel" -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P "$JOBS" unxz
}

relocate()
{
	local dir=$1 file link to

	for file in "$dir"/usr/src/linux-headers-*/{Makefile,.kernelvariables}; do
		[ ! -f "$file" ] ||
			sed -i "s@/usr/\(src\|lib\)/linux-@$dir/usr/\1/linux-@g" "$file"
	done
	find "$dir/usr/src" -maxdepth 2 -type l -lname '/usr/*' -print | while read -r link; do
		to=$(readlink "$link")
		ln -sfn "$dir$to" "$link"
	done
}

fetch_debian()
{
	local flavour=$1 arch=$2 series=${1%%-*}
	local image version dir headers pkgs

	[ "$(dpkg --print-architecture)" = amd64 ] ||
		unavailable "kernels are fetched for amd64 only"
	if ! lists_present; then
		say "refreshing the package lists"
		as_root apt-get -qq update || die "apt-get update failed"
	fi
	image=$(image_package "$series" "$arch") ||
		unavailable "no Linux $series ($arch) in the archives of this release"
	version=${image#linux-image-}
	dir=$CACHE/kernels/$flavour/$version
	if [ ! -f "$dir/env" ]; then
		say "fetching Linux $version"
		rm -rf "$dir"
		headers=linux-headers-$version
		pkgs=$(depends "$headers" |
		       grep -E '^linux-(headers-.*-common|kbuild-)' | sort -u)
		[ -n "$pkgs" ] || die "cannot find the parts of $headers"
		# shellcheck disable=SC2086
		fetch_debs "$dir" "$image" "$headers" $pkgs ||
			die "cannot fetch $image and $headers"
		[ -d "$dir/lib/modules" ] || { mkdir -p "$dir/lib"; ln -s ../usr/lib/modules "$dir/lib/modules"; }
		relocate "$dir"
		prune_modules "$dir/lib/modules/$version"
		depmod -b "$dir" "$version" || die "depmod failed for $version"
		cat >"$dir/env.new" <<-END
		KVER=$version
		KIMAGE=$dir/boot/vmlinuz-$version
		KDIR=$dir/usr/src/$headers
		KMODULES=$dir/lib/modules/$version
		END
		mv "$dir/env.new" "$dir/env"
	fi
	ln -sfn "$version" "$CACHE/kernels/$flavour/current"
}

get()
{
	local flavour=$1 update=$2 env=$CACHE/kernels/$1/current/env

	case $flavour in
	6.1 | 6.12 | 6.1-rt | 6.12-rt) ;;
	debug) exec "$VM_DIR/debug-kernel.sh" get ;;
	um) exec "$VM_DIR/um-kernel.sh" get ;;
	*) die "unknown kernel '$flavour' (have: $FLAVOURS)" ;;
	esac
	if [ "$update" = 1 ] || [ ! -f "$env" ]; then
		lock "kernel-$flavour"
		if [ "$update" = 1 ] || [ ! -f "$env" ]; then
			case $flavour in
			*-rt) fetch_debian "$flavour" rt-amd64 ;;
			*) fetch_debian "$flavour" amd64 ;;
			esac
		fi
	fi
	cat "$env"
}

get_source()
{
	local link=$CACHE/src/current version dir tar

	if [ ! -f "$link/Makefile" ]; then
		lock source
		if [ ! -f "$link/Makefile" ]; then
			lists_present || as_root apt-get -qq update || die "apt-get update failed"
			version=$(apt-cache show linux-source-6.12 2>/dev/null |
				  sed -n '/^Version: /{s///p;q}')
			[ -n "$version" ] ||
				unavailable "no linux-source-6.12 in the archives of this release"
			dir=$CACHE/src/$version
			say "fetching and unpacking linux-source-6.12 $version"
			rm -rf "$dir" "$dir.deb"
			fetch_debs "$dir.deb" linux-source-6.12 || die "cannot fetch linux-source-6.12"
			mkdir -p "$dir"
			tar=$(echo "$dir.deb"/usr/src/linux-source-6.12.tar.*)
			tar -C "$dir" --strip-components=1 -xf "$tar" || die "cannot unpack $tar"
			rm -rf "$dir.deb"
			ln -sfn "$version" "$link"
		fi
	fi
	readlink -f "$link"
}

case ${1:-} in
get | update)
	[ $# = 2 ] || die "'$1' takes one flavour (have: $FLAVOURS)"
	[ "$1" = update ] && up=1 || up=0
	get "$2" "$up"
	;;
source) get_source ;;
list) echo "$FLAVOURS" ;;
-h | --help | help) usage ;;
*) die "unknown command '${1:-}', try --help" ;;
esac
