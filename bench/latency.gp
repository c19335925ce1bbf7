# SPDX-License-Identifier: MIT
# latency: p50 of a burst (dot, and the middle half of the bursts) and p99 (bar).
width = 980
height = 480
load style
set title "Time to forward a signal while many processes die: less is better\n" . \
    "{/*0.8 dot: p50, the median of the bursts; line: their middle half; bar: p99}"
set ylabel "milliseconds"
set logscale y
set format y "%g"
set xrange [0:groups]
set xtics scale 0 ("" 0)
do for [g=1:groups] {
	set xtics add (value("label".g) g - 0.5)
	set arrow from g, graph 0 to g, graph 1 nohead lc rgb "#dee2e6"
}
set bmargin 5
set key outside bottom center horizontal maxrows 1 samplen 1
set pointintervalbox 0
plot for [i=1:inits] data index i-1 using 1:2:3:4 with yerrorbars pt -1 \
        lw 2 lc rgb color(value("name".i)) notitle, \
    for [i=1:inits] data index i-1 using 1:5:(0.04) with xerrorbars pt -1 \
        lw 3 lc rgb color(value("name".i)) notitle, \
    for [i=1:inits] data index i-1 using 1:2 with points pt 7 ps 0.9 \
        lc rgb color(value("name".i)) title value("title".i)
