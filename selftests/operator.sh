#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/operator.rst, word for word, with what the commands are said to say.
#
#	ns in 192.0.2.2 eth0 --- eth1 [red] eth2 --- eth0 198.51.100.2 ns out
#
# vm: kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=typed_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/typed_lib.sh"

ALL_TESTS="typed"
RST=$TOP/Documentation/operator.rst

hosts()
{
	local ns dev

	for ns in in out; do
		dev=eth1
		[ $ns = in ] || dev=eth2
		ip netns add $ns && ip link add $dev type veth peer name eth0 netns $ns &&
			ip link set $dev up && ip -n $ns link set eth0 up || return
	done
	ip -n in addr add 192.0.2.2/24 dev eth0 && ip -n out addr add 198.51.100.2/24 dev eth0
}

away()
{
	vrctl vr del red
	nft delete table inet fw
	ip link del eth1
	ip link del eth2
	ip netns del in
	ip netns del out
	rm -rf /etc/vrouter
} 2>/dev/null

typed()
{
	local part

	defer away
	hosts || fail "no hosts" || return
	# for vrctl exec
	grep -q ' cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup
	while IFS= read -r part <&4; do
		type_all "$part" || return
	done 4< <(sections)
	check_eq "VRs" "$(vrctl -j vr show)" "[]"
}

# Titles of all sections in which something is typed.
sections()
{
	awk '/^[=-]+$/ { title = last } /^    # / && title != told { print title; told = title } { last = $0 }' "$RST"
}

require_root
require_command jq nft ping
require_module vrouter
[ ! -e /etc/vrouter ] || skip "this machine has an /etc/vrouter of its own"
run_tests "$ALL_TESTS" "$@"
