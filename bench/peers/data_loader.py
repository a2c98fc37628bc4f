"""Photographs in worker processes of torch's DataLoader, for peers that make images and leave batches to it."""

from __future__ import annotations

import pathlib
from typing import Callable, Iterator

import torch
from jobs import Job

ImageOf = Callable[[pathlib.Path], torch.Tensor]
Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]


class Photos(torch.utils.data.Dataset):
    """(image, label) of each photograph."""

    def __init__(self, items: list[tuple[int, pathlib.Path]], image_of: ImageOf):
        self.items = items
        self.image_of = image_of

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        label, file = self.items[index]
        return self.image_of(file), label


def batches(job: Job, image_of: ImageOf) -> Batches:
    """Shuffled, without end."""
    loader = torch.utils.data.DataLoader(
        Photos(job.repeated(list(enumerate(job.files()))), image_of),
        job.batch,
        shuffle=True,
        num_workers=job.threads,
        drop_last=True,
        persistent_workers=True,
    )
    while True:
        yield from loader


def in_order(job: Job, image_of: ImageOf) -> Batches:
    photos = Photos(list(enumerate(job.files())), image_of)
    yield from torch.utils.data.DataLoader(photos, job.batch, num_workers=job.threads)
