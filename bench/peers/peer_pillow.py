"""Pillow and numpy in worker processes of torch's DataLoader. Its centre crops are the reference."""

import pathlib
import random
from typing import Callable

import data_loader
import numpy as np
import PIL
import torch
from jobs import MEAN, SIZE, STD, Job, center, random_crop, short_side_size
from PIL import Image

MEAN_255 = np.asarray(MEAN, "float32") * 255
STD_255 = np.asarray(STD, "float32") * 255


def train_image(image: Image.Image) -> np.ndarray:
    top, left, height, width = random_crop(image.height, image.width, random)
    box = (left, top, left + width, top + height)
    image = image.crop(box).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    return np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image)


def center_image(image: Image.Image) -> np.ndarray:
    height, width = short_side_size(image.height, image.width)
    top, left = center(height, width)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image.crop((left, top, left + SIZE, top + SIZE)))


def normalised(make: Callable[[Image.Image], np.ndarray], image: Image.Image) -> torch.Tensor:
    normal = (make(image.convert("RGB")).astype("float32") - MEAN_255) / STD_255
    return torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1)))


class Open:
    """Makes the image of a file."""

    def __init__(self, job: Job):
        self.make = train_image if job.train else center_image

    def __call__(self, file: pathlib.Path) -> torch.Tensor:
        with Image.open(file) as image:
            return normalised(self.make, image)


def batches(job: Job) -> data_loader.Batches:
    return data_loader.batches(job, Open(job))


def in_order(job: Job) -> data_loader.Batches:
    return data_loader.in_order(job, Open(job))


def reference(job: Job) -> None:
    """Writes the reference to job.reference."""
    np.save(job.reference, np.concatenate([images.numpy() for images, _ in in_order(job)]))


def versions() -> dict[str, str]:
    return {"pillow": PIL.__version__, "torch": torch.__version__}
