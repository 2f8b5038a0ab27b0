# SPDX-License-Identifier: GPL-2.0
set title "Forwarding 1000 flows over 1000 routes, one CPU"
set ylabel unit." per packet, without the NIC"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set boxwidth 0.9
set grid ytics
set yrange [0:*]
set xtics rotate by -35 noenhanced
set rmargin 12
set datafile missing "?"
plot "plot.dat" using 2:xtic(1) title "IPv4", "" using 3 title "IPv6"
