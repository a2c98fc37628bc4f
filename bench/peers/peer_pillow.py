"""Pillow and numpy in worker processes of torch's DataLoader. Its centre crops are the reference."""

import random

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


class Photos(torch.utils.data.Dataset):
    def __init__(self, job: Job, repeat: bool):
        items = list(enumerate(job.files()))
        self.items = job.repeated(items) if repeat else items
        self.make = train_image if job.train else center_image

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int):
        label, file = self.items[index]
        with Image.open(file) as image:
            pixels = self.make(image.convert("RGB"))
        normal = (pixels.astype("float32") - MEAN_255) / STD_255
        return torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1))), label


def batches(job: Job):
    loader = torch.utils.data.DataLoader(
        Photos(job, True),
        job.batch,
        shuffle=True,
        num_workers=job.threads,
        drop_last=True,
        persistent_workers=True,
    )
    while True:
        yield from loader


def in_order(job: Job):
    yield from torch.utils.data.DataLoader(Photos(job, False), job.batch, num_workers=job.threads)


def reference(job: Job) -> None:
    """Writes the reference to job.reference."""
    np.save(job.reference, np.concatenate([images.numpy() for images, _ in in_order(job)]))


def versions() -> dict[str, str]:
    return {"pillow": PIL.__version__, "torch": torch.__version__}
