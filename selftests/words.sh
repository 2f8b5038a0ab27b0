#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=1 kernels=6.12 timeout=240
# What vrctl says to words that are wrong, and its exit codes. Nothing here needs
# a module or root: it runs anywhere once the tools are built.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=complete_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/complete_lib.sh"

ALL_TESTS="unknown_words missing_words repeated_words bad_values options batch_lines help_texts
	   help_options names_that_are_keywords plugin_words completion documented"

OBJECTS="vr port vf core stats runtime trace why show top bill balance incident doctor monitor save restore apply confirm diff snapshot exec identify pids"
PLUGIN_DIR=$TOP/tools/ip

# says CODE TEXT WORDS...: vrctl fails so, with one line on standard error only.
says()
{
	local code=$1 text=$2 out err rc

	shift 2
	out=$(mktemp)
	err=$(vrctl "$@" 2>&1 >"$out")
	rc=$?
	check_eq "exit status of 'vrctl $*'" "$rc" "$code"
	check_eq "what 'vrctl $*' says" "$err" "$text"
	check_eq "what 'vrctl $*' prints" "$(cat "$out")" ""
	rm -f "$out"
}

unknown_words()
{
	says 1 'Object "vrr" is unknown, perhaps "vr", try "vrctl help".' vrr
	says 1 'Object "v" is unknown, perhaps "vr", try "vrctl help".' v show
	says 255 'Command "sho" is unknown, perhaps "show", try "vrctl vr help".' vr sho
	says 255 'Command "x" is unknown, try "vrctl monitor help".' monitor x
	says 255 'Error: "tab" is not known here, try "vrctl vr help".' vr add red tab 10
	says 255 'Error: "blue" is not known here, try "vrctl vr help".' vr del red blue
	says 255 'Error: "fast" is not known here, try "vrctl stats help".' stats show red fast
	says 255 'Error: "cpu" is not known here, perhaps "cpus", try "vrctl vr help".' vr set red cpu 1
	says 255 'Error: "on" is not known here, try "vrctl runtime help".' runtime red on
	says 255 'Error: "speed" is not known here, try "vrctl core help".' core set slice 9 speed 9
	says 255 'Command "fast" is unknown, try "vrctl top help".' top fast
	says 255 'Error: "red" is not known here, try "vrctl show help".' show red
	says 255 'Error: "fast" is not known here, try "vrctl top help".' top interval 1 fast
	says 255 'Command "dry" is unknown, try "vrctl balance help".' balance dry
	says 255 'Error: "hold" is not known here, try "vrctl balance help".' balance dry-run hold 5
	says 255 'Command "red" is unknown, try "vrctl bill help".' bill red
	says 255 'Error: "til" is not known here, try "vrctl bill help".' bill since 1h til 2h
	says 255 'Error: "red" is not known here, try "vrctl incident help".' incident show red
	says 255 'Error: "b" is not known here, try "vrctl save help".' save a b
	says 255 'Command "red" is unknown, try "vrctl vf help".' vf red
	says 255 'Error: "backup" is not known here, try "vrctl vf help".' vf bind red pf e0 backup e1
	says 255 'Error: "eth0" is not known here, try "vrctl vf help".' vf list eth0
	says 255 'Error: "eth0" is not known here, try "vrctl vf help".' vf set eth0
	says 255 'Error: "blue" is not known here, try "vrctl pids help".' pids red blue
	says 255 'Error: "2" is not known here, try "vrctl identify help".' identify 1 2
	says 255 'Option "-i" is unknown, try "vrctl -h".' -i 5 top
}

