#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 1000 VRs at once, and a table of the size of the Internet's: how long, how much
# memory, and does it forward. The full sizes on the stock 6.12 kernel, smaller
# ones elsewhere. Runs as root.
#
# vm: kernels=6.12 mem=4G timeout=500

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=topo.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/topo.sh"

ALL_TESTS="many_vrs many_vrs_forward routes_ipv4 routes_ipv6 routes_delete"

case ${VM_KERNEL:-} in
6.12) : "${VRS:=1000}" "${ROUTES4:=1000000}" "${ROUTES6:=200000}" ;;
debug) : "${VRS:=100}" "${ROUTES4:=10000}" "${ROUTES6:=4000}" ;;
*) : "${VRS:=1000}" "${ROUTES4:=100000}" "${ROUTES6:=20000}" ;;
esac
VR_KIB=64	# what an idle VR may cost on two CPUs, all of its netdevice included

# used_kib: what the kernel holds and cannot drop. Steadier than MemAvailable.
used_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|Percpu|VmallocUsed|PageTables|KernelStack):/ { sum += $2 }
		END { print sum }' /proc/meminfo
}

per_vr()
{
	awk -v a="$1" -v b="$2" -v n="$VRS" 'BEGIN { printf "%.1f", (b - a) / n }'
}

topo_many()
{
	ns_add m
}

# What VRs cost while nothing happens, all of the netdevice included, beside what
# as many bare netdevices cost.
many_vrs()
{
	local before after end start kib base

	topo many || return
	seq 1 "$VRS" | sed "s/.*/link add v& type $KIND table 10&/" >"$TOPO_TMP/add"
	seq 1 "$VRS" | sed "s/.*/link set dev v& up/" >>"$TOPO_TMP/add"
	seq 1 "$VRS" | sed "s/.*/link del dev v&/" >"$TOPO_TMP/del"
	# the first ones also pay for rules, caches and modules
	check vr_add m warm 9
	check ip -n m link add bare type dummy
	check ip -n m link del dev bare
	base=$(used_kib)
	sed "s/ type.*/ type dummy/" "$TOPO_TMP/add" >"$TOPO_TMP/bare"
	check ip -n m -batch "$TOPO_TMP/bare" || return
	base=$(per_vr "$base" "$(used_kib)")
	check ip -n m -batch "$TOPO_TMP/del"
	before=$(used_kib)
	start=$(now_ms)
	check ip -n m -batch "$TOPO_TMP/add" || return
	diag "$VRS VRs created and up in $(($(now_ms) - start)) ms"
	after=$(used_kib)
	kib=$(per_vr "$before" "$after")
	diag "$kib KiB per idle VR on $(nproc) CPUs, of which $base KiB as for any netdevice"
	check_eq "VRs" "$(ip -n m -o link show type "$KIND" | wc -l)" $((VRS + 1))
	start=$(now_ms)
	check ip -n m -batch "$TOPO_TMP/del"
	diag "$VRS VRs deleted in $(($(now_ms) - start)) ms"
	end=$(used_kib)
	diag "not given back: $(per_vr "$before" "$end") KiB per VR"
	check_eq "VRs left" "$(ip -n m -o link show type "$KIND" | wc -l)" 1
	[ "${VM_KERNEL:-}" = debug ] || ! is_vr ||
		check_cmp "KiB of an idle VR" "${kib%.*}" -lt $VR_KIB
	check_cmp "KiB per VR not given back" "$(per_vr "$before" "$end" | cut -d. -f1)" -le 8
}

# They are there and two of them forward: the crowd costs them nothing.
many_vrs_forward()
{
	topo one || return
	sed 's/table 10/table 20/' "$TOPO_TMP/add" >"$TOPO_TMP/add2"
	check ip -n r -batch "$TOPO_TMP/add2" || return
	check pings h1 10.2.0.2
	check pings h1 2001:db8:2::2
	counts r red '^tx_packets' 6 pings h1 10.2.0.2
	TOPO_NOW=
	topo_wipe
	check_fails ip -n r link show
}

