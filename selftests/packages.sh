#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The ways to install vrouter: make install, and Debian's packages, which are
# installed, upgraded, removed and purged in a minimal system with the headers of
# two kernels. Runs on this machine, which stays as it is; prints KTAP.
#
# Usage: packages.sh [NAME...]     only these tests; those in the minimal system need
#                                  the ones before them

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
VM_DIR=$SELFTESTS/vm
: "${BUILD:=$TOP/build}"
: "${CACHE:=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vrouter}"
NEXT=99.1

ALL_TESTS="one_version install_uninstall packages_build lintian_is_silent
	   package_installs kernel_changes headers_compile package_upgrades
	   package_removes package_purges make_install_here"

# What mounts are made for the minimal system are this script's own.
case ${1:-} in
-h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
if [ -z "${PACKAGES_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
	PACKAGES_MOUNTS=1 exec unshare -m --propagation private "$0" "$@"
fi
OUT=$BUILD/packages
ROOT=$OUT/root
mkdir -p "$OUT"
exec 9>"$OUT/.lock"
flock 9
module=


left_in()
{
	find "$1" ! -type d -printf '/%P\n'
}

# ---- make install, and how packages are built

version()
{
	sed -n 's/^VR_VERSION := //p' "$TOP/Kbuild"
}

one_version()
{
	require_command dpkg-parsechangelog || return
	check_eq "the version in debian/changelog" \
		"$(dpkg-parsechangelog -l "$TOP/debian/changelog" -S Version)" "$(version)"
}

# A stand-in for the module, which the build for the minimal system makes in earnest.
install_uninstall()
{
	local dir=$OUT/tree dest=$OUT/dest file
	local -a make

	require_command rsync clang pkg-config || return
	# a copy, so that make does not disturb who else uses the tree
	mkdir -p "$dir"
	rsync -a --delete --exclude=/.git --exclude=/build "$TOP/" "$dir/"
	rm -rf "$dest"
	make=(make -s -C "$dir" DESTDIR="$dest" PREFIX=/opt/vr KREL=6.1.0-none)
	echo "stand-in" >"$dir/vrouter.ko"
	check "${make[@]}" -o module install || return
	for file in /lib/modules/6.1.0-none/updates/vrouter.ko /opt/vr/sbin/vrctl \
		    /opt/vr/include/linux/vrouter.h /opt/vr/share/ynl/specs/vrouter.yaml \
		    /opt/vr/sbin/vrouter-exporter /opt/vr/share/vrouter/metrics/vrouter.rules.yml \
		    /opt/vr/share/vrouter/metrics/vrouter.dashboard.json \
		    /opt/vr/share/bash-completion/completions/vrctl; do
		[ -s "$dest$file" ] || fail "no $file"
	done
	for file in "$dir"/tools/man/*.[1-9]; do
		cmp -s "$file" "$dest/opt/vr/share/man/man${file##*.}/${file##*/}" ||
			fail "${file##*/} is not installed"
	done
	for file in "$dir"/tools/systemd/*.in; do
		file=$dest/opt/vr/lib/systemd/system/$(basename "$file" .in)
		[ -f "$file" ] || fail "no ${file##*/}"
		! grep -n '@[A-Z]*@' "$file" || fail "${file##*/} has words not replaced"
	done
	[ -e "$(find "$dest/usr/lib" -name link_vrouter_slave.so)" ] || fail "no plugin for ip"
	check_prints "vrctl $(version)" "$dest/opt/vr/sbin/vrctl" -V
	check_prints "vrouter-exporter $(version)" "$dest/opt/vr/sbin/vrouter-exporter" -V
	echo 'red: {}' >"$dest/etc/vrouter/mine.vr"
	check "${make[@]}" uninstall
	check_eq "what uninstall has left" "$(left_in "$dest")" /etc/vrouter/mine.vr
	rm "$dest/etc/vrouter/mine.vr"
	check "${make[@]}" uninstall
	[ ! -e "$dest/etc/vrouter" ] || fail "uninstall leaves an empty /etc/vrouter"
	[ ! -e "$dest/opt/vr/share/vrouter" ] || fail "uninstall leaves an empty share/vrouter"
	check "${make[@]}" install-dkms
	grep -q "^PACKAGE_VERSION=\"$(version)\"" "$dest/usr/src/vrouter-$(version)/dkms.conf" ||
		fail "the version is not in dkms.conf"
	check "${make[@]}" uninstall-dkms
	check_eq "what uninstall-dkms has left" "$(left_in "$dest")" ""
}

