# SPDX-License-Identifier: GPL-2.0
# What cost.sh and two_cpus.sh measured, against the bars. Prints the tables, and writes
# DIR/cost.json and DIR/plot.dat.
#
# Usage: awk -v dir=DIR [-v unit=ns] -f report.awk bars [cpus.dat] cost.dat

function scenario(key, text)
{
	scenarios[++n_scenarios] = key
	scenario_title[key] = text
}

function row(key, text)
{
	rows[++n_rows] = key
	title[key] = text
}

BEGIN {
	if (!unit)
		unit = "instr."
	scenario("v4x1", "IPv4, 1 flow over 1000 routes")
	scenario("v4x1000", "IPv4, 1000 flows over 1000 routes")
	scenario("v6x1000", "IPv6, 1000 flows over 1000 routes")
	scenario("alone", "IPv4, an idle CPU, every packet alone")
	scenario("vrs1000", "IPv4, 1000 VRs evenly loaded")
	scenario("routes1", "IPv4, 1000 flows over one route")
	scenario("routes1m", "IPv4, 1000 flows over 1000000 routes")
	scenario("many1", "IPv4, 65536 flows over one route")
	scenario("many1m", "IPv4, 65536 flows over 1000000 routes")
	row("floor", "the NIC alone, skb")
	row("floor_xdp", "the NIC alone, XDP drop")
	row("vrouter", "vrouter")
	row("direct", "vrouter, past the qdisc")
	row("frames", "vrouter, frames")
	row("xdp_fib", "XDP fib lookup, devmap")
	row("bridge", "bridge")
	row("flowtable", "nft flowtable")
	row("tc_fib", "tc BPF fib lookup")
	row("ip_forward", "ip_forward")
	row("ip_forward_gro", "ip_forward, GRO on")
	row("ovs", "Open vSwitch, kernel path")
	row("vrf", "VRF, its rule first")
	row("vrf_default", "VRF, rules as they come")
}

FILENAME ~ /bars$/ && $1 == "two_cpus" {
	least = $2
	next
}

FILENAME ~ /bars[^.]*$/ && !/^#/ {
	bars[++n_bars] = $1 " " $2
	bar_peer[n_bars] = $3
	bar_most[n_bars] = $4
	bar_aim[n_bars] = $5
	next
}

/^# kernel / { kernel = $3 }
/^#/ || FILENAME ~ /bars[^.]*$/ { next }

FILENAME ~ /cpus\.dat$/ {
	cpus[++n_cpus] = $1 " " $2
	alone0[n_cpus] = $3
	alone1[n_cpus] = $4
	both[n_cpus] = $5
	# to what these packets would have cost on one CPU at a time
	scale[n_cpus] = 2 * ($6 * $3 + $7 * $4) / (($6 + $7) * $5)
	next
}

$3 == "-" {
	$1 = $3 = ""
	why[$2] = $0
	sub(/^ *[^ ]+ +/, "", why[$2])
	next
}

{
	cost[$1, $2] = $3
	if (NF > 3 && $4 != "-")
		latency[$1, $2] = $4
	if (NF > 5) {
		low[$1, $2] = $5
		high[$1, $2] = $6
	}
}

# What the NIC itself takes of this row.
function nic(s, r, from)
{
	from = s == "vrs1000" ? "v4x1" : s
	sub(/1m$/, "1", from)
	if ((r == "frames" || r == "xdp_fib") && (from, "floor_xdp") in cost)
		return cost[from, "floor_xdp"]
	return (from, "floor") in cost ? cost[from, "floor"] : 0
}

function less(s, r)
{
	return cost[s, r] - nic(s, r)
}

function verdict(i, part)
{
	if (part > bar_most[i])
		return sprintf("<= %.2f MISSED", bar_most[i])
	if (bar_aim[i] != "-" && part <= bar_aim[i])
		return sprintf("<= %.2f met, aim %.2f too", bar_most[i], bar_aim[i])
	return sprintf("<= %.2f met", bar_most[i])
}

