#!/usr/bin/env python3
"""Does a network trained on `fast` batches learn as well? Rotation prediction, trained and evaluated with
each of three pipelines: headrace `fast`, headrace `exact`, Pillow with torch.

    bench/rotation/run.py --out RESULTS [--docs]

Needs headrace, torch and Pillow. Each training (pipeline x seed) is one process on one CPU and leaves one
JSON file; what is there is not trained again, so a run can be stopped and started anew.
docs/training_accuracy.md has the method.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from report import write_report

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from photos_argument import add_photos  # noqa: E402

ROOT = HERE.parents[1]
NAMES = ("fast", "exact", "pillow")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_photos(parser)
    parser.add_argument(
        "--out", type=pathlib.Path, required=True, help="folder for the dataset and the results"
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each pipeline")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument(
        "--docs", action="store_true", help="also update docs/training_accuracy.md and bench/results"
    )
    return parser.parse_args()


def write_dataset(photos: pathlib.Path, path: pathlib.Path) -> None:
    import headrace as hr
    from photographs import turned_jpegs

    samples = ({"image": data, "label": turn, "photo": number} for number, turn, data in turned_jpegs(photos))
    print(hr.write(samples, path, encoding="packed", overwrite=True, progress=False), file=sys.stderr)


def main() -> None:
    options = parse()
    out = options.out.resolve()
    (out / "runs").mkdir(parents=True, exist_ok=True)
    dataset = out / "rotation.hrd"
    if not dataset.exists():
        write_dataset(options.photos, dataset)

    # Seed by seed, so that a run that is stopped has whole comparisons.
    steps = [(name, seed) for seed in range(options.seeds) for name in NAMES]
    missing = [s for s in steps if not (out / "runs" / f"{s[0]}-{s[1]}.json").exists()]
    for number, (name, seed) in enumerate(missing, 1):
        print(f"training {number} of {len(missing)}: {name}, seed {seed}", file=sys.stderr, flush=True)
        start = time.monotonic()
        command = [sys.executable, HERE / "train.py", dataset, out / "runs" / f"{name}-{seed}.json"]
        command += ["--pipeline", name, "--seed", str(seed)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        try:
            subprocess.run([*command, "--epochs", str(options.epochs)], check=True, env=environment)
        except KeyboardInterrupt:
            print("stopped; the same command goes on from here", file=sys.stderr)
            break
        print(f"  {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)

    runs = [json.loads(p.read_text()) for p in sorted((out / "runs").glob("*.json"))]
    mixed = {r["epochs"] for r in runs} | {options.epochs}
    if len(mixed) > 1:
        raise SystemExit(
            f"{out / 'runs'}: trainings of {sorted(mixed)} epochs; take another --out, or remove some"
        )
    write_report(runs, out, ROOT if options.docs else None)


if __name__ == "__main__":
    main()