packages_build()
{
	require_command rsync dh dh_dkms dpkg-buildpackage clang || return
	check "$TOP/tools/deb.sh" "$OUT/deb"
	check "$TOP/tools/deb.sh" --version "$NEXT" "$OUT/deb-next"
}

built()
{
	[ -f "$OUT/deb/vrouter-dkms_$(version)_all.deb" ] || { skip "no packages were built"; return 1; }
}

lintian_is_silent()
{
	built && require_command lintian || return
	check lintian --allow-root --info --display-experimental --pedantic \
		--fail-on=error,warning "$OUT"/deb/*.changes
	check_eq "what lintian says" "$CHECK_OUTPUT" ""
}

# ---- in a minimal system

here()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive chroot "$ROOT" "$@"
}

# listing [EXPRESSION]: all files but logs and what changes with any package
listing()
{
	local dir
	local -a not=(-false)

	for dir in /proc /tmp /debs /usr/lib/modules '/boot/config-*' "$CACHE" /var/log /var/cache \
		   '/var/lib/dpkg/*-old'; do
		not+=(-o -path "$dir")
	done
	here find / -xdev \( "${not[@]}" \) -prune -o "$@" -print | sort
}

# kernel FLAVOUR: its headers, as its package would have left them
kernel()
{
	local env

	env=$("$VM_DIR/kernels.sh" get "$1" 2>&1) || { skip "Linux $1: ${env##*$'\n'}"; return 1; }
	eval "$env"
	: "${KVER:?}" "${KDIR:?}" "${KMODULES:?}"
	mkdir -p "$ROOT/lib/modules/$KVER"
	ln -s "$KDIR" "$ROOT/lib/modules/$KVER/build"
	cp "$KMODULES"/modules.{order,builtin,builtin.modinfo} "$ROOT/lib/modules/$KVER/"
	cp "$KDIR/.config" "$ROOT/boot/config-$KVER"
}

clear_root()
{
	umount "$ROOT/proc" "$ROOT$CACHE/kernels"
	rm -rf --one-file-system "$ROOT"
}

minimal_system()
{
	local tar

	tar=$("$VM_DIR/chroot.sh" 2>"$OUT/chroot.log") || { skip "$(tail -n 1 "$OUT/chroot.log")"; return 1; }
	rm -rf --one-file-system "$ROOT"
	mkdir -p "$ROOT$CACHE/kernels" "$ROOT/debs"
	tar -C "$ROOT" --zstd -xf "$tar" || { fail "cannot unpack $tar"; return 1; }
	if ! mount -t proc proc "$ROOT/proc" || ! mount --bind "$CACHE/kernels" "$ROOT$CACHE/kernels" ||
	   ! mount -o remount,ro,bind "$ROOT$CACHE/kernels"; then
		fail "cannot mount"
		return 1
	fi
	cp "$OUT"/deb/*.deb "$OUT"/deb-next/*.deb "$ROOT/debs/"
}

in_system()
{
	[ -n "${system_before:-}" ] || { skip "the packages are not installed"; return 1; }
}

# has_module KVER VERSION
has_module()
{
	local file

	file=$(here modinfo -k "$1" -n vrouter 2>&1)
	check_eq "the version of the module for $1 ($file)" "$(here modinfo -k "$1" -F version vrouter 2>&1)" "$2"
	check_prints "$1 " here modinfo -k "$1" -F vermagic vrouter
	check_prints "$file" here modprobe -S "$1" --show-depends vrouter
}

package_installs()
{
	local file

	[ "$(id -u)" = 0 ] || { skip "needs root"; return; }
	[ -n "${PACKAGES_MOUNTS:-}" ] || { skip "no mount namespaces here"; return; }
	built && require_command zstd || return
	minimal_system || return
	kernel 6.1 || kernel 6.12 || return
	TEST_SKIPPED=
	system_before=$(listing)
	check here sh -c "dpkg -i /debs/*_$(version)_*.deb" || return
	echo "$CHECK_OUTPUT" >"$OUT/install.log"
	has_module "$KVER" "$(version)"
	check_prints "vrctl $(version)" here vrctl -V
	check_prints "vrouter-exporter $(version)" here vrouter-exporter -V
	check_prints "vrouter table TABLE" here ip link help vrouter
	for file in "$TOP"/tools/man/*.[1-9]; do
		here test -s "/usr/share/man/man${file##*.}/${file##*/}.gz" || fail "no ${file##*/}"
	done
	check here test -L /etc/systemd/system/multi-user.target.wants/vrouter.service
	check here test ! -e /etc/systemd/system/multi-user.target.wants/vrouter-exporter.service
}

