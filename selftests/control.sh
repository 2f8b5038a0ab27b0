#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=1 kernels=6.12 timeout=400
# The control interfaces: vrctl, the plugin for ip, a foreign netlink client,
# events, permissions, and dumps of things that change.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="module_is_loaded_on_demand no_module overview vr_commands vr_settings port_commands
	   core_commands core_slice stats_commands bill_commands balance_commands refusals refusals_change_nothing batch netns_option colour
	   events events_in_json plugin unprivileged_user namespace_root ynl_client ynl_refusals
	   dump_survives_changes log_is_clean"

export IP_LIB_DIR=$TOP/tools/ip
SPEC=$TOP/Documentation/netlink/specs/vrouter.yaml

# json EXPR CMD...: the command's JSON is d in this Python expression, which must
# be true.
json()
{
	local expr=$1 out

	shift
	check "$@" || return
	out=$(python3 -c '
import json, sys
text = sys.stdin.read()
if not eval("(" + sys.argv[1] + ")", {"d": json.loads(text)}):
    sys.exit(text[:4000])' "$expr" 2>&1 <<<"$CHECK_OUTPUT") ||
		fail "'$*': not true: $expr: ${out##*$'\n'}"
}

# refused TEXT WORDS...: the kernel refuses, and vrctl says so in this one line.
refused()
{
	local text=$1 out rc

	shift
	out=$(vrctl "$@" 2>&1)
	rc=$?
	check_eq "exit status of 'vrctl $*'" "$rc" 2
	check_eq "what 'vrctl $*' says" "$out" "Error: $text"
}

add_vr()
{
	check vrctl vr add "$@" || return
	defer vrctl vr del "$1"
}

add_veth()
{
	check ip link add "$1" type veth peer name "$2" || return
	defer ip link del "$1"
}

# Everything there is to see of the objects, counters left out.
state()
{
	vrctl -j vr show
	vrctl port show | awk '{ print $1, $2, $3 }'
	ip -o link show | grep -c vrouter
}

module_is_loaded_on_demand()
{
	modprobe -r vrouter || { fail "cannot unload the module"; return; }
	check vrctl vr show
	[ -d /sys/module/vrouter ] || fail "vrctl did not load the module"
	modprobe -r vrouter || { fail "cannot unload the module"; return; }
	check ip link add od0 type vrouter table 10
	check_prints od0 vrctl vr show
	check ip link del od0
}

no_module()
{
	local loader

	loader=$(cat /proc/sys/kernel/modprobe)
	modprobe -r vrouter || { fail "cannot unload the module"; return; }
	echo /bin/false >/proc/sys/kernel/modprobe
	check_fails_with 'try "modprobe vrouter"' vrctl vr show
	check_fails_with 'try "modprobe vrouter"' vrctl vr add red table 10
	check_fails_with 'try "modprobe vrouter"' vrctl monitor
	check_eq "what is printed as JSON" "$(vrctl -j stats show 2>/dev/null)" ""
	echo "$loader" >/proc/sys/kernel/modprobe
	check modprobe vrouter
}

overview()
{
	add_vr ov0 table 1000 weight 3
	check_eq "the overview" "$(vrctl)" "$(vrctl vr show)"
	check_prints ov0 vrctl
	json "len(d) == 1 and d[0]['name'] == 'ov0'" vrctl -j
}

vr_commands()
{
	json "d == []" vrctl -j vr show
	check_eq "no VR as text" "$(vrctl vr show)" ""
	add_vr red table 10 weight 200
	add_vr blue table main
	json "[(v['name'], v['table'], v['weight'], v['ports']) for v in d] ==
	      [('red', 10, 200, 0), ('blue', 254, 100, 0)]" vrctl -j vr show
	json "all(v['ifindex'] > 0 for v in d)" vrctl -p vr show
	json "[v['name'] for v in d] == ['blue']" vrctl -j vr show blue
	check_prints "main" vrctl vr show blue
	check ip link show red up
	check vrctl vr set red weight 10000
	json "d[0]['weight'] == 10000" vrctl -j vr show red
	check ip link set red type vrouter weight 1
	json "d[0]['weight'] == 1" vrctl -j vr show red
	# Columns line up: WEIGHT ends where its numbers end.
	check_eq "ends of the column WEIGHT" \
		"$(vrctl vr show | sed -E 's/^(\S+ +\S+ +\S+).*/\1/' | awk '{ print length($0) }' | sort -u | wc -l)" 1
	check vrctl vr del blue
	json "[v['name'] for v in d] == ['red']" vrctl -j vr show
	add_vr blue table 11
}

# Each setting that is set is shown, alone or with others, until it is set back.
vr_settings()
{
	local before words

	add_vr red table 10 || return
	before=$(vrctl -d vr show)
	for words in "queue-packets 64" "queue-time 2ms" "queue-time off" "vector-limit 50ms" \
		     "vector-limit off" "strikes 5" "strike-window 1500ms" "quarantine on" "burn 10"; do
		# shellcheck disable=SC2086
		check vrctl vr set red $words
		check_prints " $words" vrctl vr show
		check_prints " $words " sh -c 'vrctl -d vr show | tr "\n" " "'
		# shellcheck disable=SC2046 # as it was before, all but the CPUs
		check vrctl vr set red $(sed -n 's/.*\(queue-packets.*\)/\1/p' <<<"$before")
		check_eq "settings after '$words' and back" "$(vrctl -d vr show)" "$before"
		check_prints_not OPTIONS vrctl vr show
	done
	check vrctl vr set red weight 7 queue-packets 1 queue-time 1us vector-limit 1s strikes 1000 \
		strike-window 1h quarantine on burn 10000000
	json "d[0]['weight'] == 7 and d[0]['queue_packets'] == 1 and d[0]['queue_time_us'] == 1 and
	      d[0]['vector_limit_us'] == 1000000 and d[0]['strikes'] == 1000 and
	      d[0]['strike_window_ms'] == 3600000 and d[0]['quarantine'] is True and
	      d[0]['burn'] == 10000000" vrctl -j vr show red
}

# A slice of one CPU, of all, and what is out of range.
core_slice()
{
	json "all(c['slice_us'] == 50 and c['clock_khz'] > 0 for c in d)" vrctl -j core show
	defer vrctl core set slice 50us
	check vrctl core set 0 slice 20us
	json "[c['slice_us'] for c in d] == [20] + [50] * ($(nproc --all) - 1)" vrctl -j core show
	check vrctl core set slice 1ms
	check_prints " 1ms" vrctl -s core show
	json "all(c['slice_us'] == 1000 for c in d)" vrctl -j core show
	refused "cpu 65000: No such CPU." core set 65000 slice 1ms
	json "all(c['slice_us'] == 1000 for c in d)" vrctl -j core show
}

# A VR that did nothing, then one of its name.
bill_commands()
{
	local file

	file=$(mktemp)
	defer rm -f "$file"
	add_vr red table 10
	json "[v['name'] for v in d['vrs']] == ['red'] and d['vrs'][0]['used_ns'] == 0 and
	      d['busy_ns'] >= d['overhead_ns'] + d['others_ns']" vrctl -j bill
	check vrctl bill save "$file"
	json "d['vrs'][0]['recreated'] == 0 and d['vrs'][0]['gone'] is False and
	      d['restarts'] == 0" vrctl -j bill since "$file"
	check vrctl vr del red
	check_prints "Note: red is gone" vrctl bill since "$file"
	check vrctl vr add red table 10
	json "d['vrs'][0]['recreated'] == 1" vrctl -j bill since "$file"
}

balance_commands()
{
	add_vr red table 10
	check_prints "Nothing to move: no move gains 5% of a CPU." vrctl balance dry-run interval 0.2
	check_prints "CPU 0: " vrctl -d balance interval 0.2
	json "d == []" vrctl -j balance --dry-run -i 0.2
	check_eq "moves" "$(vrctl balance watch interval 0.1 count 2)" ""
}

port_commands()
{
	add_vr red table 10
	add_vr blue table 11
	add_veth p0 p1
	check vrctl port add p0 vr red
	check_prints "master red" ip link show p0
	check vrctl port add p1 vr blue
	json "[(p['name'], p['vr'], p['direct']) for p in d] ==
	      [(n, v, False) for n, v in (('p0', 'red'), ('p1', 'blue'))]" vrctl -j port show
	json "[p['name'] for p in d] == ['p1']" vrctl -j port show vr blue
	json "[p['name'] for p in d] == ['p0']" vrctl -j port show p0
	json "d[0]['vr_ifindex'] == $(cat /sys/class/net/red/ifindex) and
	      all(d[0][k] >= 0 for k in ('rx_packets', 'rx_bytes', 'rx_dropped',
					 'tx_packets', 'tx_bytes', 'tx_dropped'))" vrctl -j port show p0
	json "d[0]['ports'] == 1" vrctl -j vr show red
	check vrctl port set p0 direct on
	json "d[0]['direct'] is True" vrctl -j port show p0
	check vrctl port set p0 direct off credit off
	json "(d[0]['direct'], d[0]['credit']) == (False, False)" vrctl -j port show p0
	check vrctl port set p0 credit on
	json "d[0]['credit'] is True" vrctl -j port show p0
	check vrctl port del p0
	json "d == []" vrctl -j port show vr red
	check_prints_not master ip link show p0
	check vrctl vr del blue
	json "d == []" vrctl -j port show
	add_vr blue table 11
}

core_commands()
{
	json "[c['cpu'] for c in d] == list(range($(nproc --all)))" vrctl -j core show
	json "all(c['overhead_ns'] == c['busy_ns'] - c['billed_ns'] >= 0 for c in d)" \
		vrctl -j core show
	json "len(d) == 1 and d[0]['cpu'] == 0" vrctl -j core show 0
	check_prints "SWITCHES" vrctl core show
}

stats_commands()
{
	local cpus

	cpus=$(nproc --all)
	add_vr red table 10
	add_vr blue table 11
	json "[s['name'] for s in d] == ['red', 'blue'] and
	      all(isinstance(s[k], int) for s in d
		  for k in ('used_ns', 'entitled_ns', 'lag_ns', 'qlen', 'qlen_max', 'rx_packets',
			    'rx_bytes', 'tx_packets', 'tx_bytes', 'passed', 'vectors', 'polls'))" \
		vrctl -j stats show
	json "d[0]['dropped'] == sum(d[0]['drops'].values()) and 'queue_full' in d[0]['drops'] and
	      d[0]['punted'] == sum(d[0]['punts'].values()) and 'local' in d[0]['punts']" \
		vrctl -j stats show red
	json "set(d[0]['mirror']) >= {'ready', 'routes_ipv4', 'routes_ipv6', 'failed', 'bytes'}" \
		vrctl -j stats show red
	json "len(d) == 2 * (1 + $cpus) and
	      [s.get('cpu') for s in d] == 2 * ([None] + list(range($cpus)))" vrctl -j stats show cpu
	json "len(d) == 1 + $cpus and {s['name'] for s in d} == {'blue'}" vrctl -j stats show blue cpu
	check_prints_not "queue_full" vrctl stats show red
	check_prints "queue_full" vrctl stats show red all
	check_prints "ENTITLED" vrctl stats show cpu all
	check_prints "queue of the VR full" vrctl stats show all name red
}

refusals()
{
	add_vr red table 10
	add_veth p0 p1
	refused "nope: No device of this name." vr show nope
	refused "lo: Device is not a virtual router." vr show lo
	refused "lo: Device is not a virtual router." vr del lo
	refused "nope: No device of this name." vr set nope weight 5
	refused "nope: No device of this name." stats show nope
	refused "nope: No device of this name." port show vr nope
	refused "p0: Device is not a port of a virtual router." port show p0
	refused "p0: Device is not a port of a virtual router." port set p0 direct on
	refused "p0: Device is not a port of a virtual router." port del p0
	refused "65000: No such CPU." core show 65000
	refused "red: File exists." vr add red table 10
	check_fails_with "255: " vrctl vr add green table 255
	check_fails_with "lo: " vrctl port add lo vr red
	check_fails_with "red: " vrctl port add red vr red
	check_fails_with "nope: No such device." vrctl port add nope vr red
	check vrctl port add p0 vr red
	refused "p0: Has a master already: red." port add p0 vr red
	# A device under another kind of master is not ours to release.
	check ip link add br0 type bridge
	defer ip link del br0
	check ip link set p1 master br0
	refused "p1: Device is not a port of a virtual router." port del p1
	refused "p1: Has a master already: br0." port add p1 vr red
	check_prints "master br0" ip link show p1
}

refusals_change_nothing()
{
	local before

	add_vr red table 10 weight 7
	add_veth p0 p1
	check vrctl port add p0 vr red
	before=$(state)
	check_fails vrctl vr add green table 255
	check_fails vrctl vr add red table 12
	check_fails ip link add green type vrouter
	check_fails ip link add green type vrouter table 5 weight 0
	check_fails ip link set red type vrouter table 77
	check_fails ip link set red type vrouter weight 10001
	check_fails ip link set red master red
	check_fails vrctl port add lo vr red
	check_fails vrctl port add red vr red
	check_fails vrctl port set p1 direct on
	check_fails vrctl vr del p0
	check_eq "what there is" "$(state)" "$before"
}

batch()
{
	local file

	file=$(mktemp)
	defer rm -f "$file"
	cat >"$file" <<-END
	# two routers, and a port
	vr add red table 10
	vr add "blue" table 11 weight 5

	vr set red weight 50
	vr show
	END
	defer vrctl -force -b "$file.undo"
	check_prints "blue" vrctl -b "$file"
	check_eq "weight" "$(vrctl vr show red | awk 'NR == 2 { print $3 }')" 50
	printf 'vr del red\nvr del nope\nvr del blue\n' >"$file"
	check_fails_with "Command failed $file:2" vrctl -b "$file"
	check_prints blue vrctl vr show
	check_fails_with "Command failed $file:1" vrctl -force -b "$file"
	check_eq "what is left" "$(vrctl vr show)" ""
}

netns_option()
{
	local ns

	setup_ns ns
	check vrctl -n "$ns" vr add red table 10
	check_prints red vrctl -n "$ns" vr show
	check_prints red ip netns exec "$ns" "$TOP/tools/vrctl/vrctl" vr show
	check_prints red vrctl -n "/run/netns/$ns" vr show
	check_prints_not red vrctl vr show
	json "len(d) == $(nproc --all)" vrctl -n "$ns" -j core show
}

colour()
{
	local escape=$'\e['

	add_vr red table 10
	check_prints_not "$escape" vrctl -c vr show
	check_prints "$escape" vrctl -c=always vr show
	check_prints_not "$escape" vrctl -c=never vr show
	check_prints_not "$escape" vrctl -c=always -j vr show
	check_prints "$escape" vrctl -c=always stats show
}

# start_monitor FILE OPTION...: sets MONITOR
start_monitor()
{
	local file=$1

	shift
	"$TOP/tools/vrctl/vrctl" "$@" >"$file" 2>&1 &
	MONITOR=$!
	defer kill "$MONITOR"
	busywait 5000 subscribed "$MONITOR" || fail "the monitor does not listen"
}

# array FILE: lines of JSON as one array
array()
{
	echo "[$(paste -sd , "$1")]"
}

make_events()
{
	check vrctl vr add red table 10 weight 5
	check vrctl vr set red weight 6
	check vrctl vr set red weight 6
	add_veth p0 p1
	check vrctl port add p0 vr red
	check vrctl port set p0 direct on
	check ip link set red down
	check ip link set red name green
	check vrctl port del p0
	check vrctl vr del green
}

events()
{
	local file

	file=$(mktemp)
	defer rm -f "$file" "$file.vr" "$file.t"
	start_monitor "$file.vr" monitor vr
	start_monitor "$file.t" -t monitor port
	start_monitor "$file" monitor
	make_events
	busywait 5000 grep -q 'VR. del' "$file" || fail "no event of the deletion"
	check_eq "events" "$(cat "$file")" "[VR] add red table 10 weight 5 ports 0
[VR] change red table 10 weight 6 ports 0
[PORT] add p0 vr red direct off credit on
[PORT] change p0 vr red direct on credit on
[VR] change green table 10 weight 6 ports 1
[PORT] del p0 vr green direct on credit on
[VR] del green table 10 weight 6 ports 0"
	busywait 5000 grep -q 'VR. del' "$file.vr" || fail "no event in the monitor of VRs"
	check_eq "events of VRs" "$(cat "$file.vr")" "$(grep '^.VR' "$file")"
	check_eq "events of ports, with time" "$(grep -cE '^\[20[-0-9]*T[0-9:.]*\] \[PORT\]' "$file.t")" 3
}

events_in_json()
{
	local file

	file=$(mktemp)
	defer rm -f "$file"
	start_monitor "$file" -j -t monitor
	make_events
	busywait 5000 grep -q '"event":"del","ifindex":[0-9]*,"name":"green"' "$file" ||
		fail "no event of the deletion"
	json "[(e['object'], e['event']) for e in d] ==
	      [('vr', 'add'), ('vr', 'change'), ('port', 'add'), ('port', 'change'),
	       ('vr', 'change'), ('port', 'del'), ('vr', 'del')] and
	      all('timestamp' in e for e in d)" \
		array "$file"
}

plugin()
{
	add_veth p0 p1
	check ip link add red type vrouter table main weight 200
	defer ip link del red
	check ip link set p0 master red
	check_prints "vrouter table 254 weight 200 ports 1" ip -d link show red
	json "d[0]['linkinfo'] == {'info_kind': 'vrouter',
				   'info_data': {'table': 254, 'weight': 200, 'ports': 1}}" \
		ip -d -j link show red
	check ip link set red type vrouter weight 300
	check_prints "weight 300" ip -d link show red
	check_prints "vrouter_slave direct off" ip -d link show p0
	check ip link set p0 type vrouter_slave direct on
	check_prints "vrouter_slave direct on" ip -d link show p0
	json "d[0]['linkinfo']['info_slave_data'] == {'direct': True}" ip -d -j link show p0
	json "[v['name'] for v in d] == ['red']" vrctl -j vr show
	check_prints "p0" ip link show master red
	check_prints "red" ip link show type vrouter
}

