#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What happens to packets, as vrctl shows it: runtime, trace, why.
#
# vm: kernels=6.12,6.1 timeout=400

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=topo.sh
. "$SELFTESTS/topo.sh"

ALL_TESTS="runtime_off runtime_counts runtime_by_cpu runtime_of_new_graph runtime_under_traffic
	   runtime_refusals trace_forward trace_ends trace_filters trace_ipv6 trace_frames
	   trace_one_reader trace_slow_reader trace_refusals trace_of_deleted trace_of_unloaded
	   trace_of_namespace trace_of_killed why_forward why_ends why_true why_refusals log_is_clean"

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

# ---- trace

# tell ADDRESS...: datagrams from h1 to these until the end of the test
tell()
{
	helper traffic || fail "no helper" || return
	run blast.out h1 "$HELPERS/traffic" blast -r 1000 "$@"
	defer finish "$RUN_PID"
}

# traced WORDS...: the packets that this shows, as a list, in TRACED
traced()
{
	check timeout 20 vrctl -n r -j trace red "$@" || return
	TRACED=$(jq -sc . <<<"$CHECK_OUTPUT")
}

# all WHAT JQ WANTED: of all packets traced
all()
{
	check_eq "$1" "$(jq -c "map($2) | unique" <<<"$TRACED")" "$3"
}

trace_forward()
{
	one_warm && tell 10.2.0.2 || return
	traced src 10.1.0.2 dst 10.2.0.0/24 proto udp dport 9 count 5 || return
	check_eq "packets" "$(jq length <<<"$TRACED")" 5
	all "keys" keys '[["cpu","frame","header","ifindex","length","missed","nodes","out","packet","port","time_ns","verdict","vr"]]'
	all "nodes" '.nodes | map(.node)' '[["input","ip4-check","ip4-lookup","ip4-rewrite","egress"]]'
	all "a node's keys" '.nodes[] | keys' '[["cycles","node","packets"]]'
	all "nodes that take time with packets" '[.nodes[] | .cycles > 0 and .packets > 0] | all' '[true]'
	all "what became of them" '[.vr, .port, .out, .verdict, .frame, .reason]' '[["red","a","b","forward",false,null]]'
	all "length" .length '[52]'
	all "header" '.header[:8] + .header[24:40]' '["450000340a0100020a020002"]'
	all "text" '.packet | sub("2\\.[0-9]+ >"; "2 >")' '["IP 10.1.0.2 > 10.2.0.2.9: UDP, length 24, ttl 64"]'
	# One argument, as text.
	check timeout 20 vrctl -n r trace red 'dst 10.2.0.2 dport 9 count 1' || return
	check_eq "lines" "$(wc -l <<<"$CHECK_OUTPUT")" 7
	says '^[0-9: .-]+ cpu [0-9]+ from a: IP 10\.1\.0\.2\.[0-9]+ > 10\.2\.0\.2\.9: UDP, length 24, ttl 64$' \
		echo "$CHECK_OUTPUT"
	says '^    ip4-lookup +[1-9][0-9]* cycles for [0-9]+ packets?$' echo "$CHECK_OUTPUT"
	says '^    forward by b(; [0-9]+ more not recorded so far)?$' echo "$CHECK_OUTPUT"
}

trace_ends()
{
	one_warm && check ip -n r route add blackhole 10.77.0.0/24 table 10 || return
	defer ip -n r route del blackhole 10.77.0.0/24 table 10
	tell 10.77.0.1 10.1.0.1 10.78.0.1 || return
	traced dst 10.77.0.0/16 count 2 || return
	all "blackhole" '[(.nodes | map(.node) | join(" ")), .verdict, .reason, .out]' \
		'[["input ip4-check ip4-lookup drop","drop","blackhole",null]]'
	traced dst 10.1.0.1 count 2 || return
	all "own address" '[(.nodes | map(.node) | join(" ")), .verdict, .reason, .out]' \
		'[["input ip4-check ip4-lookup punt","punt","local",null]]'
	traced dst 10.78.0.0/24 count 2 || return
	all "no route" '[.verdict, .reason]' '[["punt","no_route"]]'
	check timeout 20 vrctl -n r trace red dst 10.77.0.1 count 1
	says '^    drop: blackhole' echo "$CHECK_OUTPUT"
}

