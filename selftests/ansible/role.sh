#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: kernels=6.12 timeout=300
# The role for Ansible, used on the VM itself: --check changes nothing, the first run makes
# what the variables say, the second finds nothing to do.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="check_mode_changes_nothing run_makes_it_so second_run_is_idle change_is_followed
	   refuses_what_vrctl_refuses"

require_root
require_command ansible-playbook
require_module vrouter
TMP=$(mktemp -d)
defer rm -rf "$TMP"
ip link add vra0 type veth peer name vra1 || die "no veth"
defer ip link del vra0
defer ip link del red
defer rm -f /etc/vrouter/ansible.vr /etc/sysctl.d/60-vrouter.conf

cat >"$TMP/play.yml" <<-END
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    vrouter_packages: []
    vrouter_service: false
    vrouter_site:
      vrs:
        red:
          table: 10
          weight: "{{ weight }}"
          ports:
            vra0: {}
  roles: [vrouter]
END

# play WORDS...: the counters of the recap, or what failed
play()
{
	ANSIBLE_ROLES_PATH=$TOP/tools/ansible/roles ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=0 \
		ansible-playbook -i localhost, "$@" "$TMP/play.yml" 2>&1
}

weight()
{
	vrctl -j vr show red | jq '.[0].weight'
}

check_mode_changes_nothing()
{
	check play --check -e weight=200 || return
	[[ $CHECK_OUTPUT =~ changed=[1-9] ]] || fail "nothing is said to change: $CHECK_OUTPUT"
	[ ! -e /etc/vrouter/ansible.vr ] || fail "--check has written a site file"
	[ ! -e /sys/class/net/red ] || fail "--check has made a VR"
}

run_makes_it_so()
{
	check play -e weight=200 || return
	check_eq "the weight" "$(weight)" 200
	check_eq "the master of the port" "$(basename "$(readlink /sys/class/net/vra0/master)")" red
	check_eq "what vrctl has to do" "$(vrctl restore dry-run)" ""
	check_eq "forwarding" "$(cat /proc/sys/net/ipv4/ip_forward)" 1
}

second_run_is_idle()
{
	check_prints changed=0 play -e weight=200
	check_prints changed=0 play --check -e weight=200
}

change_is_followed()
{
	check_prints "failed=0" play -e weight=300
	check_eq "the weight" "$(weight)" 300
}

refuses_what_vrctl_refuses()
{
	check_fails play -e weight=many
	grep -q 'weight: ["'\'']*300' /etc/vrouter/ansible.vr || fail "a bad file is in its place"
}

run_tests "$ALL_TESTS" "$@"
