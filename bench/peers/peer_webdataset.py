"""WebDataset: a tar file, Pillow, worker processes of torch's DataLoader."""

import importlib.metadata
import io
import tarfile

import torch
import webdataset
from jobs import Job
from peer_pillow import center_image, normalised, train_image
from PIL import Image

SHARDS = 4


def prepare(job: Job) -> None:
    files = job.files()
    for shard in range(SHARDS):
        with tarfile.open(job.path(f"photos-{shard}.tar"), "w") as tar:
            for label in range(shard, len(files), SHARDS):
                for suffix, data in (("jpg", files[label].read_bytes()), ("cls", str(label).encode())):
                    member = tarfile.TarInfo(f"{label:06}.{suffix}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))


def stored(job: Job) -> list[str]:
    return [job.path(f"photos-{shard}.tar") for shard in range(SHARDS)]


class Decode:
    def __init__(self, job: Job):
        self.make = train_image if job.train else center_image

    def __call__(self, sample):
        data, label = sample
        return normalised(self.make, Image.open(io.BytesIO(data))), int(label)


def loader(job: Job, data, shuffled: bool):
    if shuffled:
        data = data.shuffle(256)
    data = data.to_tuple("jpg", "cls").map(Decode(job)).batched(job.batch, partial=not shuffled)
    return webdataset.WebLoader(data, batch_size=None, num_workers=job.threads, persistent_workers=shuffled)


def batches(job: Job):
    yield from loader(job, webdataset.WebDataset(stored(job), resampled=True, shardshuffle=False), True)


def in_order(job: Job):
    yield from loader(job, webdataset.WebDataset(stored(job), shardshuffle=False), False)


def versions() -> dict[str, str]:
    return {"webdataset": importlib.metadata.version("webdataset"), "torch": torch.__version__}
