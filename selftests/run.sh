#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the tests and count their results.
#
# Usage: run.sh [--list]
#
#   KERNELS="6.12 6.1 ..."  which kernels (default: 6.12 6.1 6.12-rt debug)
#   TESTS="forward unit"    only these: names of test scripts, unit, style, um, packages
#   V=1                     show every line the tests print
#   EVERYWHERE=1            every script on every kernel, whatever it asks for; the
#                           scripts ask for what fits into an hour on two cores
#   LANES=2                 how many VMs run at a time (default: 2; 1 on a single CPU)
#
# Unit tests, style, the build for ARCH=um and make install run here; every test script, that
# is every executable selftests/*.sh and every selftests/*/*.sh with such a
# line, runs in a VM per kernel. A script says what it needs in a comment:
#
#   # vm: kernels=6.12,debug nics=virtio,igb smp=2 mem=2G icount=1 timeout=120
#
# Scripts with equal nics, smp, mem and icount share one boot. The default is
# kernels=6.1,6.12,debug smp=2 timeout=300 (three times that on the debug
# kernel). The boots are a queue with two ends: one lane takes them from the front,
# the other from the back, but only what is a single thread: what runs here, the
# boots under the instruction clock, and those with one CPU. Two VMs of two CPUs
# each on two cores wait for one another; each took three times as long as alone.
# The last line is "N passed, N failed, N skipped".
#
# Virtual CPUs stand still when the host has other things to do, so a test that
# measures time may fail for no fault of what it tests. A script that fails is run
# once more in a new boot; if all of it passes then it has passed, but is listed
# as unsteady. What a kernel says or a VM that dies is never forgiven, but for a
# failed assertion of the emulator or an idle CPU whose timer it forgot, nor are more than REPEATS scripts of a lane
# (default: 2; 0 for none).

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=vm/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/vm/common.sh"

: "${KERNELS:=6.12 6.1 6.12-rt debug}"
: "${TESTS:=}"
: "${V:=0}"
: "${EVERYWHERE:=0}"
: "${REPEATS:=2}"
: "${LANES:=$(($(nproc) > 1 ? 2 : 1))}"
LOGS=$BUILD/logs
HERE=$TOP/selftests
DEFAULT_KERNELS=6.1,6.12,debug

passed=0 failed=0 skipped=0
times=()
failures=()
unsteady=()
repeats=0
started=$SECONDS
background=()
trap '[ ${#background[@]} = 0 ] || kill "${background[@]}" 2>/dev/null' EXIT

if [ -t 1 ]; then
	red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' bold=$'\e[1m' off=$'\e[0m' tty=1
else
	red='' green='' yellow='' bold='' off='' tty=0
fi

clock()
{
	local s=$((SECONDS - started))

	printf '%s[%3d:%02d]' "$([ $tty = 0 ] || printf '\r\e[K')" $((s / 60)) $((s % 60))
}

note()
{
	printf '%s %s\n' "$(clock)" "$*"
}

# A line that the next one overwrites, on a terminal only.
transient()
{
	[ $tty = 0 ] || printf '%s %s' "$(clock)" "$*"
}

took()
{
	times+=("$(printf '%6d s  %s' $((SECONDS - $2)) "$1")")
}

# record PLACE KIND NAME [REASON]
record()
{
	case $2 in
	pass) passed=$((passed + 1)) ;;
	skip)
		skipped=$((skipped + 1))
		note "$1: ${yellow}skip$off $3${4:+: $4}"
		;;
	fail)
		failed=$((failed + 1))
		failures+=("$1: $3")
		note "$1: ${red}FAIL$off $3${4:+: $4}"
		;;
	esac
}

# ---- reading KTAP

# ktap_begin PLACE; ktap_line LINE...; ktap_end EXIT_STATUS SECONDS
ktap_begin()
{
	place=$1 plan='' seen=0 bad=0 skips=0 context=() unforgiven=0
	before=("$passed" "$failed" "$skipped" "${#failures[@]}")
}

