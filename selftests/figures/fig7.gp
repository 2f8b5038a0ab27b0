# SPDX-License-Identifier: GPL-2.0
set title "Figure 7: the packets of VR 1 cost 40 % more, equal weights, one CPU"
set xlabel "offered to each VR, packets per second / 1000"
set ylabel "forwarded, packets per second / 1000"
set y2label "per mille of the used CPU time"
set y2range [0:1000]
set y2tics
set yrange [0:160]
set ytics nomirror
set key outside right
set grid
plot for [i=1:3] "fig7.dat" using 1:(column(i + 1)) with linespoints linewidth 2 linecolor i title sprintf("VR %d", i), \
     for [i=1:3] "fig7.dat" using 1:(column(i + 4)) axes x1y2 with lines dashtype 3 linecolor i title sprintf("CPU of VR %d", i)
