# SPDX-License-Identifier: GPL-2.0
# Namespaces, virtual routers and assertions for the scripts that move packets.
# Sourced after lib.sh. KIND=vrf runs them on a Linux VRF where that can do the
# same, to know a broken test from a broken router.
# shellcheck shell=bash

: "${KIND:=vrouter}"
TOPO_NOW=
TOPO_NS=()
TOPO_PIDS=()
TOPO_TMP=$(mktemp -d)
HELPERS=$TOPO_TMP

# Every ICMP error that is due is sent, whatever went before.
echo 0 >/proc/sys/net/ipv4/route/error_cost

is_vr()
{
	[ "$KIND" = vrouter ]
}

# ---- more checks

indent()
{
	printf '%s' "${1//$'\n'/$'\n    '}"
}

# refused REGEX CMD...: it fails and says why
refused()
{
	local regex=$1 out

	shift
	if out=$("$@" 2>&1); then
		fail "accepted: $*"
	elif ! grep -qiE "$regex" <<<"$out"; then
		fail "refused without /$regex/: $*: $(indent "$out")"
	fi
}

# says REGEX CMD...: its output matches
says()
{
	local regex=$1 out

	shift
	out=$("$@" 2>&1)
	grep -qE "$regex" <<<"$out" || fail "no /$regex/ from: $*: $(indent "$out")"
}

# saysnot REGEX CMD...: its output does not match
saysnot()
{
	local regex=$1 out

	shift
	out=$("$@" 2>&1)
	! grep -qE "$regex" <<<"$out" || fail "/$regex/ from: $*: $(indent "$out")"
}

# soon SECONDS CMD...: it succeeds before the time is out
soon()
{
	local limit=$(($1 * 1000))

	shift
	check busywait $limit "$@"
}

# topo NAME: the topology topo_NAME, kept from the last test if that passed
topo()
{
	if [ "$TOPO_NOW" != "$1" ]; then
		topo_wipe
		"topo_$1" || fail "cannot build the topology $1" || return
		TOPO_NOW=$1
	fi
	defer topo_judge
}

# at the end of a test: nothing is known of the topology after a failure
topo_judge()
{
	[ "$TEST_FAILED" = 0 ] || TOPO_NOW=
}

# ---- things that cleanup undoes

n()
{
	local ns=$1

	shift
	ip netns exec "$ns" "$@"
}

# ns_add NAME...: a namespace that routes nothing yet and has no address delays
ns_add()
{
	local ns

	for ns; do
		ip netns add "$ns" || return 1
		TOPO_NS+=("$ns")
		ip -n "$ns" link set dev lo up
		# shellcheck disable=SC2016
		n "$ns" sh -c 'cd /proc/sys/net &&
			for w in all default; do
				echo 0 >ipv6/conf/$w/accept_dad
				echo 1 >ipv6/conf/$w/keep_addr_on_down
				echo 0 >ipv6/conf/$w/router_solicitations
				echo 0 >ipv4/conf/$w/rp_filter
			done
			echo 0 >ipv4/icmp_ratelimit; echo 0 >ipv6/icmp/ratelimit'
	done
}

# ns_route NAME...: it forwards
ns_route()
{
	local ns

	for ns; do
		# shellcheck disable=SC2016
		n "$ns" sh -c 'cd /proc/sys/net && echo 1 >ipv4/ip_forward &&
			echo 1 >ipv6/conf/all/forwarding'
	done
}

# run FILE NS CMD...: in the background, its output in $TOPO_TMP/FILE, its pid in RUN_PID
run()
{
	local file=$TOPO_TMP/$1 ns=$2

	shift 2
	: >"$file"
	ip netns exec "$ns" "$@" >"$file" 2>&1 &
	RUN_PID=$!
	TOPO_PIDS+=("$RUN_PID")
}

# finish PID [SIGNAL]: ends it, returns its status
finish()
{
	local rc

	kill -"${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	rc=$?
	[ $rc = 143 ] && rc=0
	return $rc
}

topo_wipe()
{
	local x

	for x in "${TOPO_PIDS[@]}"; do
		kill -9 "$x" 2>/dev/null
		wait "$x" 2>/dev/null
	done
	for x in "${TOPO_NS[@]}"; do
		ip netns del "$x" 2>/dev/null
	done
	TOPO_PIDS=()
	TOPO_NS=()
	TOPO_NOW=
}

topo_cleanup()
{
	topo_wipe
	rm -rf "$TOPO_TMP"
}
defer topo_cleanup

# ---- virtual routers and wires

