#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What vrctl makes of what a kernel says, to the digit: settings, the account of
# VRs and CPUs, latencies, bills, placements, incidents. The kernel's part comes
# from a file (helpers/scene.c); that it says such things is for other tests.
#
# vm: kernels=6.12 timeout=200

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=scene_lib.sh
. "$SELFTESTS/scene_lib.sh"

ALL_TESTS="settings settings_sent details core_times core_slice account latency incidents
	incident_monitor bill_now bill_difference bill_of_vrs_that_change bill_after_restart
	bill_ledger bill_files bill_elsewhere balance_moves balance_stays balance_limits
	balance_watch refusals"

ALL_CPUS=$(cat /sys/devices/system/cpu/possible)

# default NAME: as the specification has it
default()
{
	sed -n "s/^#define VROUTER_$1[[:space:]]*//p" "$TOP/include/uapi/linux/vrouter.h"
}

QTIME=$(default QUEUE_TIME_US_DEFAULT)
VLIMIT=$(default VECTOR_LIMIT_US_DEFAULT)
STRIKES=$(default STRIKES_DEFAULT)
WINDOW=$(default STRIKE_WINDOW_MS_DEFAULT)
DEFAULTS="table=10 weight=100 ports=2 cpus=$ALL_CPUS active=0 qpackets=512 qtime=$QTIME"
DEFAULTS+=" vlimit=$VLIMIT strikes=$STRIKES window=$WINDOW"

# prints WANTED WORDS...: all that vrctl prints, blanks squeezed
prints()
{
	local wanted=$1 out

	shift
	out=$(on_scene "$@" 2>&1) || fail "'vrctl $*' ended with status $?"
	check_eq "what 'vrctl $*' prints" "$(tr -s ' ' <<<"$out" | sed 's/ $//')" "$wanted"
}

# json EXPR WORDS...: what vrctl prints in JSON is d in this Python expression
json()
{
	local expr=$1 out

	shift
	out=$(on_scene -j "$@" 2>&1) || fail "'vrctl $*' ended with status $?"
	out=$(python3 -c '
import json, sys
text = sys.stdin.read()
if not eval("(" + sys.argv[1] + ")", {"d": json.loads(text)}):
    sys.exit(text[:4000])' "$expr" 2>&1 <<<"$out") ||
		fail "'$*': not true: $expr: ${out##*$'\n'}"
}

# Only what is not as by default, each word as vr set takes it.
settings()
{
	scene "vr 5 red $DEFAULTS" \
		"vr 6 blue table=254 weight=50 ports=1 cpus=0 active=0 qpackets=64 qtime=0 vlimit=1500 strikes=5 window=1500 quarantine=1 burn=777"
	prints "NAME TABLE WEIGHT PORTS OPTIONS
red 10 100 2
blue main 50 1 cpus 0 queue-packets 64 queue-time off vector-limit 1500us strikes 5 strike-window 1500ms quarantine on burn 777" vr
	scene "vr 5 red $DEFAULTS"
	prints "NAME TABLE WEIGHT PORTS
red 10 100 2" vr
	json "d == [{'ifindex': 5, 'name': 'red', 'table': 10, 'ports': 2, 'weight': 100,
		'cpus': '$ALL_CPUS', 'queue_packets': 512, 'queue_time_us': $QTIME,
		'vector_limit_us': $VLIMIT, 'strikes': $STRIKES, 'strike_window_ms': $WINDOW,
		'quarantine': False, 'burn': 0, 'cpus_active': '0'}]" vr
	[[ "$(on_scene vr)" != *" "$'\n'* ]] || fail "blanks at an end: $(on_scene vr)"
}

details()
{
	scene "vr 5 red $DEFAULTS"
	prints "red: table 10 weight 100 ports 2
 cpus $ALL_CPUS queue-packets 512 queue-time $((QTIME / 1000))ms vector-limit $((VLIMIT / 1000))ms strikes $STRIKES strike-window $((WINDOW / 1000))s quarantine off burn off
 works on cpus 0" -d vr
}

