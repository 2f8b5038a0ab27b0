#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The part of record.sh inside the VM: three routers on one CPU, two of which are offered
# more than their share; what vrctl top shows of them, with its colours, goes to the
# standard output.

# shellcheck source-path=SCRIPTDIR source=../sim/rig.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../sim/rig.sh"

set -u
NAMES=(red green blue)
declare -A WEIGHTS=([red]=100 [green]=200 [blue]=300)
declare -A RATES=([red]=200000 [green]=60000 [blue]=300000)
SOCK=record-$$

give_up()
{
	echo "screen.sh: $*" >&2
	exit 1
}

t()
{
	tmux -L "$SOCK" -f /dev/null "$@"
}

# Each router has a row with packets, and latencies have been seen.
is_full()
{
	local name

	for name in "${NAMES[@]}"; do
		t capture-pane -p | grep -qE "^$name .*[1-9]" || return 1
	done
}

rig_init || give_up "no module vrsim"
modprobe vrouter || give_up "no module vrouter"
table=10 load=()
for name in "${NAMES[@]}"; do
	rig_add "$name" vrouter $((table += 10)) "${WEIGHTS[$name]}" || give_up "no router $name"
	load+=("$name" "${RATES[$name]}")
done
rig_ready "${NAMES[@]}" || give_up "the routers do not forward"
t new-session -d -x 100 -y 14 "PATH=$RIG_TOP/tools/vrctl:$PATH vrctl top interval 0.5 2>/tmp/$SOCK" ||
	give_up "no terminal"
trap 't kill-server' EXIT
rig_start "${load[@]}" || give_up "no load"
# of the load alone, after what the start cost
rig_pass 1.5
is_full || give_up "not all routers are on the screen: $(t capture-pane -p; cat /tmp/$SOCK)"
t capture-pane -e -p
rig_stop "${NAMES[@]}"
