"""Photographs turned by 0, 90, 180 and 270 degrees, as JPEGs whose pixels alone tell how.

What else could tell is taken away before they are turned: photographs become squares (no portrait or
landscape), whose side is a multiple of a JPEG's 16 x 16 pixels (blocks begin at the same places however a
square is turned), made smaller by a factor that leaves nothing of the source's own blocks. All four are
encoded alike, from turned pixels.
"""

from __future__ import annotations

import io
import pathlib
from typing import Iterator

from PIL import Image

SIDE = 192
QUALITY = 92
TURNS = 4
TRANSPOSE = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def photographs(folder: pathlib.Path) -> list[pathlib.Path]:
    found = sorted(p for p in folder.glob("*/*") if p.suffix.lower() in (".jpg", ".jpeg"))
    if len(found) < 10:
        raise SystemExit(f"{folder}: expected at least 10 .jpg files in subfolders, found {len(found)}")
    return found


def square(file: pathlib.Path) -> Image.Image:
    """The middle of the photograph, SIDE x SIDE."""
    with Image.open(file) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        middle = image.convert("RGB").crop((left, top, left + side, top + side))
    return middle.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def turned_jpegs(folder: pathlib.Path) -> Iterator[tuple[int, int, bytes]]:
    """(number of the photograph, turn 0 to 3, JPEG); sample 4 * photograph + turn of the dataset."""
    for number, file in enumerate(photographs(folder)):
        upright = square(file)
        for turn, transpose in enumerate(TRANSPOSE):
            image = upright if transpose is None else upright.transpose(transpose)
            data = io.BytesIO()
            image.save(data, "JPEG", quality=QUALITY, subsampling="4:2:0")
            yield number, turn, data.getvalue()