# mirrored FAMILY COUNT: the kernel marks at least COUNT routes as held by the VR, none as failed
mirrored()
{
	local line

	line=$(n r "$HELPERS/rtload" count 10 "$1")
	echo "$line"
	awk -v want="$2" '{ exit !($4 >= want && $8 == 0) }' <<<"$line"
}

# load FAMILY COUNT GATEWAY
load_routes()
{
	local before after start line

	check helper rtload || return
	before=$(used_kib)
	start=$(now_ms)
	line=$(n r "$HELPERS/rtload" add 10 "$1" "$2" b "$3") || fail "rtload: $line" || return
	diag "IPv$1: $line"
	if is_vr; then
		check busywait 60000 mirrored "$1" "$2" || return
		diag "IPv$1: mirrored after $(($(now_ms) - start)) ms: $2 routes, $(awk -v n="$2" \
			-v ms=$(($(now_ms) - start)) 'BEGIN { printf "%d", n * 1000 / ms }') routes/s"
	fi
	after=$(used_kib)
	diag "IPv$1: $(((after - before) / 1024)) MiB for kernel and mirror"
	if is_vr && command -v vrctl >/dev/null; then
		diag "$(vrctl -n r vr show red 2>&1 | tr -s ' \n' ' ')"
	fi
}

topo_big()
{
	topo_one && ip -n r neigh replace 10.2.0.2 lladdr "$(mac h2 e)" dev b nud permanent &&
		ip -n r neigh replace 2001:db8:2::2 lladdr "$(mac h2 e)" dev b nud permanent
}

# host I: an address in route number I
host()
{
	printf '%d.%d.%d.1' $((16 + ($1 >> 16))) $(($1 >> 8 & 255)) $(($1 & 255))
}

watch_big()
{
	run big.out h2 "$HELPERS/traffic" watch e "16.0.0.0/4=63@$(mac h2 e)" "2a00::/16=63@$(mac h2 e)"
	WATCH=$RUN_PID
	soon 10 grep -q watching "$TOPO_TMP/big.out"
}

# arrived COUNT: all that was sent, through the fast path
arrived()
{
	soon 10 pings h1 10.2.0.2
	finish "$WATCH" || fail "wrong packets: $(cat "$TOPO_TMP/big.out")"
	says "^seen $1 wrong 0 twice 0 unwatched 0 " cat "$TOPO_TMP/big.out"
}

routes_ipv4()
{
	topo big || return
	check helper traffic || return
	load_routes 4 "$ROUTES4" 10.2.0.2 || return
	watch_big
	counts r red '^tx_packets' 2000 n h1 "$HELPERS/traffic" blast -r 2000 -c 2000 \
		16.0.0.1/1000 "$(host $((ROUTES4 - 1000)))/1000"
	arrived 2000
}

routes_ipv6()
{
	local last

	topo big || return
	check helper traffic || return
	load_routes 6 "$ROUTES6" 2001:db8:2::2 || return
	last=$(printf '2a00:%x:%x::1' $(((ROUTES6 - 1) >> 16)) $(((ROUTES6 - 1) & 65535)))
	watch_big
	counts r red '^tx_packets' 1000 n h1 "$HELPERS/traffic" blast -r 2000 -c 1000 2a00::1 "$last"
	arrived 1000
}

# All of it goes away in one go with its namespace; the other end of a wire goes with it.
routes_delete()
{
	local start

	topo big || return
	TOPO_NOW=
	check ip -n h1 link show dev e || return
	start=$(now_ms)
	check ip netns del r
	soon 30 check_fails ip -n h1 link show dev e
	diag "namespace deleted in $(($(now_ms) - start)) ms"
	check ip -n h1 link show dev lo
	topo_wipe
	[ ! -d /sys/module/vrouter ] || check modprobe -r vrouter
	check need_kind
}

require_root
need_kind || die "cannot load $KIND"
run_tests "$ALL_TESTS" "$@"
