#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl save and restore: the configuration of a namespace as a file and back, in
#
#	h1 (e1) === p1 [red, table 10] p2 === (e2) h2		p3, p4 [blue, table 20]
#
# vm: kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="round_trip again dry_run no_flap back_to_default moves quarantine_stays_off cores
	   many_files standby json_and_colour waits stops_at_a_failure refusals wrong_files
	   save_is_atomic unit"

TMP=$(mktemp -d)
r='' h1='' h2=''
FILE=$TMP/site.vr

v()
{
	vrctl -n "$r" "$@"
}

# Configured by hand, with everything that is not default.
configure()
{
	v vr add red table 10 weight 300 &&
		v vr set red queue-packets 256 queue-time 8ms vector-limit 50ms strikes 5 \
			strike-window 20s cpus 0 &&
		v vr add blue table 20 && v vr set blue burn 100 queue-time off &&
		v port add p1 vr red && v port add p2 vr red && v port add p3 vr blue &&
		v port set p1 direct on && v port set p2 credit off && v port set p2 xdp on &&
		ip -n "$r" addr add 198.51.100.1/32 dev red &&
		ip -n "$r" addr add 192.0.2.1/24 dev p1 && ip -n "$r" addr add 192.0.2.7/24 dev p1 &&
		ip -n "$r" addr add 2001:db8:1::1/64 dev p1 nodad &&
		ip -n "$r" addr add 203.0.113.1/24 dev p2 && ip -n "$r" addr add fe80::1/64 dev p2 nodad &&
		ip -n "$r" addr add 10.0.0.1 peer 10.0.0.2/31 dev p3 && ip -n "$r" link set p3 down
}

# fresh: a namespace with four ports and no VRs, others beside it
fresh()
{
	local i

	setup_ns r h1 h2
	connect "$r" p1 "$h1" e1 && connect "$r" p2 "$h2" e2 &&
		ip netns exec "$h2" ethtool -K e2 tx off txvlan off tx-vlan-stag-hw-insert off \
			>/dev/null || return
	for i in 3 4; do
		ip -n "$r" link add p$i type veth peer name x$i && ip -n "$r" link set p$i up || return
	done
	ip netns exec "$r" sysctl -qw net.ipv4.ip_forward=1
}

configured()
{
	fresh && configure && v save "$FILE"
}

state()
{
	v save
	ip -n "$r" -o addr show | grep -v 'inet6 fe80::[^/][^/]' | sed 's/ *\(valid_lft\|tentative\|nodad\|\\\).*//; s/^[0-9]*: //' | sort
	# The carrier follows a little later.
	ip -n "$r" -o link show | sed 's/ state .*//; s/NO-CARRIER,//; s/,LOWER_UP//'
}

# changes N WORDS...: restore makes, or would make, so many
changes()
{
	local n=$1

	shift
	check v restore "$@" || return
	check_eq "changes of restore $* ($CHECK_OUTPUT)" "$(grep -c . <<<"$CHECK_OUTPUT")" "$n"
}

# refuses TEXT WORDS...: restore says this line, with status 1 or 2, and changes nothing
refuses()
{
	local text=$1 before out

	shift
	before=$(state)
	if out=$(v restore "$@" wait 0 2>&1); then
		fail "restored: $out"
	fi
	check_eq "what restore says" "$out" "Error: $text"
	check_eq "state" "$(state)" "$before"
}

# site LINES: a file of these, with \n between them
site()
{
	printf '%b\n' "$1" >"$FILE"
}

round_trip()
{
	local before

	configured || fail "cannot set up" || return
	before=$(state)
	check_eq "file" "$(cat "$FILE")" "$(v save)"
	v vr del red && v vr del blue || fail "cannot delete" || return
	for i in 1 2 3; do
		ip -n "$r" addr flush dev p$i scope global
		ip -n "$r" link set p$i down
	done
	ip -n "$r" addr del fe80::1/64 dev p2 2>/dev/null
	check_eq "VRs" "$(v -j vr show)" "[]"
	check v restore "$FILE" || return
	check_eq "saved again" "$(v save)" "$(cat "$FILE")"
	check_eq "state" "$(state | grep -v ': \(red\|blue\):')" "$(grep -v ': \(red\|blue\):' <<<"$before")"
	check_eq "restored again" "$(v restore "$FILE")" ""
	check_prints "burn off" v -d vr show red
	check_prints "weight 300" v -d vr show red
	check_prints "cpus 0" v vr show red
}