ktap_line()
{
	local line=$1 name

	[ "$V" = 0 ] || printf '%s    %s\n' "$([ $tty = 0 ] || printf '\r\e[K')" "$line"
	case $line in
	'ok '* | 'not ok '*)
		name=${line#not } name=${name#ok } name=${name#* } name=${name#- }
		seen=$((seen + 1))
		if [[ $line == not* ]]; then
			[ "$V" != 0 ] || [ ${#context[@]} = 0 ] || printf '%s\n' "${context[@]/#/          }"
			name=${name%% # *}
			if [[ $name == 'kernel log of '* ]]; then
				emulator_fault >/dev/null || unforgiven=1
				name+=$(first_splat)
			fi
			record "$place" fail "$name"
			bad=$((bad + 1))
		elif [[ $line == *'# SKIP'* ]]; then
			record "$place" skip "${name%% # SKIP*}" "${line#*# SKIP }"
			skips=$((skips + 1))
		else
			record "$place" pass "$name"
		fi
		context=()
		transient "$place: $seen of ${plan:-?}"
		;;
	'1..0 # SKIP'*)
		plan=0
		record "$place" skip "all of it" "${line#*# SKIP }"
		skips=$((skips + 1))
		;;
	1..[0-9]*) plan=${line#1..} plan=${plan%% *} ;;
	'KTAP version'* | '# Totals'* | '') ;;
	*)
		context+=("$line")
		[ ${#context[@]} -le 120 ] || context=("${context[@]:1}")
		;;
	esac
}

# The first line that the kernel said of what went wrong, for the summary.
first_splat()
{
	local line

	for line in "${context[@]}"; do
		if [[ $line =~ (BUG:|WARNING:|Oops|KASAN|UBSAN|INFO:|refcount_t:|Assertion).* ]]; then
			echo ": ${BASH_REMATCH[0]}"
			return
		fi
	done
}

ktap_end()
{
	local rc=$1 secs=$2 why=''

	if [ -z "$plan" ]; then
		why="printed no plan (exit status $rc)"
	elif [ "$plan" != 0 ] && [ "$seen" -lt "$plan" ]; then
		why="ended after $seen of $plan tests (exit status $rc)"
	elif [ "$plan" = 0 ] && [ "$skips" = 0 ]; then
		why="has no tests"
	elif [ "$rc" != 0 ] && [ "$rc" != 4 ] && [ "$bad" = 0 ]; then
		why="exit status $rc without a failed test"
	fi
	if [ -n "$why" ]; then
		[ "$V" != 0 ] || [ ${#context[@]} = 0 ] || printf '%s\n' "${context[@]/#/          }"
		record "$place" fail "$why"
		bad=$((bad + 1))
	fi
	verdict=${green}ok$off
	[ "$bad" = 0 ] || verdict=${red}FAILED$off
	note "$place: $verdict, $seen tests$([ "$skips" = 0 ] || echo ", $skips skipped") ($secs s)"
}

# Whether the script that has just ended is to be run once more: then nothing of it
# counts, and why is in $forgiven.
forgive()
{
	if [ "$bad" = 0 ] || [ "$unforgiven" != 0 ] || [ $repeats -ge "$REPEATS" ]; then
		return 1
	fi
	repeats=$((repeats + 1))
	forgiven=$(printf '%s, ' "${failures[@]:before[3]}")
	forgiven=${forgiven%, }
	passed=${before[0]} failed=${before[1]} skipped=${before[2]}
	failures=("${failures[@]:0:before[3]}")
	note "$place: to be repeated in a new boot"
}

# What the emulator did wrong, as far as it can be told. On a loaded host it loses the
# timer interrupt of a CPU now and then, also without vrouter; then that CPU is idle.
emulator_fault()
{
	local said="${context[*]}"

	said+=$(cat "$log.console" 2>/dev/null)
	if [[ $said =~ qemu-system[^$'\n']*Assertion[^$'\n']* ]]; then
		echo "${BASH_REMATCH[0]}"
	elif [[ $said == *'Possible timer handling issue on cpu'* && $said == *default_idle* &&
		$said != *'soft lockup'* && $said != *'[vrouter]'* ]]; then
		echo "a CPU without timer interrupts"
	else
		return 1
	fi
}

# Whether the VM died for a fault of the emulator, and the script is to be repeated.
emulator_failed()
{
	local fault

	[ -z "${first_try[$cur]:-}" ] && [ $repeats -lt "$REPEATS" ] && fault=$(emulator_fault) ||
		return 1
	repeats=$((repeats + 1))
	passed=${before[0]} failed=${before[1]} skipped=${before[2]}
	failures=("${failures[@]:0:before[3]}")
	first_try[$cur]="$place: $fault"
	again+=("$cur")
	note "$place: $fault; to be repeated in a new boot"
}

# run_here NAME CMD...: a suite that runs on this machine and prints KTAP.
run_here()
{
	local name=$1 start=$SECONDS line rc

	shift
	transient "$name"
	ktap_begin "$name"
	while IFS= read -r line; do
		if [[ $line == '#> status '* ]]; then
			rc=${line#'#> status '}
		else
			ktap_line "$line"
		fi
	done < <("$@" 2>&1; echo "#> status $?")
	ktap_end "$rc" $((SECONDS - start))
	took "$name" "$start"
}

um_ktap()
{
	local out

	echo "KTAP version 1"
	echo "1..1"
	if out=$("$HERE/um.sh" 2>&1); then
		echo "ok 1 module_builds_for_um"
	elif [ $? = $EXIT_UNAVAILABLE ]; then
		echo "ok 1 module_builds_for_um # SKIP ${out##*$'\n'}"
	else
		echo "$out"
		echo "not ok 1 module_builds_for_um"
		return 1
	fi
}

# ---- what there is to run

selected()
{
	local name t

	[ -n "$TESTS" ] || return 0
	name=$(basename "$1" .sh)
	for t in $TESTS; do
		[ "$(basename "$t" .sh)" != "$name" ] || return 0
	done
	return 1
}

scripts()
{
	local f

	for f in "$HERE"/*.sh; do
		case ${f##*/} in
		lib.sh | run.sh | deps.sh | style.sh | um.sh | packages.sh) continue ;;
		esac
		[ -x "$f" ] && echo "$f"
	done
	grep -lsE '^# vm:' "$HERE"/*/*.sh || true
}

# header SCRIPT KEY DEFAULT
header()
{
	local value

	value=$(sed -n '1,20{/^# vm:/{s/^# vm://;s/^/ /;p;q}}' "$1" | tr ' ' '\n' | sed -n "s/^$2=//p")
	echo "${value:-$3}"
}

wants_kernel()
{
	[ "$EVERYWHERE" = 0 ] || return 0
	[[ ",$(header "$1" kernels $DEFAULT_KERNELS)," == *",$2,"* ]]
}

# ---- one boot

# run_boot KERNEL CONFIG SCRIPT...: CONFIG is "nics smp mem icount". When the VM
# dies under a script, the scripts after it get a new one. Scripts to be repeated
# go to $again, with what they failed in $first_try.
run_boot()
{
	local kernel=$1 config=$2 nics smp mem icount args items line start limit total rc cur log n=0
	local retried=0
	local -a todo

	shift 2
	todo=("$@")
	read -r nics smp mem icount <<<"$config"
	while [ ${#todo[@]} -gt 0 ]; do
		n=$((n + 1))
		log=$LOGS/$kernel-${todo[0]##*/}
		[ -z "${first_try[${todo[0]}]:-}" ] || log+=-again
		args=(--kernel "$kernel" --smp "$smp" --log "$log")
		[ "$mem" = - ] || args+=(--mem "$mem")
		[ "$nics" = - ] || args+=(--nics "$nics")
		[ "$icount" = 0 ] || args+=(--icount)
		items=() total=120
		for line in "${todo[@]}"; do
			limit=$(header "$line" timeout 300)
			[ "$kernel" != debug ] || limit=$((limit * 3))
			total=$((total + limit + 15))
			items+=("$limit:$line")
		done
		transient "$kernel: booting"
		start=$SECONDS cur='' rc=
		while IFS= read -r line; do
			case $line in
			'#> begin '*)
				[ -z "$start" ] || took "$kernel: boot" "$start"
				start=
				cur=${line#'#> begin '}
				ktap_begin "$kernel ${cur#"$HERE"/}"
				transient "$place"
				;;
			'#> end '*)
				read -r _ _ _ rc secs <<<"$line"
				ktap_end "$rc" "$secs"
				times+=("$(printf '%6d s  %s' "$secs" "$place")")
				if [ -n "${first_try[$cur]:-}" ]; then
					[ "$bad" != 0 ] || unsteady+=("${first_try[$cur]}")
				elif forgive; then
					again+=("$cur")
					first_try[$cur]=$forgiven
				fi
				todo=("${todo[@]:1}")
				cur='' rc=
				;;
			'#> status '*) rc=${line#'#> status '} ;;
			*)
				echo "$line" >>"$log.log"
				if [ -n "$cur" ]; then
					ktap_line "$line"
				else
					boot_said "$line"
				fi
				;;
			esac
		done < <(rm -f "$log.log"
			 "$VM_DIR/vm.sh" "${args[@]}" --timeout "$total" -- "$VM_DIR/suite.sh" "${items[@]}" 2>&1
			 echo "#> status $?")
		if [ "$rc" = $EXIT_UNAVAILABLE ] && [ -z "$cur" ]; then
			for line in "${todo[@]}"; do
				record "$kernel ${line#"$HERE"/}" skip "all of it" "$last_said"
			done
			return
		elif [ -n "$cur" ]; then
			if ! emulator_failed; then
				[ "$V" != 0 ] || printf '%s\n' "${context[@]/#/          }"
				record "$place" fail "the VM died in this script (status $rc)$(first_splat), see $log.console"
			fi
			todo=("${todo[@]:1}")
		elif [ ${#todo[@]} -gt 0 ] && [ $retried = 0 ]; then
			# An emulated timer can miss its moment on a loaded host.
			note "$kernel: did not boot (${last_said:-status $rc}), once more"
			retried=1
		elif [ ${#todo[@]} -gt 0 ]; then
			record "$kernel" fail "the VM did not run ${todo[*]##*/}: ${last_said:-status $rc}"
			return
		elif [ "$rc" != 0 ]; then
			record "$kernel" fail "kernel log or leak scan after the tests, see $log.console"
		fi
	done
}

# prepare KERNEL: fetch or build it, and build the modules for it. Where it fails, only
# the first lane that tries says so.
prepare()
{
	local kernel=$1 line rc=1 start=$SECONDS lock

	exec {lock}>>"$LOGS/.prepared-$kernel"
	flock "$lock"
	if [ -s "$LOGS/.prepared-$kernel" ]; then
		rc=$(<"$LOGS/.prepared-$kernel")
		exec {lock}>&-
		return "$rc"
	fi
	last_said=
	while IFS= read -r line; do
		case $line in
		'#> status '*) rc=${line#'#> status '} ;;
		*) boot_said "$line" ;;
		esac
	done < <("$VM_DIR/modules.sh" "$kernel" 2>&1; echo "#> status $?")
	took "$kernel: fetch, build" "$start"
	case $rc in
	0) ;;
	"$EXIT_UNAVAILABLE") record "$kernel" skip "all of it" "$last_said" ;;
	*) record "$kernel" fail "cannot prepare this kernel: $last_said" ;;
	esac
	echo "$rc" >"$LOGS/.prepared-$kernel"
	exec {lock}>&-
	return "$rc"
}

