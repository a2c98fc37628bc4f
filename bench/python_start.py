#!/usr/bin/env python3
"""What the Python package costs: imports, the time to the first batch, the loop, and memory.

    headrace write photos/ -o photos.hrd
    python bench/python_start.py photos.hrd [--rounds N] [--json FILE]

Runs with the headrace that this interpreter imports. Everything is measured in processes of its own, in
rounds that take turns, and the medians are printed. "First batch" is from the start of the process to 32
images, with the object cache off ("cold"), and with the pipeline in it ("cached"). The loop is that of
`headrace run` on the same file, threads and pipeline: images per second and processor time per image, as the
ratio Python / command. Photographs: a few hundred.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = 'hr.pipelines.imagenet_train(224, dtype="f16")'
EPOCHS = 12

IMPORT = """
import time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""

FIRST_BATCH = """
import time
import {module} as hr
imported = time.monotonic()
batch = next(iter(hr.Loader({path!r}, hr.pipelines.imagenet_train(224), batch_size=32)))
print(time.monotonic(), imported)
"""

NOW = "import time; {statement}; print(time.monotonic())"

LOOP = """
import json, time
import {module} as hr
loader = hr.Loader({path!r}, {pipeline}, batch_size={batch}, num_threads={threads}, tail="wrap")
epochs = []
for epoch in range({epochs}):
    start, cpu = time.perf_counter(), time.process_time()
    count = 0
    for images, labels in loader:
        count += len(labels)
    epochs.append((time.perf_counter() - start, time.process_time() - cpu, count))
seconds, cpu, count = (sum(e[i] for e in epochs[1:]) for i in range(3))
print(json.dumps({{"seconds": seconds / count, "cpu": cpu / count}}))
"""

# Of float32. Samples are drawn again and again, so that an epoch has several batches; the file's mapped pages, which the
# system may take back, are not counted.
PEAK = """
import resource
import {module} as hr
samples = len(hr.Dataset({path!r}))
loader = hr.Loader({path!r}, hr.pipelines.imagenet_train(224), batch_size=256, weights=[1.0] * samples, draws=2048)
for epoch in range(2):
    for images, labels in loader:
        pass
assert len(labels) == 256
mapped, ours = 0, False
for line in open("/proc/self/smaps"):
    if not line[0].isupper():
        ours = line.endswith({path!r} + "\\n")
    elif ours and line.startswith("Rss:"):
        mapped += int(line.split()[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - mapped) / 1024)
"""


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def output_of(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    if result.returncode != 0:
        raise SystemExit(result.stderr)
    return result.stdout


class Measurement:
    """One process each; `named` are milliseconds, MiB or ratios by name."""

    def __init__(self, path: str, threads: int, torch: bool):
        self.path, self.threads = path, threads
        self.modules = {"numpy": "headrace", **({"torch": "headrace.torch"} if torch else {})}

    def imports(self) -> dict[str, float]:
        return {"import headrace": float(output_of(IMPORT.format(module="headrace"))) * 1e3}

    def first_batch(self, name: str, cache: str) -> dict[str, float]:
        code = FIRST_BATCH.format(module=self.modules[name], path=self.path)
        figures = {}
        for state, mode in (("cold", "off"), ("cached", "rw")):
            start, cpu = time.monotonic(), children_cpu()
            text = output_of(code, HEADRACE_CACHE_DIR=cache, HEADRACE_CACHE_MODE=mode)
            end, imported = map(float, text.split())
            figures[f"first batch, {name}, {state}"] = (end - start) * 1e3
            figures[f"  of that after the imports, {name}, {state}"] = (end - imported) * 1e3
            figures[f"  processor time of the process, {name}, {state}"] = (children_cpu() - cpu) * 1e3
        return figures

    def beside_torch(self) -> dict[str, float]:
        figures = {}
        for statement in ("import torch", "import numpy"):
            start = time.monotonic()
            figures[f"process start to `{statement}`"] = (
                float(output_of(NOW.format(statement=statement))) - start
            ) * 1e3
        return figures

    def loop(self, name: str, spec: str) -> dict[str, float]:
        batch = 64
        code = LOOP.format(
            module=self.modules[name],
            path=self.path,
            pipeline=PIPELINE,
            batch=batch,
            threads=self.threads,
            epochs=EPOCHS,
        )
        here = json.loads(output_of(code))
        command = [
            sys.executable,
            "-m",
            "headrace",
            "run",
            spec,
            self.path,
            "--json",
            "--epochs",
            str(EPOCHS),
        ]
        command += ["--batch-size", str(batch), "--threads", str(self.threads), "--tail", "wrap"]
        ran = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        epochs = ran["epochs"][1:]
        count = sum(e["samples"] for e in epochs)
        seconds = sum(e["seconds"] for e in epochs) / count
        cpu = sum(e["process"]["cpu_seconds"] for e in epochs) / count
        return {
            f"loop, {name}: time / that of headrace run": here["seconds"] / seconds,
            f"loop, {name}: processor time / that of headrace run": here["cpu"] / cpu,
        }

    def peak(self, name: str) -> dict[str, float]:
        return {
            f"peak RSS at batch 256, {name}, MiB": float(
                output_of(PEAK.format(module=self.modules[name], path=self.path))
            )
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="a dataset file (.hrd)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-torch", action="store_true", help="leave torch out where it is installed")
    parser.add_argument("--json", help="also write the figures of all rounds into this file")
    options = parser.parse_args()

    import importlib.util

    import headrace

    torch = not options.no_torch and importlib.util.find_spec("torch") is not None
    measure = Measurement(os.path.realpath(options.data), options.threads, torch)
    rounds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        spec = os.path.join(folder, "spec.json")
        with open(spec, "w", encoding="utf-8") as file:
            file.write(eval(PIPELINE, {"hr": headrace}).to_json())
        for _ in range(options.rounds):
            found = measure.imports()
            for name in measure.modules:
                output_of(
                    FIRST_BATCH.format(module=measure.modules[name], path=measure.path),
                    HEADRACE_CACHE_DIR=folder + "/c",
                )
                found |= (
                    measure.first_batch(name, folder + "/c") | measure.loop(name, spec) | measure.peak(name)
                )
            if torch:
                found |= measure.beside_torch()
            for key, value in found.items():
                rounds.setdefault(key, []).append(value)
    for key, values in rounds.items():
        unit = "" if "time /" in key or "MiB" in key else " ms"
        digits = 3 if "time /" in key else 0
        low, middle, high = (f"{f(values):.{digits}f}" for f in (min, statistics.median, max))
        print(f"{key:<60} {middle:>8}{unit}   ({low} to {high})")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rounds, file, indent=1)


if __name__ == "__main__":
    main()
