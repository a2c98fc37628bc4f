"""Results as Markdown: accuracies with intervals over seeds, and differences of runs with the same seed."""

from __future__ import annotations

import json
import math
import pathlib
import statistics

NAMES = ("fast", "exact", "pillow")
LABELS = {"fast": "`fast`", "exact": "`exact`", "pillow": "Pillow + torch"}
# Two-sided 95 % points of Student's distribution, by degrees of freedom.
_T95 = (math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


def interval(values: list[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval; nan for a single value."""
    if len(values) < 2:
        return values[0], math.nan
    t = _T95[min(len(values) - 1, len(_T95) - 1)]
    return statistics.mean(values), t * statistics.stdev(values) / math.sqrt(len(values))


def _percent(values: list[float], signed: bool = False) -> str:
    mean, half = interval(values)
    sign = "+" if signed else ""
    return f"{mean * 100:{sign}.1f}" + ("" if math.isnan(half) else f" ± {half * 100:.1f}")


def accuracy_table(runs: dict) -> list[str]:
    lines = [
        "| trained with | " + " | ".join(f"evaluated with {LABELS[n]}" for n in NAMES) + " |",
        "|---|---|---|---|",
    ]
    for train in NAMES:
        mine = [r for (name, _), r in runs.items() if name == train]
        if mine:
            cells = [_percent([r["accuracy"][name] for r in mine]) for name in NAMES]
            lines.append(f"| {LABELS[train]} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def difference_table(runs: dict) -> list[str]:
    """Each pair of (training, evaluation) against the same seed's Pillow throughout."""
    lines = ["| trained and evaluated with | less Pillow + torch for both, same seed |", "|---|---|"]
    seeds = sorted({seed for _, seed in runs})
    for train in NAMES:
        for evaluation in NAMES:
            both = [(runs.get((train, s)), runs.get(("pillow", s))) for s in seeds]
            values = [a["accuracy"][evaluation] - b["accuracy"]["pillow"] for a, b in both if a and b]
            if values and (train, evaluation) != ("pillow", "pillow"):
                lines.append(f"| {LABELS[train]}, {LABELS[evaluation]} | {_percent(values, True)} |")
    return [*lines, ""]


def agreement_table(runs: dict) -> list[str]:
    """How often one network says the same of the same photograph through two pipelines."""
    lines = ["| trained with | same prediction, `fast` and Pillow | `exact` and Pillow |", "|---|---|---|"]
    for train in NAMES:
        mine = [r["predicted"] for (name, _), r in runs.items() if name == train]
        if mine:
            total = sum(len(p["pillow"]) for p in mine)
            same = [
                sum(a == b for p in mine for a, b in zip(p[n], p["pillow"])) / total
                for n in ("fast", "exact")
            ]
            lines.append(f"| {LABELS[train]} | {same[0]:.2%} | {same[1]:.2%} |")
    return [*lines, ""]


def facts_lines(runs: dict) -> list[str]:
    any_run = next(iter(runs.values()))
    seeds = len({seed for _, seed in runs})
    gaps = {n: [r["distance_to_pillow"][n] for r in runs.values()] for n in ("fast", "exact")}
    text = "; ".join(
        f"`{n}` mean {statistics.mean(g['mean'] for g in gap):.2f}, largest {max(g['max'] for g in gap):.0f}"
        for n, gap in gaps.items()
    )
    loss = statistics.mean(r["losses"][-1] for r in runs.values())
    return [
        f"{seeds} seeds, {any_run['epochs']} epochs, {any_run['trained_on']} samples to train with, "
        f"{any_run['evaluated_on']} to evaluate with; last training loss {loss:.2f}; chance is 25 %. "
        f"Distance to Pillow's training batches, same crops, in 1/255: {text}.",
        "",
    ]


def replace_between(page: str, name: str, lines: list[str]) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return before + begin + "\n" + "\n".join(lines).rstrip() + "\n" + end + rest.split(end)[1]


def write_report(results: list[dict], out: pathlib.Path, root: pathlib.Path | None) -> None:
    """rotation.md and rotation.json in `out`; with `root` also docs/ and bench/results there."""
    runs = {(r["pipeline"], r["seed"]): r for r in results}
    if not runs:
        raise SystemExit("nothing was trained")
    parts = {
        "facts": facts_lines(runs),
        "accuracy": accuracy_table(runs),
        "differences": difference_table(runs),
        "agreement": agreement_table(runs),
    }
    text = "\n".join(line for lines in parts.values() for line in lines)
    (out / "rotation.md").write_text(text)
    kept = json.dumps([runs[key] for key in sorted(runs)], indent=1) + "\n"
    (out / "rotation.json").write_text(kept)
    if root is not None:
        page_path = root / "docs" / "training_accuracy.md"
        page = page_path.read_text()
        for name, lines in parts.items():
            page = replace_between(page, name, lines)
        page_path.write_text(page)
        (root / "bench" / "results" / "rotation.json").write_text(kept)
    print(text)