last_said=
boot_said()
{
	last_said=$1
	case $1 in
	KVER=* | KIMAGE=* | KDIR=* | KMODULES=* | MODROOT=*) ;;
	'') ;;
	*) note "$1" ;;
	esac
}

# ---- the queue

# Each is "here NAME COMMAND..." or "boot KERNEL NICS SMP MEM ICOUNT SCRIPT..."
jobs=()

# is_single JOB: whether it keeps one core busy at most
is_single()
{
	local kind smp icount

	read -r kind _ _ smp _ icount _ <<<"$1"
	[ "$kind" = here ] || [ "$smp" = 1 ] || [ "$icount" = 1 ]
}

# boots_of KERNEL: its boots, the single ones apart
boots_of()
{
	local kernel=$1 script config
	local -A scripts_of=()
	local -a order=()

	for script in $(scripts); do
		selected "$script" || continue
		wants_kernel "$script" "$kernel" || continue
		config="$(header "$script" nics -) $(header "$script" smp 2)"
		config+=" $(header "$script" mem -) $(header "$script" icount 0)"
		[ -n "${scripts_of[$config]:-}" ] || order+=("$config")
		scripts_of[$config]+=" $script"
	done
	for config in "${order[@]}"; do
		if is_single "boot $kernel $config"; then
			single=("boot $kernel $config${scripts_of[$config]}" "${single[@]}")
		else
			jobs+=("boot $kernel $config${scripts_of[$config]}")
		fi
	done
}

