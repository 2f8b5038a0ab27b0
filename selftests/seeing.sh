#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What happens to packets, as vrctl shows it: runtime.
#
# vm: kernels=6.12,6.1 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=topo.sh
. "$SELFTESTS/topo.sh"

ALL_TESTS="runtime_off runtime_counts runtime_by_cpu runtime_of_new_graph runtime_under_traffic
	   runtime_refusals log_is_clean"

NODES=input,ip4-check,ip6-check,ip4-lookup,ip6-lookup,ip4-rewrite,ip6-rewrite,egress,drop,punt

# in_r WORDS...: vrctl in the router's namespace
in_r()
{
	vrctl -n r "$@"
}

# is WHAT JQ WANTED WORDS...: what the filter makes of the command's JSON
is()
{
	local what=$1 filter=$2 wanted=$3

	shift 3
	check in_r -j "$@" || return
	check_eq "$what" "$(jq -c "$filter" <<<"$CHECK_OUTPUT")" "$wanted"
}

# one_warm: the topology, all neighbours known, and nothing lost when the host is busy
one_warm()
{
	topo one && check in_r vr set red queue-time off vector-limit off &&
		check reaches h1 10.2.0.2 && check reaches h1 2001:db8:2::2
}

# of_vr NAME: a counter of red
of_vr()
{
	in_r -j stats show red | jq ".[0].$1"
}

# blast N: so many datagrams from h1 to h2, all taken in
blast()
{
	local before

	helper traffic || fail "no helper" || return
	before=$(of_vr rx_packets)
	n h1 "$HELPERS/traffic" blast -r 2000 -c "$1" 10.2.0.2 >/dev/null
	soon 10 took_in $((before + $1))
}

took_in()
{
	[ "$(of_vr rx_packets)" -ge "$1" ] && [ "$(of_vr qlen)" = 0 ]
}

# ---- runtime

runtime_off()
{
	one_warm || return
	is "runtime" 'map([.name, .counting, .nodes])' '[["red",false,[]]]' runtime red
	check_eq "text" "$(in_r runtime red)" "Nothing is counted; to start: vrctl runtime red start"
	check_eq "text" "$(in_r runtime)" "Nothing is counted; to start: vrctl runtime NAME start"
}

runtime_counts()
{
	local before json

	one_warm || return
	before=$(of_vr rx_packets)
	check in_r runtime red start || return
	defer in_r runtime red stop
	is "names" '.[0].nodes | map(.node) | join(",")' "\"$NODES\"" runtime red
	blast 300 && check reaches h1 2001:db8:2::2 && soon 10 ends_of_all || return
	json=$(in_r -j runtime red)
	check_eq "keys" "$(jq -c '.[0] | keys' <<<"$json")" \
		'["clock_khz","counting","ifindex","name","nodes"]'
	check_eq "keys of a node" "$(jq -c '.[0].nodes[0] | keys' <<<"$json")" \
		'["calls","cycles","cycles_per_packet","node","packets","packets_per_call"]'
	check_cmp "packets of input" "$(jq '.[0].nodes[0].packets' <<<"$json")" -ge 302
	check_cmp "packets of input" "$(jq '.[0].nodes[0].packets' <<<"$json")" -le \
		$(($(of_vr rx_packets) - before))
	check_eq "nodes that take no time, or calls without packets" \
		"$(jq -c '.[0].nodes | map(select((.calls > 0) != (.cycles > 0) or .calls > .packets) | .node)' <<<"$json")" '[]'
	check_cmp "packets of ip4-rewrite" "$(jq '.[0].nodes[5].packets' <<<"$json")" -ge 290
	check_cmp "packets of ip6-rewrite" "$(jq '.[0].nodes[6].packets' <<<"$json")" -ge 2
	check_eq "heading" "$(in_r runtime red | head -n 1 | tr -s ' ')" \
		"VR CPU NODE CALLS PACKETS PACKETS/CALL CYCLES/PACKET"
	says "^red +all +ip4-lookup +[0-9]+ +[0-9]+ +[0-9]+\.[0-9] +[1-9][0-9]*$" in_r runtime red
	# Once more is from zero on.
	check in_r runtime red start
	is "counts when begun again" '.[0].nodes[5].packets < 200' true runtime red
	check in_r runtime red stop
	is "nodes when ended" '.[0] | [.counting, .nodes]' '[false,[]]' runtime red
}

# Each packet of input has come to an end: egress, drop or punt.
ends_of_all()
{
	in_r -j runtime red | jq -e '.[0].nodes | map({key: .node, value: .packets}) | from_entries |
		.input == .egress + .drop + .punt' >/dev/null
}

runtime_by_cpu()
{
	one_warm && check in_r runtime red start || return
	defer in_r runtime red stop
	blast 100 || return
	is "CPUs" 'map(.cpu)' '[null,0,1]' runtime red cpu
	soon 10 cpus_add_up
}

# They do unless packets come while they are read.
cpus_add_up()
{
	in_r -j runtime red cpu | jq -e '(.[0].nodes | map(.packets)) ==
		([.[1:][].nodes | map(.packets)] | transpose | map(add))' >/dev/null
}

# Counts are those of a program, so they begin when it does.
runtime_of_new_graph()
{
	one_warm && check in_r runtime red start || return
	defer in_r runtime red stop
	defer in_r vr set red burn off
	blast 50 && check in_r vr set red burn 2000 || return
	is "names" '.[0].nodes | map(.node) | join(",")' "\"${NODES/egress/burn,egress}\"" runtime red
	is "counts" '.[0].nodes[0].packets < 50' true runtime red
	blast 50 || return
	is "cycles of burn" '.[0].nodes[7] | .packets >= 50 and .cycles_per_packet >= 2000' true runtime red
}

runtime_under_traffic()
{
	local i before

	one_warm || return
	defer in_r runtime red stop
	run blast.out h1 "$HELPERS/traffic" blast -r 1000 10.2.0.2
	before=$(of_vr rx_packets)
	soon 10 took_in $((before + 100)) || return
	for i in {1..20}; do
		check in_r runtime red start || return
		check in_r runtime red cpu
		check in_r runtime red stop
	done
	finish "$RUN_PID"
	soon 10 none_unknown
	check reaches h1 10.2.0.2
}

# What the graph was given has left, or was dropped or punted there.
none_unknown()
{
	in_r -j stats show red | jq -e '.[0] | .rx_packets == .tx_packets + .punted + (.drops |
		.port_gone + .truncated + .ip_header + .ip_csum + .blackhole + .no_memory +
		.egress_gone + .tx_dropped)' >/dev/null
}

runtime_refusals()
{
	one_warm || return
	refused '^Error: blue: No device of this name\.$' in_r runtime blue start
	refused '^Error: a: Device is not a virtual router\.$' in_r runtime a start
	refused '^Error: blue: No device of this name\.$' in_r runtime blue
	refused '^Error: "stop" beside "start": one or the other\.$' in_r runtime red start stop
	refused '^Error: "start" without the name of a VR\.$' in_r runtime start
	refused '^Error: "cpu" beside "stop", which is for all CPUs\.$' in_r runtime red stop cpu
	is "counting" '.[0].counting' false runtime red
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command vrctl ip jq
need_kind || die "no module $KIND"
dmesg_mark
run_tests "$ALL_TESTS" "$@"
