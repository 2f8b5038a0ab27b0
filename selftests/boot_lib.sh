# SPDX-License-Identifier: GPL-2.0
# A machine that boots with systemd: PID 1 of namespaces of its own, but for that of
# the network, and of the tools as installed. Nothing else is enabled there.
# Sourced after lib.sh.
# shellcheck shell=bash

BOOT_UNITS=/etc/systemd/system
BOOT_DIR=	# for the units; the script that boots says where
BOOT_UNSHARE=	# what has made the namespaces, while it boots or runs
BOOT_PID=	# PID 1 there, as seen from here
BOOT_CGROUP=/sys/fs/cgroup/boot

# boot_install: all that `make install-tools` puts into place
boot_install()
{
	check make -s -C "$TOP/tools" install PREFIX=/usr/local
}

# boot_unit NAME: a unit from standard input, enabled
boot_unit()
{
	cat >"$BOOT_DIR/$1" && mkdir -p "$BOOT_DIR/multi-user.target.wants" &&
		ln -sf "../$1" "$BOOT_DIR/multi-user.target.wants/$1"
}

# boot_enable NAME: a unit that was installed
boot_enable()
{
	mkdir -p "$BOOT_DIR/multi-user.target.wants" &&
		ln -sf "/usr/local/lib/systemd/system/$1" "$BOOT_DIR/multi-user.target.wants/$1"
}

# boot: until all has started, or failed
boot()
{
	mkdir -p $BOOT_CGROUP
	# shellcheck disable=SC2016
	unshare --pid --fork --kill-child --mount --cgroup --uts --ipc bash -c '
		echo 0 >'$BOOT_CGROUP'/cgroup.procs
		exec unshare --cgroup bash -c "
			mount -t proc proc /proc
			mount --bind '"$BOOT_DIR $BOOT_UNITS"'
			mount -t tmpfs tmpfs /run
			mount -t tmpfs tmpfs /tmp
			umount /sys/fs/cgroup
			mount -t cgroup2 cgroup2 /sys/fs/cgroup
			cd /
			exec env -i container=other PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
				/lib/systemd/systemd --unit=multi-user.target --log-target=null"
	' >"$BOOT_DIR.log" 2>&1 &
	BOOT_UNSHARE=$!
	busywait 10000 pgrep -P $BOOT_UNSHARE >/dev/null
	BOOT_PID=$(pgrep -P $BOOT_UNSHARE)
	busywait 10000 boot_is_up || { fail "systemd has not started: $(<"$BOOT_DIR.log")"; return; }
	busywait 120000 boot_is_done || fail "not all has started: $(in_boot systemctl list-jobs)"
}

boot_is_up()
{
	in_boot systemctl show-environment >/dev/null 2>&1
}

boot_is_done()
{
	[[ $(in_boot systemctl is-system-running) =~ running|degraded ]]
}

# in_boot CMD...
in_boot()
{
	nsenter -t "$BOOT_PID" --pid --mount --cgroup "$@"
}

# boot_ends: as `poweroff` does
boot_ends()
{
	[ -n "$BOOT_UNSHARE" ] || return 0
	in_boot systemctl poweroff --no-block
	busywait 60000 boot_is_over || { fail "systemd does not end"; kill -9 "$BOOT_UNSHARE"; }
	wait "$BOOT_UNSHARE"
	BOOT_UNSHARE=
	find $BOOT_CGROUP -depth -type d -exec rmdir {} +
}

boot_is_over()
{
	! kill -0 "$BOOT_UNSHARE" 2>/dev/null
}