fill_queue()
{
	local kernel
	local -a single=()

	for kernel in $KERNELS; do
		boots_of "$kernel"
	done
	jobs+=("${single[@]}")
	[ ! -f "$TOP/kmod/main.c" ] || ! selected um || jobs+=("here um um_ktap")
	! selected style || jobs+=("here style $HERE/style.sh")
	! selected packages || jobs+=("here packages $HERE/packages.sh one_version install_uninstall")
	[ ! -f "$HERE/unit/Makefile" ] || ! selected unit ||
		jobs+=("here unit make -s --no-print-directory -C $HERE/unit check")
	echo "0 $((${#jobs[@]} - 1))" >"$LOGS/.queue"
}

# take END: the next job is in $job.
take()
{
	local first last lock

	exec {lock}<"$LOGS/.queue"
	flock "$lock"
	read -r first last <&"$lock"
	if [ "$first" -gt "$last" ]; then
		exec {lock}<&-
		return 1
	elif [ "$1" = front ]; then
		job=${jobs[first++]}
	elif is_single "${jobs[last]}"; then
		job=${jobs[last--]}
	else
		exec {lock}<&-
		return 1
	fi
	echo "$first $last" >"$LOGS/.queue"
	exec {lock}<&-
}

# lane END: until nothing is left
lane()
{
	local job kernel config script start
	local -a words now again
	local -A first_try

	while take "$1"; do
		read -ra words <<<"$job"
		if [ "${words[0]}" = here ]; then
			run_here "${words[@]:1}"
			continue
		fi
		kernel=${words[1]} config=${words[*]:2:4} again=() first_try=() start=$SECONDS
		prepare "$kernel" || continue
		run_boot "$kernel" "$config" "${words[@]:6}"
		now=("${again[@]}") again=()
		for script in "${now[@]}"; do
			run_boot "$kernel" "$config" "$script"
		done
		took "${bold}a boot of $kernel ($config)$off" "$start"
	done
}