missing_words()
{
	says 255 'Error: NAME is missing: vrctl vr add NAME table TABLE [ weight WEIGHT ]' vr add
	says 255 'Error: "table" lacks its value, TABLE.' vr add red table
	says 255 'Error: table is missing: vrctl vr add NAME table TABLE [ weight WEIGHT ]' \
		vr add red weight 5
	says 255 'Error: nothing to set, try "vrctl vr help".' vr set red
	check_fails_with 'Error: NAME is missing: vrctl vr set NAME [ weight WEIGHT ]' vrctl vr set
	says 255 'Error: vr is missing: vrctl port add DEV vr NAME' port add eth0
	says 255 'Error: nothing to set, try "vrctl port help".' port set eth0
	says 255 'Error: credit "2" is neither on nor off.' port set eth0 credit 2
	says 255 'Error: xdp "yes": must be on, off or auto.' port set eth0 xdp yes
	says 255 'Error: NAME is missing: vrctl vr del NAME' vr del
	says 255 'Error: NAME is missing: vrctl exec NAME CMD...' exec
	says 255 'Error: CMD... is missing: vrctl exec NAME CMD...' exec red
	says 255 'Error: NAME is missing: vrctl pids NAME' pids
	says 255 'Error: slice is missing: vrctl core set [ CPU ] slice TIME' core set
	says 255 'Error: slice is missing: vrctl core set [ CPU ] slice TIME' core set cpu 0
	says 255 'Error: FILE|TIME is missing: vrctl bill since FILE|TIME [ until FILE|TIME ] [ in DIR ]' \
		bill since
	local bind take='vrctl vf bind NAME pf DEV [ vf { N | auto } ] [ mac MAC ] [ vlan VLAN ]'

	take+=' [ trust { on | off } ] [ spoofchk { on | off } ] [ max-rate MBIT ] [ numvfs N ]'
	bind="$take [ standby DEV ]"
	says 255 "Error: NAME is missing: $bind" vf bind
	says 255 'Error: "wait" lacks its value, SECONDS.' restore wait
	says 255 'Error: wait "soon" is not a number from 0 to 3600.' restore a.vr b.vr wait soon
	says 255 'Error: "dry-run" is given twice.' restore dry-run a.vr dry-run
	says 255 'Error: confirm "0" is not a time from 1s to 86400s in steps of 1s.' apply a.vr confirm 0
	says 255 'Error: NAME is missing: vrctl snapshot create NAME' snapshot create
	says 255 'Error: "../x" is not a name of a snapshot: letters, digits, and after the first ".", "_" and "-", 64 at most.' snapshot show ../x
	says 2 'Error: /nowhere/a.vr: open: No such file or directory.' diff /nowhere/a.vr
	says 1 'Error: /nowhere/a.vr: open: No such file or directory.' apply /nowhere/a.vr
	says 1 'Error: /nowhere/a.vr: open: No such file or directory.' restore /nowhere/a.vr dry-run
	says 255 "Error: pf is missing: $bind" vf bind red
	says 255 "Error: pf is missing: $bind" vf bind red mac 02:00:00:00:00:01
	says 255 'Error: numvfs is missing: vrctl vf set pf DEV numvfs N' vf set pf eth0
	says 255 'Error: release what: a VR, a device, or a PF and VF; try "vrctl vf help".' vf release
	says 255 'Error: release what: a VR, a device, or a PF and VF; try "vrctl vf help".' \
		vf release red pf eth0 vf 1
	says 255 'Error: passthrough to what: "netns" or "vfio"; try "vrctl vf help".' vf passthrough pf eth0
	says 255 'Error: "vfio" beside "netns": one or the other.' vf passthrough vfio pf eth0 netns x
	says 255 "Error: pf is missing: ${take/bind NAME/passthrough [ netns NETNS ]} [ vfio ]" vf passthrough vfio
	says 255 'Error: "red" is not known here, try "vrctl vf help".' vf passthrough red pf eth0 vfio
	says 255 'Error: netns "" is empty.' vf passthrough netns "" pf eth0
	says 255 'Error: "vf" is missing.' vf release pf eth0
	says 255 'Error: "pf" is missing.' vf release vf 1
	says 255 'Error: "vf" without "pf", whose it is.' vf show vf 1
	says 255 'Error: a VR beside "pf" or "vf": one or the other.' vf show red pf eth0
	says 255 'Error: "netns" lacks its value, NETNS.' vf passthrough netns
	for_words 'vf bind red' lacks pf DEV vf '{ N | auto }' mac MAC vlan VLAN trust '{ on | off }' \
		spoofchk '{ on | off }' max-rate MBIT numvfs N standby DEV
	for_words 'vf show' lacks pf DEV vf N
	for_words 'vf set' lacks pf DEV numvfs N
	for_words 'vr set red' lacks weight WEIGHT cpus LIST queue-packets N queue-time TIME \
		vector-limit TIME strikes N strike-window TIME quarantine '{ on | off }' \
		burn CYCLES
	for_words 'core set' lacks slice TIME cpu CPU
	for_words top lacks vr NAME interval TIME -i TIME sort KEY count N
	for_words balance lacks interval TIME threshold PERCENT cpus LIST
	for_words show lacks interval TIME -i TIME
	for_words 'balance watch' lacks hold TIME count N
	for_words 'bill since 1h' lacks until 'FILE|TIME' in DIR
	for_words 'incident show' lacks vr NAME
	for_words 'trace red' lacks src PREFIX dst PREFIX proto PROTO sport N dport N dev DEV count N
}