unprivileged_user()
{
	require_command setpriv || return
	add_vr red table 10 weight 5
	add_veth p0 p1
	check vrctl port add p0 vr red
	check as_nobody vr show
	check as_nobody stats show cpu all
	check as_nobody port show
	check as_nobody core show
	check_fails_with "red: Operation not permitted: shares of CPU time are of the host" as_nobody vr set red weight 6
	check_fails_with "p0: Operation not permitted" as_nobody port set p0 direct on
	check_fails_with "Operation not permitted" as_nobody vr add blue table 11
	check_fails_with "Operation not permitted" as_nobody vr del red
	check_fails_with "Operation not permitted" as_nobody port del p0
	json "d[0]['weight'] == 5 and len(d) == 1" vrctl -j vr show
	json "d[0]['direct'] is False" vrctl -j port show p0
}

as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$TOP/tools/vrctl/vrctl" "$@"
}

# Root of a user namespace owns what is in its network namespace, but the share
# of the CPU that it gets is the host's.
namespace_root()
{
	local out

	require_command unshare || return
	[ "$(cat /proc/sys/user/max_user_namespaces)" != 0 ] || { skip "no user namespaces here"; return; }
	# shellcheck disable=SC2016 # the inner shell expands it
	out=$(unshare --user --map-root-user --net bash -c '
		step() { "$@" 2>&1 && echo "done: ${*#*vrctl/}"; }
		vrctl=$1/tools/vrctl/vrctl
		step ip link add p0 type veth peer name p1
		step $vrctl vr add red table 10
		step $vrctl port add p0 vr red
		step $vrctl port set p0 direct on
		step $vrctl vr set red weight 5
		step $vrctl vr add blue table 11 weight 5000
		step ip link set red type vrouter weight 300
		$vrctl vr show
		step $vrctl port del p0
		step $vrctl vr del red' - "$TOP")
	check_eq "what root of a user namespace can do" "$out" "done: ip link add p0 type veth peer name p1
done: vrctl vr add red table 10
done: vrctl port add p0 vr red
done: vrctl port set p0 direct on
Error: red: Operation not permitted: shares of CPU time are of the host, its root sets them.
$(grep '^Error: 5000:' <<<"$out")
$(grep '^Error: .*weight\|^RTNETLINK.*permitted' <<<"$out" | grep -v '^Error: red\|^Error: 5000')
NAME  TABLE  WEIGHT  PORTS
red      10     100      1
done: vrctl port del p0
done: vrctl vr del red"
	check_eq "refused weights" "$(grep -cE 'not permitted|initial user namespace|CAP_NET_ADMIN' <<<"$out")" 3
}

# The kernel's own client, which knows nothing but the specification.
ynl()
{
	python3 "$YNL/cli.py" --spec "$SPEC" --no-schema --output-json "$@"
}

find_ynl()
{
	YNL=$("$TOP/tools/genl.sh" --ynl 2>&1) || { skip "${YNL##*: }"; return 1; }
	python3 -c "import yaml" 2>/dev/null || { skip "no Python module yaml"; return 1; }
}

ynl_client()
{
	local index

	find_ynl || return
	add_vr red table 10 weight 5
	add_veth p0 p1
	check vrctl port add p0 vr red
	index=$(cat /sys/class/net/red/ifindex)
	json "len(d) == 1 and {**d[0], 'ifindex': $index, 'ifname': 'red', 'table': 10, 'weight': 5,
	      'ports': 1, 'strikes': 3, 'quarantine': 0} == d[0]" \
		ynl --dump vr-get
	json "d['ifname'] == 'red'" ynl --do vr-get --json "{\"ifindex\": $index}"
	check ynl --do vr-set --json '{"ifname": "red", "weight": 9}'
	json "d['weight'] == 9" ynl --do vr-get --json '{"ifname": "red"}'
	check ynl --do port-set --json '{"ifname": "p0", "direct": 1}'
	json "d['direct'] == 1 and d['vr-ifname'] == 'red' and 'rx-packets' in d['stats']" \
		ynl --do port-get --json '{"ifname": "p0"}'
	json "[c['cpu'] for c in d] == list(range($(nproc --all)))" ynl --dump core-get
	json "d[0]['ifname'] == 'red' and 'lag-ns' in d[0]['sched'] and
	      {'name', 'packets', 'text'} == set(d[0]['drop'][0]) and d[0]['punt'] and
	      set(d[0]['mirror']) >= {'ready', 'bytes'}" ynl --dump stats-get
}