# Numbers of attributes: 2 ifname, 4 weight, 6 cpus, 8 queue-packets, 9 queue-time-us,
# 10 vector-limit-us, 11 strikes, 12 strike-window-ms, 13 quarantine, 14 burn
settings_sent()
{
	scene "vr 5 red $DEFAULTS"
	check on_scene vr set red burn 5 quarantine on strike-window 1.5s strikes 7 vector-limit 20ms \
		queue-time 250 queue-packets 9 cpus 0-1,3 weight 7
	check on_scene vr set red queue-time off vector-limit 0 burn off
	check on_scene vr set red --cpus all
	check on_scene core set slice 25us
	check on_scene core set 1 slice 1ms
	check on_scene core set cpu 1 slice 0.07ms
	check_eq "what was sent" "$(cat "$SCENE_LOG")" \
"vr 2=red 4=7 6=0-1,3 8=9 9=250 10=20000 11=7 12=1500 13=1 14=5
vr 2=red 9=0 10=0 14=0
vr 2=red 6=all
core 12=25
core 1=1 12=1000
core 1=1 12=70"
}

core_times()
{
	scene 'cpu 0 queues=2 busy=8000000000 billed=7500000000 polls=20 switches=15 outside=3000000000 ingress=1000000000 lagmax=123456 bound=234567 slice=50 khz=2500000' \
		'cpu 1 slice=1000'
	prints "CPU QUEUES BUSY BILLED OVERHEAD POLLS SWITCHES
 0 2 8.000s 7.500s 500.000ms 20 15
 1 0 0ns 0ns 0ns 0 0" core
	# the 2 s outside that are not ingress are not busy time
	prints "CPU QUEUES BUSY BILLED OVERHEAD POLLS SWITCHES INGRESS OUTSIDE BILLED% OVERHEAD% OUTSIDE% LAG-MAX BOUND SLICE
 0 2 8.000s 7.500s 500.000ms 20 15 1.000s 3.000s 75.0% 5.0% 20.0% 123.456us 234.567us 50us
 1 0 0ns 0ns 0ns 0 0 0ns 0ns 0.0% 0.0% 0.0% 0ns 0ns 1ms" -s core
	json "d[0]['bound_ns'] == 234567 and d[0]['slice_us'] == 50 and d[0]['clock_khz'] == 2500000 and
	      d[0]['outside_share'] == 0.2 and d[0]['overhead_ns'] == 500000000" core show 0
}

core_slice()
{
	scene 'cpu 0 slice=50'
	check on_scene core set slice 50
	check_eq "a number alone is in microseconds" "$(cat "$SCENE_LOG")" "core 12=50"
}

account()
{
	scene 'vr 5 red rx=3000 rxbytes=192000 tx=2900 txbytes=185600 vectors=100 polls=90 passed=7 used=2000000000 used0=500000000 used1=1500000000 entitled=2500000000 lag=-40000 lagmax=90000 qlen=3 qmax=511 qlimit=300 waits=10 wait=50000 waitmax=9000 cost=1234 struck=2 drop.queue_full=60 drop.ip_csum=0 drop.queue_time=40 punt.ttl=5'
	check_prints "2.000s  used             2.500s  entitled  -40.000us lag  90.000us lag-max" \
		on_scene stats show red
	check_prints "1234  cycles per packet  30.0 packets per poll  2 strikes" on_scene stats show red
	check_prints "3  packets             511  at most   300 limit" on_scene stats show red
	check_prints "5.000us  average         9.000us  longest" on_scene stats show red
	check_prints_not "ip_csum" on_scene stats show red
	check_prints_not "latency" on_scene stats show red
	json "d[0]['lag_ns'] == -40000 and d[0]['lag_max_ns'] == 90000 and d[0]['cost'] == 1234 and
	      d[0]['packets_per_poll'] == 30 and d[0]['qlen_limit'] == 300 and d[0]['waits'] == 10 and
	      d[0]['wait_avg_ns'] == 5000 and d[0]['wait_max_ns'] == 9000 and d[0]['strikes'] == 2 and
	      d[0]['dropped'] == 100 and d[0]['latency']['buckets'] == []" stats show red
	json "[s.get('cpu') for s in d] == [None, 0, 1] and d[2]['used_ns'] == 1500000000" stats show cpu
	check_prints "1.500s" on_scene stats show cpu
}

