# SPDX-License-Identifier: MIT
# reaping: the cost of a zombie against the size of the burst; flat is good.
width = 980
height = 430
load style
set logscale x 2
set xtics (500, 1000, 2000, 4000, 8000)
set xrange [450:last * 1.12]
set xlabel "processes in the burst"
set yrange [0:*]
set multiplot layout 1,2 margins 0.08, 0.81, 0.15, 0.8 spacing 0.07 \
    title "Time until the init has reaped all, for each process: less is better, and flat" \
    font ",15"
unset key
set ylabel "microseconds a process"
set title "processes that die at once" font ",13"
plot for [i=1:inits] held using 1:i+1 skip 1 with linespoints pt 7 ps 0.5 \
    lw weight(value("name".i)) dt dash(value("name".i)) \
    lc rgb color(value("name".i)) title value("title".i)
unset ylabel
set title "zombies that their parent leaves at once" font ",13"
set key at screen 0.995, 0.6 right Left reverse samplen 2
plot for [i=1:inits] handed using 1:i+1 skip 1 with linespoints pt 7 ps 0.5 \
    lw weight(value("name".i)) dt dash(value("name".i)) \
    lc rgb color(value("name".i)) title value("title".i)
unset multiplot
