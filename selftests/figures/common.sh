# SPDX-License-Identifier: GPL-2.0
# Shared by the figures: a test that also writes what it measured. Sourced.
#
# FULL=1 asks for the whole figure instead of the few points that a test needs;
# FIG_OUT is where NAME.dat goes (default: nowhere).
# shellcheck shell=bash disable=SC2034

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=../sim/rig.sh
. "$SELFTESTS/sim/rig.sh"

: "${FULL:=0}"
: "${FIG_OUT:=}"
FIG_DAT=/dev/null

# full A B: A if the whole figure is wanted, else B
full()
{
	[ "$FULL" = 1 ] && echo "$1" || echo "$2"
}

# fig_file NAME COMMENT...: where fig_row goes from now on
fig_file()
{
	local line

	FIG_DAT=/dev/null
	[ -z "$FIG_OUT" ] || FIG_DAT=$FIG_OUT/$1.dat
	shift
	: >"$FIG_DAT"
	for line; do
		echo "# $line" >>"$FIG_DAT"
	done
}

fig_row()
{
	echo "$*" >>"$FIG_DAT"
	diag "$*"
}

# fig_cells CMD...: what CMD says of each of NAMES, which it gets as its last word
fig_cells()
{
	local name

	# shellcheck disable=SC2153 # the script has them
	for name in "${NAMES[@]}"; do
		printf ' %s' "$("$@" "$name")"
	done
}

# fig_router NAME WEIGHT [KIND]: one more, measured from now on
fig_router()
{
	fig_table=$((${fig_table:-9} + 1))
	rig_add "$1" "${3:-vrouter}" "$fig_table" "$2" || fail "cannot set up $1" || return
	defer rig_del "$1"
	rig_ready "$1" || fail "$1 does not forward"
}

# fig_load COUNT MS NAME KPPS...: see rig_window
fig_load()
{
	local args=("$1" "$2")

	shift 2
	while [ $# -gt 0 ]; do
		args+=("$1" "$(calc "$2 * 1000")")
		shift 2
	done
	rig_window "${args[@]}" || fail "cannot measure"
}

# fig_lost NAME COUNT MS NAME KPPS...: as fig_load; then ARRIVED has the packets that
# the first NAME was offered, LOST those that did not come out, STAT its way out
fig_lost()
{
	local name=$1 own

	shift
	rig_stat "$name-in"
	ARRIVED=${STAT[arrived]}
	rig_stat "$name-out"
	own=${STAT[own]}
	fig_load "$@" || return
	rig_settle "$name"
	rig_stat "$name-in"
	ARRIVED=$((STAT[arrived] - ARRIVED))
	rig_stat "$name-out"
	LOST=$((ARRIVED - (STAT[own] - own)))
}

# calc EXPRESSION [DIGITS]: of awk
calc()
{
	awk "BEGIN { printf \"%.${2:-0}f\", ($1) }"
}

# kpps WHAT NAME: of the array WHAT, packets per TIME
kpps()
{
	local -n what=$1

	calc "${what[$2]} * 1000000 / ${TIME[$2]}" 2
}

# used NAME: per mille of the time that all routers used together
used()
{
	local name sum=0

	for name in "${RIG_NAMES[@]}"; do
		# shellcheck disable=SC2004 # an associative array
		sum=$((sum + USED[$name]))
	done
	calc "$sum ? 1000 * ${USED[$1]} / $sum : 0" 2
}

# check_within WHAT GOT WANTED PERCENT: of what is wanted
check_within()
{
	local off

	off=$(calc "(($2) - ($3)) * 100 / ($3)" 3)
	[ "$(calc "$4 >= ${off#-}")" = 1 ] ||
		fail "$1 is $2 instead of $3: $off % off, wanted within $4 %"
}

# bar_within WHAT GOT WANTED PERCENT KNOWN: a bar that is missed, see
# Documentation/figures.rst; worse than KNOWN percent is a failure.
bar_within()
{
	local off

	off=$(calc "(($2) - ($3)) * 100 / ($3)" 3)
	if [ "$(calc "${off#-} > $4")" = 1 ]; then
		diag "missed: $1 is $2 instead of $3: $off % off, wanted within $4 %"
		check_within "$1" "$2" "$3" "$5"
	fi
}

# bar_below WHAT GOT WANTED KNOWN: the same for a greatest value
bar_below()
{
	if [ "$(calc "($2) > ($3)")" = 1 ]; then
		diag "missed: $1 is $2, wanted at most $3"
		check_below "$1" "$2" "$4"
	fi
}

# check_below WHAT GOT WANTED: not above, fractions allowed
check_below()
{
	[ "$(calc "($2) <= ($3)")" = 1 ] || fail "$1 is $2, wanted at most $3"
}

# dear NAME NS: each packet of this router costs so much more
dear()
{
	if rig_vrctl vr set "$1" burn "$2" 2>/dev/null; then
		return
	fi
	dear_filters "$1" "$2"
}

# A filter that says "continue" costs about as much as 190 instructions.
FILTER_NS=190

dear_filters()
{
	local n=$(($2 / FILTER_NS)) i

	modprobe -q cls_matchall
	modprobe -q act_gact
	for ((i = 1; i <= n; i++)); do
		echo "filter add dev $1-out egress pref $i matchall action continue"
	done | { tc qdisc add dev "$1-out" clsact && tc -batch -; }
}

# worst_window WEIGHT...: how far the packets of any router in any window are from its
# share, in percent of the share; the worst and the mean
worst_window()
{
	printf '%s\n' "${RIG_ROWS[@]}" | awk -v weights="$*" '
		BEGIN { n = split(weights, w, " ") }
		$3 ~ /-out$/ {
			if (!($3 in id)) { id[$3] = ++ids; sum_w += w[ids] }
			got[$1, id[$3]] = $4; all[$1] += $4
		}
		END {
			for (i in all) for (j = 1; j <= ids; j++) {
				off = (got[i, j] * sum_w / (all[i] * w[j]) - 1) * 100
				if (off < 0)
					off = -off
				sum += off; m++
				if (off > worst)
					worst = off
			}
			printf "%.2f %.2f\n", worst, sum / m
		}'
}

# fig_start NAMES ARGS...: run the tests
fig_start()
{
	require_root
	require_command tc awk
	require_module vrsim vrouter
	rig_init || die "cannot load vrsim"
	[ -x "$SELFTESTS/figures/window" ] || die "selftests/figures is not built"
	run_tests "$@"
}