again()
{
	local before

	configured || fail "cannot set up" || return
	before=$(state)
	check v restore "$FILE" || return
	check_eq "what restore says" "$CHECK_OUTPUT" ""
	check_eq "state" "$(state)" "$before"
	check_eq "JSON" "$(v -j restore "$FILE")" "[]"
	check_eq "from standard input" "$(v save | v restore -)" ""
}

dry_run()
{
	local would before

	configured || fail "cannot set up" || return
	v vr del red && v vr set blue weight 7 && ip -n "$r" addr add 10.9.9.9/32 dev p4
	before=$(state)
	would=$(v restore "$FILE" dry-run) || fail "dry-run failed"
	check_eq "state" "$(state)" "$before"
	check v restore "$FILE"
	check_eq "what is done" "$CHECK_OUTPUT" "$would"
	check_prints_not p4 echo "$would"
	check_prints '~ blue: weight 7 -> 100' echo "$would"
	check_prints '+ red: table 10' echo "$would"
	check_prints '+ p1: vr red' echo "$would"
}

link_state()
{
	# shellcheck disable=SC2016
	ip netns exec "$r" sh -c 'for d in red p1 p2; do
		cd /sys/class/net/$d; echo $d $(cat ifindex carrier carrier_up_count carrier_down_count flags)
	done'
}

addresses_settled()
{
	[ -z "$(ip -n "$r" -6 addr show tentative)" ]
}

# Traffic runs, a monitor looks, and only the weight changes.
no_flap()
{
	local before events sent

	require_command ping || return
	configured || fail "cannot set up" || return
	ip -n "$h1" addr add 192.0.2.2/24 dev e1 && ip -n "$h1" route add default via 192.0.2.1 &&
		ip -n "$h2" addr add 203.0.113.2/24 dev e2 && ip -n "$h2" route add default via 203.0.113.1 ||
		fail "cannot set up" || return
	check busywait 5000 ip netns exec "$h1" ping -q -c 1 -W 1 203.0.113.2 || return
	# What IPv6 does by itself when links come up would be among the events.
	check busywait 5000 addresses_settled || return
	before=$(link_state)
	sed -i 's/weight: 300/weight: 450/' "$FILE"
	ip -n "$r" monitor link addr >"$TMP/events" &
	events=$!
	check busywait 5000 subscribed $events 0 || return
	ip netns exec "$h1" ping -q -i 0.01 -c 200 203.0.113.2 >"$TMP/ping" &
	sent=$!
	check v restore "$FILE"
	check_eq "changes" "$CHECK_OUTPUT" '~ red: weight 300 -> 450'
	check v restore "$FILE"
	wait $sent
	check_prints " 0% packet loss" cat "$TMP/ping"
	kill $events
	wait $events 2>/dev/null
	check_eq "events of links and addresses" "$(cat "$TMP/events")" ""
	check_eq "links" "$(link_state)" "$before"
	check_prints "weight 450" v -d vr show red
}

back_to_default()
{
	configured || fail "cannot set up" || return
	site 'vrs:\n  red:\n    table: 10\n    ports:\n      p1:'
	check v restore "$FILE" || return
	check_prints '~ red: weight 300 -> 100' echo "$CHECK_OUTPUT"
	check_prints '~ red: cpus 0 -> all' echo "$CHECK_OUTPUT"
	check_prints '~ p1: direct on -> off' echo "$CHECK_OUTPUT"
	check_eq "settings that are not default" "$(v vr show red | awk 'NR > 1 { print NF }')" 4
	# Of what is not mentioned nothing is removed.
	check_prints p2 v port show vr red
	check_prints 192.0.2.7 ip -n "$r" addr show dev p1
	check_prints blue v vr show
	changes 0 "$FILE"
}

moves()
{
	configured || fail "cannot set up" || return
	site 'vrs:\n  red:\n    table: 10\n    ports:\n      p3: {up: on, addresses: ["2001:db8:9::1/64"]}'
	check v restore "$FILE"
	check_prints '~ p3: vr blue -> red' echo "$CHECK_OUTPUT"
	check_prints '~ p3: up off -> on' echo "$CHECK_OUTPUT"
	check_prints '+ p3: address 2001:db8:9::1/64' echo "$CHECK_OUTPUT"
	check_prints red v port show p3
	changes 0 "$FILE"
}