# for_words COMMAND CHECK WORD VALUE...: CHECK each word with its value
for_words()
{
	local command=$1 check=$2

	shift 2
	while [ $# -gt 0 ]; do
		"$check" "$command" "$1" "$2"
		shift 2
	done
}

# lacks COMMAND WORD NAME: the word at the end, where its value should be
lacks()
{
	local word=${2/#-i/interval}

	# shellcheck disable=SC2086 # words
	says 255 "Error: \"$word\" lacks its value, $3." $1 "$2"
}

# twice COMMAND WORD VALUE
twice()
{
	# shellcheck disable=SC2086 # words
	says 255 "Error: \"${2/#-i/interval}\" is given twice." $1 "$2" "$3" "$2" "$3"
}

repeated_words()
{
	says 255 'Error: "table" is given twice.' vr add red table 10 table 11
	says 255 'Error: "weight" is given twice.' vr set red weight 1 weight 1
	says 255 'Error: "name" is given twice.' vr add red name blue table 10
	says 255 'Error: "cpu" is given twice.' stats show cpu cpu
	says 255 'Error: "start" is given twice.' runtime red start start
	for_words 'trace red' twice src 192.0.2.1 dst 192.0.2.1 proto tcp sport 1 dport 1 dev eth0 count 1
	for_words 'vf bind red' twice pf e0 vf auto mac 02:00:00:00:00:01 vlan 1 trust on \
		spoofchk off max-rate 5 numvfs 1
	for_words 'vf release' twice pf e0 vf 1
	for_words 'vf set' twice pf e0 numvfs 1
	for_words 'vr set red' twice weight 1 cpus 0 queue-packets 1 queue-time 1ms \
		vector-limit off strikes 1 strike-window 1s quarantine on burn 5
	for_words 'core set' twice slice 5us cpu 0
	for_words top twice vr red interval 1 sort name count 1 -i 2
	for_words balance twice interval 1 threshold 5 cpus all
	for_words 'balance watch' twice hold 5s count 1
	for_words 'bill since 1h' twice until 1h in /tmp
	for_words 'incident show' twice vr red
	# With dashes it is the same word.
	says 255 'Error: "interval" is given twice.' top --interval 1 -i 2
	says 255 'Error: "until" is given twice.' bill --since 1h --until 1h until 1h
}

bad_values()
{
	local value

	for value in 0 10001 -1 1x x '' 4294967297 99999999999999999999; do
		says 255 "Error: weight \"$value\" is not a number from 1 to 10000." \
			vr set red weight "$value"
	done
	for value in 0 -1 10x nosuchtable '' 4294967296; do
		says 255 "Error: \"$value\" is not a routing table, a number from 1 on or a known name." \
			vr add red table "$value"
	done
	for value in '' . .. a/b 'a b' a:b 1234567890123456; do
		says 255 "Error: \"$value\" is not a name of a device." vr del "$value"
	done
	says 255 'Error: direct "yes" is neither on nor off.' port set eth0 direct yes
	says 255 'Error: cpu "70000" is not a number from 0 to 65535.' core show 70000
	says 255 'Error: "vr" beside a port: a port has one VR.' port show eth0 vr red
	numbers
	addresses
	times
	lists
	others
}

numbers()
{
	local value

	for value in 0 513 -1 x '' 1.5; do
		says 255 "Error: queue-packets \"$value\" is not a number from 1 to 512." \
			vr set red queue-packets "$value"
	done
	says 255 'Error: strikes "0" is not a number from 1 to 1000.' vr set red strikes 0
	says 255 'Error: strikes "1001" is not a number from 1 to 1000.' vr set red strikes 1001
	for value in 10000001 -1 on ''; do
		says 255 "Error: burn \"$value\" is not a number from 0 to 10000000, nor off." \
			vr set red burn "$value"
	done
	says 255 'Error: count "0" is not a number from 1 to 4294967295.' top count 0
	says 255 'Error: threshold "0" is not a number from 1 to 100.' balance threshold 0
	says 255 'Error: threshold "101" is not a number from 1 to 100.' balance threshold 101
}

# Of link-layer addresses, and the numbers beside them.
addresses()
{
	local value

	for value in '' x 02:00:00:00:00 02:00:00:00:00:00:01 02:00:00:00:00:0g 2:0:0:0:0:1 \
		     02-00-00-00-00-01 00:00:00:00:00:00 01:00:5e:00:00:01 ff:ff:ff:ff:ff:ff \
		     '02:00:00:00:00:01 ' 02:00:00:00:00:+1; do
		says 255 "Error: mac \"$value\" is not an address of one device such as 02:00:00:00:00:01." \
			vf bind red pf eth0 mac "$value"
	done
	for value in -1 65535 x any ''; do
		says 255 "Error: vf \"$value\" is not a number from 0 to 65534, nor auto." \
			vf bind red pf eth0 vf "$value"
	done
	says 255 'Error: vf "auto" is not a number from 0 to 65534.' vf release pf eth0 vf auto
	says 255 'Error: vlan "4095" is not a number from 0 to 4094, nor off.' vf bind red pf e0 vlan 4095
	says 255 'Error: max-rate "-1" is not a number from 0 to 1000000, nor off.' \
		vf bind red pf e0 max-rate -1
	says 255 'Error: numvfs "0" is not a number from 1 to 65535.' vf bind red pf eth0 numvfs 0
	says 255 'Error: numvfs "x" is not a number from 0 to 65535.' vf set pf eth0 numvfs x
	says 255 'Error: trust "yes" is neither on nor off.' vf bind red pf eth0 trust yes
	says 255 'Error: "a/b" is not a name of a device.' vf bind red pf a/b
}

# Times that are too short, too long, too fine or none.
times()
{
	local value to

	for value in -1us 1000001us 1.1s 1e3 0x10 5x 5mss '' ' 5us' us . 1..2ms nan inf 0.5us \
		     99999999999999999999s; do
		for to in queue-time vector-limit; do
			says 255 "Error: $to \"$value\" is not a time from 0s to 1s in steps of 1us, nor off." \
				vr set red $to "$value"
		done
	done
	for value in 0 500us 1.5ms 3601s on off; do
		says 255 "Error: strike-window \"$value\" is not a time from 1ms to 3600s in steps of 1ms." \
			vr set red strike-window "$value"
	done
	for value in 0 0us 10001 11ms 1.5us off; do
		says 255 "Error: slice \"$value\" is not a time from 1us to 10ms in steps of 1us." \
			core set slice "$value"
	done
	for value in 0 0.05 99ms 3601 2h x; do
		says 255 "Error: interval \"$value\" is not a time from 100ms to 3600s in steps of 1ms." \
			top interval "$value"
	done
	says 255 'Error: hold "25h" is not a time from 0s to 86400s in steps of 1ms.' \
		balance watch hold 25h
}

lists()
{
	local value

	for value in '' ',' '0,' ',0' 0- -1 3-1 0,,1 0-1-2 a 0x1 '0 1' 65536 99999999999 none; do
		says 255 "Error: cpus \"$value\" is not a list of CPUs such as 0-3,8, nor all." \
			vr set red cpus "$value"
	done
	says 255 'Error: cpus "a-b" is not a list of CPUs such as 0-3,8, nor all.' balance cpus a-b
}

others()
{
	says 255 'Error: quarantine "yes" is neither on nor off.' vr set red quarantine yes
	says 255 'Error: "size" is not a sort: used, name, pps, drops, lag or latency.' top sort size
	says 255 'Error: "yesterday" is neither a file nor a time.' bill since yesterday
	says 255 'Error: "2026-13-01" is neither a file nor a time.' bill since 2026-13-01
	says 1 'Error: /nosuchfile: No such file or directory.' bill since /nosuchfile
	says 1 'Error: /nosuchdir: No such file or directory.' bill since 1h in /nosuchdir
	says 1 "Error: $TOP/README.md: not a bill that was saved by vrctl, or only half of one." \
		bill since "$TOP/README.md"
	says 255 'Error: "a/b" is not a name of a device.' incident show vr a/b
	says 255 'Error: "a/b" is not a name of a device.' exec a/b true
	says 255 'Error: pid "init" is not a number from 1 to 4194304.' identify init
	says 255 'Error: "x" is no check, try "vrctl doctor list".' doctor check x
	says 255 'Error: "check" lacks its value, CHECK.' doctor check
	says 255 'Command "red" is unknown, try "vrctl doctor help".' doctor red
}

options()
{
	says 255 'Option "-x" is unknown, try "vrctl -h".' -x
	says 255 'Option "-n" lacks its value, try "vrctl -h".' -n
	says 255 'Option "-c=blue" is neither auto, always nor never, try "vrctl -h".' -c=blue
	says 1 'Error: network namespace "nosuchns": No such file or directory.' -n nosuchns vr
	says 1 'Error: batch file "/nosuchfile": No such file or directory.' -b /nosuchfile
	says 255 'Error: "vr" beside a batch file.' -b - vr
	check_prints "vrctl 0." vrctl -V
	check_prints "OBJECT " vrctl -h
	check_prints "OBJECT " vrctl --help
}

# batch_says CODE TEXT LINES [OPTION]
batch_says()
{
	local err rc

	err=$(printf '%b' "$3" | vrctl ${4:+"$4"} -b - 2>&1 >/dev/null)
	rc=$?
	check_eq "exit status of batch '$3'" "$rc" "$1"
	check_eq "what batch '$3' says" "$err" "$(printf '%b' "$2")"
}

batch_lines()
{
	batch_says 0 '' 'help\n\n# nothing\n   vr help # comment\n'
	batch_says 1 'Object "a" is unknown, try "vrctl help".\nCommand failed -:2' 'help\na\nb\n'
	batch_says 1 \
		'Object "a" is unknown, try "vrctl help".\nCommand failed -:1\nObject "b" is unknown, try "vrctl help".\nCommand failed -:3' \
		'a\nhelp\nb' -force
	batch_says 1 'Error: too many words or an open quote.\nCommand failed -:1' 'vr "add\n'
	batch_says 1 'Error: "a b" is not a name of a device.\nCommand failed -:1' 'vr del "a b"\n'
}

# Every object and command is named by the help that a user reads first.
help_texts()
{
	local object command word

	check_prints_not "(null)" vrctl help
	for word in list show bind release set; do
		check_prints "vrctl vf $word" vrctl vf help
	done
	for object in $OBJECTS; do
		check_prints " $object " vrctl help
		check_prints "vrctl $object " vrctl "$object" help
	done
	for command in show add set del; do
		check_prints "vrctl vr $command" vrctl vr help
		check_prints "vrctl port $command" vrctl port help
	done
	for object in $OBJECTS; do
		check grep -q "vrctl $object" "$TOP/tools/man/vrctl.8"
		for word in $(keywords "$object"); do
			grep -q "\b$word\b" "$TOP"/tools/man/vrctl*.8 ||
				fail "the manual does not know '$word' of $object"
		done
	done
}

# Everywhere --help is the help of what stands before it, and changes nothing.
help_options()
{
	local object command option

	check_eq "commands of vr" "$(commands vr | xargs)" "show add set del"
	for object in $OBJECTS; do
		for option in -h -help --help; do
			check_eq "vrctl $object $option" "$(vrctl "$object" $option 2>&1)" \
				"$(vrctl "$object" help)"
		done
		while read -r command; do
			check_eq "vrctl $object $command --help" \
				"$(vrctl "$object" "$command" --help 2>&1 | sed -n '1s/^Usage: //p')" \
				"$(vrctl "$object" help | sed -E 's/^(Usage: |       )//' |
					grep -E "^vrctl $object (\[ )?$command( |$)")"
		done < <(commands "$object")
	done
}

# Commands of object $1, by its help; show has none, but a word that looks like one.
commands()
{
	[ "$1" = show ] || vrctl "$1" help | sed -E "s/^(Usage:|      ) vrctl $1 (\\[ )?([a-z]+( |$)).*/\3/; t; d"
}

# Commands and keywords of object $1, by its help.
keywords()
{
	vrctl "$1" help | sed -n "s/.*vrctl $1 //p" | tr ' ' '\n' | grep -E '^[a-z-]+$' | sort -u
}

# A device may be called as a keyword is: then its own keyword goes before it.
names_that_are_keywords()
{
	says 255 'Error: table is missing: vrctl vr add NAME table TABLE [ weight WEIGHT ]' \
		vr add table
	says 255 'Error: "weight" is given twice.' vr add weight table 10 weight 1 weight 1
	says 255 'Error: "cpu" is given twice.' stats show name cpu cpu cpu
}

# plugin_says CODE TEXT WORDS...: of ip with our plugin
plugin_says()
{
	local code=$1 text=$2 err rc

	shift 2
	err=$(IP_LIB_DIR=$PLUGIN_DIR ip link "$@" 2>&1)
	rc=$?
	check_eq "exit status of 'ip link $*'" "$rc" "$code"
	[[ $err == *"$text"* ]] || fail "'ip link $*' should say '$text' but says '$err'"
}

plugin_words()
{
	[ -e "$PLUGIN_DIR/link_vrouter.so" ] || { fail "the plugin is not built"; return; }
	plugin_says 1 'vrouter: unknown option "tabel"?' add red type vrouter tabel 10
	plugin_says 255 'duplicate "table": "11"' add red type vrouter table 10 table 11
	plugin_says 255 'argument "x" is wrong: invalid table' add red type vrouter table x
	plugin_says 255 'argument "0" is wrong: invalid table' add red type vrouter table 0
	plugin_says 255 'argument "0" is wrong: invalid weight' add red type vrouter weight 0
	plugin_says 255 'Command line is not complete' add red type vrouter table
	plugin_says 1 'Usage: ... vrouter table TABLE' add red type vrouter help
	plugin_says 1 'Usage: ... vrouter_slave' set lo type vrouter_slave help
	plugin_says 255 'argument "yes" is wrong' set lo type vrouter_slave direct yes
}

completion()
{
	completes "$OBJECTS help" ""
	completes "vr vf" v
	completes "dry-run wait" restore /dev/null ""
	completes "wait" restore dry-run ""
	[[ " $(cd "$TOP" && completion_of restore "") " == *" README.md "*" dry-run wait "* ]] ||
		fail "restore completes neither files nor words"
	[[ " $(cd "$TOP" && completion_of save "") " == *" README.md "* ]] || fail "save completes no files"
	completes "dry-run confirm wait" apply /dev/null ""
	completes "accept abort show help" confirm ""
	completes "list create show rollback delete help" snapshot ""
	completes "dry-run confirm" snapshot rollback x ""
	completes "show add set del help" vr ""
	completes "table weight" vr add red ""
	[[ " $(completion_of exec red tru) " == *" true "* ]] || fail "exec completes no programs"
	[[ " $(completion_of exec red ls -l READ) " != *" vr "* ]] || fail "exec completes words of vrctl"
	completes "weight" vr add red table 10 ""
	completes "on off" port set eth0 direct ""
	completes "none" port set eth0 standby ""
	completes "list show bind passthrough release set help" vf ""
	completes "netns pf vf mac vlan trust spoofchk max-rate numvfs vfio" vf passthrough ""
	completes "auto" vf passthrough vfio pf eth0 vf ""
	completes "vf mac vlan trust spoofchk max-rate numvfs standby" vf bind red pf eth0 ""
	completes "auto" vf bind red pf eth0 vf ""
	completes "on off" vf bind red trust ""
	completes "numvfs" vf set pf eth0 ""
	completes "all vr port incident help" monitor ""
	completes "cpus queue-packets queue-time vector-limit strikes strike-window quarantine burn" \
		vr set red weight 5 ""
	completes "on off" vr set red quarantine ""
	completes "show set help" core ""
	completes "start stop cpu" runtime red ""
	completes "src dst proto sport dport dev count" trace red ""
	completes "proto sport dport dev count" trace red src 192.0.2.1 dst ::1 ""
	completes "src dst proto sport dport dev length" why red ""
	completes "interval all help" show ""
	completes "show vr interval sort count help" top ""
	completes "vr interval count" top sort name ""
	completes "used name pps drops lag latency" top sort ""
	completes "apply dry-run watch interval threshold cpus help" balance ""
	completes "interval threshold cpus hold count" balance watch ""
	completes "dry-run" balance --d
	completes "show save since help" bill ""
	completes "vr" incident show ""
	completes "run list check help" doctor ""
	completes "quarantine" doctor check q
	completes "mtu" doctor run check m
	completes "all" vr set red cpus a
}

# What the pages, the manuals' examples and README.md have typed, one in a line, without what
# stands for something else.
typed_words()
{
	{
		cat "$TOP"/Documentation/*.rst "$TOP"/Documentation/examples/*/*.rst | tr '\n' ' ' |
			grep -oP '\x60\x60\Kvrctl [^\x60]+'
		sed -nE 's/^ +(# |sudo )?(vrctl .*)/\2/p' "$TOP/README.md" "$TOP"/Documentation/*.rst
		sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$TOP"/tools/man/*.8 | sed 's/\\-/-/g' |
			grep '^vrctl'
	} | sed -E 's/ +#.*//; s/ *[|;&>].*//; s/ +/ /g' | grep -vE '\b[A-Z]+\b|\.\.\.|\$' | sort -u
}

# They are words that vrctl knows. As nobody in a namespace of its own it does no more than
# look at them, and what would not end is ended; to name no more than a command is no mistake.
documented()
{
	local dir as='' words out n=0

	dir=$(mktemp -d) || return
	defer rm -rf "$dir"
	chmod 755 "$dir" && cp "$(command -v vrctl)" "$dir/vrctl"
	[ "$(id -u)" != 0 ] || as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	while read -r words; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # words
		out=$(cd "$dir" && PATH=$dir:$PATH timeout 1 $as unshare -rn $words 2>&1 </dev/null)
		[ $? -lt 126 ] || [[ $out =~ ^$|'Error: ' ]] || fail "'$words': $out"
		[[ ! $out =~ ('is unknown'|'is not known'|'is not a'|'is neither'|'is given twice'|'is no '|'must be') ]] ||
			fail "'$words' is documented, but: $out"
	done < <(typed_words)
	check_cmp "commands" $n -ge 100
}

require_command vrctl ip
run_tests "$ALL_TESTS" "$@"
