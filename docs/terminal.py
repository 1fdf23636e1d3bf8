#!/usr/bin/env python3
"""Draws what a command prints as an SVG that looks like a terminal, for README.md.

    ./mobilenet4j train clothing/ --from mobilenet_v1_0.25_128_quant.tflite --epochs 4 > out
    python3 docs/terminal.py "./mobilenet4j train …" < out > docs/terminal.svg
"""

import html
import re
import sys

LINE, LEFT, TOP, CHARACTER = 21, 22, 56, 8.5
lines = ["$ " + sys.argv[1]] + sys.stdin.read().rstrip("\n").split("\n")
WIDTH = round(2 * LEFT + CHARACTER * max(760 / CHARACTER, *map(len, lines)))
height = TOP + LINE * len(lines) + 12
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
    ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"'
    ' font-size="14">'
)
print(f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#16191d"/>')
for i, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
    print(f'<circle cx="{LEFT + 4 + 20 * i}" cy="22" r="6" fill="{colour}"/>')
for i, line in enumerate(lines):
    y = TOP + LINE * i
    bar = re.match(r"( *[0-9.]+ %  )([█▏▎▍▌▋▊▉]*)( *)(.*)", line)
    if bar:
        # Blocks have gaps in many fonts: a rectangle has none.
        eighths = sum(8 if c == "█" else " ▏▎▍▌▋▊▉".index(c) for c in bar[2])
        print(f'<text x="{LEFT}" y="{y}" fill="#d7dae0" xml:space="preserve">{bar[1]}</text>')
        print(f'<rect x="{LEFT + 112}" y="{y - 11}" width="{eighths}" height="13" fill="#6ea1ff"/>')
        print(f'<text x="{LEFT + 336}" y="{y}" fill="#ffffff">{html.escape(bar[4])}</text>')
    else:
        colour = "#8fd6a8" if i == 0 else "#d7dae0"
        print(f'<text x="{LEFT}" y="{y}" fill="{colour}" xml:space="preserve">{html.escape(line)}</text>')
print("</svg>")