# The watchdog's verdict stands until somebody says otherwise.
quarantine_stays_off()
{
	configured || fail "cannot set up" || return
	check v vr set red quarantine on
	changes 0 "$FILE"
	check_prints 'quarantine on' v vr show red
	check v save "$FILE"
	check v vr set red quarantine off
	check_prints '~ red: quarantine off -> on' v restore "$FILE"
	sed -i 's/quarantine: on/quarantine: off/' "$FILE"
	check_prints '~ red: quarantine on -> off' v restore "$FILE"
}

cores()
{
	fresh || fail "cannot set up" || return
	defer vrctl core set slice 50us
	check vrctl core set 0 slice 80us
	check v save "$FILE"
	check_prints '  0:
    slice: 80us' cat "$FILE"
	check vrctl core set 0 slice 50us
	check_eq "restored" "$(v restore "$FILE")" '~ cpu 0: slice 50us -> 80us'
	changes 0 "$FILE"
	check_eq "saved again" "$(v save)" "$(cat "$FILE")"
}

many_files()
{
	fresh || fail "cannot set up" || return
	rm -rf /etc/vrouter && mkdir /etc/vrouter || fail "no /etc/vrouter" || return
	defer rm -rf /etc/vrouter
	check_eq "nothing" "$(v restore)$(v -j restore)" "[]"
	printf 'vrs:\n  red:\n    table: 10\n    ports: {p1: , p2: }\n' >/etc/vrouter/a.vr
	printf 'vrs:\n  blue: {table: 20, weight: 5}\n' >/etc/vrouter/b.vr
	echo 'nonsense: 1' >/etc/vrouter/c.off
	changes 5
	changes 0
	check_eq "weight" "$(v -j vr show blue | jq '.[0].weight')" 5
	changes 0 /etc/vrouter/a.vr /etc/vrouter/b.vr
	echo 'vrs: {red: {table: 30}}' >/etc/vrouter/c.vr
	check_fails_with '/etc/vrouter/c.vr:1:7: "red" is given twice, first at /etc/vrouter/a.vr:2' v restore
	echo 'vrs: {green: {table: 30, ports: {p1: {}}}}' >/etc/vrouter/c.vr
	check_fails_with '/etc/vrouter/c.vr:1:34: "p1" is given twice, first at /etc/vrouter/a.vr:4' v restore
	mv /etc/vrouter/c.off /etc/vrouter/c.vr
	check_fails_with '/etc/vrouter/c.vr:1:1: "nonsense" is not known' v restore
}

json_and_colour()
{
	configured || fail "cannot set up" || return
	sed -i 's/weight: 300/weight: 450/' "$FILE"
	check_eq "JSON of a dry run" "$(v -j restore "$FILE" dry-run)" \
		'[{"vr":"red","object":"red","what":"weight","from":"300","to":"450","applied":false}]'
	check_prints $'\e[1m~\e[0m \e[36mred\e[0m: weight 300 -> 450' v -c=always restore "$FILE" dry-run
	check_eq "JSON" "$(v -j restore "$FILE" | jq -c '.[] | [.what, .applied]')" '["weight",true]'
}

waits()
{
	local pid

	fresh || fail "cannot set up" || return
	site 'vrs:\n  red:\n    table: 10\n    ports:\n      late:'
	refuses "$FILE:5: \"late\": there is no such device." "$FILE"
	v restore "$FILE" wait 20 >"$TMP/out" 2>"$TMP/err" &
	pid=$!
	check busywait 5000 grep -q '^Waiting for late, 20 s at most' "$TMP/err"
	ip -n "$r" link add late type veth peer name early
	wait $pid
	check_eq "status of restore" $? 0
	check_prints '+ late: vr red' cat "$TMP/out"
	check_prints red v port show late
}

stops_at_a_failure()
{
	local out

	fresh || fail "cannot set up" || return
	site 'vrs:\n  red:\n    table: 10\n    ports:\n      lo:\n      p1:'
	out=$(v restore "$FILE" 2>"$TMP/err")
	check_eq "status" $? 2
	check_eq "what is done" "$out" '+ red: table 10'
	check_prints "Error: $FILE:5: lo: " cat "$TMP/err"
	check_prints 'Stopped: 1 change was made, not these:
  lo: vr red
  p1: vr red' cat "$TMP/err"
	check_eq "ports" "$(v -j port show)" "[]"
}

