# SPDX-License-Identifier: GPL-2.0
set title "Figure 6: six VRs of unequal weight on three CPUs"
set xlabel "offered to each VR, packets per second / 1000"
set ylabel "forwarded, packets per second / 1000"
set key outside right
set grid
set yrange [0:*]
weights = "1:1 1:1 1:2 2:1 1:4 4:1"
plot for [i=1:6] "fig6.dat" using 1:(column(i + 1)) with linespoints linewidth 2 title sprintf("VR %d (%s)", i, word(weights, i)), \
     for [i=0:2] "fig6.dat" using 1:(column(i + 14)) with lines dashtype 2 title sprintf("CPU %d", i)
