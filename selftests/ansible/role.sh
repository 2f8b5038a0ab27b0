#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The role for Ansible with the example's playbook, used on the VM itself: --check changes
# nothing, the first run makes what the playbook says, the second finds nothing to do.
# Each run of ansible-playbook starts Python seven times, which takes an emulated CPU too
# long for every make check. By hand, with Debian's ansible-core:
#
#	selftests/vm/vm.sh -- selftests/ansible/role.sh
#
# vm: kernels=none smp=1 timeout=900

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"

ALL_TESTS="check_mode_changes_nothing run_makes_it_so second_run_is_idle drift_is_mended
	   change_is_followed restore_leaves_the_rest refuses_what_vrctl_refuses"
SITE=/etc/vrouter/ansible.vr

# play WORDS...: the example's playbook, on this host, which has no repository and no systemd
play()
{
	ANSIBLE_ROLES_PATH=$TOP/tools/ansible/roles ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 \
		ansible-playbook -i "$TMP/hosts" -e '{"vrouter_packages": [], "vrouter_service": false}' \
		"$@" "$TOP/Documentation/examples/ansible/site.yml" 2>&1
}

# state: all that the role may change
state()
{
	vrctl save 2>&1
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
	ls -lR --time-style=full-iso /etc/vrouter /etc/sysctl.d 2>/dev/null
	cat $SITE 2>/dev/null
}

# idle WORDS...: a run that finds nothing to do, and does nothing
idle()
{
	local before

	before=$(state)
	check_prints "changed=0" play "$@"
	check_eq "state after it" "$(state)" "$before"
}

check_mode_changes_nothing()
{
	local before started=$SECONDS

	before=$(state)
	check play --check || return
	[[ $CHECK_OUTPUT =~ changed=[1-9] ]] || fail "nothing is said to change: $CHECK_OUTPUT"
	check_eq "state after it" "$(state)" "$before"
	diag "a run took $((SECONDS - started)) s"
}

run_makes_it_so()
{
	check play || return
	check_eq "VRs" "$(vrctl -j vr show | jq -r '[.[] | "\(.name) \(.table) \(.weight)"] | sort | join(", ")')" \
		"blue 30 100, green 20 100, red 10 300"
	check_eq "the master of a port" "$(basename "$(readlink /sys/class/net/eth1/master)")" red
	check_prints "default via 10.0.1.254 dev eth1" ip route show table 10
	check_eq "what vrctl would do" "$(vrctl diff)" ""
	check_eq "forwarding" "$(cat /proc/sys/net/ipv4/ip_forward)" 1
}

second_run_is_idle()
{
	idle
	idle --check
}

drift_is_mended()
{
	local before

	before=$(state)
	check vrctl vr set red weight 5 || return
	check_prints "changed=1" play --check
	check_eq "weight after --check" "$(vrctl -j vr show red | jq '.[0].weight')" 5
	check_prints "changed=1" play
	check_eq "state after it" "$(state)" "$before"
}

change_is_followed()
{
	local other='{"vrouter_site": {"vrs": {"red": {"table": 10, "weight": 400, "ports": {"eth1": {}}}}}}'

	check play -e "$other" || return
	check_eq "VRs" "$(vrctl -j vr show | jq -r '[.[] | "\(.name) \(.weight)"] | join(", ")')" "red 400"
	check play
	check_eq "VRs" "$(vrctl -j vr show | jq length)" 3
}

# An address that nobody mentions stays, if that is what was asked for.
restore_leaves_the_rest()
{
	check ip address add 10.0.1.9/24 dev eth1
	idle -e vrouter_exact=false
	check_prints "10.0.1.9/24" ip address show dev eth1
	check_prints "changed=1" play
	check_prints_not "10.0.1.9/24" ip address show dev eth1
}

refuses_what_vrctl_refuses()
{
	local before

	before=$(state)
	check_fails play -e '{"vrouter_site": {"vrs": {"red": {"table": 10, "weight": "many"}}}}'
	[[ $CHECK_OUTPUT == *'"many"'* || $CHECK_OUTPUT == *many* ]] || fail "it does not name the word: $CHECK_OUTPUT"
	check_eq "state after it" "$(state)" "$before"
}

clean()
{
	ip link del red
	ip link del green
	ip link del blue
	ip link del eth1
	ip link del eth2
	ip link del eth3
	rm -rf "$TMP" $SITE /etc/sysctl.d/60-vrouter.conf
}

require_root
require_command ansible-playbook jq
require_module vrouter
[ ! -e /sys/class/net/eth1 ] || skip "eth1 is somebody's here"
TMP=$(mktemp -d)
defer clean
for port in eth1 eth2 eth3; do
	ip link add $port type veth peer name peer-$port || die "no veth"
	ip link set peer-$port up
done
printf 'localhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n' >"$TMP/hosts"
run_tests "$ALL_TESTS" "$@"
