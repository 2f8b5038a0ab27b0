#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/operator.rst, word for word, with what the commands are said to say, and
# the examples of manual pages (those of vrctl-vf.8 are in vf_manual.sh); and the names of what there is, as
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

ALL_TESTS="typed manuals names surprises"
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
	ip rule show | grep -q '^0:' || { ip rule add pref 0 table local; ip rule del pref 32765; }
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
	sed -n '/^\.SH EXAMPLE/,/^\.fi/p' "$TOP/tools/man/vrctl-site.5" | grep -v '^\.' | sed 's/\\-/-/g' >example.vr
	# Its NIC is not there, but all that it says is understood.
	check_fails_with '"0000:01:00.0": there is no such PF' vrctl restore example.vr dry-run wait 0
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

# becomes WANTED WHEN: what happens to a packet, soon
becomes()
{
	busywait 5000 is_verdict "$1" >/dev/null || fail "with $2: $(vrctl why red src 192.0.2.2 dst 203.0.113.9)"
}

is_verdict()
{
	[ "$(vrctl -j why red src 192.0.2.2 dst 203.0.113.9 | jq -r '[.verdict, .reason // empty] | join(" ")')" = "$1" ]
}

# hooked WANTED FAMILY HOOK [RULE]: what happens while there is such a chain
hooked()
{
	nft "add table $2 fw; add chain $2 fw c { type filter hook $3 priority 0; }; ${4:-}" ||
		fail "nft takes no chain at $3" || return
	becomes "$1" "a chain of $2 at $3 ${4:-}"
	nft delete table "$2" fw
	becomes forward "no chain any more"
}

# What Documentation/faq.rst says of firewalls and of the local table.
surprises()
{
	defer away
	hosts && vrctl vr add red table 10 && vrctl port add eth1 vr red && vrctl port add eth2 vr red &&
		ip addr add 192.0.2.1/24 dev eth1 && ip addr add 198.51.100.1/24 dev eth2 &&
		ip route add 203.0.113.0/24 via 198.51.100.2 table 10 &&
		ip neigh replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev eth2 || fail "no router" || return
	sysctl -qw net.ipv4.ip_forward=1
	becomes forward "no firewall"
	hooked "punt policy" inet prerouting
	hooked "punt policy" ip forward
	hooked "punt policy" inet postrouting
	hooked forward ip6 forward
	hooked forward inet input
	hooked forward inet output
	hooked "punt policy" inet input "add rule inet fw c ct state established accept"
	hooked forward netdev "ingress device eth1"
	hooked forward netdev "egress device eth2"

	check ip addr add 203.0.113.9/32 dev lo
	defer ip addr del 203.0.113.9/32 dev lo
	becomes "punt local" "the host's own address"
	check ip rule add pref 32765 table local
	check ip rule del pref 0
	becomes forward "the local table's rule behind"
	check ip rule add pref 0 table local
	check ip rule del pref 32765
	becomes "punt local" "the local table's rule before"
}

require_root
require_command jq nft ping
require_module vrouter
[ ! -e /etc/vrouter ] || skip "this machine has an /etc/vrouter of its own"
run_tests "$ALL_TESTS" "$@"
