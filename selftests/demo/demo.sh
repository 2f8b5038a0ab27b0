#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Show the main job: three virtual routers weighted 1:2:3 share one CPU that is
# offered more than it can forward, live; then the same load through three Linux
# VRFs; then who got what.
#
# Usage: demo.sh [--plain]
#
#   --plain   no cursor movement nor colours, as when stdout is no terminal
#
# The load comes from simulated NICs in a VM (selftests/sim, selftests/vm) whose
# clock counts instructions, one per ns: the same on a fast and on a slow
# machine, and the same each time. Ends by itself. Exit status: 0 all shares as
# entitled, 1 a vrouter is off by more than 2 % points, 2 it did not work.

set -u
DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(dirname "$(dirname "$DIR")")

LIMIT=20		# per mille that a share may be off
SCALE=600		# per mille that fill a bar
PLAIN_INTERVAL=4	# seconds between two tables, without a terminal

plain=0
case ${1:-} in
'') ;;
--plain) plain=1 ;;
-h | --help) sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) echo "demo.sh: unknown option '$1', try --help" >&2; exit 2 ;;
esac

red='' green='' yellow='' bold='' dim='' off='' tty=0 cols=80
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ $plain = 0 ]; then
	tty=1
	cols=$(tput cols 2>/dev/null || echo 80)
	if [ -z "${NO_COLOR:-}" ]; then
		red=$'\e[31m' green=$'\e[32m' yellow=$'\e[1;33m' bold=$'\e[1m' dim=$'\e[2m'
		off=$'\e[0m'
	fi
fi
[ "$cols" -le 110 ] || cols=110
width=$((cols - 58))
[ $width -ge 12 ] || width=12

if [ "$(locale charmap 2>/dev/null)" = UTF-8 ]; then
	blocks=(' ' ▏ ▎ ▍ ▌ ▋ ▊ ▉ █) mark=┃
else
	blocks=(' ' ' ' ' ' ' ' '#' '#' '#' '#' '#') mark='|'
fi

declare -A weight=() offered=() forwarded=() used=() ns=() share=() final=()
names=()
drawn=0

# ---- drawing

put()
{
	if [ $tty = 1 ]; then
		printf '%s\e[K\n' "$1"
	else
		printf '%s\n' "$1"
	fi
	drawn=$((drawn + 1))
}

# percent PERMILLE: in REPLY
percent()
{
	printf -v REPLY '%3d.%d %%' $(($1 / 10)) $(($1 % 10))
}

# points PERMILLE: with its sign, in REPLY
points()
{
	local sign=+ value=$1

	if [ "$value" -lt 0 ]; then
		sign=-
		value=$((-value))
	fi
	printf -v REPLY '%s%d.%d' $sign $((value / 10)) $((value % 10))
}