# Datagrams go there, and ICMP errors come back.
trace_filters()
{
	local words

	one_warm && tell 10.2.0.2 || return
	traced count 20 || return
	all "any" .port '["a","b"]'
	traced dev b count 3 || return
	all "by port" '[.port, .packet[:13]]' '[["b","IP 10.2.0.2 >"]]'
	traced proto icmp count 3 || return
	all "by protocol" '.packet[13:29]' '[" 10.1.0.2: ICMP "]'
	traced dst 10.1.0.0/30 count 3 || return
	all "by destination" '[.port, .out]' '[["b","a"]]'
	traced src 0.0.0.0/0 dport 9 count 3 || return
	all "by port number" .port '["a"]'
	# None of these are there.
	for words in "proto tcp" "sport 9" "dport 10" "src 10.1.0.0/31" "src ::/0" "dev b dst 10.2.0.2" "proto icmp6"; do
		# shellcheck disable=SC2086 # words
		run none.out r vrctl trace red $words
		soon 10 waits "$RUN_PID" || return
		blast 20 || return
		finish "$RUN_PID"
		check_eq "packets with $words" "$(cat "$TOPO_TMP/none.out")" ""
	done
}

# waits PID: a trace does so for packets only when it has begun
waits()
{
	grep -q poll "/proc/$1/wchan"
}

trace_ipv6()
{
	one_warm || return
	run ping.out h1 ping -n -i 0.02 2001:db8:2::2
	defer finish "$RUN_PID"
	traced src 2001:db8:1::/64 proto icmp6 count 3 || return
	all "nodes" '.nodes | map(.node) | join(" ")' '["input ip6-check ip6-lookup ip6-rewrite egress"]'
	all "packet" '.packet | sub("id.*"; "")' '["IP6 2001:db8:1::2 > 2001:db8:2::2: ICMP6 echo request, "]'
	traced dst 2001:db8:1::2 count 1 || return
	all "back" '[.port, .out]' '[["b","a"]]'
}

trace_frames()
{
	one_warm || return
	check n h1 ethtool -K e tx off txvlan off tx-vlan-stag-hw-insert off || return
	defer n h1 ethtool -K e tx on txvlan on tx-vlan-stag-hw-insert on
	check in_r port set a xdp on && defer in_r port set a xdp off || return
	tell 10.2.0.2 || return
	soon 10 frames_come || return
	traced dport 9 dst 10.2.0.2 count 3 || return
	all "frames" '[.frame, .port, .verdict, .out, (.nodes | map(.node) | join(" "))]' \
		'[[true,"a","forward","b","input ip4-check ip4-lookup ip4-rewrite egress"]]'
	all "header" '.header[:8] + .header[24:40]' '["450000340a0100020a020002"]'
}

frames_come()
{
	[ "$(of_vr frames)" -gt 0 ]
}

trace_one_reader()
{
	one_warm && tell 10.2.0.2 || return
	run trace.out r vrctl -j trace red
	soon 10 test -s "$TOPO_TMP/trace.out" || return
	refused '^Error: red: the VR is being traced already\.$' in_r trace red count 1
	finish "$RUN_PID" KILL
	# It ends with its socket.
	soon 10 timeout 5 vrctl -n r trace red count 1
	# So do many, one after the other.
	for _ in {1..10}; do
		traced count 1 || return
	done
}

trace_slow_reader()
{
	local pid

	one_warm && tell 10.2.0.2 || return
	run slow.out r vrctl -j trace red
	pid=$RUN_PID
	soon 10 test -s "$TOPO_TMP/slow.out" || return
	kill -STOP "$pid"
	blast 1000 || return
	kill -CONT "$pid"
	soon 10 misses "$TOPO_TMP/slow.out"
	finish "$pid"
}

misses()
{
	[ "$(tail -n 1 "$1" | jq .missed)" -gt 100 ]
}

trace_refusals()
{
	one_warm || return
	refused '^Error: src "10.1" is neither an address nor a prefix such as 192.0.2.0/24\.$' in_r trace red src 10.1
	refused '^Error: dst "10.1.0.0/33" is neither' in_r trace red dst 10.1.0.0/33
	refused '^Error: dst "::/129" is neither' in_r trace red dst ::/129
	refused '^Error: dst "::1" is of another family than src\.$' in_r trace red src 10.1.0.1 dst ::1
	refused '^Error: proto "tpc" is neither a number from 0 to 255 nor icmp, tcp, ' in_r trace red proto tpc
	refused '^Error: proto "256" is neither' in_r trace red proto 256
	refused '^Error: sport "65536" is not a number from 0 to 65535\.$' in_r trace red sport 65536
	refused '^Error: "dport" beside proto icmp, which has no ports\.$' in_r trace red proto icmp dport 1
	refused '^Error: dev "nosuch" is no device\.$' in_r trace red dev nosuch
	refused '^Error: dev lo: the device is no port of this VR\.$' in_r trace red dev lo
	refused '^Error: count "0" is not a number from 1 to ' in_r trace red count 0
	refused '^Error: "port" is not known here, perhaps "sport", try "vrctl trace help"\.$' in_r trace red 'port 5 src 10.1.0.1'
	refused '^Error: "src" lacks its value, PREFIX\.$' in_r trace red src
	refused '^Error: NAME is missing: vrctl trace NAME ' in_r trace
	refused 'Operation not permitted' n r setpriv --reuid=65534 --clear-groups --inh-caps=-all \
		--bounding-set=-all vrctl trace red
	saysnot already timeout 1 vrctl -n r trace red src 192.0.2.99 count 1
}