# The bar of RUNNER against a peer: " 0.52  <= 0.40 MISSED", or what there is of it.
function against(s, runner, peer, i, part)
{
	if (peer == runner || !((s, runner) in cost) || peer ~ /^(floor|direct|frames|vrouter)/)
		return ""
	part = less(s, runner) / less(s, peer)
	for (i = 1; i <= n_bars; i++)
		if (bars[i] == s " " runner && bar_peer[i] == peer)
			return sprintf("%.2f  %s", part, verdict(i, part))
	return sprintf("%.2f", part)
}

# What it was in the rounds of make bench-native.
function rounds(s, r)
{
	return (s, r) in low ? sprintf("%.0f-%.0f", low[s, r], high[s, r]) : ""
}

function line(text, a, b, c, d, e, out)
{
	if (unit == "ns")
		a = sprintf("%5s %9s", a, e)
	out = sprintf("  %-26s %10s %10s   %-32s %s", text, a, b, c, d)
	sub(/ +$/, "", out)
	print out
}

function table(s, i, r, any)
{
	for (i = 1; i <= n_rows; i++)
		any = any || (s, rows[i]) in cost
	if (!any)
		return
	print scenario_title[s]
	line("path", unit, "less NIC", "vrouter is of it", \
	     (s, "frames") in cost ? "frames are of it" : "", "rounds")
	for (i = 1; i <= n_rows; i++) {
		r = rows[i]
		if ((s, r) in cost)
			line(title[r], sprintf("%.0f", cost[s, r]), \
			     r ~ /^floor/ ? "" : sprintf("%.0f", less(s, r)), \
			     against(s, "vrouter", r), against(s, "frames", r), rounds(s, r))
		else if (r in why && s == "v4x1000")
			line(title[r], "-", "-", why[r])
	}
	print ""
}

function two_cpus(i, f)
{
	if (!n_cpus)
		return
	cpus_title["ports"] = "one VR"
	cpus_title["vrs"] = "two VRs"
	cpus_title["skb"] = "vrouter"
	cpus_title["frames"] = "vrouter, frames"
	print "IPv4, 1000 flows on each of two CPUs"
	line("path", "CPU 0", "CPU 1", "both", "scale")
	for (i = 1; i <= n_cpus; i++) {
		split(cpus[i], f, " ")
		line(cpus_title[f[1]] ", " cpus_title[f[2]], sprintf("%.0f", alone0[i]), \
		     sprintf("%.0f", alone1[i]), sprintf("%.0f", both[i]), \
		     sprintf("%.2f  >= %.2f %s", scale[i], least, \
			     scale[i] >= least ? "met" : "MISSED"))
	}
	print ""
}

function json_cpus(i, f, sep)
{
	printf "\n\t],\n\t\"two_cpus\": [" >file
	for (i = 1; i <= n_cpus; i++) {
		split(cpus[i], f, " ")
		printf "%s\n\t\t{ \"of\": \"%s\", \"row\": \"%s\", \"alone\": [%s, %s], ", \
			sep, f[1], f[2] == "skb" ? "vrouter" : f[2], alone0[i], alone1[i] >file
		printf "\"both\": %s, \"scale\": %.3f, \"least\": %s, \"met\": %s }", \
			both[i], scale[i], least, (scale[i] < least ? "false" : "true") >file
		sep = ","
		judged++
		missed += (scale[i] < least)
	}
}

function slower()
{
	return latency["alone", "vrouter"] + 0 > latency["alone", "ip_forward"] + 0
}