latency()
{
	scene 'vr 5 red' 'latency 5 256:10 320:80 1024:8 65536:1 -:1' 'vr 6 blue' 'latency 6 2048:7'
	json "d[0]['latency'] == {'packets': 100, 'p50_ns': 286, 'p90_ns': 320, 'p99_ns': 65536,
		'max_ns': 2**30, 'buckets': [
		{'above_ns': 0, 'below_ns': 256, 'packets': 10},
		{'above_ns': 256, 'below_ns': 320, 'packets': 80},
		{'above_ns': 896, 'below_ns': 1024, 'packets': 8},
		{'above_ns': 57344, 'below_ns': 65536, 'packets': 1},
		{'above_ns': 2**30, 'packets': 1}]} or print(d[0]['latency'])" stats show red
	json "d[1]['latency']['packets'] == 7 and d[1]['latency']['max_ns'] == 2048" stats show
	check_prints "286ns  p50  320ns p90  65.536us p99  1.074s max  of 100 packets" on_scene stats show red
	check_prints "<   320ns          80  80.0%  ########################################" on_scene stats show red
	check_prints "<    66us           1   1.0%  #" on_scene stats show red
	# of many VRs only if all is asked for
	check_prints "2.048us max" on_scene stats show
	check_prints_not "##" on_scene stats show
	check_prints "##" on_scene stats show all
}

UDP=450000540000400040110000c0000201c633640204d20035004000004142434445464748
INCIDENTS=(
	"incident id=7 time=1763713372123456789 kind=0 vr=6 name=blue cpu=1 packets=64 spent=12345678 limit=10000000 port=p0 header=$UDP"
	"incident id=8 time=1763713373000000000 kind=1 vr=6 name=blue cpu=0 packets=1 spent=22345678 limit=10000000 element=burn elementns=22000000 port=p0 header=6000000000143a40fe800000000000000000000000000001ff0200000000000000000001000000018000123400010002"
	"incident id=9 time=1763713374000000000 kind=2 vr=5 name=red")

incidents()
{
	scene "${INCIDENTS[@]}"
	TZ=UTC prints "#7 2025-11-21 08:22:52.123456 blue strike cpu 1: 64 packets took 12.346ms of 10ms
 from port p0: IP 192.0.2.1.1234 > 198.51.100.2.53: UDP, length 56, ttl 64
#8 2025-11-21 08:22:53.000000 blue quarantine cpu 0: 1 packets took 22.346ms of 10ms, 22.000ms of it in element burn
 from port p0: IP6 fe80::1 > ff02::1:0:1: ICMP6 echo request, id 1, seq 2, length 20, hlim 64
#9 2025-11-21 08:22:54.000000 red release" incident
	TZ=UTC prints "#9 2025-11-21 08:22:54.000000 red release" incident show vr red
	json "[i['kind'] for i in d] == ['strike', 'quarantine', 'release'] and
	      d[0] == {'id': 7, 'time_ns': 1763713372123456789, 'kind': 'strike', 'ifindex': 6,
		'vr': 'blue', 'cpu': 1, 'packets': 64, 'spent_ns': 12345678, 'limit_ns': 10000000,
		'port': 'p0', 'header': '$UDP',
		'packet': 'IP 192.0.2.1.1234 > 198.51.100.2.53: UDP, length 56, ttl 64'} and
	      d[1]['element'] == 'burn' and d[1]['element_ns'] == 22000000" incident
	scene 'cpu 0'
	json "d == []" incident
	prints "" incident
}

# The scene ends a monitor by an error.
incident_monitor()
{
	local out

	scene "${INCIDENTS[@]}"
	out=$(TZ=UTC on_scene monitor incident 2>/dev/null)
	check_eq "events" "$(grep -c '^\[INCIDENT\] #' <<<"$out")" 3
	check grep -q '^    from port p0: IP 192.0.2.1.1234 >' <<<"$out"
	out=$(on_scene -j monitor 2>/dev/null)
	check_eq "lines" "$(grep -c '^{"object":"incident","event":"add","id":[789],' <<<"$out")" 3
	check_eq "events of VRs only" "$(on_scene monitor vr 2>/dev/null)" ""
}