# reads_flood: a reader that has had packets of more than the VR can forward, in READER
reads_flood()
{
	one_warm && check in_r runtime red start || return
	helper traffic || fail "no helper" || return
	run flood.out h1 "$HELPERS/traffic" blast -r 10000000 10.2.0.2
	run gone.out r vrctl trace red
	READER=$RUN_PID
	soon 10 test -s "$TOPO_TMP/gone.out"
}

# The reader of what has gone is told so.
reader_ends()
{
	local rc

	wait "$READER"
	rc=$?
	check_eq "exit status of the reader" $rc 1
	check_eq "last words of the reader" "$(tail -n 1 "$TOPO_TMP/gone.out")" "Error: red: the VR is gone."
}

trace_of_deleted()
{
	for _ in 1 2 3; do
		reads_flood && check ip -n r link del red && reader_ends
		topo_wipe
		[ "$TEST_FAILED" = 0 ] || return
	done
	# One that does not read, so that its socket is full.
	reads_flood && check kill -STOP "$READER" && soon 10 socket_full &&
		check ip -n r link del red && check kill -CONT "$READER" && reader_ends
	topo_wipe
}

# Messages for it are lost.
socket_full()
{
	awk -v pid="$READER" '$2 == 16 && $3 == pid && $9 > 0 { found = 1 } END { exit !found }' \
		"/proc/$READER/net/netlink"
}

trace_of_unloaded()
{
	for _ in 1 2; do
		reads_flood && check modprobe -r "$KIND" && reader_ends
		check modprobe "$KIND"
		topo_wipe
		[ "$TEST_FAILED" = 0 ] || return
	done
}

# The reader is the last process of the namespace: both go at once.
trace_of_namespace()
{
	for _ in 1 2; do
		reads_flood && check ip netns del r && {
			finish "$READER" KILL
			soon 20 wire_gone
		}
		topo_wipe
		[ "$TEST_FAILED" = 0 ] || return
	done
}

wire_gone()
{
	! ip -n h1 link show dev e
}

# The next one can begin at once.
trace_of_killed()
{
	reads_flood || return
	for _ in {1..10}; do
		finish "$READER" KILL
		check timeout 20 vrctl -n r trace red count 3 || break
		run gone.out r vrctl trace red
		READER=$RUN_PID
		soon 10 test -s "$TOPO_TMP/gone.out" || break
	done
	finish "$READER"
	topo_wipe
}

# ---- why

# why JQ WANTED WORDS...: what the filter makes of the answer
why()
{
	local filter=$1 wanted=$2

	shift 2
	is "$* $filter" "$filter" "$wanted" why red "$@"
}

why_forward()
{
	local words='src 10.1.0.2 dst 10.2.0.2 proto tcp sport 1234 dport 80'

	one_warm || return
	why 'del(.lladdr)' '{"vr":"red","port":"a","length":40,"source":"forward","source_out":"a","route":"forward","paths":1,"out":"b","neighbour":"resolved","mtu":1500,"kernel":{"type":"unicast","prefix":"10.2.0.0/24","table":10,"dev":"b"},"differs":false,"nodes":["input","ip4-check","ip4-lookup","ip4-rewrite","egress"],"verdict":"forward"}' "$words"
	why .lladdr "\"$(mac h2 e)\"" "$words"
	why '[.port, .out, .verdict, .kernel.prefix, .length, .nodes[3]]' \
		'["a","b","forward","2001:db8:2::/64",48,"ip6-rewrite"]' src 2001:db8:1::2 dst 2001:db8:2::2
	why '[.port, .out]' '["b","a"]' src 10.2.0.2 dst 10.1.0.2 dev b
	check in_r why red "$words"
	check_eq "text" "$CHECK_OUTPUT" "red: 10.1.0.2 > 10.2.0.2, 40 bytes, in by a
  source     forward by a
  route      forward by b
  neighbour  resolved $(mac h2 e)
  mtu        1500
  kernel     unicast 10.2.0.0/24 table 10 dev b
  nodes      input > ip4-check > ip4-lookup > ip4-rewrite > egress
  forward by b"
	soon 10 counts_nothing "$words"
	# Anybody may ask.
	says '^  forward by b$' n r setpriv --reuid=65534 --clear-groups --inh-caps=-all \
		--bounding-set=-all vrctl why red "$words"
}

# counts_nothing WORDS: nor does anything else while it is asked
counts_nothing()
{
	local before

	before=$(counts_of_red)
	in_r why red "$1" && [ "$(counts_of_red)" = "$before" ]
}

