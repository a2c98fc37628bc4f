"""headrace: threads of one process; variants are the encodings of the dataset file, as tensors of torch
or, with "-numpy", as arrays of numpy."""

import importlib

from jobs import SHORT_SIDE, Job

FILL_BATCHES = 8
VARIANTS = {
    "packed": {"encoding": "packed"},
    "jpeg": {"encoding": "jpeg"},
    "ycc": {"encoding": "ycc"},
    "rgb256": {"encoding": "rgb", "max_side": 256},
}


def package(job: Job):
    return importlib.import_module("headrace" if job.variant.endswith("-numpy") else "headrace.torch")


def prepare(job: Job) -> None:
    samples = [{"image": file, "label": label} for label, file in enumerate(job.files())]
    options = VARIANTS[job.variant.removesuffix("-numpy")]
    package(job).write(samples, job.path("photos.hrd"), overwrite=True, progress=False, **options)


def stored(job: Job) -> list[str]:
    return [job.path("photos.hrd")]


def loader(job: Job, **options):
    hr = package(job)
    # Its fast way is memory as channels last; float32 is asked of all peers as contiguous NCHW.
    layout = "channels_last" if job.dtype == "f16" else "NCHW"
    if job.train:
        pipeline = hr.pipelines.imagenet_train(dtype=job.dtype, layout=layout)
    else:
        pipeline = hr.pipelines.imagenet_eval(
            resize=SHORT_SIDE, dtype=job.dtype, layout=layout, numerics="fast"
        )
    return hr.Loader(job.path("photos.hrd"), pipeline, job.batch, num_threads=job.threads, **options)


def batches(job: Job):
    # Drawn with replacement, which is how an epoch can be longer than the dataset.
    weights = [1.0] * len(job.files())
    made = loader(job, order="random", tail="drop", weights=weights, draws=job.samples)
    while True:
        yield from made


def in_order(job: Job):
    yield from loader(job, drop_last=False)


def versions() -> dict[str, str]:
    import headrace

    return {"headrace": headrace.__version__}
