# SPDX-License-Identifier: MIT
# What all plots share.  hale stands out; the peers keep their colours from
# plot to plot; the floor, which is no init, is black and dashed.
set terminal svg size width, height dynamic font "Helvetica,13" background "#ffffff"
set output target
set datafile separator tab
set border 3 lc rgb "#868e96"
set tics nomirror textcolor rgb "#343a40"
set grid ytics lc rgb "#e9ecef" lt 1 lw 1
set title font ",15" textcolor rgb "#212529"
color(name) = name eq "hale" ? 0xe8590c : name eq "dumb-init" ? 0x1971c2 : \
    name eq "catatonit" ? 0x2f9e44 : name eq "tini-static" ? 0x862e9c : \
    name eq "tini" ? 0xb197fc : 0x212529
dash(name) = color(name) == 0x212529 ? 2 : 1
weight(name) = name eq "hale" ? 3.5 : 1.8
