#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs inside the VM: test scripts one after the other, each with its time
# limit, with marks around the KTAP of each that run.sh reads.
#
# Usage: suite.sh SECONDS:SCRIPT...

splat='BUG:|WARNING: |Oops|KASAN|UBSAN|Call Trace|refcount_t:|blocked for more than'
splat+='|circular locking|suspicious RCU|scheduling while atomic|corruption|ODEBUG'

# What a script sets here every later one would find in its new namespaces.
inherited='^net\.(core\.default_qdisc|ipv4\.ip_forward|ipv4\.conf\.(all|default)\.rp_filter'
inherited+='|ipv6\.conf\.(all|default)\.(disable_ipv6|forwarding|accept_dad)) '
settings=$(sysctl -a 2>/dev/null | grep -E "$inherited")

for item; do
	limit=${item%%:*} script=${item#*:}
	echo "#> begin $script"
	echo "selftest: $script" >/dev/kmsg
	start=$SECONDS
	timeout -k 10 "$limit" "$script"
	rc=$?
	[ $rc != 124 ] && [ $rc != 137 ] || echo "# timeout after $limit s"
	log=$(dmesg | sed -n "\|selftest: $script\$|,\$p" | grep -E -A 20 "$splat" | head -n 60)
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
