# SPDX-License-Identifier: GPL-2.0
set title "Figure 2: latency over the offered load"
set xlabel "offered load, percent of what the CPU can forward"
set ylabel "latency, microseconds"
set logscale y
set yrange [1:20000]
set key left top
set grid
plot "fig2.dat" using 1:5 with linespoints linewidth 2 linecolor 1 title "one VR, mean", \
     "" using 1:7 with lines dashtype 2 linecolor 1 title "one VR, p99", \
     for [i=1:3] sprintf("<grep ' fp%d ' fig2_shared.dat", i) using 1:5 with linespoints linecolor i + 1 title sprintf("VR %d of three, mean", i), \
     for [i=1:3] sprintf("<grep ' fp%d ' fig2_shared.dat", i) using 1:7 with lines dashtype 2 linecolor i + 1 title sprintf("VR %d of three, p99", i)
