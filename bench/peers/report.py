"""Results of run.py as Markdown tables, a plot, and a part of docs/peers.md."""

from __future__ import annotations

import json
import pathlib
import re
import statistics

from peers import CASES
from plot import plot

FIGURES = ("images_per_second", "cpu_ms_per_image", "first_batch_seconds", "memory_mb", "anonymous_mb")


def medians(results: dict) -> list[dict]:
    """One entry per (peer, case, threads), in the order of the first run of each."""
    groups: dict[tuple, list[dict]] = {}
    for run in results["runs"]:
        groups.setdefault((run["peer"], run["case"], run["threads"]), []).append(run)
    found = []
    for (peer, case, threads), runs in groups.items():
        good = [r for r in runs if "error" not in r]
        entry = {"peer": peer, "case": case, "threads": threads, "runs": len(good)}
        if good:
            entry |= {name: statistics.median(r[name] for r in good) for name in FIGURES}
            rates = [r["images_per_second"] for r in good]
            entry["spread"] = (max(rates) - min(rates)) / entry["images_per_second"]
        else:
            entry["error"] = runs[-1]["error"]
        found.append(entry)
    return found


def _figure_row(results: dict, entry: dict) -> str:
    peer = results["peers"][entry["peer"]]
    if "error" in entry:
        return f"| {peer['label']} | {peer['stores']} | {entry['error']} | | | | | |"
    rate, size = entry["images_per_second"], peer["bytes_per_image"]
    return (
        f"| {peer['label']} | {peer['stores']} | {rate:,.0f} | {rate * size / 1e6:,.0f} | "
        f"{entry['cpu_ms_per_image']:.2f} | {entry['first_batch_seconds']:.2f} | {entry['memory_mb']:,.0f} "
        f"({entry['anonymous_mb']:,.0f}) | {size:,.0f} |"
    )


def _runs_text(rows: list[dict]) -> str:
    good = [e for e in rows if e["runs"]]
    counts = sorted({e["runs"] for e in good})
    if counts in ([], [1]):
        return "one run each"
    runs = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    return f"medians of {runs} runs, which lie up to {max(e['spread'] for e in good):.0%} apart"


def figure_tables(results: dict) -> list[str]:
    lines = []
    entries = medians(results)
    for case in CASES:
        for threads in sorted({e["threads"] for e in entries if e["case"] == case.name}):
            rows = [e for e in entries if e["case"] == case.name and e["threads"] == threads]
            rows.sort(key=lambda e: -e.get("images_per_second", 0))
            workers = "1 thread or worker" if threads == 1 else f"{threads} threads or workers"
            lines += [
                f"**{case.title}, {workers}** ({_runs_text(rows)}):",
                "",
                "| | what it stores | images/s | stored MB/s | CPU ms per image | first batch, s | "
                "memory, MB (without mapped files) | bytes per image |",
                "|---|---|---|---|---|---|---|---|",
                *(_figure_row(results, e) for e in rows),
                "",
            ]
    return lines


def check_table(results: dict) -> list[str]:
    lines = ["| | mean | largest | |", "|---|---|---|---|"]
    for peer in results["peers"].values():
        if "check" in peer:
            check = peer["check"]
            note = "" if check["same"] else "stored at a smaller size"
            lines.append(f"| {peer['label']} | {check['mean']:.2f} | {check['max']:.0f} | {note} |")
    return lines + [""]


def missing_lines(results: dict) -> list[str]:
    titles = {c.name: c.title for c in CASES}
    lines, cannot = [], {}
    for peer in results["peers"].values():
        if "error" in peer:
            lines.append(f"- {peer['label']} does not run here: `{peer['error']}`")
        for name, why in peer["cannot"].items():
            cannot.setdefault((titles[name], why), []).append(peer["label"])
    lines += [f"- {title}: not {'; '.join(labels)} ({why})" for (title, why), labels in cannot.items()]
    return [*lines, ""] if lines else []


def machine_lines(results: dict) -> list[str]:
    machine, photographs = results["machine"], results["photographs"]
    loads = sorted(r["load_average"] for r in results["runs"] if "load_average" in r)
    lines = [
        f"{results['date']}: {machine['cpu']}, {machine['cpus']} CPUs, {machine['system']}. "
        f"{photographs['count']} photographs, {photographs['bytes'] / photographs['count']:,.0f} bytes on "
        "average."
    ]
    if loads:
        lines.append(f"Load average {loads[0]:.1f} to {loads[-1]:.1f}.")
    found = {v for peer in results["peers"].values() for v in peer.get("versions", {}).items()}
    lines.append("Versions: " + ", ".join(f"{name} {number}" for name, number in sorted(found)) + ".")
    return [" ".join(lines), ""]


def markdown(results: dict) -> dict[str, list[str]]:
    """Lines by the name of the part of docs/peers.md."""
    return {
        "machine": machine_lines(results),
        "figures": figure_tables(results),
        "check": check_table(results),
        "missing": missing_lines(results),
    }


def replace_between(page: str, name: str, lines: list[str]) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in page or end not in page:
        raise SystemExit(f"docs/peers.md: expected the lines {begin} and {end}")
    before, rest = page.split(begin)
    return before + begin + "\n" + "\n".join(lines).rstrip() + "\n" + end + rest.split(end)[1]


def write_report(results: dict, out: pathlib.Path, root: pathlib.Path | None) -> None:
    """peers.md and peers.svg in `out`; with `root` also docs/ and bench/results there."""
    parts = markdown(results)
    table = "\n".join(line for lines in parts.values() for line in lines)
    (out / "peers.md").write_text(table)
    svg = plot(results, medians(results))
    (out / "peers.svg").write_text(svg)
    if root is not None:
        page_path = root / "docs" / "peers.md"
        page = page_path.read_text()
        for name, lines in parts.items():
            page = replace_between(page, name, lines)
        page_path.write_text(page)
        (root / "docs" / "images" / "peers.svg").write_text(svg)
        model = re.sub(r"[^a-z0-9]+", "-", results["machine"]["cpu"].lower()).strip("-")
        kept = root / "bench" / "results" / f"peers-{model}.json"
        kept.write_text(json.dumps(results, indent=1) + "\n")
    print(table)
