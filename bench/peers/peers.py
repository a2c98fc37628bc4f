"""The peers: which file, which virtual environment, which variants, and what they cannot do."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """A pipeline and a result type."""

    name: str
    case: str
    dtype: str
    title: str


CASES = [
    Case("rrc-f32", "rrc", "f32", "Random resized crop, flip, float32 NCHW"),
    Case("center-f32", "center", "f32", "Short side to 256, centre crop, float32 NCHW"),
    Case("rrc-f16", "rrc", "f16", "Random resized crop, flip, float16, any memory layout"),
]


@dataclasses.dataclass(frozen=True)
class Peer:
    label: str
    module: str
    venv: str  #: folder that setup.sh makes
    variant: str = ""
    stores: str = "JPEG files"
    cannot: tuple[tuple[str, str], ...] = ()  #: (case's name, why)
    compared: bool = True  #: whether the centre crop should agree with Pillow's
    pixels: bool = False  #: whether it stores pixels, some at least: large files, little left to decode

    @property
    def name(self) -> str:
        return self.module.removeprefix("peer_") + (f":{self.variant}" if self.variant else "")


_NO_CENTER = ("center-f32", "its fused pass resizes to a fixed size only, not to a shorter side")
_NO_F16 = ("rrc-f16", "float16 is for its pre-processed files of pixels only")
_CAST = (("rrc-f16", "would be a cast of the float32 result"),)

_ONCE = tuple((case.name, "its batches are those with torch") for case in CASES[1:])

PEERS = [
    Peer("headrace, packed", "peer_headrace", "torch", "packed", "packed, same coefficients"),
    Peer("headrace, packed, numpy", "peer_headrace", "torch", "packed-numpy", "packed, same coefficients", _ONCE),
    Peer("headrace, jpeg", "peer_headrace", "torch", "jpeg", "the JPEGs in one file"),
    Peer("headrace, ycc", "peer_headrace", "torch", "ycc", "decoded planes", pixels=True),
    Peer(
        "headrace, rgb 256",
        "peer_headrace",
        "torch",
        "rgb256",
        "pixels, longer side 256",
        compared=False,
        pixels=True,
    ),
    Peer("FFCV, JPEG", "peer_ffcv", "ffcv", "original", "the JPEGs in one file"),
    Peer(
        "FFCV, 500 / 0.5 / 90",
        "peer_ffcv",
        "ffcv",
        "500-0.5-90",
        "half JPEG q90, half pixels, to 500",
        pixels=True,
    ),
    Peer(
        "FFCV, raw 256", "peer_ffcv", "ffcv", "raw256", "pixels, longer side 256", compared=False, pixels=True
    ),
    Peer("NVIDIA DALI, CPU", "peer_dali", "dali"),
    Peer("TurboLoader", "peer_turboloader", "turboloader", "", "tar of JPEGs", (_NO_CENTER, _NO_F16)),
    Peer("SPDL", "peer_spdl", "torch", cannot=_CAST),
    Peer("tf.data", "peer_tfdata", "tf", cannot=_CAST),
    Peer("OpenCV, threads", "peer_opencv", "torch", cannot=_CAST),
    Peer("torchvision, DataLoader", "peer_torchvision", "torchvision", cannot=_CAST),
    Peer("Pillow, DataLoader", "peer_pillow", "torch", cannot=_CAST),
    Peer("WebDataset, Pillow", "peer_webdataset", "torch", "", "tar of JPEGs", _CAST),
]


def chosen(names: str) -> list[Peer]:
    """Peers whose name or module is in the comma-separated list; all for an empty one."""
    if not names:
        return list(PEERS)
    found = []
    for name in names.split(","):
        matching = [p for p in PEERS if name in (p.name, p.name.partition(":")[0])]
        if not matching:
            raise SystemExit(
                f"--peers: no peer is named {name!r}; there are {', '.join(p.name for p in PEERS)}"
            )
        found += [p for p in matching if p not in found]
    return found
