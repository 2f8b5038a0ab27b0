#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an operator looks at routers with and works in them by: the overview, and
# programs in a VR, as ip vrf exec has them. Runs as root.
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source-path=SCRIPTDIR source=scene_lib.sh
. "$SELFTESTS/scene_lib.sh"

ALL_TESTS="exec_binds exec_is_transparent exec_elsewhere exec_nests exec_beside_others exec_refuses
	exec_follows_the_vr show_tells show_fits show_live log_is_clean"

V4_DST=10.2.0.2
V6_DST=2001:db8:2::2

# ex VR CMD...: in the namespace of the routers
ex()
{
	vrctl -n r exec "$@"
}

# What is bound to nothing finds no route; in the VR it does, without knowing of it.
exec_binds()
{
	topo two && check mount_cgroup2 || return
	check_fails n r ping -c 1 -W 1 $V4_DST
	check ex red ping -c 1 -W 5 $V4_DST
	check ex red ping -c 1 -W 5 $V6_DST
	check ex blue ping -c 1 -W 5 10.1.0.2
	run served h2 socat -u TCP6-LISTEN:7,fork,reuseaddr -
	soon 10 listening h2 7
	check ex red sh -c "echo hello | socat -u - TCP:$V4_DST:7"
	soon 5 grep -q hello "$TOPO_TMP/served"
	# a server there is found by what comes through the VR
	run heard r "$(command -v vrctl)" exec red socat -u TCP-LISTEN:8 -
	soon 10 listening r 8
	check n h1 sh -c "echo there | socat -u - TCP:10.1.0.1:8"
	soon 5 grep -q there "$TOPO_TMP/heard"
}

exec_is_transparent()
{
	local pid

	topo two && check mount_cgroup2 || return
	check_eq "its words" "$(ex red printf '<%s>' -x --json 'a b' '' help)" "<-x><--json><a b><><help>"
	ex red sh -c 'exit 42'
	check_eq "its status" $? 42
	ex red sh -c 'kill -9 $$'
	check_eq "status of a killed one" $? 137
	check_eq "its input" "$(echo in | ex red cat)" in
	# The program has taken the place of vrctl.
	run slept r "$(command -v vrctl)" exec red sleep 100
	pid=$RUN_PID
	soon 5 grep -q sleep "/proc/$pid/comm"
	check_eq "VR of the process" "$(n r vrctl identify "$pid")" red
	check_eq "VR of this one" "$(vrctl identify)" ""
	check_eq "VR in JSON" "$(vrctl -j identify "$pid")" '{"vr":"red"}'
	check_prints "$pid" vrctl -n r pids red
	check_eq "processes in JSON" "$(vrctl -n r -j pids red)" "[{\"pid\":$pid,\"command\":\"sleep\"}]"
	check_eq "processes of blue" "$(vrctl -n r -j pids blue)" "[]"
	finish "$pid"
	check_eq "processes left" "$(vrctl -n r -j pids red)" "[]"
	# one by one in a batch, which goes on after them
	check_eq "batch" "$(printf '%s\n' 'exec red echo "a b"' 'exec blue echo c' | vrctl -n r -b - )" \
		$'a b\nc'
	check_fails_with 'Command failed -:1' vrctl -n r -b - <<<'exec red false'
}

# In another network namespace the number of the VR stands for something else.
exec_elsewhere()
{
	topo two && check mount_cgroup2 || return
	check ex red ip netns exec h1 ping -c 1 -W 5 $V4_DST
	# a VR of the same name in another namespace is another one
	check vr_add h1 red 10 || return
	run slept r "$(command -v vrctl)" exec red sleep 100
	soon 5 grep -q sleep "/proc/$RUN_PID/comm"
	check_eq "processes of the other" "$(vrctl -n h1 -j pids red)" "[]"
	finish "$RUN_PID"
	check ip -n h1 link del red
}

exec_nests()
{
	topo two && check mount_cgroup2 || return
	check_eq "VR within a VR" "$(ex red vrctl exec blue vrctl identify)" blue
	check ex red vrctl exec blue ping -c 1 -W 5 10.1.0.2
	[ -z "$(find "$(cgroups)" -path '*vrouter/*/vrouter*')" ] || fail "cgroups nest"
}