# The plugin gives `ip` the words "table" and "weight".
: "${IP_LIB_DIR:=$TOP/tools/ip}"
export IP_LIB_DIR

# need_kind: the module under test; its absence is a failure, not a skip
need_kind()
{
	modprobe "$KIND" 2>/dev/null || [ -d "/sys/module/$KIND" ] || [ "$KIND" = vrf ]
}

# vr_add NETNS NAME TABLE [OPTIONS]
vr_add()
{
	local ns=$1 name=$2 table=$3

	shift 3
	ip -n "$ns" link add dev "$name" type "$KIND" table "$table" "$@" &&
		ip -n "$ns" link set dev "$name" up &&
		patient "$ns" "$name"
}

# patient NS NAME: on a slow kernel, and on a host with other things to do, vectors take
# so long for no fault of the VR's that it would be put in quarantine.
patient()
{
	[ "$KIND" != vrouter ] || [ "${VM_KERNEL:-}" != debug ] ||
		vrctl -n "$1" vr set "$2" vector-limit 0
}

# wire NS1 DEV1 NS2 DEV2: a veth pair, both ends up
wire()
{
	ip -n "$1" link add dev "$2" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set dev "$2" up &&
		ip -n "$3" link set dev "$4" up
}

# addr NS DEV ADDRESS/LEN...
addr()
{
	local ns=$1 dev=$2 a

	shift 2
	for a; do
		case $a in
		*:*) ip -n "$ns" addr replace "$a" dev "$dev" nodad ;;
		*) ip -n "$ns" addr replace "$a" dev "$dev" ;;
		esac || return 1
	done
}

# port NS DEV VR [ADDRESS/LEN...]: enslave, then give it its addresses
port()
{
	local ns=$1 dev=$2 vr=$3

	shift 3
	ip -n "$ns" link set dev "$dev" master "$vr" && addr "$ns" "$dev" "$@"
}

mac()
{
	ip -n "$1" -j link show dev "$2" | sed -n 's/.*"address":"\([^"]*\)".*/\1/p'
}

# dev_stat NS DEV rx|tx packets|bytes|dropped|errors
dev_stat()
{
	n "$1" cat "/sys/class/net/$2/statistics/$3_$4"
}

# counter NS VR REGEX: the sum of the ethtool -S rows that match
counter()
{
	n "$1" ethtool -S "$2" 2>/dev/null |
		awk -v re="$3" '$1 ~ re { sum += $2 } END { printf "%d\n", sum }'
}

# counter_is NS VR REGEX MIN: it is that or more
counter_is()
{
	[ "$(counter "$1" "$2" "$3")" -ge "$4" ]
}

# counts NS VR REGEX MIN CMD...: CMD makes that counter grow by at least MIN; what CMD
# sent last may be counted when CMD has ended, as another CPU works for the VR.
# A Linux VRF has no such counters: there only CMD runs.
counts()
{
	local ns=$1 vr=$2 regex=$3 min=$4 before

	shift 4
	is_vr || { "$@" >/dev/null 2>&1; return 0; }
	before=$(counter "$ns" "$vr" "$regex")
	"$@" >/dev/null 2>&1
	busywait 500 counter_is "$ns" "$vr" "$regex" $((before + min)) ||
		fail "counters /$regex/ of $vr grew by $(($(counter "$ns" "$vr" "$regex") - before))," \
		     "not $min: $*"
}

# One VR between two hosts:
#
#	h1 .2 --- 10.1.0.0/24 --- .1 a [red, table 10] b .1 --- 10.2.0.0/24 --- .2 h2
#	          2001:db8:1::/64                               2001:db8:2::/64
#
topo_one()
{
	ns_add h1 h2 r && ns_route r &&
		vr_add r red 10 &&
		wire h1 e r a && wire h2 e r b &&
		port r a red 10.1.0.1/24 2001:db8:1::1/64 &&
		port r b red 10.2.0.1/24 2001:db8:2::1/64 &&
		addr h1 e 10.1.0.2/24 2001:db8:1::2/64 &&
		addr h2 e 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via h1 10.1.0.1 2001:db8:1::1 &&
		default_via h2 10.2.0.1 2001:db8:2::1
}

