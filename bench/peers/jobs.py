"""What a peer is asked to do, and what all peers have in common: photographs, crops, numbers."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import random

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
SIZE = 224
SHORT_SIDE = 256
SCALE = (0.08, 1.0)
RATIO = (3 / 4, 4 / 3)
SUFFIXES = {".jpg", ".jpeg"}


@dataclasses.dataclass(frozen=True)
class Job:
    """One process's work. Labels are the photographs' numbers in sorted order."""

    action: str  #: "prepare", "check" or "measure"
    photos: str  #: a folder with one subfolder of JPEGs per class
    data: str  #: folder for what the peer's variant stores
    variant: str = ""
    case: str = "rrc"  #: "rrc" (random resized crop, flip) or "center" (shorter side to 256, centre crop)
    dtype: str = "f32"  #: or "f16", then in any memory layout
    threads: int = 1
    batch: int = 256
    samples: int = 1 << 18  #: of an epoch: photographs are repeated, so that it outlasts the measurement
    seconds: float = 2.0
    cpus: tuple[int, ...] = ()  #: to run on; empty: all
    reference: str = ""  #: .npy of what "check" compares with, float32, N x 3 x 224 x 224

    @staticmethod
    def read(text: str) -> "Job":
        fields = json.loads(text)
        return Job(**{**fields, "cpus": tuple(fields["cpus"])})

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @property
    def train(self) -> bool:
        return self.case == "rrc"

    def files(self) -> list[pathlib.Path]:
        found = sorted(p for p in pathlib.Path(self.photos).glob("*/*") if p.suffix.lower() in SUFFIXES)
        if not found:
            raise SystemExit(f"{self.photos}: expected subfolders with .jpg files, found none")
        return found

    def repeated(self, items: list) -> list:
        """Enough copies for an epoch."""
        return (items * math.ceil(self.samples / len(items)))[: self.samples]

    def path(self, name: str) -> str:
        return str(pathlib.Path(self.data) / name)


def random_crop(height: int, width: int, rng: random.Random) -> tuple[int, int, int, int]:
    """Top, left, height, width, drawn as torchvision's RandomResizedCrop does; for peers that have no such
    operation."""
    for _ in range(10):
        area = height * width * rng.uniform(*SCALE)
        aspect = math.exp(rng.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return rng.randint(0, height - h), rng.randint(0, width - w), h, w
    w, h = width, height
    if width / height < RATIO[0]:
        h = min(height, round(width / RATIO[0]))
    elif width / height > RATIO[1]:
        w = min(width, round(height * RATIO[1]))
    return (height - h) // 2, (width - w) // 2, h, w


def short_side_size(height: int, width: int) -> tuple[int, int]:
    """Height and width after the shorter side became 256, as torchvision's Resize rounds."""
    if height <= width:
        return SHORT_SIDE, int(SHORT_SIDE * width / height)
    return int(SHORT_SIDE * height / width), SHORT_SIDE


def center(height: int, width: int) -> tuple[int, int]:
    """Top and left of the centre crop, as torchvision's CenterCrop rounds."""
    return round((height - SIZE) / 2), round((width - SIZE) / 2)