# apart FILE COMMAND...: what it counts goes to FILE
apart()
{
	local file=$1 passed=0 failed=0 skipped=0 tty=0
	local -a times=() failures=() unsteady=()

	shift
	"$@"
	declare -p passed failed skipped times failures unsteady >"$file"
}

# add_up FILE: adds what was counted apart
add_up()
{
	local sums list
	local -a more=()

	if ! sums=$(cat "$1"); then
		record "a lane" fail "it did not end"
		return
	fi
	eval "$(
		eval "$sums"
		echo "more=($passed $failed $skipped)"
		for list in times failures unsteady; do
			declare -n values=$list
			[ ${#values[@]} = 0 ] || echo "$list+=(${values[*]@Q})"
		done
	)"
	passed=$((passed + more[0])) failed=$((failed + more[1])) skipped=$((skipped + more[2]))
}

case ${1:-} in
--list)
	for script in $(scripts); do
		echo "$(basename "$script" .sh) ($(header "$script" kernels $DEFAULT_KERNELS))"
	done
	exit 0
	;;
-h | --help) usage; exit 0 ;;
'') ;;
*) die "unknown argument '$1', try --help" ;;
esac

for kernel in $KERNELS; do
	[[ " $("$VM_DIR/kernels.sh" list) " == *" $kernel "* ]] ||
		die "unknown kernel '$kernel' (have: $("$VM_DIR/kernels.sh" list))"
done
for name in $TESTS; do
	case $name in
	unit | style | um | packages) continue ;;
	esac
	grep -q "/$(basename "$name" .sh)\.sh$" <<<"$(scripts)" ||
		die "unknown test '$name' (see $0 --list)"
done

rm -rf "$LOGS"
mkdir -p "$LOGS"

# The tools, and the programs that test scripts use.
start=$SECONDS
for dir in "$TOP/tools" "$HERE"/*/; do
	dir=${dir%/}
	[ -f "$dir/Makefile" ] || continue
	[ "$dir" != "$HERE/unit" ] || continue
	transient "building ${dir#"$TOP"/}"
	name=${dir##*/}
	make -s -C "$dir" >"$LOGS/$name.log" 2>&1 || {
		cat "$LOGS/$name.log"
		record "$name" fail "${dir#"$TOP"/} does not build"
	}
done
took "build the tools" "$start"

# Building the debug kernel takes 7 minutes on 2 CPUs, and its turn comes late. What goes
# wrong shows then.
if [[ " $KERNELS " == *' debug '* ]]; then
	nice -n 19 "$VM_DIR/kernels.sh" get debug >"$LOGS/early.log" 2>&1 &
	background+=($!)
fi

fill_queue
lanes=()
for ((n = 2; n <= LANES; n++)); do
	apart "$LOGS/.lane-$n" lane back &
	lanes+=($!)
	background+=($!)
done
lane front
for ((n = 2; n <= LANES; n++)); do
	wait "${lanes[n - 2]}"
	add_up "$LOGS/.lane-$n"
done

echo
echo "${bold}Where the time went$off"
printf '%s\n' "${times[@]}" | sort -rn | head -n 40
printf '%6d s  in all\n' $((SECONDS - started))
if [ ${#unsteady[@]} -gt 0 ]; then
	echo
	echo "${bold}Unsteady$off: failed at first, all of the script passed when repeated"
	printf '  %s\n' "${unsteady[@]}"
fi
if [ ${#failures[@]} -gt 0 ]; then
	echo
	echo "${bold}Failed$off (logs in $LOGS)"
	printf '  %s\n' "${failures[@]}"
fi
echo
[ $((passed + failed)) -gt 0 ] || { say "no test was executed"; failed=1; }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
