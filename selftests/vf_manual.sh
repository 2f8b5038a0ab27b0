#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The examples of vrctl-vf.8 work, from the first to the last. Runs as root in the VM of
# passthrough.sh.
#
# vm: nics=iommu,igb:0,e1000e:0,e1000e:0,igb:1:noacs kernels=6.12 timeout=120

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"
# shellcheck source=sriov_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/sriov_lib.sh"
# shellcheck source=typed_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/typed_lib.sh"

ALL_TESTS="examples"

examples()
{
	fresh || fail "cannot set up" || return
	check ip netns add tenant
	defer ip netns del tenant
	examples_of vrctl-vf.8 s/eth0/nic0/
	check_eq "VFs that are left" "$(sriov nic0 numvfs)" 0
}

require_root
require_command jq
sriov_init
run_tests "$ALL_TESTS" "$@"
