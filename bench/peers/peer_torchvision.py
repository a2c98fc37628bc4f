"""torchvision on tensors (decode_jpeg, transforms.v2) in worker processes of torch's DataLoader."""

import pathlib

import data_loader
import torch
import torchvision
from jobs import MEAN, RATIO, SCALE, SHORT_SIDE, SIZE, STD, Job
from torchvision.io import ImageReadMode, decode_image, read_file
from torchvision.transforms import v2


def transform_of(job: Job):
    if job.train:
        steps = [v2.RandomResizedCrop(SIZE, SCALE, RATIO, antialias=True), v2.RandomHorizontalFlip()]
    else:
        steps = [v2.Resize(SHORT_SIDE, antialias=True), v2.CenterCrop(SIZE)]
    return v2.Compose([*steps, v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD, inplace=True)])


class Open:
    """Makes the image of a file."""

    def __init__(self, job: Job):
        self.transform = transform_of(job)

    def __call__(self, file: pathlib.Path) -> torch.Tensor:
        return self.transform(decode_image(read_file(str(file)), ImageReadMode.RGB))


def batches(job: Job) -> data_loader.Batches:
    return data_loader.batches(job, Open(job))


def in_order(job: Job) -> data_loader.Batches:
    return data_loader.in_order(job, Open(job))


def versions() -> dict[str, str]:
    return {"torchvision": torchvision.__version__, "torch": torch.__version__}