# What the packages of kernels run when they are installed and removed.
kernel_changes()
{
	local old=$KVER

	in_system || return
	[[ $old != 6.12.* ]] || { skip "this release has one kernel only"; return; }
	kernel 6.12 || return
	check here /etc/kernel/postinst.d/dkms "$KVER"
	has_module "$KVER" "$(version)"
	has_module "$old" "$(version)"
	check here /etc/kernel/prerm.d/dkms "$old"
	check_fails here modinfo -k "$old" vrouter
	rm -r "$ROOT/lib/modules/$old" "$ROOT/boot/config-$old"
}

headers_compile()
{
	in_system || return
	cat >"$ROOT/tmp/use.c" <<-END
	#include <stdio.h>
	#include <linux/vrouter.h>
	#include <linux/vrouter_xdp.h>
	int main(void) { return puts(VROUTER_FAMILY_NAME) < 0; }
	END
	check here gcc -Wall -Werror -o /tmp/use /tmp/use.c || return
	check_prints vrouter here /tmp/use
	check here test -s /usr/share/ynl/specs/vrouter.yaml
}

package_upgrades()
{
	in_system || return
	echo 'red: {}' >"$ROOT/etc/vrouter/mine.vr"
	mkdir -p "$ROOT/var/lib/vrouter/bill"
	echo kept >"$ROOT/var/lib/vrouter/bill/kept"
	check here sh -c "dpkg -i /debs/*_${NEXT}_*.deb" || return
	echo "$CHECK_OUTPUT" >"$OUT/upgrade.log"
	has_module "$KVER" "$NEXT"
	check_prints "vrctl $NEXT" here vrctl -V
	check_prints_not "$(version)" here sh -c 'ls -d /usr/src/vrouter-* /var/lib/dkms/vrouter/*'
	check_prints "red: {}" here cat /etc/vrouter/mine.vr
	check_prints kept here cat /var/lib/vrouter/bill/kept
}

package_removes()
{
	in_system || return
	module=$OUT/vrouter.ko
	cp "$(find "$ROOT/var/lib/dkms/vrouter/$NEXT/$KVER" -name 'vrouter.ko*')" "$module"
	check here dpkg -r vrouter-dkms vrouter-tools vrouter-tools-dbgsym vrouter-dev || return
	check_fails here modinfo -k "$KVER" vrouter
	here test ! -e /usr/sbin/vrctl || fail "vrctl is still there"
	check_prints "red: {}" here cat /etc/vrouter/mine.vr
	check_prints kept here cat /var/lib/vrouter/bill/kept
}

package_purges()
{
	in_system || return
	check here dpkg -P vrouter-dkms vrouter-tools vrouter-dev || return
	check_eq "what a purge leaves" \
		"$(comm -13 <(sort -u <<<"$system_before") <(listing))" \
		$'/etc/vrouter\n/etc/vrouter/mine.vr'
	check_eq "what a purge takes from others" \
		"$(comm -23 <(sort -u <<<"$system_before") <(listing))" ""
}

# With the module that DKMS has built, as root would without DESTDIR.
make_install_here()
{
	local before
	local -a make=(make -s -C /tmp/tree -o module KREL="${KVER:-}")

	in_system || return
	[ -n "$module" ] || { skip "DKMS has built no module"; return; }
	[ -x "$OUT/tree/tools/vrctl/vrctl" ] || { skip "no tools were built"; return; }
	before=$(listing ! -type d)
	cp -a "$OUT/tree" "$ROOT/tmp/tree"
	cp "$module" "$ROOT/tmp/tree/vrouter.ko"
	check here "${make[@]}" install || return
	has_module "$KVER" "$NEXT"
	check_prints "vrctl $(version)" here /usr/local/sbin/vrctl -V
	check here "${make[@]}" uninstall
	check_eq "what make uninstall leaves or takes" "$(diff <(echo "$before") <(listing ! -type d))" ""
	check_fails here modinfo -k "$KVER" vrouter
}

defer clear_root
run_tests "$ALL_TESTS" "$@"