ynl_refusals()
{
	find_ynl || return
	add_vr red table 10 weight 5
	check_fails ynl --do vr-get
	check_prints "Neither ifindex nor ifname given" expect_failure ynl --do vr-get
	check_prints "ifindex and ifname are of different devices" expect_failure \
		ynl --do vr-get --json '{"ifname": "red", "ifindex": 1}'
	check_prints "Nothing to set given" expect_failure ynl --do vr-set --json '{"ifname": "red"}'
	check_prints "weight" expect_failure \
		ynl --do vr-set --json '{"ifname": "red", "weight": 10001}'
	check_prints ".table" expect_failure \
		ynl --do vr-set --json '{"ifname": "red", "table": 11, "weight": 6}'
	# What a dump takes, its do does not, and the other way round.
	check_fails ynl --do stats-get --json '{"ifname": "red", "per-cpu": true}'
	check_fails ynl --do port-get --json '{"vr-ifname": "red"}'
	json "d[0]['weight'] == 5 and d[0]['table'] == 10" vrctl -j vr show
}

# expect_failure CMD...: the command fails; its words are on our standard output.
expect_failure()
{
	! "$@" 2>&1
}

# VRs that live throughout must be in every dump exactly once, whatever else
# comes and goes; 120 VRs take several messages.
dump_survives_changes()
{
	local i churn file

	file=$(mktemp)
	defer rm -f "$file"
	for ((i = 1; i <= 120; i++)); do
		echo "vr add stay$i table $((1000 + i))"
	done >"$file"
	check vrctl -b "$file" || return
	sed -i 's/add \(stay[0-9]*\).*/del \1/' "$file"
	defer vrctl -force -b "$file"
	(
		trap 'exit 0' TERM
		while true; do
			printf 'vr add come table 2000\nvr del come\n' | vrctl -force -b -
		done
	) >/dev/null 2>&1 &
	churn=$!
	defer kill "$churn"
	for ((i = 0; i < 4; i++)); do
		json "len({v['name'] for v in d}) == len(d) and
		      len([v for v in d if v['name'].startswith('stay')]) == 120" vrctl -j vr show ||
			break
		json "len([s for s in d if s['name'].startswith('stay')]) == 120 * (1 + $(nproc --all))" \
			vrctl -j stats show cpu || break
	done
	kill "$churn"
	wait "$churn" 2>/dev/null
	busywait 5000 sh -c '! ip link show come' >/dev/null 2>&1 || vrctl vr del come
	return 0
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command vrctl ip python3
require_module vrouter
dmesg_mark
run_tests "$ALL_TESTS" "$@"
