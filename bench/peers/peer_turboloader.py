"""TurboLoader: a tar file, its fused pass (decoding of the crop, resize, flip, normalise) on threads of
its own."""

import io
import tarfile

import numpy as np
import turboloader
from jobs import SIZE, Job

MIN_SAMPLES = 4096


def prepare(job: Job) -> None:
    # An epoch is the file's samples, so the file has the copies that other peers have as a list.
    files = job.files()
    with tarfile.open(job.path("photos.tar"), "w") as tar:
        for copy in range(images(job) // len(files)):
            for label, file in enumerate(files):
                data = file.read_bytes()
                member = tarfile.TarInfo(f"{copy:04}/{label:06}.jpg")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def stored(job: Job) -> list[str]:
    return [job.path("photos.tar")]


def images(job: Job) -> int:
    """Stored, copies included."""
    return len(job.files()) * -(-MIN_SAMPLES // len(job.files()))


def batches(job: Job):
    loader = turboloader.DataLoader(
        job.path("photos.tar"),
        batch_size=job.batch,
        num_workers=job.threads,  # its pool has as many threads as there are CPUs, whatever this says
        shuffle=True,
        image_size=SIZE,
        transform=turboloader.ImageNetNormalize(),
        output_format="numpy_chw",
        antialias=True,
        train_aug=True,
        drop_last=True,
    )
    photographs, epoch = len(job.files()), 0
    while True:
        loader.set_epoch(epoch)
        for images, facts in loader:
            yield images, np.asarray(facts["indices"]) % photographs
        epoch += 1


def versions() -> dict[str, str]:
    return {"turboloader": turboloader.__version__}