bill_now()
{
	scene 'cpu 0 busy=6000000000 billed=5500000000 ingress=1000000000 outside=1500000000' \
		'cpu 1 busy=4000000000 billed=3500000000 ingress=200000000 outside=300000000' \
		'vr 5 red weight=200 used=5000000000 rx=10 rxbytes=640' \
		'vr 6 blue weight=100 used=3000000000 rx=20 rxbytes=1280'
	prints "BILLED TO WEIGHT CPU-SECONDS SHARE PACKETS BYTES
red 200 5.000 50.0% 10 640
blue 100 3.000 30.0% 20 1280
(others) 1.000 10.0%
(overhead) 1.000 10.0%
total 10.000 100.0%
Of the total, taking packets in: 1.200 s.
Besides, VRs with work waited 0.600 s for drivers and other programs." bill
	json "[(v['name'], v['used_ns'], v['share']) for v in d['vrs']] ==
	      [('red', 5000000000, .5), ('blue', 3000000000, .3)] and
	      (d['others_ns'], d['overhead_ns'], d['busy_ns'], d['ingress_ns'], d['outside_ns']) ==
	      (10**9, 10**9, 10**10, 12 * 10**8, 6 * 10**8)" bill
	scene 'cpu 0'
	check_prints "total 0.000 0.0%" sh -c 'on_scene bill | tr -s " "'
}

# bill_save FILE BUSY BILLED VR...: a scene of this CPU and these VRs, saved
bill_save()
{
	local file=$1 cpu="cpu 0 busy=$2 billed=$3"

	shift 3
	scene "$cpu" "$@"
	check on_scene bill save "$file"
}

BLUE='vr 6 blue weight=100 used=3000000000 rx=20 rxbytes=1280'

bill_difference()
{
	local file=$SCENE_DIR/snap file2=$SCENE_DIR/snap2

	bill_save "$file" 10000000000 9000000000 'vr 5 red weight=200 used=5000000000 rx=10 rxbytes=640' "$BLUE"
	bill_save "$file2" 13000000000 11500000000 'vr 5 red weight=200 used=7000000000 rx=15 rxbytes=960' "$BLUE"
	json "[(v['name'], v['used_ns'], v['packets'], v['bytes'], v['gone'], v['recreated'])
	       for v in d['vrs']] == [('red', 2000000000, 5, 320, False, 0), ('blue', 0, 0, 0, False, 0)] and
	      d['busy_ns'] == 3000000000 and d['overhead_ns'] == 500000000 and
	      d['others_ns'] == 500000000 and d['until_ns'] > d['since_ns'] and d['restarts'] == 0" \
		bill since "$file"
	scene 'cpu 0 busy=99000000000'
	json "d['busy_ns'] == 3000000000" bill --since "$file" until "$file2"
	check_prints "From 2" on_scene bill since "$file" until "$file2"
	check_fails_with "Error: the end is before the beginning." on_scene bill since "$file2" until "$file"
}

# One that went, one that came, one made anew, one renamed.
bill_of_vrs_that_change()
{
	local file=$SCENE_DIR/snap

	bill_save "$file" 10000000000 10000000000 \
		'vr 5 red weight=200 used=5000000000' "$BLUE" 'vr 7 grey weight=1 used=1000000000'
	scene 'cpu 0 busy=20000000000 billed=20000000000' \
		'vr 8 red weight=300 used=1000000000' 'vr 9 pink weight=5 used=500000000' \
		'vr 7 gray weight=1 used=3000000000'
	json "{v['name']: (v['used_ns'], v['recreated'], v['gone']) for v in d['vrs']} ==
	      {'red': (1000000000, 1, False), 'pink': (500000000, 0, False),
	       'gray': (2000000000, 0, False), 'grey': (0, 0, True), 'blue': (0, 0, True)} and
	      d['others_ns'] == 6500000000" bill since "$file"
	check_prints "Note: red was made anew; what it used between the last save and its end is with (others)." \
		on_scene bill since "$file"
	check_prints "Note: blue is gone; what it used after it was last saved is with (others)." \
		on_scene bill since "$file"
	# of the same index, by a script that names it
	scene 'cpu 0 busy=20000000000 billed=20000000000' 'vr 5 red weight=200 used=400000000'
	json "[v for v in d['vrs'] if v['name'] == 'red'][0]['used_ns'] == 400000000 and
	      [v for v in d['vrs'] if v['name'] == 'red'][0]['recreated'] == 1" bill since "$file"
}

