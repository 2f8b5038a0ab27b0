#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/tutorial.rst, word for word: all that it types works, and does what it says.
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=typed_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/typed_lib.sh"

ALL_TESTS="typed"
RST=$TOP/Documentation/tutorial.rst

weight()
{
	vrctl -j vr show "$1" | jq '.[0].weight'
}

verdict()
{
	vrctl -j why "$1" src 10.0.1.2 dst 198.51.100.7 | jq -r .verdict
}

away()
{
	local name

	for name in red green blue; do
		vrctl vr del "$name"
		ip netns del "$name-a"
		ip netns del "$name-b"
	done
} 2>/dev/null

typed()
{
	local dir

	dir=$(mktemp -d) && cd "$dir" || fail "no directory" || return
	defer rm -rf "$dir"
	defer away
	type_all "Hosts" && type_all "Routers" || return
	check_eq "ports" "$(vrctl -j port show | jq length)" 6
	type_all "Who gets what" || return
	check_eq "weights" "$(weight red) $(weight green) $(weight blue)" "300 100 400"
	check_eq "red's verdict" "$(verdict red)" forward
	check_eq "green's verdict" "$(verdict green)" punt
	type_all "Keep it, break it, bring it back" || return
	check_eq "weight of blue" "$(weight blue)" 400
	type_all "Away with it"
	check_eq "VRs" "$(vrctl -j vr show | jq length)" 0
	check_eq "namespaces" "$(ip netns list | grep -cE '^(red|green|blue)-')" 0
}

require_root
require_command jq ping
require_module vrouter
# shellcheck disable=SC2086
run_tests "$ALL_TESTS" "$@"
