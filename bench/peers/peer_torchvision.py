"""torchvision on tensors (decode_jpeg, transforms.v2) in worker processes of torch's DataLoader."""

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


class Photos(torch.utils.data.Dataset):
    def __init__(self, job: Job, repeat: bool):
        items = [(label, str(file)) for label, file in enumerate(job.files())]
        self.items = job.repeated(items) if repeat else items
        self.transform = transform_of(job)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int):
        label, file = self.items[index]
        return self.transform(decode_image(read_file(file), ImageReadMode.RGB)), label


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


def versions() -> dict[str, str]:
    return {"torchvision": torchvision.__version__, "torch": torch.__version__}
