# SPDX-License-Identifier: GPL-2.0
# Routers between simulated NICs, for measuring how they share a CPU. Sourced.
#
#            NAME-in            NAME-out
#   vrsim ──────────── router ──────────── vrsim
#   generates          NAME                checks and counts
#   198.18.0.0/16                          198.19.0.0/16 via 10.T.0.2
#
# All routers are in the namespace of the caller, T is their table; one of kind netns
# is a namespace NAME of its own, whose main table it has. Everything happens on CPU 0, or on the RIG_CPU at the time of rig_add. Counters are read with shell builtins only, since what this
# shell spends is missing to the routers.
# shellcheck shell=bash disable=SC2034

RIG_HOP=02:76:72:ff:00:01
RIG_TOP=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
RIG_NAMES=()
: "${RIG_CPU:=0}"
declare -A RIG_KIND=() RIG_WEIGHT=() STAT=() USED_NS=() SENT=()
declare -A SNAP_TIME=() SNAP_ARRIVED=() SNAP_SENT=() SNAP_USED=()
declare -A TIME=() OFFERED=() FORWARDED=() USED=()
declare -A RIG_RATE=() RIG_AT=()
# By NAME: where sysfs of its namespace is, if it has its own.
declare -A RIG_SYS=()
RIG_RUN=/run/vrouter-rig

rig_vrctl()
{
	PATH=$RIG_TOP/tools/vrctl:$PATH vrctl "$@"
}

rig_init()
{
	modprobe vrsim &&
		sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 net.core.default_qdisc=pfifo_fast \
			net.ipv6.conf.default.disable_ipv6=1
}

# rig_sim DEV NAME VALUE...: configure a simulated NIC
rig_sim()
{
	local dir=${RIG_SYS[${1%-*}]:-/sys}/class/net/$1/vrsim

	shift
	while [ $# -gt 0 ]; do
		echo "$2" >"$dir/$1" || { echo "rig: $dir/$1 takes no $2" >&2; return 1; }
		shift 2
	done
}

# rig_ip NAME ARGS...: ip(8) where the router and its NICs are
rig_ip()
{
	local name=$1

	shift
	ip ${RIG_SYS[$name]:+-n "$name"} "$@"
}

# rig_netns NAME: a namespace that forwards, whose sysfs can be seen from here
rig_netns()
{
	ip netns add "$1" && mkdir -p "$RIG_RUN/$1" &&
		nsenter --net="/run/netns/$1" mount -t sysfs sysfs "$RIG_RUN/$1" || return
	RIG_SYS[$1]=$RIG_RUN/$1
	nsenter --net="/run/netns/$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.disable_ipv6=1
}

# rig_enslave NAME DEV: the NIC is the router's, and up
rig_enslave()
{
	if [ "${RIG_KIND[$1]}" = netns ]; then
		ip -n "$1" link set dev "$2" up
	else
		ip link set dev "$2" master "$1" up
	fi
}

# rig_add NAME KIND TABLE [WEIGHT]: a router of KIND vrouter, vrf or netns and its NICs
rig_add()
{
	local name=$1 kind=$2 table=$3 weight=${4:-100} port

	case $kind in
	vrouter) rig_vrctl vr add "$name" table "$table" weight "$weight" ;;
	netns) rig_netns "$name" && table=254 ;;
	*) ip link add name "$name" type "$kind" table "$table" ;;
	esac || return
	RIG_NAMES+=("$name")
	RIG_KIND[$name]=$kind
	RIG_WEIGHT[$name]=$weight
	[ "$kind" = netns ] || ip link set dev "$name" up || return
	for port in in out; do
		rig_ip "$name" link add name "$name-$port" type vrsim &&
			rig_enslave "$name" "$name-$port" || return
	done
	rig_ip "$name" addr add "198.18.255.254/16" dev "$name-in" &&
		rig_ip "$name" addr add "10.$table.0.1/24" dev "$name-out" &&
		rig_ip "$name" neigh add "10.$table.0.2" lladdr $RIG_HOP dev "$name-out" nud permanent &&
		rig_ip "$name" route add 198.19.0.0/16 via "10.$table.0.2" dev "$name-out" table "$table" &&
		rig_sim "$name-in" flows 256 dsts 256 cpu "$RIG_CPU" &&
		rig_sim "$name-out" peer $RIG_HOP
}

