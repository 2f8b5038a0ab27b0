#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install by apt what building and testing need and this machine lacks.
#
# Usage: deps.sh [GROUP...]   groups: build vm test style book packages figures (default: all
# but packages and figures)
#
# Uses sudo when not root. Daemons that come along (bird, frr, keepalived) are neither
# started nor enabled. Where the release's QEMU has no igb NIC, QEMU is taken
# from the release's backports, without changing the machine's apt sources.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/vm/common.sh"

build="make gcc libc6-dev bc bison flex libelf-dev libssl-dev cpio rsync kmod perl
       xz-utils zstd pkg-config libmnl-dev libyaml-dev libncurses-dev iproute2 python3
       python3-yaml dwarves clang libbpf-dev libmicrohttpd-dev"
vm="busybox-static util-linux make gcc libc6-dev libelf-dev rsync kmod xz-utils zstd cpio
    pkg-config libmnl-dev libyaml-dev libncurses-dev libbpf-dev libmicrohttpd-dev clang iproute2 libc-bin
    procps dwarves"
test="iputils-ping iputils-arping traceroute ethtool tcpdump iperf3 nftables socat jq
      bird2 frr keepalived systemd git tmux ncurses-bin curl python3-prometheus-client"
figures="gnuplot-nox"
style="sparse shellcheck clang-format perl git"
book="python3-sphinx groff-base"
packages="debhelper dh-dkms dpkg-dev lintian mmdebstrap zstd"

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -gt 0 ] || set -- build vm test style book
want=
for group; do
	case $group in
	build) want+=" $build" ;;
	vm) want+=" $vm" ;;
	test) want+=" $test" ;;
	style) want+=" $style" ;;
	book) want+=" $book" ;;
	packages) want+=" $packages" ;;
	figures) want+=" $figures" ;;
	*) die "unknown group '$group' (have: build vm test style book packages figures)" ;;
	esac
done
command -v apt-get >/dev/null || die "no apt-get: this needs Debian 12 or 13 (or install by hand: $want)"
export DEBIAN_FRONTEND=noninteractive

installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

candidate()
{
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v '(none)'
}

refreshed=0
refresh()
{
	[ $refreshed = 0 ] || return 0
	say "deps: refreshing the package lists"
	as_root apt-get -qq update || say "deps: apt-get update failed; trying with the lists there are"
	refreshed=1
}

# Routing daemons are for the tests' namespaces only.
no_daemons()
{
	[ ! -e /usr/sbin/policy-rc.d ] || return 0
	printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
	as_root chmod +x /usr/sbin/policy-rc.d
	trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

apt_install()
{
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root -y \
		--no-install-recommends "$@" >"$CACHE/deps.log" 2>&1
}

mkdir -p "$CACHE"
exec 9>"$CACHE/.lock-deps"
flock 9

# ---- packages of the release

missing=
# shellcheck disable=SC2086 # a list of words
for pkg in $(printf '%s\n' $want | sort -u); do
	installed "$pkg" || missing+=" $pkg"
done
if [ -n "$missing" ]; then
	for pkg in $missing; do
		[ -n "$(candidate "$pkg")" ] || refresh
	done
	have=
	for pkg in $missing; do
		if [ -n "$(candidate "$pkg")" ]; then
			have+=" $pkg"
		else
			say "deps: this release has no package '$pkg'; tests that need it will be skipped"
		fi
	done
	if [ -n "$have" ]; then
		say "deps: installing$have"
		no_daemons
		# shellcheck disable=SC2086
		apt_install install $have || { refresh; apt_install install $have; } || {
			tail -n 15 "$CACHE/deps.log" >&2
			die "cannot install$have"
		}
		if [ -d /run/systemd/system ]; then
			for unit in bird frr keepalived; do
				[[ "$have " != *" $unit"* ]] || as_root systemctl -q disable "$unit" 2>/dev/null
			done
		fi
	fi
fi

# ---- QEMU, with igb if it can be had

qemu_has_igb()
{
	qemu-system-x86_64 -device help 2>/dev/null | grep -q '^name "igb"'
}

# The release's own sources and its backports, as a private apt configuration.
backports_sources()
{
	local dir=$CACHE/apt codename uri

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ -n "$codename" ] || return 1
	mkdir -p "$dir/sources.list.d" "$dir/lists/partial"
	debian_sources >"$dir/sources.list"
	# shellcheck disable=SC2016
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' \
	      'Origin: Debian' "Codename: $codename" 'Component: main' | head -n 1)
	[ -n "$uri" ] || return 1
	echo "deb $(archive_key)$uri $codename-backports main" >>"$dir/sources.list"
	backports=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/sources.list.d"
		   -o "Dir::State::lists=$dir/lists" -t "$codename-backports")
}

install_qemu()
{
	local version

	[ -n "$(candidate qemu-system-x86)" ] || refresh
	version=$(candidate qemu-system-x86)
	if dpkg --compare-versions "${version:-0}" ge 1:8.0 && ! installed qemu-system-x86; then
		say "deps: installing qemu-system-x86"
		apt_install install qemu-system-x86 && return 0
	fi
	[ -n "$(apt-get indextargets 'Identifier: Packages' 2>/dev/null | head -n 1)" ] || refresh
	if backports_sources; then
		say "deps: installing qemu-system-x86 from backports (the release's has no igb NIC)"
		apt_install "${backports[@]}" update &&
			apt_install "${backports[@]}" install qemu-system-x86 && return 0
		tail -n 3 "$CACHE/deps.log" >&2
		say "deps: no QEMU from backports; tests with igb will be skipped"
	fi
	installed qemu-system-x86 || {
		say "deps: installing qemu-system-x86"
		apt_install install qemu-system-x86
	} || {
		tail -n 15 "$CACHE/deps.log" >&2
		die "cannot install qemu-system-x86"
	}
}

case " $* " in
*" vm "*) qemu_has_igb || install_qemu ;;
esac
