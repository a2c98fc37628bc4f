"""One process of a peer: `python worker.py MODULE JOB`, JOB being JSON.

MODULE is a file of this folder that defines

    batches(job)     endless (images, labels) of float32 or float16 [job.batch, 3, 224, 224] by job.threads
                     threads or worker processes; arrays of numpy or tensors of torch
    in_order(job)    the same for job.case == "center", once, in any order; labels tell rows apart
    prepare(job)     optional: writes what the variant reads into job.data
    stored(job)      optional: the files whose size counts as "on disk"; by default the photographs
    FILL_BATCHES     optional: batches after which all buffers were written once, so that time may count
    images(job)      optional: how many images these hold; by default each photograph once
    versions()       {package: version}

Lines of JSON on standard output are the results. Nothing heavy is imported here, so that the time to the
first batch is the peer's own.
"""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import sys
import time

from jobs import STD, Job
from processes import cpu_seconds

WARM_UP_BATCHES, WARM_UP_SECONDS = 6, 0.7
MIN_BATCHES = 3


def say(**facts) -> None:
    print(json.dumps(facts), flush=True)


def as_array(tensor):
    return tensor.numpy() if hasattr(tensor, "numpy") else tensor


def facts_of(images, labels) -> dict:
    """Of the first batch: so that a peer that gives something else is noticed."""
    array = as_array(images)
    values = array[:8].astype("float32")  # few: memory is still being measured
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "contiguous": bool(array.flags["C_CONTIGUOUS"]),
        "mean": round(float(values.mean()), 4),
        "std": round(float(values.std()), 4),
        "labels": len(set(as_array(labels).ravel().tolist())),
    }


def measure(peer, job: Job) -> None:
    stream = iter(peer.batches(job))
    images, labels = next(stream)
    first = time.monotonic()
    say(first_batch=first)
    done = 1
    least = max(1 + job.threads, getattr(peer, "FILL_BATCHES", 0))
    while done < least or (done < WARM_UP_BATCHES and time.monotonic() - first < WARM_UP_SECONDS):
        images, labels = next(stream)
        done += 1

    # Batches of parallel workers come in bunches: whole bunches are counted, from a delivery to a delivery.
    count = batches = 0
    cpu, start = cpu_seconds(os.getpid()), time.perf_counter()
    while True:
        for _ in range(job.threads):
            images, labels = next(stream)
            count += len(images)
            batches += 1
        seconds = time.perf_counter() - start
        if seconds >= job.seconds and batches >= MIN_BATCHES:
            break
    cpu = cpu_seconds(os.getpid()) - cpu
    say(
        images=count,
        seconds=seconds,
        cpu_seconds=cpu,
        batch=facts_of(images, labels),
        versions=peer.versions(),
    )


def check(peer, job: Job) -> None:
    """Centre crops against the reference, in 1/255."""
    import numpy as np

    reference = np.load(job.reference, mmap_mode="r")
    scale = np.asarray(STD, "float32").reshape(1, 3, 1, 1) * 255
    seen, total, largest = set(), 0.0, 0.0
    for images, labels in peer.in_order(job):
        for image, label in zip(as_array(images).astype("float32"), as_array(labels).ravel().tolist()):
            if label in seen or label >= len(reference):
                continue
            difference = np.abs(image[None] - reference[label][None]) * scale
            seen.add(label)
            total += float(difference.mean())
            largest = max(largest, float(difference.max()))
    missing = len(reference) - len(seen)
    if missing:
        raise SystemExit(f"{missing} of {len(reference)} photographs did not come")
    say(mean=total / len(seen), max=largest, photographs=len(seen))


def prepare(peer, job: Job) -> None:
    pathlib.Path(job.data).mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    if hasattr(peer, "prepare"):
        peer.prepare(job)
    files = [pathlib.Path(p) for p in peer.stored(job)] if hasattr(peer, "stored") else job.files()
    images = peer.images(job) if hasattr(peer, "images") else len(job.files())
    say(bytes=sum(f.stat().st_size for f in files), seconds=time.monotonic() - start, images=images)


def main() -> None:
    job = Job.read(sys.argv[2])
    if job.cpus:
        os.sched_setaffinity(0, job.cpus)
    peer = importlib.import_module(sys.argv[1])
    {"measure": measure, "check": check, "prepare": prepare}[job.action](peer, job)
    sys.stdout.flush()
    os._exit(0)  # threads and workers of an unfinished epoch are not waited for; the caller ends them


if __name__ == "__main__":
    main()
