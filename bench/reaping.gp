# SPDX-License-Identifier: MIT
# reaping: the cost of a zombie against the size of the burst; flat is good.
width = 980
height = 400
load style
set logscale x 2
set xtics (500, 1000, 2000, 4000, 8000, 16000)
set xrange [450:18000]
set xlabel "processes in the burst"
set yrange [0:*]
set multiplot layout 1,2 margins 0.06, 0.82, 0.17, 0.89 spacing 0.07
unset key
set ylabel "microseconds a process"
set title "They died at once: until the last is reaped"
plot for [i=1:inits] held using 1:i+1 skip 1 with linespoints pt 7 ps 0.5 \
    lw weight(value("name".i)) dt dash(value("name".i)) \
    lc rgb color(value("name".i)) title value("title".i)
set title "Their parent died and left them as zombies"
set key at screen 0.995, 0.6 right Left reverse samplen 2
plot for [i=1:inits] handed using 1:i+1 skip 1 with linespoints pt 7 ps 0.5 \
    lw weight(value("name".i)) dt dash(value("name".i)) \
    lc rgb color(value("name".i)) title value("title".i)
unset multiplot
