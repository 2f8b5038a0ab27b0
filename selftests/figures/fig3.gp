# SPDX-License-Identifier: GPL-2.0
set title "Figure 3: two victims beside a flood (1:1:6), a NIC each or one for all"
set xlabel "offered to all three, kpps"
set ylabel "forwarded, kpps"
set yrange [0:]
set key left top
set grid
plot x / 8 with lines dashtype 3 linecolor "gray" title "offered to a victim", \
     "fig3_own.dat" using 1:3 with linespoints linewidth 2 linecolor 1 title "victim 1, own NIC", \
     "" using 1:4 with linespoints linecolor 2 title "victim 2, own NIC", \
     "" using 1:2 with lines dashtype 2 linecolor 1 title "flood, own NIC", \
     "fig3_shared.dat" using 1:3 with linespoints linewidth 2 linecolor 4 title "victim 1, shared NIC", \
     "" using 1:4 with linespoints linecolor 5 title "victim 2, shared NIC", \
     "" using 1:2 with lines dashtype 2 linecolor 4 title "flood, shared NIC"
