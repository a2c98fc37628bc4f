"""NVIDIA DALI, its CPU pipeline: decoding of the crop, threads of one process."""

import numpy as np
import nvidia.dali as dali
from jobs import MEAN, RATIO, SCALE, SHORT_SIDE, SIZE, STD, Job
from nvidia.dali import fn, types


def pipeline(job: Job, train: bool):
    dtype = types.FLOAT16 if job.dtype == "f16" else types.FLOAT
    files = [str(file) for file in job.files()]

    @dali.pipeline_def(batch_size=job.batch, num_threads=job.threads, device_id=None, prefetch_queue_depth=2)
    def define():
        data, labels = fn.readers.file(
            files=files, labels=list(range(len(files))), random_shuffle=train, initial_fill=len(files)
        )
        mirror = 0
        if job.train:
            image = fn.decoders.image_random_crop(
                data,
                device="cpu",
                output_type=types.RGB,
                random_area=SCALE,
                random_aspect_ratio=RATIO,
                num_attempts=10,
            )
            image = fn.resize(image, size=(SIZE, SIZE), interp_type=types.INTERP_LINEAR, antialias=True)
            mirror = fn.random.coin_flip(probability=0.5)
        else:
            image = fn.decoders.image(data, device="cpu", output_type=types.RGB)
            image = fn.resize(
                image, resize_shorter=SHORT_SIDE, interp_type=types.INTERP_LINEAR, antialias=True
            )
        image = fn.crop_mirror_normalize(
            image,
            crop=(SIZE, SIZE),
            mirror=mirror,
            mean=[m * 255 for m in MEAN],
            std=[s * 255 for s in STD],
            dtype=dtype,
            output_layout="CHW",
        )
        return image, labels

    made = define()
    made.build()
    return made


def stream(made, count: int | None):
    done = 0
    while count is None or done < count:
        images, labels = made.run()
        # Views of its buffers, as its own iterators for frameworks would copy.
        yield np.asarray(images.as_tensor()), np.asarray(labels.as_tensor())
        done += len(images)


def batches(job: Job):
    yield from stream(pipeline(job, True), None)


def in_order(job: Job):
    yield from stream(pipeline(job, False), len(job.files()))


def versions() -> dict[str, str]:
    return {"dali": dali.__version__}
