#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrctl top on a terminal: that it draws, sorts, survives a resize and VRs that
# vanish, and leaves the terminal as it was; and what it prints elsewhere.
#
# vm: smp=1 kernels=6.12 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=scene_lib.sh
. "$SELFTESTS/scene_lib.sh"

ALL_TESTS="draws sorts resizes tiny vr_vanishes vr_comes_back many_vrs many_cpus help_page
	leaves_a_sane_terminal ends_on_signals ends_with_its_terminal says_why_it_ends ends_by_count
	few_bytes slow_line dumb_terminal plain_text json_lines one_vr batch_and_options real_routers"

TMUX_SOCK=
TERMINALS=0

t()
{
	tmux -L "$TMUX_SOCK" -f /dev/null "$@"
}

screen()
{
	t capture-pane -p
}

shows()
{
	screen | grep -qE -- "$1"
}

shows_not()
{
	! shows "$1"
}

# wait_for REGEX / wait_gone REGEX: on the screen
wait_for()
{
	busywait 5000 shows "$1" || { fail "'$1' is not on the screen:"; diag "$(screen)"; return 1; }
}

wait_gone()
{
	busywait 5000 shows_not "$1" || { fail "'$1' is still on the screen:"; diag "$(screen)"; return 1; }
}

# terminal COLUMNS LINES: a shell in one
terminal()
{
	# Another server each time: the one before may still be going.
	TERMINALS=$((TERMINALS + 1))
	TMUX_SOCK=vrctl-top-$$-$TERMINALS
	t new-session -d -x "$1" -y "$2" "env PS1='prompt> ' bash --norc --noprofile" ||
		{ fail "no terminal"; return 1; }
	defer tmux -L "$TMUX_SOCK" kill-server
	TTY=$(t display-message -p '#{pane_tty}')
	TTY=${TTY#/dev/}
	wait_for '^prompt>'
}

# start WORDS...: vrctl top with these, in the terminal
start()
{
	t send-keys -l "stty -g >$SCENE_DIR/before; on_scene top interval 0.2 $*; echo ended \$?; stty -g >$SCENE_DIR/after"
	t send-keys Enter
	wait_for '^vrctl top +[0-9:]+ '
}

# rows: names in their order
rows()
{
	screen | sed -n '/^NAME/,$p' | sed 1d | awk 'NF { print $1 }' | tr '\n' ' '
}

has_rows()
{
	[ "$(rows)" = "$1" ]
}

wait_rows()
{
	busywait 5000 has_rows "$1" || { fail "rows are '$(rows)' instead of '$1'"; diag "$(screen)"; }
}

# Everything as it was before top: line settings, main screen, cursor.
check_sane()
{
	wait_for "^ended $1" || return
	busywait 5000 test -s "$SCENE_DIR/after"
	check_eq "line settings" "$(cat "$SCENE_DIR/after")" "$(cat "$SCENE_DIR/before")"
	check_eq "alternate screen, cursor" "$(t display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
	t send-keys -l 'echo it "is" back'
	t send-keys Enter
	wait_for '^it is back'
}

draws()
{
	three_routers
	terminal 110 20 && start || return
	wait_rows "red blue green "
	wait_for '^vrctl top +[0-9:]{8} +3 VRs, every 200ms, by used'
	wait_for '^CPU 0 +\[=+\++-+ *\] billed +8[45]\.[0-9]% overhead +[45]\.[0-9]% outside +[45]\.[0-9]% idle'
	wait_for '^CPU 1 '
	# red has all it is entitled to, blue less: its mark is beyond its bar
	wait_for '^red +200 +(60\.0|59\.[0-9]|60\.[0-9])% +(59|60)\.[0-9]% \[=+\| +\]'
	wait_for '^blue +100 .* \[=+ +\| +\] '
	wait_for '^green .*\[ quarantine \]'
	wait_for '^blue .* (119[0-9]{2}|120[0-9]{2}) '
	# colours: names, and drops in red
	t capture-pane -p -e >"$SCENE_DIR/screen"
	check grep -q $'\e\\[36mblue' "$SCENE_DIR/screen"
	check grep -qE $'\e\\[31m *[0-9]{5}' "$SCENE_DIR/screen"
}

sorts()
{
	three_routers
	terminal 110 20 && start || return
	wait_rows "red blue green "
	t send-keys n
	wait_rows "blue green red "
	wait_for 'by name'
	t send-keys r
	wait_rows "red green blue "
	wait_for 'by name reversed'
	t send-keys d
	wait_rows "blue green red "
	t send-keys l
	wait_rows "blue green red "
	t send-keys p
	wait_rows "red blue green "
	t send-keys t
	wait_rows "blue red green "
	t send-keys u
	wait_rows "red blue green "
	t send-keys x
	wait_rows "red blue green "
}

# fits COLUMNS LINES: no more than that is drawn, and the title and names are
fits()
{
	screen | awk -v cols="$1" -v lines="$2" '
		length($0) > cols { exit bad = 1 } END { exit bad || NR > lines }' &&
		shows '^vrctl top' && shows '^NAME' && shows '^red'
}

resizes()
{
	local size

	three_routers
	terminal 110 20 && start || return
	wait_rows "red blue green "
	for size in "60 12" "160 40" "40 9" "80 24"; do
		# shellcheck disable=SC2086
		set -- $size
		t resize-window -x "$1" -y "$2"
		busywait 5000 fits "$1" "$2" || { fail "at $size:"; diag "$(screen)"; }
		wait_rows "red blue green "
	done
	shows 'PPS|RX/S' || fail "at 80 columns there are no packet rates"
	t send-keys q
	check_sane 0
}

# rounds: how often top has waited for something to happen
rounds()
{
	awk '/^voluntary/ { print $2 }' "/proc/$(pgrep -t "$TTY" vrctl)/status"
}

went_round()
{
	[ "$(rounds)" -ge "$1" ]
}

sized()
{
	[ "$(stty size <"/dev/$TTY")" = "$2 $1" ]
}

# Smaller than what there is to draw; then normal again.
tiny()
{
	local size

	three_routers
	terminal 80 20 && start || return
	for size in "20 4" "5 2" "2 1" "1 1"; do
		# shellcheck disable=SC2086
		set -- $size
		t resize-window -x "$1" -y "$2"
		check busywait 5000 sized "$1" "$2"
		check busywait 5000 went_round $(($(rounds) + 3))
		t send-keys Down End Home
	done
	t resize-window -x 80 -y 20
	wait_rows "red blue green "
	t send-keys q
	check_sane 0
}

vr_vanishes()
{
	three_routers
	terminal 100 20 && start || return
	wait_rows "red blue green "
	grep -v ' 6 ' "$SCENE" >"$SCENE.new" && mv "$SCENE.new" "$SCENE"
	wait_rows "red green "
	wait_for ' 2 VRs'
	scene 'cpu 0'
	wait_rows ""
	wait_for ' 0 VRs'
	t send-keys q
	check_sane 0
}

# A new VR of the name counts from 0: nothing wraps around.
vr_comes_back()
{
	three_routers
	terminal 100 20 && start || return
	wait_rows "red blue green "
	sed -i 's/^vr 6 blue .*/vr 6 blue weight=100 used=5 entitled=5 rx=7/' "$SCENE"
	wait_for '^blue +100 +0\.0% +0\.0%'
	shows '^blue.*[EPT] ' && fail "rates of a new VR: $(screen | grep ^blue)"
	t send-keys q
	check_sane 0
}

many_vrs()
{
	local i lines=('cpu 0')

	for ((i = 100; i < 300; i++)); do
		lines+=("vr $i vr$i weight=$i")
	done
	scene "${lines[@]}"
	terminal 100 20 && start sort name || return
	wait_for '^vr100 '
	shows '^vr130 ' && fail "more rows than lines"
	t send-keys End
	wait_for '^vr299 '
	t send-keys PageUp
	wait_for '^vr270 '
	t send-keys Home
	wait_for '^vr100 '
	t send-keys Down
	wait_gone '^vr100 '
	t send-keys Up
	wait_for '^vr100 '
}

many_cpus()
{
	local i lines=('vr 5 red weight=1')

	for ((i = 0; i < 64; i++)); do
		lines+=("cpu $i busy=0+500000000 billed=0+500000000")
	done
	scene "${lines[@]}"
	terminal 100 18 && start || return
	wait_for '^CPU 4 '
	wait_for '^59 more .*billed +(50\.[0-9]|49\.[0-9])%'
	wait_for '^red '
}

help_page()
{
	three_routers
	terminal 80 20 && start || return
	t send-keys h
	wait_for 'sort by name'
	t send-keys x
	wait_gone 'sort by name'
	wait_rows "red blue green "
	t send-keys '?'
	wait_for 'sort by name'
	t send-keys q
	check_sane 0
}

leaves_a_sane_terminal()
{
	three_routers
	terminal 80 20 && start || return
	check_eq "alternate screen, cursor" "$(t display-message -p '#{alternate_on} #{cursor_flag}')" "1 0"
	t send-keys q
	check_sane 0
}

ends_on_signals()
{
	local sig

	three_routers
	terminal 80 20 || return
	for sig in INT TERM HUP; do
		start || return
		pkill -"$sig" -t "$(t display-message -p '#{s|/dev/||:pane_tty}')" -x vrctl
		check_sane 0
		rm -f "$SCENE_DIR/after"
		t send-keys -l clear
		t send-keys Enter
		wait_gone ended
	done
	start || return
	t send-keys C-c
	check_sane 0
}

# When the terminal goes away it does not stay behind and eat a CPU.
ends_with_its_terminal()
{
	local pid

	three_routers
	terminal 80 20 && start || return
	pid=$(pgrep -t "$(t display-message -p '#{s|/dev/||:pane_tty}')" -x vrctl)
	check test -n "$pid"
	t kill-server
	busywait 5000 test ! -e "/proc/$pid" || { fail "it is still there"; kill "$pid"; }
}

says_why_it_ends()
{
	three_routers
	terminal 80 20 && start || return
	wait_rows "red blue green "
	scene 'refuse gone'
	check_sane 2
	wait_for '^Error: gone'
}

ends_by_count()
{
	three_routers
	terminal 80 20 || return
	t send-keys -l "stty -g >$SCENE_DIR/before; on_scene top count 2 interval 0.3; echo ended \$?; stty -g >$SCENE_DIR/after"
	t send-keys Enter
	check_sane 0
}

# pictures TERM WORDS...: bytes of each that top draws on 80 by 24, without the first two, which
# are the whole screen
pictures()
{
	local term=$1

	shift
	/usr/bin/python3 "$SELFTESTS/helpers/ptybytes.py" "$term" 80 24 0.15 on_scene top interval 0.5 "$@" |
		sed 1,2d
}

# A serial console sends 960 bytes a second.
few_bytes()
{
	local i most term lines=('cpu 0 busy=1000 billed=500')

	three_routers
	for term in vt100 linux; do
		most=$(pictures $term count 6 | sort -n | tail -n 1)
		diag "$term: at most $most bytes for a picture of three busy routers"
		check_cmp "bytes of a picture on $term" "${most:-none}" -le 960
	done
	# what stays as it is is not drawn again
	for ((i = 1; i <= 40; i++)); do
		lines+=("vr $i tenant$i weight=$i rx=$i tx=$i used=1000 entitled=1000 lag=$i qlen=$i")
	done
	scene "${lines[@]}"
	most=$(pictures vt100 count 6 | sort -n | tail -n 1)
	diag "at most $most bytes for a picture of 40 idle routers"
	check_cmp "bytes of a picture in which only the clock changes" "${most:-none}" -le 100
}

# later SECONDS: it is so many seconds later than at $now_s
later()
{
	[ $((EPOCHSECONDS - now_s)) -ge "$1" ]
}

# While the line has not sent the last picture there is none, but keys are heard.
slow_line()
{
	local now_s before

	three_routers
	terminal 80 20 && start || return
	wait_rows "red blue green "
	echo "outq 17" >>"$SCENE"
	busywait 2000 went_round $(($(rounds) + 3))
	now_s=$EPOCHSECONDS before=$(screen)
	check busywait 5000 later 2
	check_eq "the screen" "$(screen)" "$before"
	t send-keys n
	wait_for 'by name'
	sed -i '/outq/d' "$SCENE"
	sed -i 's/ blue / cyan /' "$SCENE"
	wait_rows "cyan green red "
	t send-keys q
	check_sane 0
}

dumb_terminal()
{
	three_routers
	terminal 120 40 || return
	t send-keys -l "TERM=dumb on_scene top count 2 interval 0.1 sort name; echo ended \$?"
	t send-keys Enter
	wait_for '^ended 0'
	check_eq "tables" "$(screen | grep -c '^VR  *WEIGHT')" 2
	check_eq "order" "$(screen | awk '/^(red|blue|green) / { printf "%s ", $1 }')" "blue green red blue green red "
}

plain_text()
{
	local out

	three_routers
	out=$(on_scene top count 1 interval 0.5 </dev/null) || fail "it ended with $?"
	check_eq "CPU lines" "$(grep -cE '^ +[01] +[02] +[0-9.]+% +[0-9.]+% +[0-9.]+% +[0-9.]+%$' <<<"$out")" 2
	check_eq "heading" "$(grep '^VR' <<<"$out" | tr -s ' ')" \
		"VR WEIGHT USED ENTITLED RX/S TX/S DROPS/S LAG COST QLEN P50 P99 STATE"
	check grep -qE '^red +200 +[56][0-9]\.[0-9]% +[56][0-9]\.[0-9]% +[45][0-9]{5} +[45][0-9]{5} +0 +-12.345us +1234 +1 ' <<<"$out"
	check grep -qE '^green .* quarantine$' <<<"$out"
	check grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2} ' <<<"$out"
}