bill_after_restart()
{
	local file=$SCENE_DIR/snap

	# the module: the CPUs have less than before
	bill_save "$file" 10000000000 10000000000 "$BLUE"
	scene 'cpu 0 busy=2000000000 billed=1500000000' 'vr 6 blue weight=100 used=1500000000'
	json "d['restarts'] == 1 and d['busy_ns'] == 2000000000 and d['vrs'][0]['used_ns'] == 1500000000" \
		bill since "$file"
	check_prints "Note: counters began anew, with the machine or the module" on_scene bill since "$file"
	# the machine: they have more, but it is another boot
	scene 'cpu 0 busy=20000000000 billed=15000000000' 'vr 6 blue weight=100 used=15000000000'
	sed -i 's/^boot .*/boot of-yesterday/; s/^netns .*/netns of-yesterday/' "$file"
	json "d['restarts'] == 1 and d['busy_ns'] == 20000000000" bill since "$file"
}

# save_at DIR DATE BUSY VR...: a file of the directory, as if saved then
save_at()
{
	local dir=$1 when=$2 file

	bill_save "$dir" "$3" "$3" "${@:4}"
	file=$(find "$dir" -name '2*.bill' -newer "$SCENE" -o -name '2*.bill' | head -n 1)
	sed -i "s/^time .*/time $(TZ=UTC date -d "$when" +%s)000000000/" "$file"
	mv "$file" "$dir/at-$when.bill"
}

# Every VR of the month is on the bill of the month, with each of its lives.
bill_ledger()
{
	local dir=$SCENE_DIR/ledger

	mkdir "$dir"
	export TZ=UTC
	save_at "$dir" 2024-10-31T23:55 1000000000 'vr 5 red used=1000000000'
	save_at "$dir" 2024-11-10 5000000000 'vr 5 red used=2000000000' 'vr 6 blue used=2000000000'
	save_at "$dir" 2024-11-20 9000000000 'vr 6 blue used=4000000000' 'vr 7 red used=1000000000'
	# restarted before this one
	save_at "$dir" 2024-11-29 500000000 'vr 4 red used=300000000'
	save_at "$dir" 2024-12-02 2500000000 'vr 4 red used=2300000000'
	scene 'cpu 0 busy=4500000000 billed=4500000000' 'vr 4 red used=4300000000'
	json "{v['name']: (v['used_ns'], v['recreated'], v['gone']) for v in d['vrs']} ==
	      {'red': (2300000000, 1, False), 'blue': (4000000000, 0, True)} and d['restarts'] == 1 and
	      d['busy_ns'] == 8500000000 and d['since_ns'] == $(date -d 2024-10-31T23:55 +%s) * 10**9 and
	      d['until_ns'] == $(date -d 2024-11-29 +%s) * 10**9" \
		bill since 2024-11-01 until 2024-12-01 in "$dir"
	json "d['vrs'][0]['used_ns'] == 4000000000 and d['vrs'][0]['name'] == 'red'" \
		bill since 2024-11-29T12:00 in "$dir"
	check_fails_with "Warning: the first bill that was saved is of 2024-10-31 23:55:00." \
		sh -c "on_scene bill since 2024-10-01 until 2024-12-01 in '$dir'; exit 1"
	unset TZ
}

bill_files()
{
	local file=$SCENE_DIR/file dir=$SCENE_DIR/dir

	scene 'cpu 0 busy=1' "$BLUE"
	check on_scene bill save "$file"
	check_eq "what is left" "$(cd "$SCENE_DIR" && echo file*)" file
	sed -i '$d' "$file"
	check_fails_with "Error: $file: not a bill that was saved by vrctl, or only half of one." \
		on_scene bill since "$file"
	check_fails_with "Error: /nosuchdir/file.part: No such file or directory." \
		on_scene bill save /nosuchdir/file
	mkdir "$dir"
	check_fails_with "Error: $dir: no bill was saved there." on_scene bill since 1h in "$dir"
	check on_scene bill save "$dir"
	check on_scene bill save "$dir"
	check_eq "files" "$(find "$dir" -name '*.bill' | wc -l)" 2
	json "d['busy_ns'] == 0" bill since 0s in "$dir"
}

bill_elsewhere()
{
	local file=$SCENE_DIR/elsewhere

	scene 'cpu 0 busy=1' "$BLUE"
	check on_scene bill save "$file"
	sed -i 's/^netns .*/netns net:[1]/' "$file"
	check_fails_with "Error: the bill that was saved is of another network namespace." \
		on_scene bill since "$file"
}

two_cpus()
{
	echo "cpu 0 busy=0+${1}0000000 billed=0+${1}0000000"
	echo "cpu 1 busy=0+${2}0000000 billed=0+${2}0000000"
}

