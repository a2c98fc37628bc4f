"""The three pipelines, with the same samples in the same order and the same crops: headrace `fast`, headrace
`exact`, and Pillow with torch."""

from __future__ import annotations

import io
from typing import Iterator

import headrace.torch as hr
import numpy as np
import torch
from draws import CropDraws
from PIL import Image

NAMES = ("fast", "exact", "pillow")
SIZE = 64
SCALE, RATIO = (0.35, 1.0), (3 / 4, 4 / 3)
MEAN, STD = hr.pipelines.IMAGENET_MEAN, hr.pipelines.IMAGENET_STD
CROP_OP = "/outputs/image/1"  # the crop's place in the spec, which is part of what its draws depend on

Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]


def spec(numerics: str, train: bool) -> hr.Pipeline:
    # No flips: a mirrored photograph turned by 90 degrees is one turned by 270 degrees, mirrored.
    resize = hr.RandomResizedCrop(SIZE, SCALE, RATIO) if train else hr.Resize((SIZE, SIZE))
    image = hr.Decode() | resize | hr.Normalize(MEAN, STD) | hr.Convert("f32") | hr.Layout("NCHW")
    return hr.Pipeline(image=image, label=hr.Field("label"), numerics=numerics)


class Compiled:
    """headrace's."""

    def __init__(
        self, dataset: hr.Dataset, samples: list[int], train: bool, seed: int, batch: int, numerics: str
    ):
        order, tail = ("random", "drop") if train else ("sequential", "pad")
        pipeline = spec(numerics, train)
        self.loader = hr.Loader(
            dataset, pipeline, batch, subset=samples, order=order, tail=tail, seed=seed, num_threads=1
        )

    def epoch(self, number: int) -> Batches:
        self.loader.set_epoch(number)
        yield from self.loader


class WithPillow:
    """Pillow's decoder, crop and resize; torch normalises, by the same order and draws."""

    def __init__(self, dataset: hr.Dataset, samples: list[int], train: bool, seed: int, batch: int):
        # A pipeline without images: only which samples come when.
        order, tail = ("random", "drop") if train else ("sequential", "pad")
        labels = hr.Pipeline(label=hr.Field("label"))
        self.order = hr.Loader(
            dataset,
            labels,
            batch,
            subset=samples,
            order=order,
            tail=tail,
            seed=seed,
            num_threads=1,
            extras=["sample_ids"],
        )
        self.images = {i: Image.open(io.BytesIO(dataset[i]["image"].jpeg())).convert("RGB") for i in samples}
        self.draws = CropDraws(seed, CROP_OP, SCALE, RATIO) if train else None
        self.mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        self.std = torch.tensor(STD).view(1, 3, 1, 1)

    def pixels(self, sample: int, epoch: int) -> np.ndarray:
        image = self.images[sample]
        if self.draws is not None:
            top, left, height, width = self.draws.rect(image.height, image.width, epoch, sample)
            image = image.crop((left, top, left + width, top + height))
        return np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BILINEAR))

    def epoch(self, number: int) -> Batches:
        self.order.set_epoch(number)
        for labels, ids in self.order:
            rows = ids >= 0
            pixels = np.stack([self.pixels(i, number) for i in ids[rows].tolist()])
            images = (
                torch.from_numpy(pixels)
                .permute(0, 3, 1, 2)
                .to(torch.float32, memory_format=torch.contiguous_format)
            )
            yield (images / 255 - self.mean) / self.std, labels[rows]


def make(name: str, dataset: hr.Dataset, samples: list[int], train: bool, seed: int, batch: int):
    if name == "pillow":
        return WithPillow(dataset, samples, train, seed, batch)
    return Compiled(dataset, samples, train, seed, batch, name)