is_off()
{
	local diff=$(($1 - $2))

	[ ${diff#-} -gt $LIMIT ]
}

# bar SHARE ENTITLED: in REPLY
bar()
{
	local cells=$(($1 * width * 8 / SCALE)) at=$(($2 * width / SCALE)) i level
	local colour=$green

	is_off "$1" "$2" && colour=$red
	REPLY=$colour
	for ((i = 0; i < width; i++)); do
		if [ $i = $at ]; then
			REPLY+=$off$yellow$mark$off$colour
			continue
		fi
		level=$((cells - i * 8))
		[ $level -le 8 ] || level=8
		[ $level -ge 0 ] || level=0
		REPLY+=${blocks[level]}
	done
	REPLY+=$off
}

kpps()
{
	printf -v REPLY '%d' $((($1 * 1000000 + $2 / 2) / $2))
}

# shares KIND: the share of each router, of CPU time if its kind accounts for
# that, else of packets
shares()
{
	local name sum=0

	for name in "${names[@]}"; do
		if [ "$1" = vrouter ]; then
			share[$name]=${used[$name]}
		else
			share[$name]=${forwarded[$name]}
		fi
		sum=$((sum + share[$name]))
	done
	[ $sum -gt 0 ] || sum=1
	for name in "${names[@]}"; do
		share[$name]=$(((share[$name] * 1000 + sum / 2) / sum))
	done
}

entitled()
{
	local name sum=0

	for name in "${names[@]}"; do
		sum=$((sum + weight[$name]))
	done
	REPLY=$(((weight[$1] * 1000 + sum / 2) / sum))
}

# table KIND MS STATE
table()
{
	local kind=$1 ms=$2 state=$3 name title line ent
	local heading=used

	[ "$kind" = vrouter ] && title='vrouter' || title='Linux VRF'
	[ "$kind" = vrouter ] || heading='packets'
	printf -v REPLY '%d.%d s' $((ms / 1000)) $((ms / 100 % 10))
	put "$bold$title$off  $dim$state, $REPLY$off"
	printf -v line '  %-6s %6s %9s %10s %9s %8s' VR weight offered forwarded entitled "$heading"
	put "$dim$line$off"
	shares "$kind"
	for name in "${names[@]}"; do
		printf -v line '  %-6s %6d' "$name" "${weight[$name]}"
		kpps "${offered[$name]}" "${ns[$name]}"
		printf -v line '%s %4d kpps' "$line" "$REPLY"
		kpps "${forwarded[$name]}" "${ns[$name]}"
		printf -v line '%s  %4d kpps' "$line" "$REPLY"
		entitled "$name"
		ent=$REPLY
		percent "$ent"
		line+="   $REPLY"
		percent "${share[$name]}"
		line+="  $REPLY"
		bar "${share[$name]}" "$ent"
		put "$line   $REPLY"
	done
	put ''
}

rewind()
{
	if [ $tty = 1 ] && [ $drawn -gt 0 ]; then
		printf '\e[%dA' $drawn
	fi
	drawn=0
}

# ---- the records of guest.sh

clear_window()
{
	local name

	for name in "${names[@]}"; do
		offered[$name]=0 forwarded[$name]=0 used[$name]=0 ns[$name]=0
	done
}

add_sample()
{
	local name=$1

	[[ " ${names[*]} " == *" $name "* ]] || names+=("$name")
	weight[$name]=$2
	offered[$name]=$((${offered[$name]:-0} + $3))
	forwarded[$name]=$((${forwarded[$name]:-0} + $4))
	used[$name]=$((${used[$name]:-0} + $5))
	ns[$name]=$((${ns[$name]:-0} + $6))
}

# Milliseconds of the clock on the wall.
now()
{
	REPLY=$((${EPOCHREALTIME/[.,]/} / 1000))
}

cleanup()
{
	[ $tty = 0 ] || printf '\e[?25h'
	[ -z "${vm_pid:-}" ] || kill "$vm_pid" 2>/dev/null
}

summary()
{
	local name line bad=0 ent got

	put "${bold}Share of the CPU$off"
	printf -v line '  %-6s %6s %9s  %16s  %16s' VR weight entitled vrouter 'Linux VRF'
	put "$dim$line$off"
	for name in "${names[@]}"; do
		entitled "$name"
		ent=$REPLY
		percent "$ent"
		printf -v line '  %-6s %6d  %s' "$name" "${weight[$name]}" "$REPLY"
		for kind in vrouter vrf; do
			got=${final[$kind.$name]:-0}
			if is_off "$got" "$ent"; then
				line+="  $red"
				[ $kind = vrf ] || bad=1
			else
				line+="  $green"
			fi
			percent "$got"
			line+="$REPLY"
			points $((got - ent))
			printf -v REPLY ' %8s' "($REPLY)"
			line+="$REPLY$off"
		done
		put "$line"
	done
	put ''
	if [ $bad = 0 ]; then
		put "Every vrouter got what it is entitled to, within $((LIMIT / 10)) % points; a VRF knows no weights."
	else
		put "${red}A vrouter is off by more than $((LIMIT / 10)) % points.$off"
	fi
	return $bad
}

# ---- run

make -s -C "$TOP/tools" >&2 || { echo 'demo.sh: cannot build the tools' >&2; exit 2; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "${bold}Three routers, weights 1 : 2 : 3, one CPU, offered more than it can forward$off"
echo "${dim}A virtual machine starts; its clock counts instructions, a bar's mark ($off$yellow$mark$off$dim) is the entitlement.$off"
echo
[ $tty = 0 ] || printf '\e[?25l'

error='' complete=0 last=0 interval=900 ms=0
[ $tty = 1 ] || interval=$((PLAIN_INTERVAL * 1000))
exec 3< <(exec "$TOP/selftests/vm/vm.sh" --icount --smp 1 --timeout 600 -- "$DIR/guest.sh")
vm_pid=$!
while read -r kind name rest <&3; do
	case $kind in
	phase)
		names=() drawn=0 ms=0
		[ $tty = 0 ] || put "${dim}starting $name$off"
		;;
	vrouter | vrf)
		# shellcheck disable=SC2086
		add_sample "$name" $rest
		;;
	shown)
		ms=$rest
		now
		if [ $((REPLY - last)) -ge $interval ]; then
			last=$REPLY
			rewind
			table "$name" "$ms" 'running'
			clear_window
		fi
		;;
	total)
		read -r phase rest <<<"$rest"
		[ "${names[0]}" != "$phase" ] || clear_window
		# shellcheck disable=SC2086
		add_sample "$phase" $rest
		[ "${names[-1]}" = "$phase" ] || continue
		rewind
		table "$name" "$ms" 'the whole time'
		clear_window
		for phase in "${names[@]}"; do
			final[$name.$phase]=${share[$phase]}
		done
		complete=$((complete + 1))
		;;
	error) error="$name $rest" ;;
	'#') error="$error $name $rest" ;;
	*) echo "$kind $name $rest" >&2 ;;
	esac
done
wait $vm_pid
rc=$?
vm_pid=
if [ $rc != 0 ] || [ $complete != 2 ]; then
	echo "demo.sh: ${error:-the VM ended with status $rc}" >&2
	exit 2
fi
summary
