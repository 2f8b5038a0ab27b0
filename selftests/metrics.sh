#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What vrouter-exporter tells, and whether it outlives what it tells of: VRs, the module,
# its namespace. Read by the parser that the people of Prometheus keep. Runs as root.
#
# vm: smp=1 kernels=6.12 timeout=300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="words tells http follows without_module unloaded_while_asked namespace_gone many files
	log_is_clean"

# How many VRs "many" are; bench/scrape.sh counts the instructions for 1000.
: "${MANY:=200}"
V4_DST=10.2.0.2
V6_DST=2001:db8:2::2
METRICS=http://127.0.0.1:9773/metrics
EXPORTER_DIR=$(mktemp -d)
EXPORTER=$EXPORTER_DIR/vrouter-exporter
defer rm -rf "$EXPORTER_DIR"

words()
{
	local word

	for word in x 9773 127.0.0.1 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:1x 1.2.3:5 '[::1:5' ::1:5 : ''; do
		check_fails_with "Error: listen \"$word\" is not ADDR:PORT" "$EXPORTER" --listen "$word"
	done
	check_eq "lines" "$("$EXPORTER" --listen x 2>&1 | wc -l)" 1
	for word in x --speed -x --listen=x; do
		check_eq "what is said to $word" "$("$EXPORTER" "$word" 2>&1)" \
			"Error: \"$word\" is not known here, try \"vrouter-exporter --help\"."
	done
	check_fails_with 'Error: "--listen" lacks its value, ADDR:PORT.' "$EXPORTER" --per-cpu --listen
	check_fails_with 'Error: "-l" is given twice.' "$EXPORTER" --listen :1 -l :2
	check_fails_with 'Error: "-c" is given twice.' "$EXPORTER" --per-cpu -c
	check_fails_with 'Error: listen "203.0.113.1:9773": Cannot assign' "$EXPORTER" --listen 203.0.113.1:9773
	"$EXPORTER" --listen 203.0.113.1:9773 2>/dev/null
	check_eq "status" $? 1
	"$EXPORTER" x 2>/dev/null
	check_eq "status" $? 255
	check_prints 'vrouter-exporter 0.' "$EXPORTER" --version
	for word in --listen --per-cpu; do
		check_prints "$word" "$EXPORTER" --help
		grep -q -- "${word//-/\\\\-}" "$TOP/tools/man/vrouter-exporter.8" || fail "the manual lacks $word"
	done
}

# exporter NS [OPTION...]: as nobody in particular, until the test ends
exporter()
{
	local ns=$1

	shift
	run exporter.out "$ns" setpriv --reuid 65534 --clear-groups "$EXPORTER" "$@"
	EXPORTER_PID=$RUN_PID
	defer finish "$EXPORTER_PID"
	soon 10 listening "$ns" 9773
}

alive()
{
	kill -0 "$EXPORTER_PID" 2>/dev/null
}

# scrape CMD...: what a real parser makes of it, run by CMD, is in $TOPO_TMP/metrics
scrape()
{
	"$@" "$SELFTESTS/helpers/openmetrics.py" $METRICS >"$TOPO_TMP/metrics" ||
		fail "the metrics are not well-formed"
}

# metric NAME{LABELS}: its value
metric()
{
	awk -v name="${1//\\/\\\\}" 'index($0, name " ") == 1 { print $NF; found = 1 } END { exit !found }' \
		"$TOPO_TMP/metrics" || echo none
}

# metric_is NS NAME WANTED: in a new scrape
metric_is()
{
	scrape n "$1" && [ "$(metric "$2")" = "$3" ]
}

topo_bare()
{
	ns_add m
}

# a namespace that has nothing
fresh()
{
	topo_wipe
	topo bare
}

