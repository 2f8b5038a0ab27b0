# SPDX-License-Identifier: GPL-2.0
# For tests of the completion of bash. Sourced after lib.sh.
# shellcheck shell=bash

# shellcheck source=../tools/completion/vrctl
. "$TOP/tools/completion/vrctl"

# completes WANTED WORDS...: the last word is the one to complete
completes()
{
	local wanted=$1

	shift
	# shellcheck disable=SC2034 # the completion reads them
	COMP_WORDS=(vrctl "$@") COMP_CWORD=$#
	COMPREPLY=()
	_vrctl
	check_eq "completion of 'vrctl $*'" "${COMPREPLY[*]}" "$wanted"
}

# completion_of WORDS...: what the last word may become
completion_of()
{
	# shellcheck disable=SC2034 # the completion reads them
	COMP_WORDS=(vrctl "$@") COMP_CWORD=$#
	_vrctl
	echo "${COMPREPLY[*]}"
}