counts_of_red()
{
	in_r -j stats show red | jq -c '.[0] | [.rx_packets, .tx_packets, .punted, .drops]'
}

why_ends()
{
	local from='src 10.1.0.2'

	one_warm || return
	check ip -n r route add blackhole 10.77.0.0/24 table 10
	check ip -n r route add unreachable 10.78.0.0/24 table 10
	check ip -n r route add 10.79.0.0/24 via 10.2.0.77 table 10
	check ip -n r route add 10.80.0.0/24 via 10.2.0.2 mtu 600 table 10
	soon 10 mirrored 10.80.0.1
	why '[.verdict, .reason, .route, .nodes[-1]]' '["drop","blackhole","blackhole","drop"]' "$from" dst 10.77.0.1
	why '[.verdict, .reason, .route, .kernel.error]' '["punt","route","unreachable","No route to host"]' \
		"$from" dst 10.78.0.1
	why '[.verdict, .reason, .out, .neighbour, .kernel.via]' '["punt","unresolved","b","unresolved","10.2.0.77"]' \
		"$from" dst 10.79.0.1
	why '[.verdict, .reason, .mtu, .route_mtu]' '["punt","mtu",1500,600]' "$from" dst 10.80.0.1 length 601
	why '[.verdict, .reason]' '["forward",null]' "$from" dst 10.80.0.1 length 600
	why '[.verdict, .reason, .kernel.type]' '["punt","local","local"]' "$from" dst 10.1.0.1
	why '[.verdict, .reason, .route]' '["punt","no_route","none"]' "$from" dst 10.99.0.1
	why '[.verdict, .reason, .nodes[-2]]' '["punt","redirect","ip4-lookup"]' "$from" dst 10.1.0.2
	why '[.verdict, .reason, .nodes[-2]]' '["punt","martian","ip4-check"]' "$from" dst 127.0.0.1
	# Source validation.
	n r sysctl -qw net.ipv4.conf.b.rp_filter=1
	why '[.verdict, .reason, .nodes[-2], .source_out]' '["punt","martian","ip4-lookup","a"]' \
		"$from" dst 10.1.0.2 dev b
	n r sysctl -qw net.ipv4.conf.b.rp_filter=0
	# The whole VR.
	check in_r vr set red quarantine on
	why '[.verdict, .reason]' '["drop","quarantine"]' "$from" dst 10.2.0.2
	check in_r vr set red quarantine off
	check ip -n r link set red down
	why '[.verdict, .reason]' '["punt","passed"]' "$from" dst 10.2.0.2 dev a
	topo_wipe
}

mirrored()
{
	[ "$(in_r -j why red src 10.1.0.2 dst "$1" | jq -r .verdict)" = forward ]
}

# What it says is what happens: the same packets, traced.
why_true()
{
	local dst said

	one_warm || return
	check ip -n r route add blackhole 10.77.0.0/24 table 10
	check ip -n r route add 10.79.0.0/24 via 10.2.0.2 table 10
	soon 10 mirrored 10.79.0.1
	for dst in 10.2.0.2 10.77.0.1 10.79.0.1 10.1.0.1 10.98.0.1; do
		said=$(in_r -j why red src 10.1.0.2 dst $dst | jq -c '[.verdict, .reason, .nodes]')
		tell $dst || return
		traced dst $dst proto udp count 1 || return
		all "packets to $dst" '[.verdict, .reason, [.nodes[].node]]' "[$said]"
		finish "$RUN_PID"
	done
	topo_wipe
}

why_refusals()
{
	one_warm || return
	refused '^Error: src "10.1.0.0/24" is not an address such as 192.0.2.1 or 2001:db8::1\.$' \
		in_r why red src 10.1.0.0/24 dst 10.2.0.2
	refused '^Error: dst "::1" is of another family than src\.$' in_r why red src 10.1.0.2 dst ::1
	refused '^Error: dst is missing: vrctl why NAME src ADDR dst ADDR ' in_r why red src 10.1.0.2
	refused '^Error: "count" is not known here, try "vrctl why help"\.$' in_r why red src 10.1.0.2 dst 10.2.0.2 count 1
	refused '^Error: red: no route leads to the source: name the port\.$' in_r why red src 172.16.0.1 dst 10.2.0.2
	refused '^Error: dev lo: the device is no port of this VR\.$' in_r why red src 10.1.0.2 dst 10.2.0.2 dev lo
	refused "^Error: red: shorter than the packet's headers\.$" in_r why red src 10.1.0.2 dst 10.2.0.2 length 27
	refused '^Error: blue: No device of this name\.$' in_r why blue src 10.1.0.2 dst 10.2.0.2
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command vrctl ip jq setpriv ethtool
need_kind || die "no module $KIND"
dmesg_mark
run_tests "$ALL_TESTS" "$@"