# Bars against another scenario, and what must not be slower.
function others(i, f, part)
{
	for (i = 1; i <= n_bars; i++) {
		split(bars[i], f, " ")
		if (split(bar_peer[i], peer, ":") < 2 || !((f[1], f[2]) in cost) ||
		    !((peer[1], peer[2]) in cost))
			continue
		part = less(f[1], f[2]) / less(peer[1], peer[2])
		printf "%s, %s: %.2f of %s, %s\n", scenario_title[f[1]], title[f[2]], part, \
			scenario_title[peer[1]], verdict(i, part)
	}
	if (("alone", "vrouter") in latency && ("alone", "ip_forward") in latency)
		printf "Mean latency of a lonely packet: vrouter %d ns, ip_forward %d ns, %s\n", \
			latency["alone", "vrouter"], latency["alone", "ip_forward"], \
			slower() ? "MISSED" : "met"
}

function json(i, j, s, r, sep, inner, f, peer, part)
{
	printf "{\n\t\"kernel\": \"%s\",\n\t\"unit\": \"%s per packet\",\n", kernel, \
		unit == "ns" ? unit : "instructions" >file
	printf "\t\"scenarios\": {" >file
	for (i = 1; i <= n_scenarios; i++) {
		s = scenarios[i]
		printf "%s\n\t\t\"%s\": {", sep, s >file
		sep = ","
		inner = ""
		for (j = 1; j <= n_rows; j++) {
			r = rows[j]
			if (!((s, r) in cost))
				continue
			printf "%s\n\t\t\t\"%s\": { \"cost\": %s", inner, r, cost[s, r] >file
			if (r !~ /^floor/ && nic(s, r))
				printf ", \"less_nic\": %.1f", less(s, r) >file
			if ((s, r) in latency)
				printf ", \"latency_ns\": %s", latency[s, r] >file
			if ((s, r) in low)
				printf ", \"lowest\": %s, \"highest\": %s", low[s, r], high[s, r] >file
			printf " }" >file
			inner = ","
		}
		printf "\n\t\t}" >file
	}
	printf "\n\t},\n\t\"missing\": {" >file
	sep = ""
	for (i = 1; i <= n_rows; i++)
		if (rows[i] in why) {
			gsub(/["\\]/, "\\\\&", why[rows[i]])
			printf "%s\n\t\t\"%s\": \"%s\"", sep, rows[i], why[rows[i]] >file
			sep = ","
		}
	printf "\n\t},\n\t\"bars\": [" >file
	sep = ""
	for (i = 1; i <= n_bars; i++) {
		split(bars[i], f, " ")
		if (split(bar_peer[i], peer, ":") < 2) {
			peer[2] = peer[1]
			peer[1] = f[1]
		}
		if (!((f[1], f[2]) in cost) || !((peer[1], peer[2]) in cost))
			continue
		part = less(f[1], f[2]) / less(peer[1], peer[2])
		printf "%s\n\t\t{ \"scenario\": \"%s\", \"row\": \"%s\", \"peer\": \"%s\", ", \
			sep, f[1], f[2], bar_peer[i] >file
		printf "\"ratio\": %.3f, \"most\": %s, \"met\": %s }", part, bar_most[i], \
			part <= bar_most[i] ? "true" : "false" >file
		sep = ","
		missed += part > bar_most[i]
		judged++
	}
	json_cpus()
	printf "\n\t]\n}\n" >file
	if (("alone", "vrouter") in latency && ("alone", "ip_forward") in latency) {
		judged++
		missed += slower()
	}
}

function plot(i, r, to)
{
	to = dir "/plot.dat"
	print "# path, without the NIC: IPv4 and IPv6, 1000 flows" >to
	for (i = 1; i <= n_rows; i++) {
		r = rows[i]
		if (r !~ /^floor/ && ("v4x1000", r) in cost)
			printf "\"%s\" %.1f %s\n", title[r], less("v4x1000", r), \
				("v6x1000", r) in cost ? less("v6x1000", r) : "?" >to
	}
}

END {
	file = dir "/cost.json"
	for (i = 1; i <= n_scenarios; i++)
		table(scenarios[i])
	two_cpus()
	others()
	json()
	plot()
	printf "%d of %d bars met\n", judged - missed, judged
}
