#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Break the scheduler on purpose, in all the ways that others have broken theirs
# and some more: sched_random must find fault with each. Where the name starts
# with digits, it must do so by each of these theorems alone. Prints TAP.
#
# Usage: sched_mutants.sh      in selftests/unit, after or without make

set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1
[ -f sched_random.c ] || cd .. || exit 1	# a copy in build/

: "${CC:=cc}"
: "${STEPS:=2000000}"
source=../../kmod/sched.c
out=build/mutants
n=0 failed=0

# NAME, then the sed expression that makes it
mutants=(
	'245 idling is saved up'
	's/eras > 0 || (!eras \&\& behind > credit)/0/'
	'245 waking forgives what was used'
	's/if (eras > 0 || (!eras .*/if (1) {/'
	'245 the pass is reset to 0 on waking'
	's/^\tlimit_credit(rq, ent);\n//; s/^\tent->backlogged = true;/&ent->pass = 0;/'
	'245 twice the credit'
	's/divide(rq->credit << VR_SCHED_FRAC/divide(rq->credit << (VR_SCHED_FRAC + 1)/'
	'2 a new one gets credit too'
	's/ent->era ? \(divide(.*)\) : 0;/\1;/'
	'the remainder is not carried'
	's/^\tent->rem = sum;/\tent->rem = 0;/'
	'the quotient may be one too small'
	's/^\tif (sum >= ent->weight) {/\tif (0) {/'
	'the inverse is rounded to 32 bits'
	's/return div_u64(~0ULL, weight);/return div_u64(~0ULL, weight) >> 32 << 32;/'
	'24 a dear charge is billed up to 100 slices only'
	's/if (cycles > COST_MAX)/if (cycles > 100 * rq->credit \&\& (cycles = 100 * rq->credit))/'
	'245 virtual time follows every pick, also back'
	's/^\tif (!before(rq->vtime, pass))/\tif (0)/'
	'245 virtual time stays when the last one sleeps'
	's/^\t\tadvance(rq, rq->pass_max);//'
	'245 sleepers are compared by 64 bits only'
	's/s32 eras = .*/s32 eras = (s64)behind < 0 ? -1 : 0;/'
	'245 the era ignores the wrap'
	's/^\trq->era += pass < rq->vtime;//'
	'245 a change of weight keeps the pass'
	's/^\tent->pass = rq->vtime + pass;//'
	'a change of weight rounds a debt away'
	's/^\tent->rem = dist - pass \* weight;/\tent->rem = 0;/'
	'245 a change of weight leaves the heap alone'
	's/^\t\theap_replace(rq, new, heap_find(rq, ent));//'
	'a change of weight leaves the sum of weights alone'
	's/^\t\trq->weights += weight - ent->weight;/\t\t;/'
	'the inverse of the weights is not renewed'
	's/rq->weights != rq->inv_weights/!rq->inv_weights/'
	'245 a waker rises above the one that runs'
	's/u32 top = rq->running ? .*/u32 top = ROOT;/'
	'245 the fourth child is not looked at'
	's/before(heap\[child + 3\]\.pass,/0 \&\& &/'
	'245 the last children are not looked at'
	's/for (i = child + 1; i < end; i++)/for (i = end; i < end; i++)/'
	'245 who leaves from the middle is replaced but not sifted up'
	's/^\tsift_up(rq, new, slot);/\trq->heap[slot] = new;/'
	'245 who leaves from the middle is replaced but not sifted down'
	's/^\t\tsift_down(rq, new, slot);/\t\t;/'
	'a sleeper stays in the sum of distances'
	's/^\trq->sum -= ahead(rq, ent);//'
	'the sum of distances ignores the virtual time'
	's/^\trq->sum -= (pass - rq->vtime) \* rq->weights;//'
	'the lag is taken after the charge only'
	'0,/^\tnote_lag(rq, ent);/s///'
	'the bound forgets one entity'
	's/(rq->n - 1)/(rq->n - 2)/'
	'the bound forgets the credit'
	's/credit = rq->credit_busy;/credit = 0;/'
	'the bound forgets that there was more credit'
	's/credit = rq->credit_busy;/credit = rq->credit;/'
	'the bound forgets the dearest charge'
	's/^\trq->cost_busy = cycles;/\trq->cost_busy = cycles < 10 * rq->credit ? cycles : rq->cost_busy;/'
)

# found [THEOREM]: whether it fails, as it must; how is appended to $said
found()
{
	local text rc=0

	# a hang and a crash are failures too
	text=$(timeout 60 $out/mutant "$STEPS" 1 "$@" 2>&1) || rc=$?
	[ $rc != 0 ] || return 1
	said+="# ${1:+by theorem }${1:-at all}: $(grep -m1 '^# step' <<<"$text" || echo "status $rc")"$'\n'
	return 0
}

mkdir -p $out
trap 'rm -rf "$out"' EXIT
cp ../../kmod/sched.h $out/
echo "TAP version 13"
echo "1..$((${#mutants[@]} / 2))"
for ((i = 0; i < ${#mutants[@]}; i += 2)); do
	name=${mutants[i]} why='' said='' theorems=''
	[[ $name != [0-9]* ]] || theorems=${name%% *} name=${name#* }
	sed "${mutants[i + 1]}" $source >$out/sched.c
	if cmp -s $source $out/sched.c; then
		why="the source has changed, nothing to break"
	elif ! said=$("$CC" -O2 -std=gnu11 -Iinclude -I. -o $out/mutant sched_random.c $out/sched.c 2>&1); then
		why="does not compile: $said"
	else
		said=''
		found || why="passes"
		for ((k = 0; k < ${#theorems}; k++)); do
			found "${theorems:k:1}" || why+=" by theorem ${theorems:k:1}"
		done
	fi
	n=$((n + 1))
	if [ -n "$why" ]; then
		failed=1
		echo "# $why"
		echo "not ok $n sched: found out: $name"
	else
		printf '%s' "${said//# step/step}"
		echo "ok $n sched: found out: $name"
	fi
done
exit $failed
