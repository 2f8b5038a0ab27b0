#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Draw what a terminal shows, as tmux captures it with its colours.

Usage: svg.py TITLE <SCREEN >FILE
"""

import re
import sys
from xml.sax.saxutils import escape

CELL, LINE, PAD, BAR = 8, 18, 12, 28
NORMAL, GROUND = "#d8dee9", "#1f2430"
COLOURS = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]


class Pen:
    """What the escape sequences have set."""

    def __init__(self):
        self.set("0")

    def set(self, codes):
        for code in [int(c or 0) for c in codes.split(";")]:
            if code == 0:
                self.front, self.back, self.bold, self.dim, self.reverse = None, None, False, False, False
            elif code in (1, 2, 7):
                setattr(self, {1: "bold", 2: "dim", 7: "reverse"}[code], True)
            elif code in (22, 27):
                self.bold, self.dim, self.reverse = (False, False, self.reverse) if code == 22 else \
                    (self.bold, self.dim, False)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.front = COLOURS[code % 10]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.back = COLOURS[code % 10]
            elif code == 39:
                self.front = None
            elif code == 49:
                self.back = None

    def colours(self):
        front, back = self.front or NORMAL, self.back
        return (back or GROUND, front) if self.reverse else (front, back)


def draw(line, y, pen):
    """The runs of one line."""
    out, x = [], 0
    for codes, text in re.findall(r"(?:\x1b\[([\d;]*)m|\x0f|\x0e)|([^\x1b\x0e\x0f]+)", line):
        if not text:
            pen.set(codes)
            continue
        front, back = pen.colours()
        if back:
            out.append('<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>' %
                       (PAD + x * CELL, y, len(text) * CELL, LINE, back))
        # Each word at its column, whatever a font makes of blanks.
        for word in re.finditer(r"\S+", text):
            out.append('<text x="%d" y="%d" textLength="%d" fill="%s"%s%s>%s</text>' %
                       (PAD + (x + word.start()) * CELL, y + 13, len(word[0]) * CELL, front,
                        ' font-weight="bold"' if pen.bold else "",
                        ' opacity="0.6"' if pen.dim else "", escape(word[0])))
        x += len(text)
    return out, x


def main():
    title = sys.argv[1]
    lines = sys.stdin.read().rstrip("\n").split("\n")
    pen, body, columns = Pen(), [], 80
    for n, line in enumerate(lines):
        runs, width = draw(line, BAR + PAD + n * LINE, pen)
        body += runs
        columns = max(columns, width)
    width, height = columns * CELL + 2 * PAD, BAR + len(lines) * LINE + 2 * PAD
    print('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
          'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">'
          % (width, height, width, height))
    print("<title>%s</title>" % escape(title))
    print('<rect width="100%%" height="100%%" rx="6" fill="%s"/>' % GROUND)
    print('<text x="50%%" y="19" text-anchor="middle" fill="%s" opacity="0.6">%s</text>' % (NORMAL, escape(title)))
    print("\n".join(body))
    print("</svg>")


main()