# p4 is the lane of p1
standby()
{
	local without

	fresh && ip -n "$r" link set dev p4 address "$(v_address p1)" && configure &&
		v port add p4 vr red || fail "cannot set up" || return
	without=$(v save)
	check v port set p4 standby p1 && check v save "$FILE" || return
	check_eq "what is saved" "$(diff <(echo "$without") "$FILE" | sed -n 's/^> //p')" \
		"      p4:
        standby: p1"
	check_eq "restored" "$(v restore "$FILE")" ""
	check v port set p4 standby none
	changes 1 "$FILE"
	check_eq "what restore says" "$CHECK_OUTPUT" "~ p4: standby none -> p1"
	check v vr del red && check v restore "$FILE" || return
	check_eq "saved again" "$(v save)" "$(cat "$FILE")"
	sed 's/standby: p1/standby: p9/' "$FILE" >"$FILE.2"
	refuses "$FILE.2:$(grep -n ' p4:' "$FILE" | sed 's/:.*//'): standby \"p9\" is not among the ports of \"red\" that have none." "$FILE.2"
	echo "$without" >"$FILE.2"
	changes 1 "$FILE.2"
	check_eq "what restore says" "$CHECK_OUTPUT" "~ p4: standby p1 -> none"
}

# v_address DEV
v_address()
{
	ip netns exec "$r" cat "/sys/class/net/$1/address"
}

refusals()
{
	configured || fail "cannot set up" || return
	site 'vrs:\n  red:\n    table: 11'
	refuses "$FILE:2: \"red\": it has table 10 instead of 11, which cannot change while it is there." "$FILE"
	site 'vrs:\n  p4:\n    table: 11'
	refuses "$FILE:2: \"p4\": there is a device of this name, it is no VR." "$FILE"
	ip -n "$r" link add name br0 type bridge && ip -n "$r" link set p4 master br0
	site 'vrs:\n  green:\n    table: 11\n    weight: 5\n    ports:\n      p4:'
	refuses "$FILE:6: \"p4\": it has another master, br0." "$FILE"
	site 'vrs:\n  green:\n    table: 11\n    vfs:\n      - pf: 0000:ff:1f.0\n        vf: 1'
	refuses "$FILE:5: \"0000:ff:1f.0\": there is no such device." "$FILE"
	site 'vrs: {green: {table: 11}}\npfs:\n  0000:ff:1f.0:\n    numvfs: 3'
	refuses "$FILE:3: \"0000:ff:1f.0\": there is no such PF." "$FILE"
	site 'vrs: {green: {table: 11}}\ncores: {60000: {slice: 10us}}'
	refuses "$FILE:2: \"60000\": there is no such CPU." "$FILE"
}

# wrong TEXT LINES: refused by what it says alone
wrong()
{
	site "$2"
	refuses "$FILE:$1" "$FILE"
}

