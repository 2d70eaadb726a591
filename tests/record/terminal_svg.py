#!/usr/bin/env python3
"""Turns the screens that tmux captured into one animated SVG.

    terminal_svg.py COLUMNS ROWS FOLDER > OUT.svg

Each file of the folder is one screen with its escape codes, named by its time in seconds. A row is drawn once for as
long as it stays as it is, so a minute of work is a file of some ten kilobytes. Without animation the last screen shows.
"""

import html
import os
import re
import sys
import unicodedata

CELL, LINE, FONT, PAD, BAR = 8.43, 19, 14, 18, 34
REST = 5.0  # how long the last screen stays before it begins again
PAGE, BAR_COLOUR, INK, DIM = "#16191d", "#22272e", "#d7dce2", "#7d8894"
COLOURS = ["#545d68", "#f47067", "#57ab5a", "#daaa3f", "#539bf5", "#b083f0", "#39c5cf", "#adbac7"]


def spans(row):
    """(text, style) pieces of a row; a style is (colour, bold, dim)."""
    pieces, colour, bold, dim = [], None, False, False
    for text, codes in re.findall(r"([^\x1b]*)(?:\x1b\[([0-9;]*)m)?", row):
        if text:
            pieces.append((text, (colour, bold, dim)))
        if codes is not None and (codes or text != row):
            for code in [int(code or 0) for code in codes.split(";")] if codes else []:
                if code == 0:
                    colour, bold, dim = None, False, False
                elif code == 1:
                    bold = True
                elif code == 2:
                    dim = True
                elif code == 22:
                    bold = dim = False
                elif 30 <= code <= 37 or 90 <= code <= 97:
                    colour = COLOURS[code % 10]
                elif code == 39:
                    colour = None
    return pieces


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def drawn(row):
    out, column = [], 0
    for text, (colour, bold, dim) in spans(row.rstrip()):
        fill = colour or (DIM if dim else None)
        style = (f' fill="{fill}"' if fill else "") + (' font-weight="700"' if bold else "")
        # Spaces at the ends of a piece would be lost: its place says where it begins.
        begin = column + width(text) - width(text.lstrip())
        if text.strip():
            out.append(f'<tspan x="{PAD + begin * CELL:.1f}"{style}>{html.escape(text.strip())}</tspan>')
        column += width(text)
    return "".join(out)


def main():
    columns, rows, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    names = sorted(os.listdir(folder), key=float)
    begun = float(names[0])
    times = [float(name) - begun for name in names]
    screens = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            screens.append([drawn(row) for row in (file.read().split("\n") + [""] * rows)[:rows]])
    used = max((at + 1 for screen in screens for at, row in enumerate(screen) if row), default=1)
    end = times[-1] + REST
    page_width, page_height = columns * CELL + 2 * PAD, BAR + used * LINE + PAD
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page_width:.0f}" height="{page_height:.0f}" '
        f'viewBox="0 0 {page_width:.0f} {page_height:.0f}">'
        f"<style>text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"fill:{INK};white-space:pre}}</style>"
        f'<rect width="100%" height="100%" rx="10" fill="{PAGE}"/>'
        f'<path d="M0 10a10 10 0 0 1 10 -10h{page_width - 20:.0f}a10 10 0 0 1 10 10v{BAR - 18}h-{page_width:.0f}z" '
        f'fill="{BAR_COLOUR}"><animate id="c" attributeName="opacity" values="1;1" dur="{end:.2f}s" begin="0s;c.end"/></path>'
    )
    for x, colour in [(20, "#f47067"), (38, "#daaa3f"), (56, "#57ab5a")]:
        print(f'<circle cx="{x}" cy="13" r="5" fill="{colour}"/>')
    for at in range(used):
        y = BAR + at * LINE + FONT - 2
        run = 0
        for frame in range(1, len(screens) + 1):
            last = frame == len(screens)
            if not last and screens[frame][at] == screens[run][at]:
                continue
            text, since = screens[run][at], times[run]
            if text and last and since == 0:
                print(f'<text y="{y}">{text}</text>')
            elif text and last:
                print(f'<text y="{y}">{text}<set attributeName="visibility" to="hidden" begin="c.begin" dur="{since:.2f}s"/></text>')
            elif text:
                print(
                    f'<text y="{y}" visibility="hidden">{text}<set attributeName="visibility" to="visible" '
                    f'begin="c.begin+{since:.2f}s" dur="{times[frame] - since:.2f}s"/></text>'
                )
            run = frame
    print("</svg>")


main()
