# SPDX-License-Identifier: MIT
# start: what each init adds to the shortest program's life.
width = 980
height = 400
load style
set title "What an init adds to the start and end of a program, as PID 1: less is better"
set ylabel "microseconds (median, middle half)"
set yrange [0:*]
set offsets 0.5, 0.5, graph 0.22, 0
set xrange [*:*] noextend
set xtics scale 0
set style fill solid 1 noborder
set boxwidth 0.34
set bmargin 5
set key outside bottom center horizontal maxrows 1 samplen 1
plot data using ($0-0.18):2:xtic(1) skip 1 with boxes lc rgb "#e8590c" \
        title "wall", \
    data using ($0+0.18):5 skip 1 with boxes lc rgb "#ffc078" \
        title "processor (user + system)", \
    data using ($0-0.18):3:(0):($4-$3) skip 1 with vectors nohead lw 1.5 \
        lc rgb "#343a40" notitle, \
    data using ($0+0.18):6:(0):($7-$6) skip 1 with vectors nohead lw 1.5 \
        lc rgb "#343a40" notitle, \
    data using ($0-0.18):4:(sprintf("%.0f", $2)) skip 1 with labels \
        offset 0,0.6 font ",11" notitle, \
    data using ($0+0.18):7:(sprintf("%.0f", $5)) skip 1 with labels \
        offset 0,0.6 font ",11" notitle