# Two VRs in a row in one namespace:
#
#	h1 --- 10.1.0.0/24 --- a [red, 10] ab --- 10.12.0.0/24 --- ba [blue, 20] b --- 10.2.0.0/24 --- h2
#	       2001:db8:1::/64               2001:db8:12::/64                 2001:db8:2::/64
#
topo_two()
{
	ns_add h1 h2 r && ns_route r &&
		vr_add r red 10 && vr_add r blue 20 &&
		wire h1 e r a && wire h2 e r b && wire r ab r ba &&
		port r a red 10.1.0.1/24 2001:db8:1::1/64 &&
		port r ab red 10.12.0.1/24 2001:db8:12::1/64 &&
		port r ba blue 10.12.0.2/24 2001:db8:12::2/64 &&
		port r b blue 10.2.0.1/24 2001:db8:2::1/64 &&
		ip -n r route add 10.2.0.0/24 via 10.12.0.2 table 10 &&
		ip -n r route add 10.1.0.0/24 via 10.12.0.1 table 20 &&
		ip -n r -6 route add 2001:db8:2::/64 via 2001:db8:12::2 table 10 &&
		ip -n r -6 route add 2001:db8:1::/64 via 2001:db8:12::1 table 20 &&
		addr h1 e 10.1.0.2/24 2001:db8:1::2/64 &&
		addr h2 e 10.2.0.2/24 2001:db8:2::2/64 &&
		default_via h1 10.1.0.1 2001:db8:1::1 &&
		default_via h2 10.2.0.1 2001:db8:2::1
}

# As topo_one, and h3 beside h2 on a second way out, 10.3.0.0/24. Both answer as
# 10.9.0.1 and 2001:db8:9::1, to which there are no routes yet.
topo_fork()
{
	topo_one && ns_add h3 && wire h3 e r c && port r c red 10.3.0.1/24 2001:db8:3::1/64 &&
		addr h3 e 10.3.0.2/24 2001:db8:3::2/64 && default_via h3 10.3.0.1 2001:db8:3::1 &&
		addr h2 lo 10.9.0.1/32 2001:db8:9::1/128 && addr h3 lo 10.9.0.1/32 2001:db8:9::1/128 &&
		n h2 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter' || return 1
}

default_via()
{
	ip -n "$1" route add default via "$2" && ip -n "$1" -6 route add default via "$3"
}

# pings NS ADDR [PING OPTIONS]: three quick echoes all come back
pings()
{
	local ns=$1 dst=$2

	shift 2
	n "$ns" ping -q -n -c 3 -i 0.05 -W $((2 * SLOW)) "$@" "$dst" | grep -q ' 3 received'
}

# reaches NS ADDR [PING OPTIONS]: one echo comes back
reaches()
{
	local ns=$1 dst=$2

	shift 2
	n "$ns" ping -q -n -c 1 -W 1 "$@" "$dst"
}

# silent NS ADDR [PING OPTIONS]: no echo comes back, nor any error
silent()
{
	local ns=$1 dst=$2 out

	shift 2
	out=$(n "$ns" ping -n -c 1 -W "$((SLOW / 4)).$((SLOW * 25 % 100))" "$@" "$dst")
	! grep -qE ' 1 received|^From' <<<"$out" || { echo "$out"; return 1; }
}

# ---- helpers in C: made by `make -C selftests/helpers`, here if that was not run

# helper NAME: makes $HELPERS/NAME
helper()
{
	local dir=$TOP/selftests/helpers

	[ ! -x "$HELPERS/$1" ] || return 0
	if [ "$dir/$1" -nt "$dir/$1.c" ]; then
		ln -s "$dir/$1" "$HELPERS/$1"
		return
	fi
	command -v gcc >/dev/null || { echo "no C compiler for $1"; return 1; }
	gcc -O1 -o "$HELPERS/$1" "$dir/$1.c"
}

traffic()
{
	"$HELPERS/traffic" "$@"
}

# stream NS1 NS2 ADDR BYTES [SERVER DEV] [CLIENT DEV]: TCP from NS1 to ADDR in NS2, every byte checked
stream()
{
	local from=$1 to=$2 dst=$3 bytes=$4 sdev=${5:-} cdev=${6:-} server rc

	run stream.out "$to" "$HELPERS/traffic" serve ${sdev:+-d "$sdev"} 5001
	server=$RUN_PID
	soon 10 listening "$to" 5001 || return 1
	timeout $((60 * SLOW)) ip netns exec "$from" "$HELPERS/traffic" connect \
		${cdev:+-d "$cdev"} "$dst" 5001 "$bytes"
	rc=$?
	[ $rc = 0 ] || { finish "$server" KILL; echo "client: $rc"; return 1; }
	wait "$server" || { cat "$TOPO_TMP/stream.out"; return 1; }
	grep -qx "received $bytes" "$TOPO_TMP/stream.out" || { cat "$TOPO_TMP/stream.out"; return 1; }
}

listening()
{
	n "$1" ss -Hltn "sport = :$2" | grep -q LISTEN
}
