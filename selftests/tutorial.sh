#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/tutorial.rst, word for word: all that it types works, and does what it says.
#
# vm: smp=1 kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

ALL_TESTS="typed"
RST=$TOP/Documentation/tutorial.rst

# Commands of section $1: what comes after "# ", with the lines after it that begin
# with "> ", each command followed by a NUL.
typed_in()
{
	awk -v title="$1" '
		/^=+$/ { here = (last == title) }
		here && /^    [#>] / {
			if (/^    # / && cmd != "") printf "%s%c", cmd, 0
			cmd = (/^    # / ? "" : cmd "\n") substr($0, 7)
		}
		{ last = $0 }
		END { if (cmd != "") printf "%s%c", cmd, 0 }' "$RST"
}

# type_all SECTION: run them in turn; apply says by its status that it has something to do
type_all()
{
	local cmd out status n=0

	while IFS= read -r -d '' cmd <&3; do
		n=$((n + 1)) status=0
		out=$(bash -ec "$cmd" 2>&1) || status=$?
		[[ $cmd != "vrctl apply"* || $status != 3 ]] || status=0
		[ $status = 0 ] || fail "'$cmd' ended with status $status: $out" || return
	done 3< <(typed_in "$1")
	check_cmp "commands in '$1'" $n -gt 0
}

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
