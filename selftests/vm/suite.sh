#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs inside the VM: test scripts one after the other, each with its time
# limit, with marks around the KTAP of each that run.sh reads.
#
# Usage: suite.sh SECONDS:SCRIPT...

# shellcheck source-path=SCRIPTDIR source=splats.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/splats.sh"

# What a script sets here every later one would find in its new namespaces.
inherited='^net\.(core\.default_qdisc|ipv4\.ip_forward|ipv4\.conf\.(all|default)\.rp_filter'
inherited+='|ipv6\.conf\.(all|default)\.(disable_ipv6|forwarding|accept_dad)) '
settings=$(sysctl -a 2>/dev/null | grep -E "$inherited")

# What runs and what waits, for whoever reads why a script took too long. The kernel's
# part of it must not be taken for a splat.
report()
{
	local seen

	ps -eo pid,stat,wchan:25,time,args --sort=-time | cut -c 1-140 | head -n 12
	grep -E 'CPU|NET|TIMER|RCU' /proc/softirqs
	"${0%/*}/../../tools/vrctl/vrctl" -s core show 2>&1
	seen=$(dmesg | grep -E "$SPLATS")
	dmesg -C
	dmesg -n 1
	echo w >/proc/sysrq-trigger
	echo l >/proc/sysrq-trigger
	sleep 1
	dmesg | cut -c 1-160 | head -n 150
	dmesg -C
	dmesg -n 5
	echo "selftest: $script" >/dev/kmsg
	[ -z "$seen" ] || while read -r line; do echo "$line"; done <<<"$seen" >/dev/kmsg
}

# watch SECONDS: report when they have passed
watch()
{
	local sleeper

	sleep "$1" &
	sleeper=$!
	trap 'kill $sleeper; exit' TERM
	wait $sleeper
	report | sed 's/^/# /'
}

for item; do
	limit=${item%%:*} script=${item#*:}
	echo "#> begin $script"
	echo "selftest: $script" >/dev/kmsg
	start=$SECONDS
	watch $((limit - 5)) &
	watcher=$!
	timeout -k 10 "$limit" "$script"
	rc=$?
	kill $watcher 2>/dev/null
	wait $watcher 2>/dev/null
	[ $rc != 124 ] && [ $rc != 137 ] || echo "# timeout after $limit s"
	log=$(dmesg | sed -n "\|selftest: $script\$|,\$p" | grep -E -A 20 "$SPLATS" | head -n 100)
	if [ -n "$log" ]; then
		echo "# the kernel log shows:"
		echo "${log//$'\n'/$'\n'# }" | sed '1s/^/# /'
		echo "not ok 9999 kernel log of ${script##*/}"
		rc=1
	fi
	for ns in /run/netns/*; do
		[ ! -e "$ns" ] || ip netns del "${ns##*/}"
	done
	sysctl -q -p - <<<"$settings" || echo "# cannot set the settings of the network back"
	echo "#> end $script $rc $((SECONDS - start))"
done
exit 0