rig_del()
{
	local name

	for name; do
		rig_stop "$name"
		rig_ip "$name" link del dev "$name-in"
		rig_ip "$name" link del dev "$name-out"
		if [ -n "${RIG_SYS[$name]:-}" ]; then
			umount "${RIG_SYS[$name]}" && rmdir "${RIG_SYS[$name]}"
			ip netns del "$name"
		else
			ip link del dev "$name"
		fi
		unset "RIG_KIND[$name]" "RIG_WEIGHT[$name]" "RIG_SYS[$name]"
	done
	RIG_NAMES=("${!RIG_KIND[@]}")
}

# rig_start NAME PPS [NAME PPS]...: PPS 0 leaves the router idle
rig_start()
{
	local -A STAT=()

	while [ $# -gt 0 ]; do
		if [ "$2" -gt 0 ]; then
			rig_stat "$1-in" && rig_sim "$1-in" rate "$2" run 1 || return
			RIG_RATE[$1]=$2 RIG_AT[$1]=${STAT[arrived]}
		fi
		shift 2
	done
}

rig_stop()
{
	local name

	for name; do
		rig_sim "$name-in" run 0
		unset "RIG_RATE[$name]"
	done
}

# rig_offered MS: wait until each router has been offered what the load that
# rig_start (in this shell) gave it brings in MS; needs lib.sh
rig_offered()
{
	local name

	for name in "${!RIG_RATE[@]}"; do
		busywait $(($1 * 10 + 2000)) rig_counts "$name-in" arrived \
			$((RIG_AT[$name] + $1 * RIG_RATE[$name] / 1000)) || return
	done
}

# rig_grows DEV KEY N: wait until this counter has grown by N; needs lib.sh
rig_grows()
{
	rig_stat "$1" && busywait 5000 rig_counts "$1" "$2" $((STAT[$2] + $3))
}

# rig_counts DEV KEY N: whether it is N or more
rig_counts()
{
	rig_stat "$1" && [ "${STAT[$2]}" -ge "$3" ]
}

# rig_pass SECONDS: only where time is what is measured, or is itself tested
rig_pass()
{
	sleep "$1"
}

# rig_settle NAME...: wait until nothing more comes out, that is between two looks
rig_settle()
{
	local name before

	for name; do
		before=
		while rig_stat "$name-out" || return; [ "${STAT[own]}" != "$before" ]; do
			before=${STAT[own]}
			sleep 0.05
		done
	done
}

# rig_stat DEV: counters of a simulated NIC in STAT; the file is read at once, as
# one look at them
rig_stat()
{
	local line lines

	mapfile -t lines <"${RIG_SYS[${1%-*}]:-/sys}/class/net/$1/vrsim/stats" || return
	for line in "${lines[@]}"; do
		STAT[${line% *}]=${line#* }
	done
}

# rig_used: nanoseconds of CPU time charged to each vrouter, in USED_NS, and the
# packets it had sent by then, in SENT
rig_used()
{
	local name json

	USED_NS=() SENT=()
	[[ " ${RIG_KIND[*]} " == *" vrouter "* ]] || return 0
	json=$(rig_vrctl -j stats show) || return
	for name in "${RIG_NAMES[@]}"; do
		[[ $json =~ \"name\":\"$name\"[^}]*\"tx_packets\":([0-9]+)[^}]*\"used_ns\":([0-9]+) ]] || {
			echo "rig: no used time of '$name' in: $json" >&2
			return 1
		}
		SENT[$name]=${BASH_REMATCH[1]}
		USED_NS[$name]=${BASH_REMATCH[2]}
	done
}

rig_snapshot()
{
	local name

	rig_used || return
	for name in "${RIG_NAMES[@]}"; do
		rig_stat "$name-in"
		SNAP_TIME[$name]=${STAT[time]}
		SNAP_ARRIVED[$name]=${STAT[arrived]}
		rig_stat "$name-out"
		SNAP_SENT[$name]=${STAT[own]}
		SNAP_USED[$name]=${USED_NS[$name]:-0}
	done
}

# rig_delta: what happened since the last rig_snapshot, which it renews: packets
# OFFERED and FORWARDED, CPU time USED, in TIME ns, each by name
rig_delta()
{
	local name

	for name in "${RIG_NAMES[@]}"; do
		TIME[$name]=-${SNAP_TIME[$name]}
		OFFERED[$name]=-${SNAP_ARRIVED[$name]}
		FORWARDED[$name]=-${SNAP_SENT[$name]}
		USED[$name]=-${SNAP_USED[$name]}
	done
	rig_snapshot || return
	for name in "${RIG_NAMES[@]}"; do
		: $((TIME[$name] += SNAP_TIME[$name]))
		: $((OFFERED[$name] += SNAP_ARRIVED[$name]))
		: $((FORWARDED[$name] += SNAP_SENT[$name]))
		: $((USED[$name] += SNAP_USED[$name]))
	done
}

# rig_measure SECONDS: let queues and averages settle, then measure for so long
rig_measure()
{
	rig_pass 0.1
	rig_snapshot && rig_pass "$1" && rig_delta
}

# rig_window COUNT MS NAME PPS...: run this load and measure it as rig_measure does,
# over COUNT windows of MS at moments that the load does not move (sample.c). Then
# the load is over, LOOKED has the time that USED and SENT are of, which differs a
# little from the windows', and RIG_ROWS has "WINDOW NANOSECONDS DEV OWN ARRIVED SENT
# RECEIVED" of each.
rig_window()
{
	local out what name a b c d args=("$1" "$2" "${RIG_SETTLE:-100}")

	shift 2
	while [ $# -gt 0 ]; do
		args+=("${RIG_SYS[$1]:-/sys}/class/net/$1-in/vrsim=$2")
		shift 2
	done
	out=$("$RIG_TOP/selftests/figures/window" "${args[@]}") || return
	USED=() SENT=() TIME=() OFFERED=() FORWARDED=() RIG_ROWS=()
	while read -r what a b c d; do
		case $what in
		looked) LOOKED=$a ;;
		used) USED[$a]=$b SENT[$a]=$c ;;
		row) RIG_ROWS+=("$a $b $c $d") ;;
		esac
	done <<<"$out"
	while read -r name a b c; do
		TIME[$name]=$a OFFERED[$name]=$b FORWARDED[$name]=$c
	done < <(printf '%s\n' "${RIG_ROWS[@]}" | awk '
		{ name = $3; sub(/-(in|out)$/, "", name) }
		$3 ~ /-in$/ { arrived[name] += $5; time[name] += $2 }
		$3 ~ /-out$/ { own[name] += $4 }
		END { for (name in time) print name, time[name], arrived[name], own[name] }')
	for name in "${RIG_NAMES[@]}"; do
		: "${USED[$name]:=0}" "${SENT[$name]:=0}"
	done
}

# rig_correct NAME...: nothing that was sent was wrong, and something was
rig_correct()
{
	local name key rc=0

	for name; do
		rig_stat "$name-out"
		for key in wrong_mac bad_ttl bad_csum bad_data reordered; do
			if [ "${STAT[$key]}" != 0 ]; then
				echo "# $name: $key ${STAT[$key]}"
				rc=1
			fi
		done
		if [ "${STAT[own]}" = 0 ]; then
			echo "# $name: nothing was forwarded"
			rc=1
		fi
	done
	return $rc
}

# rig_in_netns NS PPS CMD: router red in a namespace, CMD there, and a load; its NICs
# will be given back when the namespace goes; needs lib.sh
rig_in_netns()
{
	local refund=/sys/module/vrsim/parameters/netns_refund

	echo 1 >$refund
	defer eval "echo 0 >$refund"
	# shellcheck disable=SC2016
	check in_ns "$1" bash -c '
		. "$0" && sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 &&
		rig_add red vrouter 10 && eval "$2" && rig_ready red && rig_start red "$1"' \
		"$RIG_TOP/selftests/sim/rig.sh" "$2" "$3"
}

# rig_back_from NS: delete the namespace of rig_in_netns; red-in is here, and up
rig_back_from()
{
	defer ip link del red-in
	defer ip link del red-out
	check ip netns del "$1"
	check busywait 5000 test -e /sys/class/net/red-in || return
	check ip link set dev red-in up
}

# rig_ready NAME...: a few packets each until some come out: routes and
# neighbours are in place
rig_ready()
{
	local name try

	for name; do
		for ((try = 0; try < 100; try++)); do
			rig_sim "$name-in" count 64 rate 1000000 run 1 || return
			while [ "$(<"${RIG_SYS[$name]:-/sys}/class/net/$name-in/vrsim/run")" = 1 ]; do
				sleep 0.01
			done
			rig_stat "$name-out"
			[ "${STAT[own]}" = 0 ] || break
			sleep 0.01
		done
		rig_sim "$name-in" run 0 count 0 || return
		[ "${STAT[own]}" != 0 ] || return 1
	done
}