# The same numbers as by vrctl.
tells()
{
	local stats key name

	topo two || return
	check pings h1 $V4_DST
	check pings h1 $V6_DST
	check ip -n r route add blackhole 10.66.0.0/16 table 10
	check_fails n h1 ping -c 3 -i 0.05 -W 1 10.66.0.1
	exporter r --per-cpu
	soon 5 metric_is r vrouter_up{} 1
	stats=$(vrctl -n r -j stats show red)
	for key in rx_packets=receive_packets rx_bytes=receive_bytes tx_packets=transmit_packets \
		   tx_bytes=transmit_bytes dropped=dropped_packets; do
		name='vr="red"'
		[ "$key" != dropped=dropped_packets ] || name='reason="blackhole",vr="red"'
		check_eq "${key%=*}" "$(metric "vrouter_vr_${key#*=}_total{$name}")" "$(jq ".[0].${key%=*}" <<<"$stats")"
	done
	check_cmp "packets" "$(metric 'vrouter_vr_receive_packets_total{vr="red"}')" -ge 5
	check_cmp "drops" "$(metric 'vrouter_vr_dropped_packets_total{reason="blackhole",vr="red"}')" -eq 3
	check_eq "weight" "$(metric 'vrouter_vr_weight{vr="blue"}')" 100
	check_eq "guaranteed CPUs of one of two" "$(metric 'vrouter_vr_guaranteed_cpus{vr="blue"}')" \
		"$(awk "BEGIN { print $(nproc) / 2 }")"
	check_eq "CPU time" "$(metric 'vrouter_vr_cpu_used_seconds_total{vr="red"}')" \
		"$(jq '.[0].used_ns / 1e9' <<<"$stats" | awk '{ printf "%.9g", $1 }')"
	check_eq "entitlement" "$(metric 'vrouter_vr_cpu_entitled_seconds{vr="red"}')" \
		"$(jq '.[0].entitled_ns / 1e9' <<<"$stats" | awk '{ printf "%.9g", $1 }')"
	check_eq "latencies" "$(metric 'vrouter_vr_latency_seconds_bucket{le="+Inf",vr="red"}')" \
		"$(jq .[0].latency.packets <<<"$stats")"
	check_eq "routes" "$(metric 'vrouter_vr_routes{family="ipv4",vr="red"}')" \
		"$(jq .[0].mirror.routes_ipv4 <<<"$stats")"
	check_eq "packets of a port" "$(metric 'vrouter_port_transmit_packets_total{port="b",vr="blue"}')" \
		"$(vrctl -n r -j port show b | jq .[0].tx_packets)"
	check_cmp "time on CPUs" "$(grep -c '^vrouter_vr_by_cpu_used_seconds_total{.*vr="red"' "$TOPO_TMP/metrics")" \
		-eq "$(nproc)"
	check ip -n r route del blackhole 10.66.0.0/16 table 10
	finish "$EXPORTER_PID" || fail "it ended with status $?"
}

status()
{
	n r curl -s -o /dev/null -w '%{http_code}' "$@"
}

http()
{
	topo one || return
	exporter r --listen :9773
	check_eq "of a GET" "$(status $METRICS)" 200
	check_eq "by IPv6" "$(status "http://[::1]:9773/metrics")" 200
	check_eq "of a HEAD" "$(status -I $METRICS)" 200
	check_eq "of the first page" "$(status ${METRICS%/*}/)" 200
	check_eq "of other pages" "$(status ${METRICS%/*}/x)" 404
	check_eq "of other methods" "$(status -d x=1 $METRICS)" 405
	check_eq "of a body" "$(status -X POST -H Expect: -d "@$EXPORTER" $METRICS)" 405
	# Who says nothing, or nonsense, keeps nobody else from asking.
	run silence r socat -u EXEC:"sleep 60" TCP:127.0.0.1:9773
	echo nonsense | n r timeout 5 socat - TCP:127.0.0.1:9773 >/dev/null
	check_eq "beside them" "$(status -m 5 $METRICS)" 200
	check alive
}

follows()
{
	topo one || return
	exporter r
	soon 5 metric_is r 'vrouter_vr_weight{vr="red"}' 100
	check vrctl -n r vr set red weight 300
	soon 5 metric_is r 'vrouter_vr_weight{vr="red"}' 300
	check vr_add r green 30
	soon 5 metric_is r 'vrouter_vr_weight{vr="green"}' 100
	check_eq "guaranteed" "$(metric 'vrouter_vr_guaranteed_cpus{vr="green"}')" \
		"$(awk "BEGIN { print $(nproc) / 4 }")"
	check vrctl -n r vr set green quarantine on
	soon 5 metric_is r 'vrouter_vr_quarantined{vr="green"}' 1
	check vrctl -n r vr set green quarantine off
	soon 5 metric_is r 'vrouter_vr_incidents_total{kind="quarantine",vr="green"}' 1
	check_eq "releases" "$(metric 'vrouter_vr_incidents_total{kind="release",vr="green"}')" 1
	check ip -n r link set green down
	check ip -n r link set green name 'gr"n\x'
	soon 5 metric_is r 'vrouter_vr_weight{vr="gr"n\x"}' 100
	check ip -n r link del 'gr"n\x'
	soon 5 metric_is r 'vrouter_vr_weight{vr="gr"n\x"}' none
	# the other one is told of, and the same one with new counters
	check_eq "ports" "$(metric 'vrouter_vr_ports{vr="red"}')" 2
	check ip -n r link del red
	check vr_add r red 11
	soon 5 metric_is r 'vrouter_vr_info{cpus="'"$(vrctl -n r -j vr show red | jq -r .[0].cpus)"'",table="11",vr="red"}' 1
	check_eq "ports of the new one" "$(metric 'vrouter_vr_ports{vr="red"}')" 0
	check_eq "ports that are told" "$(grep -c ^vrouter_port_receive_packets "$TOPO_TMP/metrics")" 0
	check_eq "what it says" "$(cat "$TOPO_TMP/exporter.out")" ""
	TOPO_NOW=
}

loaded()
{
	[ -d /sys/module/vrouter ]
}

without_module()
{
	fresh && check vr_add m red 10 || return
	check vrctl -n m vr set red quarantine on
	exporter m
	soon 5 metric_is m 'vrouter_vr_incidents_total{kind="quarantine",vr="red"}' 1
	check ip -n m link del red
	soon 5 modprobe -qr vrouter
	soon 5 metric_is m vrouter_up{} 0
	soon 5 metric_is m vrouter_up{} 0
	check_eq "metrics of VRs" "$(grep -c ^vrouter_vr "$TOPO_TMP/metrics")" 0
	! loaded || fail "who asks has loaded the module"
	check_eq "what it says, once" "$(cat "$TOPO_TMP/exporter.out")" \
		"vrouter-exporter: the kernel has no virtual routers: module not loaded"
	check modprobe vrouter
	check vr_add m red 10
	soon 5 metric_is m 'vrouter_vr_weight{vr="red"}' 100
	check_eq "incidents" "$(metric 'vrouter_vr_incidents_total{kind="quarantine",vr="red"}')" 1
	check vrctl -n m vr set red quarantine on
	soon 5 metric_is m 'vrouter_vr_incidents_total{kind="quarantine",vr="red"}' 2
	check_cmp "lines" "$(wc -l <"$TOPO_TMP/exporter.out")" -eq 1
	# and from the beginning
	finish "$EXPORTER_PID"
	check ip -n m link del red
	soon 5 modprobe -qr vrouter
	exporter m
	soon 5 metric_is m vrouter_up{} 0
	! loaded || fail "who asks for the first time has loaded the module"
	check modprobe vrouter
	soon 5 metric_is m vrouter_up{} 1
}

# Every answer is whole, whatever happens in the middle of it.
unloaded_while_asked()
{
	local i file

	fresh && exporter m --per-cpu || return
	mkdir -p "$TOPO_TMP/answers"
	run asks m sh -c "i=0; while :; do i=\$((i + 1)); curl -s -m 10 -o $TOPO_TMP/answers/\$i $METRICS || echo \"status \$?\"; done"
	for ((i = 0; i < 8; i++)); do
		check modprobe vrouter
		seq 1 30 | sed "s/.*/link add v& up type vrouter table 10&/" | check ip -n m -batch -
		soon 5 asked "vrouter_up 1"
		check modprobe -r vrouter
		soon 5 asked "vrouter_up 0"
	done
	finish "$RUN_PID" KILL
	check alive
	check_eq "requests without answer" "$(cat "$TOPO_TMP/asks")" ""
	# the last one may have been cut off
	rm -f "$(find "$TOPO_TMP/answers" -type f | sort -V | tail -n 1)"
	for file in "$TOPO_TMP"/answers/*; do
		[ "$(tail -n 1 "$file")" = "# EOF" ] || { fail "an answer is not whole"; break; }
	done
	check modprobe vrouter
}

# asked TEXT: an answer of now has it
asked()
{
	n m curl -s -m 10 $METRICS | grep -qx "$1"
}

# It goes on to tell of what its namespace has, and that goes with it.
namespace_gone()
{
	fresh && check vr_add m red 10 && exporter m || return
	soon 5 metric_is m vrouter_up{} 1
	check ip netns del m
	check scrape nsenter -t "$EXPORTER_PID" -n
	check_eq "weight" "$(metric 'vrouter_vr_weight{vr="red"}')" 100
	check alive
	finish "$EXPORTER_PID" || fail "it ended with status $?"
	soon 10 modprobe -qr vrouter
	check modprobe vrouter
}

# answered_anew VALUE: an answer of the last tenth of a second is given again
answered_anew()
{
	n m curl -s $METRICS >"$TOPO_TMP/raw" &&
		[ "$(sed -n 's/^process_cpu_seconds_total //p' "$TOPO_TMP/raw")" != "$1" ]
}

spent()
{
	sed -n 's/^process_cpu_seconds_total //p' "$TOPO_TMP/raw"
}

# What a scrape costs the exporter and the kernel that it asks.
many()
{
	local before us

	fresh || return
	seq 1 "$MANY" | sed 's/.*/link add v& up type vrouter table 10&/' >"$TOPO_TMP/add"
	check ip -n m -batch "$TOPO_TMP/add" || return
	exporter m
	soon 20 metric_is m 'vrouter_vr_weight{vr="v1"}' 100
	check_eq "VRs" "$(grep -c ^vrouter_vr_weight "$TOPO_TMP/metrics")" "$MANY"
	soon 20 answered_anew ""
	before=$(spent)
	soon 20 answered_anew "$before"
	us=$(awk -v a="$before" -v b="$(spent)" 'BEGIN { print int((b - a) * 1e6) }')
	diag "$(wc -c <"$TOPO_TMP/raw") bytes, $us us of CPU time for $MANY VRs, $(sed -n 's/^vrouter_exporter_scrape_seconds //p' "$TOPO_TMP/raw") s"
	check_cmp "us of CPU time per VR" $((us / MANY)) -le 1000
}

# What the dashboard and the alerts ask for is told.
files()
{
	local name rules=$TOP/tools/metrics/vrouter.rules.yml

	topo two || return
	check pings h1 $V4_DST
	check vrctl -n r vr set blue quarantine on
	check vrctl -n r vr set blue quarantine off
	check ip -n r route add blackhole 10.66.0.0/16 table 10
	check_fails n h1 ping -c 1 -W 1 10.66.0.1
	check_fails n h1 ping -c 1 -W 1 -t 1 $V4_DST
	exporter r
	soon 5 metric_is r vrouter_up{} 1
	check jq -e '.panels | length > 10 and ([.[].id] | unique | length) == length and
		all(.[]; .title and .gridPos.w and (.targets | length > 0))' \
		"$TOP/tools/metrics/vrouter.dashboard.json"
	check /usr/bin/python3 -c 'import sys, yaml
for rule in yaml.safe_load(open(sys.argv[1]))["groups"][0]["rules"]:
    assert rule["alert"] and rule["expr"] and rule["annotations"]["summary"], rule' "$rules"
	[ -z "$(command -v promtool)" ] || check promtool check rules "$rules"
	while read -r name; do
		grep -q "^$name{" "$TOPO_TMP/metrics" || fail "nothing tells $name"
	done < <(grep -oh 'vrouter_[a-z0-9_]*' "$TOP"/tools/metrics/*.json "$rules" | sort -u)
	check ip -n r route del blackhole 10.66.0.0/16 table 10
}

log_is_clean()
{
	check_dmesg
}

require_root
require_command ip vrctl ping setpriv nsenter jq curl socat
/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || require_command python3-prometheus-client
require_module vrouter
chmod 755 "$EXPORTER_DIR"
install -m 755 "$TOP/tools/exporter/vrouter-exporter" "$EXPORTER_DIR" || die "no vrouter-exporter: make tools"
dmesg_mark
run_tests "$ALL_TESTS" "$@"
