"""The argument --photos of the benchmarks that are written in Python."""

from __future__ import annotations

import argparse
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]


def add_photos(parser: argparse.ArgumentParser) -> None:
    """By default a few hundred photographs beside the checkout, or the repository's dozen."""
    beside = ROOT.parent / "shared" / "photos" / "train"
    parser.add_argument(
        "--photos",
        type=pathlib.Path,
        default=beside if beside.is_dir() else ROOT / "examples" / "photos",
        help="a folder with one subfolder per class (default: %(default)s)",
    )