json_lines()
{
	local out

	three_routers
	out=$(on_scene -j top count 3 interval 0.1 sort drops </dev/null) || fail "it ended with $?"
	check_eq "lines" "$(wc -l <<<"$out")" 3
	python3 -c '
import json, sys
for line in sys.stdin:
    d = json.loads(line)
    assert d["interval_ns"] > 1e6
    assert [c["cpu"] for c in d["cpus"]] == [0, 1]
    assert abs(d["cpus"][0]["billed"] - .85) < .1
    assert abs(sum(d["cpus"][0][k] for k in ("billed", "overhead", "outside", "idle")) - 1) < .1
    assert [v["name"] for v in d["vrs"]] == ["blue", "green", "red"]
    blue, green, red = d["vrs"]
    assert abs(blue["used"] - .25) < .05 and abs(blue["entitled"] / blue["used"] - 1.2) < .01
    assert abs(blue["drop_pps"] - 12000) < 2000 and abs(red["rx_pps"] - 500000) < 80000
    assert blue["lag_ns"] == 45678 and red["lag_ns"] == -12345 and blue["qlen"] == 512
    assert 100 <= red["p50_ns"] <= 156 and 786432 <= blue["p99_ns"] <= 1048576
    assert green["quarantine"] and not red["quarantine"]' <<<"$out" 2>"$SCENE_DIR/err" ||
		fail "$(tail -n 2 "$SCENE_DIR/err"): $out"
}

