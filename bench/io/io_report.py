#!/usr/bin/env python3
"""Puts the figures of headrace_bench_io into docs/io.md and draws them as docs/images/io.svg."""

import argparse
import json
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
WAYS = [  # name in the JSON, name for people, colour
    ("mmap", "mmap engine", "#1b6ca8"),
    ("pread", "pread engine", "#d1495b"),
    ("direct", "direct engine", "#edae49"),
    ("plain mapping", "mapping without an engine", "#7a9e7e"),
    ("file per sample", "a file per sample", "#6c757d"),
]
ORDERS = [("sequential", "sequential"), ("quasi_random", "quasi-random"), ("random", "random")]
STATES = [
    ("cold", "Nothing in memory"),
    ("warm", "All in memory, second epoch"),
    ("limited", "A third fits in memory, second epoch"),
]


def runs_by_key(results):
    return {(r["state"], r["order"], r["way"]): r for r in results["runs"]}


def states_of(results):
    return [s for s in STATES if any(r["state"] == s[0] for r in results["runs"])]


def cell(run):
    if run is None:
        return "-"
    return run["error"] if "error" in run else f"{run['mb_per_second']:,.0f}"


def run_tables(results):
    runs = runs_by_key(results)
    lines = []
    for state, title in states_of(results):
        lines += [f"{title}, MB/s of samples (MB read from the device):", ""]
        lines.append("| order | " + " | ".join(label for _, label, _ in WAYS) + " |")
        lines.append("|---|" + "---|" * len(WAYS))
        for order, order_label in ORDERS:
            cells = []
            for way, _, _ in WAYS:
                run = runs.get((state, order, way))
                device = f" ({run['device_mb']:,})" if run and run.get("device_mb") else ""
                cells.append(cell(run) + device)
            lines.append(f"| {order_label} | " + " | ".join(cells) + " |")
        lines.append("")
    return lines


def claim_table(results):
    lines = ["| claim | variant | figure | |", "|---|---|---|---|"]
    for row in results["claims"]:
        figure = "-" if row["value"] < 0 else f"{row['value']:,.3g} {row['unit']}"
        if row["value"] >= 1000:
            figure = f"{row['value']:,.0f} {row['unit']}"
        lines.append(f"| {row['claim']} | {row['variant']} | {figure} | {row['note']} |")
    return lines + [""]


def machine_lines(results):
    machine, data, limit = results["machine"], results["data"], results["limit"]
    loads = sorted(r["load_average"] for r in results["runs"] if "load_average" in r)
    lines = [
        f"{machine['cpu']}, {machine['cpus']} processors, {machine['memory_mb'] / 1000:.0f} GB of memory. "
        f"{data['samples']:,} samples, {data['mb'] / 1000:.2f} GB, read by {data['workers']} workers that hash "
        f"every byte (XXH3) and do nothing else; each figure is the median of {data['rounds']} runs (one where "
        "it takes over 30 s), each in a process of its own, page hashes checked."
    ]
    if limit["missing"]:
        lines.append(f"Without limited memory: {limit['missing']}.")
    else:
        lines.append(f"Limited: a control group of {limit['mib']} MiB, page cache included.")
    if loads:
        lines.append(f"The machine was shared: load average {loads[0]:.1f} to {loads[-1]:.1f} (median "
                     f"{loads[len(loads) // 2]:.1f}).")
    if "note" in results:
        lines.append(results["note"])
    return [" ".join(lines)]


def text(x, y, what, size=13, anchor="start", weight="normal", colour="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{colour}">{what}</text>')


def plot(results):
    """One panel per state, one row per order, one dot per way, on a logarithmic axis."""
    runs = runs_by_key(results)
    states = states_of(results)
    speeds = [r["mb_per_second"] for r in results["runs"] if "mb_per_second" in r]
    low = 10 ** math.floor(math.log10(min(speeds)))
    high = 10 ** math.ceil(math.log10(max(speeds)))
    left, right, width, row, head = 120, 30, 860, 34, 46
    panel = head + row * len(ORDERS) + 34
    top = 70
    height = top + panel * len(states) + 10

    def x_of(speed):
        return left + (width - left - right) * math.log(speed / low) / math.log(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'font-family="Helvetica, Arial, sans-serif">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           text(16, 26, "Reading a dataset: MB/s of samples, by two workers", 16, weight="bold")]
    x = 16
    for _, label, colour in WAYS:
        out.append(f'<circle cx="{x + 6}" cy="46" r="6" fill="{colour}"/>')
        out.append(text(x + 17, 50.5, label, 12))
        x += 32 + 6.6 * len(label)
    for number, (state, title) in enumerate(states):
        y = top + number * panel
        out.append(text(16, y + 22, title, 14, weight="bold"))
        bottom = y + head + row * len(ORDERS)
        tick = low
        while tick <= high:
            for factor in (1, 2, 5):
                value = tick * factor
                if value > high:
                    continue
                shade = "#bbb" if factor == 1 else "#e8e8e8"
                out.append(f'<line x1="{x_of(value):.1f}" y1="{y + head - 10}" x2="{x_of(value):.1f}" '
                           f'y2="{bottom}" stroke="{shade}"/>')
                out.append(text(x_of(value), bottom + 15, f"{value:,.0f}", 11, "middle", colour="#555"))
            tick *= 10
        for index, (order, order_label) in enumerate(ORDERS):
            cy = y + head + row * (index + 0.5) - 4
            out.append(text(left - 12, cy + 4.5, order_label, 13, "end"))
            out.append(f'<line x1="{left}" y1="{cy:.1f}" x2="{width - right}" y2="{cy:.1f}" stroke="#ddd"/>')
            for place, (way, label, colour) in enumerate(WAYS):
                run = runs.get((state, order, way))
                if run and "mb_per_second" in run:
                    out.append(f'<circle cx="{x_of(run["mb_per_second"]):.1f}" cy="{cy + 4 * (place - 2):.1f}" r="6" '
                               f'fill="{colour}" fill-opacity="0.9" stroke="#fff"><title>{label}: '
                               f'{run["mb_per_second"]:,.0f} MB/s</title></circle>')
    return "\n".join(out + ["</svg>", ""])


def replace_between(page, name, lines):
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=pathlib.Path, help="JSON of headrace_bench_io")
    args = parser.parse_args()
    results = json.loads(args.results.read_text())
    page_path = ROOT / "docs" / "io.md"
    page = page_path.read_text()
    page = replace_between(page, "machine", machine_lines(results))
    page = replace_between(page, "runs", run_tables(results))
    page = replace_between(page, "claims", claim_table(results))
    page_path.write_text(page)
    (ROOT / "docs" / "images" / "io.svg").write_text(plot(results))


if __name__ == "__main__":
    main()
