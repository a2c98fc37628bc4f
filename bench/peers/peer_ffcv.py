"""FFCV: threads of one process, code compiled by Numba in every process; variants are what its writer
stores."""

import importlib.metadata

import numpy as np
import torch
from ffcv.fields import IntField, RGBImageField, rgb_image
from ffcv.fields.decoders import CenterCropRGBImageDecoder, IntDecoder, RandomResizedCropRGBImageDecoder
from ffcv.loader import Loader, OrderOption
from ffcv.transforms import NormalizeImage, RandomHorizontalFlip, Squeeze, ToTensor, ToTorchImage
from ffcv.writer import DatasetWriter
from jobs import MEAN, RATIO, SCALE, SHORT_SIDE, SIZE, STD, Job
from PIL import Image

FILL_BATCHES = 8  # each operation has its own buffer for each batch it works ahead
PAGE_BYTES = 2 << 20  # its smallest: with few photographs, the rest of the last pages would count as theirs
VARIANTS = {
    "original": {"write_mode": "jpg"},  # the bytes of the photographs, in place of its own encoder's
    "500-0.5-90": {
        "write_mode": "proportion",
        "max_resolution": 500,
        "compress_probability": 0.5,
        "jpeg_quality": 90,
    },
    "raw256": {"write_mode": "raw", "max_resolution": 256},
}


class Photos:
    def __init__(self, files, original: bool):
        self.files, self.original = files, original

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, label: int):
        with Image.open(self.files[label]) as image:
            pixels = np.array(image.convert("RGB"))
        if self.original:
            data = np.fromfile(self.files[label], np.uint8)
            rgb_image.encode_jpeg = lambda pixels, quality: data
        return pixels, label


def prepare(job: Job) -> None:
    np.random.seed(0)  # which photographs become JPEGs
    fields = {"image": RGBImageField(**VARIANTS[job.variant]), "label": IntField()}
    path = job.path("photos.beton")
    writer = DatasetWriter(path, fields, page_size=PAGE_BYTES, num_workers=1)
    writer.from_indexed_dataset(Photos(job.files(), job.variant == "original"))


def stored(job: Job) -> list[str]:
    return [job.path("photos.beton")]


def loader(job: Job, **options) -> Loader:
    dtype = np.float16 if job.dtype == "f16" else np.float32
    mean, std = np.array(MEAN) * 255, np.array(STD) * 255
    if job.train:
        image = [RandomResizedCropRGBImageDecoder((SIZE, SIZE), SCALE, RATIO), RandomHorizontalFlip()]
    else:
        image = [CenterCropRGBImageDecoder((SIZE, SIZE), ratio=SIZE / SHORT_SIDE)]
    # Its fast way is memory as channels last; float32 is asked of all peers as contiguous NCHW.
    image += [NormalizeImage(mean, std, dtype), ToTensor(), ToTorchImage(channels_last=job.dtype == "f16")]
    pipelines = {"image": image, "label": [IntDecoder(), ToTensor(), Squeeze()]}
    path = job.path("photos.beton")
    return Loader(path, job.batch, num_workers=job.threads, os_cache=True, pipelines=pipelines, **options)


def batches(job: Job):
    indices = job.repeated(list(range(len(job.files()))))
    made = loader(job, order=OrderOption.RANDOM, indices=indices, drop_last=True)
    while True:
        yield from made


def in_order(job: Job):
    yield from loader(job, order=OrderOption.SEQUENTIAL, drop_last=False)


def versions() -> dict[str, str]:
    return {"ffcv": importlib.metadata.version("ffcv"), "torch": torch.__version__}