# moved CGROUP CMD...: in this cgroup, which is there for as long as the test
moved()
{
	local dir

	dir=$(cgroups)/$1
	shift
	mkdir -p "$dir" || return
	# shellcheck disable=SC2016
	sh -c 'echo 0 >"$0/cgroup.procs" && exec ip netns exec r "$@"' "$dir" "$@"
}

# Cgroups of others that are called nearly like those of VRs.
exec_beside_others()
{
	local dir

	topo two && check mount_cgroup2 || return
	defer rm_others
	for dir in vrouter/plain/user@1000.service vrouter/user@1000.service vrouter/@5 vrouter/a@; do
		check moved $dir vrctl identify
		check_eq "VR of a process in $dir" "$CHECK_OUTPUT" ""
		check moved $dir vrctl exec red vrctl identify
		check_eq "VR of a program from $dir" "$CHECK_OUTPUT" red
	done
	check_eq "processes" "$(vrctl -n r -j pids red)" "[]"
}

# Those that exec made in them, too.
rm_others()
{
	find "$(cgroups)/vrouter" -depth -mindepth 1 -type d -exec rmdir {} +
}

cgroups()
{
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

# as_nobody CMD...: in the namespace of the routers, where cgroup2 is mounted still
as_nobody()
{
	nsenter --net=/run/netns/r setpriv --reuid 65534 --clear-groups "$@"
}

exec_refuses()
{
	topo two && check mount_cgroup2 || return
	check_fails_with 'Error: green: ' ex green true
	check_eq "status of that" "$(ex green true 2>/dev/null; echo $?)" 2
	check_fails_with 'Error: /nowhere/x: No such file or directory.' ex red /nowhere/x
	check_eq "status of that" "$(ex red /nowhere/x 2>/dev/null; echo $?)" 127
	check_eq "status of what is no program" "$(ex red /etc/passwd 2>/dev/null; echo $?)" 126
	check ex red true
	check_fails_with 'Error: red: cannot bind sockets: this needs CAP_BPF and CAP_NET_ADMIN' \
		as_nobody vrctl exec red true
	check vr_add r fresh 31
	check_fails_with 'Permission denied: this is for root' as_nobody vrctl exec fresh true
	check_fails_with 'Error: there is no process 4194304.' vrctl identify 4194304
	check_fails_with 'Error: green: ' vrctl -n r pids green
	check_fails_with 'Error: exec: no cgroup2 file system is mounted' n r setpriv --bounding-set -sys_admin \
		"$(command -v vrctl)" exec red true
}

# A VR that was made anew has another number; of one that is gone nothing is left.
exec_follows_the_vr()
{
	topo one && check mount_cgroup2 || return
	check vr_add r green 30 && check ip -n r link add dg type dummy &&
		check ip -n r link set dg master green up || return
	check ip -n r addr add 10.7.0.1/24 dev dg
	check ex green ping -c 1 -W 5 10.7.0.1
	check ip -n r link del green
	check vr_add r green 30 && check ip -n r link set dg master green
	check ex green ping -c 1 -W 5 10.7.0.1
	check ip -n r link del green
	[ -n "$(find "$(cgroups)" -name 'green@*')" ] || fail "it was in no cgroup"
	check ex red true
	[ -z "$(find "$(cgroups)" -name 'green@*')" ] || fail "the cgroup of a VR that is gone is left"
}

# rate VR MEMBER NUMBER: it is near enough
rate()
{
	jq -e ".vrs[] | select(.name == \"$1\") | $2 | . > $3 * 0.9 and . < $3 * 1.1"
}

show_tells()
{
	local out

	three_routers
	# numbers that no device here has, as whether links are up is asked of this kernel
	sed -i -E 's/^(vr|latency) /&9000/' "$SCENE"
	printf '%s\n' 'port 90008 eth8 90005' 'port 90009 eth9 90005' 'port 90010 wan10 90006' \
		'incident id=1 time=1764000000000000000 kind=1 vr=90007 name=green' >>"$SCENE"
	out=$(on_scene show interval 0.1) || fail "show ended with status $?"
	check_eq "heading" "$(head -n 1 <<<"$out")" "3 VRs, 1 in quarantine, 3 ports, over 100ms"
	check_eq "VRs, the worst first" "$(tail -n 3 <<<"$out" | awk '{ print $1, $2 }')" \
		$'green quarantine\nblue short\nred ok'
	check grep -qE '^blue .* queue_full wan10$' <<<"$out"
	check grep -qE '^red .* \[=+\| *\] .* eth8 eth9$' <<<"$out"
	check grep -q '^Incidents: 1, the last: green quarantine at 20' <<<"$out"
	check_fails grep -q $'\e' <<<"$out"
	check grep -q $'\e' <<<"$(on_scene -c=always show interval 0.1)"
	check_fails grep -q '[^ -~]' <<<"$out"
	out=$(on_scene -j show interval 0.1)
	check rate blue .drop_pps_by_reason.queue_full 12000 <<<"$out"
	check rate blue .entitled 0.3 <<<"$out"
	check jq -e '.incidents == 1 and (.cpus | length) == 2 and
		(.vrs[2] | .state == "ok" and .ports[0] == { "name": "eth8", "up": true })' <<<"$out"
	scene "refuse none"
	check_fails on_scene show interval 0.1
}

# However many there are, it is one screen.
show_fits()
{
	local lines i out

	lines=$(for ((i = 0; i < 32; i++)); do
		echo "cpu $i queues=0 busy=0+$((i * 10000000)) billed=0 khz=2500000"
	done
	for ((i = 1; i <= 200; i++)); do
		echo "vr 90$((100 + i)) a-name-of-15$((100 + i)) ports=4 used=0+$((i * 100000)) rx=0+${i}00000" \
			"entitled=0+$((i * 100000)) $([ $i != 7 ] || echo quarantine=1)"
		echo "port 91$((1000 + i)) a-port-of-15-${i} 90$((100 + i))"
		echo "port 92$((1000 + i)) b-port-of-15-${i} 90$((100 + i))"
	done)
	scene "$lines"
	out=$(on_scene show interval 0.1) || fail "show ended with status $?"
	check_eq "lines" "$(wc -l <<<"$out")" 23
	check_cmp "columns" "$(wc -L <<<"$out")" -le 80
	check grep -q '^a-name-of-15107 quarantine' <<<"$out"
	check grep -q '^184 more, none of them worse off' <<<"$out"
	check grep -q '^CPU 31 .* billed' <<<"$out"
	check grep -q '^29 more .* billed' <<<"$out"
	check_eq "lines of all" "$(on_scene show interval 0.1 all | wc -l)" 206
	out=$(LINES=10 COLUMNS=120 on_scene show interval 0.1)
	check_eq "lines of a small screen" "$(wc -l <<<"$out")" 9
	check_cmp "columns of a wide one" "$(wc -L <<<"$out")" -gt 80
}

show_live()
{
	topo two || return
	check pings h1 $V4_DST
	check jq -e '[.vrs[] | { name, state, ports }] == [
		{ "name": "blue", "state": "idle", "ports": [{ "name": "b", "up": true }, { "name": "ba", "up": true }] },
		{ "name": "red", "state": "idle", "ports": [{ "name": "a", "up": true }, { "name": "ab", "up": true }] }]' \
		<<<"$(vrctl -n r -j show interval 0.2)"
	check_fails grep -q REASON <<<"$(vrctl -n r show interval 0.1)"
	check ip -n h2 link set e down
	check ip -n r link set red down
	check_eq "the first of them" "$(vrctl -n r -j show | jq -r '.vrs[0] | .name + " " + .state')" "red down"
	check_prints ' b! ba' vrctl -n r show
	check_prints '4 ports, 1 down, ' vrctl -n r show
	check ip -n r link set red up
	TOPO_NOW=
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command ip vrctl ping socat setpriv nsenter jq
require_module vrouter
scene_setup
dmesg_mark
run_tests "$ALL_TESTS" "$@"
