#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an operator works in routers by: programs in a VR, as ip vrf exec has them. Runs
# as root.
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="exec_binds exec_is_transparent exec_elsewhere exec_nests exec_refuses exec_follows_the_vr
	log_is_clean"

V4_DST=10.2.0.2
V6_DST=2001:db8:2::2

# mounted: a cgroup2 file system, one of ours if there is none
mounted()
{
	grep -q ' cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup
}

# ex VR CMD...: in the namespace of the routers
ex()
{
	vrctl -n r exec "$@"
}

# What is bound to nothing finds no route; in the VR it does, without knowing of it.
exec_binds()
{
	topo two && check mounted || return
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

	topo two && check mounted || return
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
	topo two && check mounted || return
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
	topo two && check mounted || return
	check_eq "VR within a VR" "$(ex red vrctl exec blue vrctl identify)" blue
	check ex red vrctl exec blue ping -c 1 -W 5 10.1.0.2
	[ -z "$(find "$(cgroups)" -path '*vrouter/*/vrouter*')" ] || fail "cgroups nest"
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
	topo two && check mounted || return
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
	topo one && check mounted || return
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

log_is_clean()
{
	check_dmesg
}

require_root
require_command ip vrctl ping socat setpriv nsenter
require_module vrouter
dmesg_mark
run_tests "$ALL_TESTS" "$@"
