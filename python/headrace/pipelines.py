"""Pipelines that many people use."""

from __future__ import annotations

from typing import Any, Sequence

from headrace.chain import Chain
from headrace.ops import (
    CenterCrop,
    Convert,
    Decode,
    Field,
    Layout,
    Normalize,
    RandomHorizontalFlip,
    RandomResizedCrop,
    Resize,
)
from headrace.pipeline import Pipeline

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "imagenet_eval", "imagenet_train"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def _end(dtype: Any, layout: str, mean: Sequence[float], std: Sequence[float]) -> Chain:
    return Normalize(mean, std) | Convert(dtype) | Layout(layout)


def _label(field: str) -> Chain:
    return Field(field) | Convert("i64")


def imagenet_train(
    size: int = 224,
    *,
    dtype: Any = "f32",
    layout: str = "NCHW",
    numerics: str = "fast",
    scale: Sequence[float] = (0.08, 1.0),
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
) -> Pipeline:
    """Random resized crop, random flip, normalised; random order, incomplete batches left out. Reads the
    fields "image" and "label"."""
    image = (
        Decode()
        | RandomResizedCrop(size, scale=scale)
        | RandomHorizontalFlip()
        | _end(dtype, layout, mean, std)
    )
    return Pipeline(
        image=image, label=_label("label"), numerics=numerics, loader={"order": "random", "tail": "drop"}
    )


def imagenet_eval(
    size: int = 224,
    resize: int | None = None,
    *,
    dtype: Any = "f32",
    layout: str = "NCHW",
    numerics: str = "exact",
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
) -> Pipeline:
    """Shorter side to ``resize`` (8/7 of ``size`` if it is not given: 256 for 224), centre crop, normalised;
    in order, every sample once."""
    short_side = resize if resize is not None else round(size * 256 / 224)
    image = Decode() | Resize(short_side) | CenterCrop(size) | _end(dtype, layout, mean, std)
    return Pipeline(
        image=image, label=_label("label"), numerics=numerics, loader={"order": "sequential", "tail": "pad"}
    )
