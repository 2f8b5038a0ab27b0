# SPDX-License-Identifier: GPL-2.0
set title "Figure 5: unequal offered loads, equal weights, one CPU"
set xlabel "step of the offered load"
set ylabel "packets per second / 1000"
set key left top
set grid
set yrange [0:250]
plot for [i=1:3] "fig5.dat" using 1:(column(i + 1)) with lines dashtype 3 linecolor i title sprintf("VR %d offered", i), \
     for [i=1:3] "fig5.dat" using 1:(column(i + 4)) with linespoints linewidth 2 linecolor i title sprintf("VR %d forwarded", i)
