"""Compiles a pipeline once, and runs it in a worker process that compiles nothing.

    python examples/aot_worker.py photos.hrd

The shared object holds code for every instruction-set level of this architecture and picks one when it is
loaded; it can be copied to other machines. The worker gives the same bytes as a loader that compiles.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile

import headrace as hr


def digest(loader: hr.Loader) -> str:
    """Of all bytes of one epoch."""
    total = hashlib.sha256()
    for batch in loader:
        for array in batch:
            total.update(array.tobytes())
    return total.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="a dataset file (.hrd)")
    parser.add_argument("--worker", metavar="OBJECT", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.worker:
        loader = hr.Loader(options.data, options.worker, batch_size=4)
        print(digest(loader))
        return

    pipeline = hr.pipelines.imagenet_train(64)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "train.so")
        pipeline.compile(path, dataset=options.data)
        print(f"compiled: {os.path.getsize(path):,} bytes")
        command = [sys.executable, __file__, options.data, "--worker", path]
        worker = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    compiled_here = digest(hr.Loader(options.data, pipeline, batch_size=4))
    print(f"worker   {worker}\nhere     {compiled_here}")
    if worker != compiled_here:
        raise SystemExit("the bytes differ")


if __name__ == "__main__":
    main()
