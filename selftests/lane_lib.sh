# SPDX-License-Identifier: GPL-2.0
# A standby s of the VR red in the namespace r, its addresses, and a flow each way
# that tells for how long it was interrupted. Sourced after topo.sh.
# shellcheck shell=bash

: "${PPS:=1000}"

# Sequence numbers of datagrams, see helpers/loss.c
FLOW_PORT=5009

# lane_addrs DEV: red routes between h1, and h2 with its device DEV:
#
#	h1 e --- a [red] s --- DEV h2
#	10.1.0.0/24, 2001:db8:1::/64   10.2.0.0/24, 2001:db8:2::/64
lane_addrs()
{
	port r a red 10.1.0.1/24 2001:db8:1::1/64 &&
		port r s red 10.2.0.1/24 2001:db8:2::1/64 &&
		addr h1 e 10.1.0.2/24 2001:db8:1::2/64 &&
		addr h2 "$1" 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via h1 10.1.0.1 2001:db8:1::1 &&
		default_via h2 10.2.0.1 2001:db8:2::1
}

# lane_get KEY: what vrctl says of the standby
lane_get()
{
	vrctl -n r -j port show s | jq -r ".[0].$1"
}

lane_is()
{
	[ "$(lane_get lane_state)" = "$1" ] || { lane_get lane_state; return 1; }
}

lane_is_not()
{
	! lane_is "$1"
}

# monitored FILE CMD...: this vrctl monitor in the namespace r, which listens by now
monitored()
{
	local file=$1

	shift
	run "$file" r "$@"
	soon 5 subscribed "$RUN_PID"
}

# flow FILE_IN NS_IN FILE_OUT NS_OUT ADDR: a flow from NS_OUT to ADDR in NS_IN
flow()
{
	run "$1" "$2" "$HELPERS/loss" receive $FLOW_PORT "$PPS"
	FLOWS[$1]=$RUN_PID
	run "$3" "$4" "$HELPERS/loss" send "$5" $FLOW_PORT "$PPS"
	FLOWS[$3]=$RUN_PID
}

# flows: both ways, until flows_end; they have begun when it returns
declare -A FLOWS FLOWED
flows()
{
	helper loss || return
	flows_mark
	flow down h2 down.out h1 10.2.0.2
	flow up h1 up.out h2 10.1.0.2
	soon 10 flowed $((PPS / 20))
}

datagrams()
{
	n "$1" cat /proc/net/snmp | awk '/^Udp: [0-9]/ { print $2 }'
}

flows_mark()
{
	FLOWED[h1]=$(datagrams h1)
	FLOWED[h2]=$(datagrams h2)
}

# flowed N: so many more have come at both ends since flows_mark
flowed()
{
	[ $(($(datagrams h1) - FLOWED[h1])) -ge "$1" ] && [ $(($(datagrams h2) - FLOWED[h2])) -ge "$1" ]
}

# longest down|up: for how many ms nothing came, rounded down
longest()
{
	sed -n 's/.* longest \([0-9]*\).*/\1/p' "$TOPO_TMP/$1"
}

# flows_end MS [WHAT]: they go on still, and were never interrupted for longer
flows_end()
{
	local dir ms

	flows_mark
	soon 10 flowed $((PPS / 4))
	for dir in down.out up.out down up; do
		finish "${FLOWS[$dir]}"
	done
	for dir in down up; do
		diag "${2:-flow} $dir: $(cat "$TOPO_TMP/$dir")"
		ms=$(longest $dir)
		[ -n "$ms" ] || fail "nothing came" || continue
		check_cmp "interruption in ms ($dir)" "$ms" -le "$1"
	done
}
