"""The plot of the peers: a dot per peer and number of threads, on logarithmic axes."""

from __future__ import annotations

import html
import math

CASE = "rrc-f32"
WIDTH, LEFT, ROW, TOP, GAP = 900, 190, 27, 92, 60
PANELS = [  # figure, title, share of the width, digits
    ("images_per_second", "Images per second", 0.62, 0),
    ("first_batch_seconds", "Seconds to the first batch", 0.38, 1),
]
SECTIONS = [(False, "From JPEGs, or packed ones"), (True, "From stored pixels")]
# Colours that keep their contrast on white and on near black; text and lines follow the reader's scheme.
STYLE = """
text { font-family: Helvetica, Arial, sans-serif; fill: #1f2328 }
.back { fill: #ffffff } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
.ours { fill: #d1495b; stroke: #d1495b } .theirs { fill: #3b82b5; stroke: #3b82b5 }
.ring { fill-opacity: 0; stroke-width: 2.2 }
.value { fill: #59636e; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .back { fill: #0d1117 } .faint { fill: #9198a1 } .line { stroke: #3d444d }
  .value { fill: #9198a1; stroke: #0d1117 }
}
""".strip()


def _text(x: float, y: float, what: str, size: int = 12, anchor: str = "start", kind: str = "") -> str:
    extra = f' class="{kind}"' if kind else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{extra}'
    return f"<text {place}>{html.escape(what)}</text>"


def _ticks(low: float, high: float) -> list[float]:
    ticks, power = [], 10.0 ** math.floor(math.log10(low))
    while power <= high:
        ticks += [power * f for f in (1, 2, 5) if low <= power * f <= high]
        power *= 10
    return ticks


def _panel(
    entries: dict, rows: list[tuple[float, str]], panel: tuple, left: float, width: float, ours: set[str]
) -> list[str]:
    figure, title, _, digits = panel
    values = [e[figure] for e in entries.values()]
    low, high = min(values) / 1.3, max(values) * 1.6
    bottom = max(y for y, _ in rows) + ROW / 2

    def x_of(value: float) -> float:
        return left + width * math.log(value / low) / math.log(high / low)

    out = [_text(left, TOP - 14, title, 13)]
    for tick in _ticks(low, high):
        x = x_of(tick)
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{bottom}" class="line"/>')
        out.append(
            _text(x, bottom + 16, f"{tick:,g}" if tick < 1000 else f"{tick:,.0f}", 11, "middle", "faint")
        )
    threads = sorted({n for _, n in entries})
    for y, peer in rows:
        kind = "ours" if peer in ours else "theirs"
        for n in threads:
            entry = entries.get((peer, n))
            if entry is None:
                continue
            ring = "" if n == threads[0] else " ring"
            value = entry[figure]
            out.append(
                f'<circle cx="{x_of(value):.1f}" cy="{y:.1f}" r="{6.5 if ring else 5.5}" '
                f'class="{kind}{ring}">'
                f"<title>{value:,.{digits}f}, {n} thread{'s' if n > 1 else ''}</title></circle>"
            )
        last = max(entries[peer, n][figure] for n in threads if (peer, n) in entries)
        out.append(_text(x_of(last) + 11, y + 4, f"{last:,.{digits}f}", 11, "start", "value"))
    return out


def plot(results: dict, entries: list[dict]) -> str:
    """SVG; of the first case."""
    shown = {(e["peer"], e["threads"]): e for e in entries if e["case"] == CASE and "error" not in e}
    threads = sorted({n for _, n in shown})
    best = {
        peer: max(e["images_per_second"] for (p, _), e in shown.items() if p == peer) for peer, _ in shown
    }
    peers = results["peers"]
    headings, rows, y = [], [], float(TOP)
    for pixels, heading in SECTIONS:
        mine = sorted((p for p in best if peers[p]["pixels"] == pixels), key=lambda p: -best[p])
        if mine:
            headings.append((y + ROW / 2, heading))
            rows += [(y + ROW * (index + 1.5), peer) for index, peer in enumerate(mine)]
            y += ROW * (len(mine) + 1)
    ours = {p for p in best if p.startswith("headrace")}
    height = y + 34
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Images per second and time to first batch of {len(rows)} data loaders">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" class="back"/>',
        _text(
            16, 26, "Photographs to batches: random resized crop 224, flip, normalise, float32, batch 256", 15
        ),
    ]
    x = 16.0
    for n in threads:
        ring = "" if n == threads[0] else " ring"
        out.append(f'<circle cx="{x + 6:.1f}" cy="48" r="6" class="theirs{ring}"/>')
        label = f"{n} thread or worker" if n == 1 else f"{n} threads or workers"
        out.append(_text(x + 18, 52, label, 12))
        x += 40 + 6.4 * len(label)
    if not rows:
        return "\n".join([*out, _text(16, TOP, "nothing was measured"), "</svg>", ""])
    out += [_text(16, y + 4, heading, 12, "start", "faint") for y, heading in headings]
    for y, peer in rows:
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}" class="line"/>')
        out.append(_text(LEFT - 12, y + 4, peers[peer]["label"], 12, "end"))
    room, left = WIDTH - LEFT - 20 - GAP, float(LEFT)
    for panel in PANELS:
        out += _panel(shown, rows, panel, left, room * panel[2], ours)
        left += room * panel[2] + GAP
    return "\n".join([*out, "</svg>", ""])
