#!/usr/bin/env python3
"""Draws a trace that `headrace run --trace` wrote as an SVG picture, for pages and reports.

    scripts/draw_trace.py trace.json trace.svg                       # all of it
    scripts/draw_trace.py trace.json trace.svg --range 0:80 40:42.5  # a panel for each range, in milliseconds

To look around in a trace, open it in Perfetto (ui.perfetto.dev) or chrome://tracing instead.
"""
import argparse
import html
import json
import sys
from collections import defaultdict

WIDTH, LEFT, RIGHT = 1100, 96, 16
LANE, GAP, COUNTER = 34, 8, 34
FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="12"'

COLORS = {
    "decode entropy": "#d9822b",
    "code": "#2f7ebc",
    "plan": "#7a5195",
    "mix": "#3a9e6f",
    "wait for data": "#c23b3b",
    "wait for buffer": "#a8a8a8",
    "consumer wait": "#cfcfcf",
    "sample": "#dfe7ee",
}
MARK = "#222222"


def load(path):
    """The trace's threads in their order, with name and events each, and its counters' values by name."""
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    names, order, threads, counters = {}, {}, defaultdict(list), defaultdict(list)
    for e in events:
        if e["name"] == "thread_name":
            names[e["tid"]] = e["args"]["name"]
        elif e["name"] == "thread_sort_index":
            order[e["tid"]] = e["args"]["sort_index"]
        elif e["ph"] == "C":
            counters[e["name"]].append((e["ts"] / 1000, e["args"]["value"]))
        elif e["ph"] in "Xi":
            threads[e["tid"]].append(e)
    tids = sorted(names, key=lambda t: order.get(t, t))
    return [(names[t], threads[t]) for t in tids], counters


def step(span):
    """A round distance between two ticks of an axis over `span` milliseconds."""
    size = 10.0 ** -6
    while True:
        for factor in (1, 2, 5):
            if span / (size * factor) <= 12:
                return size * factor
        size *= 10


class Panel:
    def __init__(self, out, begin, end, top):
        self.out, self.begin, self.end, self.y = out, begin, end, top
        self.top = top

    def x(self, ms):
        return LEFT + (ms - self.begin) / (self.end - self.begin) * (WIDTH - LEFT - RIGHT)

    def rect(self, begin, end, y, height, color, title):
        x0, x1 = max(self.x(begin), LEFT), min(self.x(end), WIDTH - RIGHT)
        if x1 <= x0:
            return
        head = f'<rect x="{x0:.2f}" y="{y}" width="{max(x1 - x0, 0.05):.2f}" height="{height}" fill="{color}"'
        # What is too small to be pointed at needs no title.
        self.out.append(f"{head}><title>{html.escape(title)}</title></rect>" if x1 - x0 >= 2 else head + "/>")

    def text(self, x, y, text, anchor="start", color="#333"):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" {FONT} fill="{color}" text-anchor="{anchor}">'
                        f'{html.escape(text)}</text>')

    def lane(self, name, events):
        self.text(LEFT - 8, self.y + LANE / 2 + 4, name, "end")
        for e in events:
            begin, end = e["ts"] / 1000, (e["ts"] + e.get("dur", 0)) / 1000
            if end < self.begin or begin > self.end:
                continue
            if e["ph"] == "i":
                x = self.x(begin)
                self.out.append(f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{self.y}" y2="{self.y + LANE}" '
                                f'stroke="{MARK}" stroke-width="1.2"/>')
                continue
            title = f'{e["name"]}, {e.get("dur", 0):.1f} us, {e["args"]}'
            inside = e["name"] != "sample"
            self.rect(begin, end, self.y + (6 if inside else 0), LANE - (12 if inside else 0),
                      COLORS.get(e["name"], "#888"), title)
        self.y += LANE + GAP

    def counter(self, name, values):
        """A step line, from 0 to the largest value so far."""
        shown = [(t, v) for t, v in values if t <= self.end]
        most = max((v for _, v in shown), default=0)
        self.text(LEFT - 8, self.y + COUNTER / 2 + 4, name, "end")
        if most > 0:
            height = lambda v: self.y + COUNTER - v / most * (COUNTER - 4)
            last = next((v for t, v in reversed(shown) if t <= self.begin), 0)
            points = [f"{LEFT},{height(last):.2f}"]
            for t, v in shown:
                if t > self.begin:
                    points += [f"{self.x(t):.2f},{height(last):.2f}", f"{self.x(t):.2f},{height(v):.2f}"]
                    last = v
            points.append(f"{WIDTH - RIGHT:.2f},{height(last):.2f}")
            self.out.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="#2f7ebc"/>')
            self.text(WIDTH - RIGHT, self.y + 1, f"{most:,}", "end", "#777")
        self.y += COUNTER + GAP

    def axis(self):
        size = step(self.end - self.begin)
        digits = max(0, -int(f"{size:e}".split("e")[1]))
        tick = int(self.begin / size)
        while tick * size <= self.end + size / 1000:
            if tick * size >= self.begin - size / 1000:
                x = self.x(tick * size)
                self.out.append(f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{self.top}" y2="{self.y}" stroke="#eee"/>')
                self.text(x, self.y + 12, f"{tick * size:.{digits}f}", "middle", "#777")
            tick += 1
        self.text(LEFT - 30, self.y + 12, "ms", "end", "#777")
        self.y += 30


def draw(threads, counters, ranges):
    body, y = [], 34
    for begin, end in ranges:
        front = []
        panel = Panel(front, begin, end, y)
        for name, events in threads:
            panel.lane(name, events)
        for name, values in counters.items():
            panel.counter(name, values)
        back = []
        panel.out = back
        panel.axis()  # behind the lanes
        body += back + front
        y = panel.y
    used = {e["name"] for _, events in threads for e in events}
    legend, x = [], LEFT
    for name in [n for n in COLORS if n in used]:
        legend.append(f'<rect x="{x}" y="10" width="12" height="12" fill="{COLORS[name]}"/>'
                      f'<text x="{x + 17}" y="20" {FONT} fill="#333">{name}</text>')
        x += 36 + 6.4 * len(name)
    if "batch delivered" in used:
        legend.append(f'<line x1="{x + 6}" x2="{x + 6}" y1="9" y2="23" stroke="{MARK}" stroke-width="1.2"/>'
                      f'<text x="{x + 13}" y="20" {FONT} fill="#333">batch delivered</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">'
            f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>' + "\n".join(legend + body) + "</svg>\n")


def parse_range(text):
    begin, _, end = text.partition(":")
    try:
        begin, end = float(begin), float(end)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not BEGIN:END in milliseconds') from None
    if not begin < end:
        raise argparse.ArgumentTypeError(f'"{text}" ends before it begins')
    return begin, end


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace")
    parser.add_argument("svg")
    parser.add_argument("--range", dest="ranges", type=parse_range, nargs="+", default=[], metavar="BEGIN:END")
    args = parser.parse_args()
    try:
        threads, counters = load(args.trace)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{args.trace}: not a trace that headrace wrote: {error}")
    last = max((e["ts"] + e.get("dur", 0) for _, events in threads for e in events), default=1000) / 1000
    with open(args.svg, "w", encoding="utf-8") as file:
        file.write(draw(threads, counters, args.ranges or [(0, last)]))


if __name__ == "__main__":
    main()
