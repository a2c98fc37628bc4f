"""SPDL: FFmpeg decodes, crops, resizes and flips on threads of its pipeline; torch normalises a batch."""

import importlib.metadata
import itertools
import random

import spdl.io
import torch
from jobs import MEAN, SIZE, STD, Job, center, random_crop, short_side_size
from spdl.pipeline import PipelineBuilder

MEAN_255 = torch.tensor(MEAN).view(1, 3, 1, 1) * 255
STD_255 = torch.tensor(STD).view(1, 3, 1, 1) * 255


def filters(job: Job, height: int, width: int) -> str:
    """One FFmpeg filter graph per image, as the crop differs."""
    if job.train:
        top, left, h, w = random_crop(height, width, random)
        flip = "hflip," if random.random() < 0.5 else ""
        return f"crop={w}:{h}:{left}:{top}:exact=1,scale={SIZE}:{SIZE}:flags=bilinear,{flip}format=rgb24"
    h, w = short_side_size(height, width)
    top, left = center(h, w)
    return f"scale={w}:{h}:flags=bilinear,format=rgb24,crop={SIZE}:{SIZE}:{left}:{top}:exact=1"


def stream(job: Job, source, drop_last: bool):
    def decode(item):
        label, file = item
        packets = spdl.io.demux_image(file)
        return label, spdl.io.decode_packets(packets, filter_desc=filters(job, packets.height, packets.width))

    def collate(items):
        pixels = spdl.io.to_torch(spdl.io.convert_frames([frames for _, frames in items]))
        images = pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
        images.sub_(MEAN_255).div_(STD_255)
        return images, torch.tensor([label for label, _ in items])

    builder = PipelineBuilder().add_source(source)
    builder = builder.pipe(decode, concurrency=job.threads).aggregate(job.batch, drop_last=drop_last)
    pipeline = builder.pipe(collate).add_sink(2).build(num_threads=job.threads)
    with pipeline.auto_stop():
        yield from pipeline


def items_of(job: Job) -> list:
    return [(label, str(file)) for label, file in enumerate(job.files())]


def batches(job: Job):
    items = items_of(job)

    def endless():
        for _ in itertools.count():
            random.shuffle(items)
            yield from items

    yield from stream(job, endless(), True)


def in_order(job: Job):
    yield from stream(job, items_of(job), False)


def versions() -> dict[str, str]:
    return {"spdl": importlib.metadata.version("spdl"), "torch": torch.__version__}