wrong_files()
{
	configured || fail "cannot set up" || return
	wrong '3:5: "tabel" is not known for a VR, perhaps "table".' 'vrs:\n  green:\n    tabel: 10'
	wrong '4:5: "table" is given twice.' 'vrs:\n  green:\n    table: 10\n    table: 11'
	wrong '4:3: "green" is given twice.' 'vrs:\n  green:\n    table: 10\n  green:\n    table: 10'
	wrong '2:3: "green" lacks its table.' 'vrs:\n  green:\n    weight: 10'
	wrong '1:1: "vr" is not known: there are vrs, pfs and cores.' 'vr: {}'
	wrong '1:6: "vrs" is to be a mapping, lines of KEY: VALUE.' 'vrs: [green]'
	wrong '3:12: "0" is not a routing table, a number from 1 on or a known name.' 'vrs:\n  green:\n    table: 0'
	wrong '3:13: weight "10001" is not a number from 1 to 10000.' 'vrs:\n  green:\n    weight: 10001'
	wrong '3:17: queue-time "4 ms" is not a time from 0s to 1s in steps of 1us, nor off.' \
		'vrs:\n  green:\n    queue-time: 4 ms'
	wrong '2:3: "a/b" is not a name of a device.' 'vrs:\n  a/b:\n    table: 10'
	wrong '2:3: "name" has other characters than those of ASCII.' 'vrs:\n  gr\303\274n:\n    table: 10'
	wrong '5:20: direct "yes" is neither on nor off.' \
		'vrs:\n  green:\n    table: 10\n    ports:\n      p4: {direct: yes}'
	wrong '5:12: "speed" is not known for a port.' \
		'vrs:\n  green:\n    table: 10\n    ports:\n      p4: {speed: 5}'
	wrong '4:17: "192.0.2.1/33" is not an address such as 192.0.2.1/24 or 2001:db8::1/64.' \
		'vrs:\n  green:\n    table: 10\n    addresses: [192.0.2.1/33]'
	wrong '4:31: "192.0.2.1/24" is given twice.' \
		'vrs:\n  green:\n    table: 10\n    addresses: [192.0.2.1/24, 192.0.2.1/24]'
	wrong '4:45: "192.0.2.1/24" is given twice.' \
		'vrs:\n  green:\n    table: 10\n    addresses: [192.0.2.1/24, 192.0.2.2/24, 192.0.2.1/24]'
	wrong '5:14: "eth0" is not the address of a PF such as 0000:01:00.0.' \
		'vrs:\n  green:\n    table: 10\n    vfs:\n      - {pf: eth0, vf: 1}'
	wrong '5:9: "vf" is missing.' 'vrs:\n  green:\n    table: 10\n    vfs:\n      - {pf: 0000:01:00.0}'
	wrong '6:9: "0000:01:00.0 vf 1" is given twice, first at '"$FILE:5." \
		'vrs:\n  green:\n    table: 10\n    vfs:\n      - {pf: 0000:01:00.0, vf: 1}\n      - {pf: 0000:01:00.0, vf: 1}'
	wrong '6: mac "02:00:00:00:00:0A" is given twice, first at '"$FILE:5." \
		'vrs:\n  green:\n    table: 10\n    vfs:\n      - {pf: 0000:01:00.0, vf: 1, mac: 02:00:00:00:00:0a}\n      - {pf: 0000:01:00.0, vf: 2, mac: 02:00:00:00:00:0A}'
	wrong '5: vf "3": 0000:01:00.0 has numvfs 2.' \
		'vrs:\n  green:\n    table: 10\n    vfs:\n      - {pf: 0000:01:00.0, vf: 3}\npfs: {0000:01:00.0: {numvfs: 2}}'
	wrong '5: "blue" is a VR, it cannot be a port.' \
		'vrs:\n  green:\n    table: 10\n    ports:\n      blue:\n  blue: {table: 20}'
	wrong '3:12: "table" has a tag, which is not understood here.' 'vrs:\n  green:\n    table: !!int 10'
	wrong '3:12: "table" is to be one word, no list and no mapping.' 'vrs:\n  green:\n    table: [10]'
	wrong '2:1: found character that cannot start any token.' 'vrs:\n\tgreen:'
	printf '\377\n' >"$FILE"
	check_fails_with "$FILE: byte 0: " v restore "$FILE"
	head -c 2000000 /dev/zero | tr '\0' '#' >"$FILE"
	check_fails_with "$FILE: longer than" v restore "$FILE"
	check_fails_with "$TMP/none: open: No such file" v restore "$TMP/none"
	check_fails_with "$TMP: " v restore "$TMP"
}

save_is_atomic()
{
	configured || fail "cannot set up" || return
	umask 077
	rm -f "$FILE"
	check v save "$FILE"
	umask 022
	check_eq "mode" "$(stat -c %a "$FILE")" 644
	mkdir "$TMP/dir"
	echo old >"$TMP/dir/file"
	mount -t tmpfs -o size=4k,nr_inodes=3 small "$TMP/dir" || fail "no tmpfs" || return
	defer umount "$TMP/dir"
	echo old >"$TMP/dir/file"
	check_fails_with "$TMP/dir/file: " v save "$TMP/dir/file"
	check_eq "old file" "$(cat "$TMP/dir/file")" old
	check_eq "files" "$(ls "$TMP/dir")" file
	check_fails_with "/nowhere/file: create: No such file" v save /nowhere/file
	check ip -n "$r" link add $'gr\303\274n' type vrouter table 30
	check_fails_with "a file can only have names of ASCII characters" v save "$FILE"
}

unit()
{
	require_command systemd-analyze || return
	sed 's|@SBINDIR@|'"$TOP/tools/vrctl"'|' "$TOP/tools/systemd/vrouter.service.in" >"$TMP/vrouter.service"
	check systemd-analyze verify --man=no "$TMP/vrouter.service"
	check_eq "what systemd-analyze says" "$CHECK_OUTPUT" ""
}

require_root
require_command jq
require_module vrouter
defer rm -rf "$TMP"
run_tests "$ALL_TESTS" "$@"