# Placements need as many CPUs as the scene has.
need_two_cpus()
{
	[ "$(nproc)" -ge 2 ] || { skip "one CPU only"; return 1; }
}

balance_moves()
{
	need_two_cpus || return
	scene "$(two_cpus 90 10)" \
		'vr 5 red weight=100 cpus=0 rx=0+1000 used0=0+500000000 used=0+500000000' \
		'vr 6 blue weight=100 cpus=0 rx=0+1000 used0=0+400000000 used=0+400000000' \
		'vr 7 green weight=100 cpus=1 rx=0+1000 used1=0+100000000 used=0+100000000'
	check_eq "move" "$(on_scene balance dry-run interval 0.5 | sed -E 's/[0-9]+%/N/g')" \
		"blue: cpus 0 -> 1: the busiest CPU falls from N to N (gains N of a CPU)"
	check_eq "what dry-run did" "$(cat "$SCENE_LOG")" ""
	json "len(d) == 1 and d[0]['vr'] == 'blue' and d[0]['from'] == '0' and d[0]['to'] == '1' and
	      abs(d[0]['gain'] - .4) < .1 and not d[0]['applied']" balance --dry-run interval 0.3
	json "len(d) == 1 and d[0]['applied']" balance interval 0.3
	check_eq "what was done" "$(cat "$SCENE_LOG")" "vr 2=blue 6=1"
	check_prints "CPU 0: 100% for VRs: red " on_scene -d balance dry-run interval 0.3
}

balance_stays()
{
	need_two_cpus || return
	scene "$(two_cpus 50 48)" \
		'vr 5 red weight=100 cpus=0 rx=0+1000 used0=0+500000000 used=0+500000000' \
		'vr 6 blue weight=100 cpus=1 rx=0+1000 used1=0+480000000 used=0+480000000'
	prints "Nothing to move: no move gains 5% of a CPU." balance interval 0.3
	json "d == []" balance interval 0.3
	check_eq "what was done" "$(cat "$SCENE_LOG")" ""
}

# Drops for want of time count; VRs in quarantine and CPUs that are not named do not.
balance_limits()
{
	need_two_cpus || return
	scene "$(two_cpus 100 0)" \
		'vr 5 red weight=100 cpus=0 rx=0+1000 used0=0+500000000 used=0+500000000 drop.queue_time=0+1000' \
		'vr 6 blue weight=100 cpus=0 rx=0+1000 used0=0+500000000 used=0+500000000 drop.queue_full=0+1000'
	check_prints "of a CPU more of what they are entitled to" on_scene balance dry-run -i 0.3
	prints "Nothing to move: no move gains 5% of a CPU." balance dry-run interval 0.3 cpus 0
	scene "$(two_cpus 100 0)" \
		'vr 5 red weight=100 cpus=0 quarantine=1 used0=0+500000000 used=0+500000000' \
		'vr 6 blue weight=100 cpus=0 quarantine=1 used0=0+500000000 used=0+500000000'
	prints "Nothing to move: no move gains 90% of a CPU." balance dry-run threshold 90 -i 0.2
}

# The scene does not follow: what was moved is held, and then moved again.
balance_watch()
{
	need_two_cpus || return
	scene "$(two_cpus 90 0)" \
		'vr 5 red weight=100 cpus=0 rx=0+1000 used0=0+900000000 used=0+900000000' \
		'vr 6 blue weight=100 cpus=0 rx=0+1000 used0=0+400000000 used=0+400000000'
	check on_scene balance watch interval 0.2 count 4 hold 1h
	check_eq "moves with hold" "$(wc -l <"$SCENE_LOG")" 2
	: >"$SCENE_LOG"
	check on_scene balance watch interval 0.2 count 3 hold 0
	check_cmp "moves without" "$(wc -l <"$SCENE_LOG")" -ge 3
	check_eq "lines of JSON" "$(on_scene -j balance watch interval 0.2 count 1 | grep -c '^{"vr":')" 1
}

refusals()
{
	local words

	scene 'refuse because'
	for words in vr core 'stats show' 'top count 1' bill balance incident; do
		# shellcheck disable=SC2086
		check_fails_with "Error: because." on_scene $words
	done
}

require_command vrctl python3
scene_setup
run_tests "$ALL_TESTS" "$@"
