# SPDX-License-Identifier: GPL-2.0
# Shared by the scripts in this directory: paths, messages, the package cache.
# shellcheck shell=bash

VM_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(cd -- "$VM_DIR/../.." && pwd -P)
: "${CACHE:=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vrouter}"
: "${BUILD:=$TOP/build}"
: "${JOBS:=$(nproc)}"

# A thing that this machine or release does not offer: callers turn this exit
# status into a SKIP and print the reason found on stderr.
EXIT_UNAVAILABLE=4

say()
{
	echo "$*" >&2
}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

unavailable()
{
	echo "${0##*/}: $*" >&2
	exit $EXIT_UNAVAILABLE
}

# usage: prints the comment block at the top of the calling script.
usage()
{
	sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$1' needs root and there is no sudo: run as root"
	fi
}

# unmet_options CONFIG FRAGMENT: what Kconfig has dropped, as it does silently with what
# has unmet dependencies; a checker that is off would make every later pass worthless.
unmet_options()
{
	local config=$1 line name

	while read -r line; do
		case $line in
		CONFIG_*=n)
			name=${line%=n}
			! grep -q "^$name=" "$config" || echo "$line"
			;;
		CONFIG_*)
			grep -qxF -- "$line" "$config" || echo "$line"
			;;
		esac
	done <"$2"
}

# lock NAME: one holder per cache, for the rest of this shell.
lock()
{
	local fd

	mkdir -p "$CACHE"
	exec {fd}>"$CACHE/.lock-$1"
	if ! flock -n "$fd"; then
		say "waiting for another run that prepares '$1'"
		flock "$fd"
	fi
}

# fetch_debs DIR PACKAGE...: unpack packages below DIR without installing them.
fetch_debs()
{
	local dir=$1 tmp opt=()
	local deb

	shift
	[ "$(id -u)" != 0 ] || opt=(-o APT::Sandbox::User=root)
	tmp=$(mktemp -d "$CACHE/deb.XXXXXX")
	if ! (cd "$tmp" && apt-get -qq "${opt[@]}" download "$@" >log 2>&1); then
		say "refreshing the package lists"
		as_root apt-get -qq update >>"$tmp/log" 2>&1
		if ! (cd "$tmp" && apt-get -qq "${opt[@]}" download "$@" >>log 2>&1); then
			tail -n 5 "$tmp/log" >&2
			rm -rf "$tmp"
			return 1
		fi
	fi
	mkdir -p "$dir"
	for deb in "$tmp"/*.deb; do
		dpkg-deb -x "$deb" "$dir" || { rm -rf "$tmp"; return 1; }
		rm -f "$deb"
	done
	rm -rf "$tmp"
}

archive_key()
{
	[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ] ||
		echo "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
}

# debian_sources: those sources of this machine that are Debian's, for sources.list.
debian_sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Identifier: Packages' 'Origin: Debian' | sort -u | sed "s@^@deb $(archive_key)@"
}
