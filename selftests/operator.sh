#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/operator.rst, word for word, with what the commands are said to say, and
# the examples of manual pages, which need no NIC with VFs; and the names of what there is, as
# bash completes them.
#
#	ns in 192.0.2.2 eth0 --- eth1 [red] eth2 --- eth0 198.51.100.2 ns out
#
# vm: kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=typed_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/typed_lib.sh"
# shellcheck source=complete_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/complete_lib.sh"

ALL_TESTS="typed manuals names"
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
	ip -n in addr add 192.0.2.2/24 dev eth0 && ip -n out addr add 198.51.100.2/24 dev eth0 &&
		ip -n in route add default via 192.0.2.1 && ip -n out route add default via 198.51.100.1
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
	vrctl snapshot delete before-the-change
} 2>/dev/null

typed()
{
	local part

	defer away
	hosts || fail "no hosts" || return
	check mount_cgroup2
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

# examples_of PAGE: all of them work
examples_of()
{
	local line out n=0

	while IFS= read -r line <&5; do
		n=$((n + 1))
		out=$(type_one "$line" "") || fail "$out"
	done 5< <(sed -n '/^\.SH EXAMPLES/,/^\.fi/p' "$TOP/tools/man/$1" | grep -v '^\.' | sed 's/\\-/-/g')
	check_cmp "examples of $1" $n -gt 0
}

# Something to trace.
asking()
{
	ip netns exec in bash -c 'while :; do echo >/dev/udp/198.51.100.2/53; sleep 0.05; done' 2>/dev/null
}

manuals()
{
	local dir

	dir=$(mktemp -d) && cd "$dir" || fail "no directory" || return
	defer rm -rf "$dir"
	defer away
	hosts && ip addr add 192.0.2.1/24 dev eth1 && ip addr add 198.51.100.1/24 dev eth2 ||
		fail "no hosts" || return
	check mount_cgroup2
	sysctl -qw net.ipv4.ip_forward=1
	examples_of ip-link-vrouter.8
	check_eq "weight" "$(vrctl -j vr show red | jq '.[0].weight')" 300
	check vrctl vr del red
	examples_of vrctl.8
	check_eq "weight" "$(vrctl -j vr show red | jq '.[0].weight')" 200
	check vrctl port add eth2 vr red
	asking &
	defer kill $!
	examples_of vrctl-trace.8
}

# What exists is completed wherever its kind is meant.
names()
{
	local words

	defer away
	hosts && vrctl vr add red table 10 && vrctl port add eth1 vr red && vrctl port add eth2 vr red ||
		fail "no router" || return
	check vrctl snapshot create before-the-change
	for words in "vr show" "vr set" "vr del" "port show vr" "port add eth1 vr" "stats show" trace why \
		runtime exec pids "top vr" "incident show vr" "vf bind" "vf show" "vf release"; do
		# shellcheck disable=SC2086 # words
		completes red $words r
	done
	completes "eth1 eth2" port set e
	completes "eth1 eth2" port del ""
	completes "eth1 eth2" port show e
	completes "eth1 eth2" trace red dev ""
	completes "eth1 eth2" why red src 192.0.2.2 dev ""
	completes "eth1 eth2 none" port set eth1 standby ""
	completes "before-the-change" snapshot rollback b
	completes "" snapshot create b
	completes "in" -n i
	completes "red" -n /proc/self/ns/net vr show r
}

require_root
require_command jq nft ping
require_module vrouter
[ ! -e /etc/vrouter ] || skip "this machine has an /etc/vrouter of its own"
run_tests "$ALL_TESTS" "$@"