one_vr()
{
	three_routers
	terminal 80 20 && start vr blue || return
	wait_rows "blue "
	sed -i '/blue/d' "$SCENE"
	wait_for 'blue is gone'
	three_routers
	wait_rows "blue "
	t send-keys q
	check_sane 0
	check_fails_with "Error: No device of this name" on_scene top vr nope count 1
}

batch_and_options()
{
	three_routers
	check_eq "tables from a batch" "$(printf 'top count 1 interval 0.1\ntop show count 1 -i 0.1\n' |
		on_scene -b - | grep -c '^VR')" 2
}

# With the module: names and shares of real VRs, one of which is deleted.
real_routers()
{
	local ns

	[ "$(id -u)" = 0 ] || { skip "needs root"; return; }
	require_module vrouter || return
	setup_ns ns
	check vrctl -n "$ns" vr add one table 10 weight 300 || return
	check vrctl -n "$ns" vr add two table 11 || return
	check_eq "names" "$(vrctl -n "$ns" top count 1 interval 0.2 sort name </dev/null |
		sed -n '/^VR/,$p' | awk 'NR > 1 && NF { print $1, $2, $3 }' | tr '\n' ' ')" "one 300 0.0% two 100 0.0% "
	terminal 80 20 || return
	t send-keys -l "stty -g >$SCENE_DIR/before; vrctl -n $ns top interval 0.2; echo ended \$?; stty -g >$SCENE_DIR/after"
	t send-keys Enter
	wait_for '^two +100'
	check vrctl -n "$ns" vr del one
	wait_gone '^one '
	wait_for '^two '
	t send-keys q
	check_sane 0
}

require_command vrctl tmux python3 infocmp pkill
scene_setup
run_tests "$ALL_TESTS" "$@"
