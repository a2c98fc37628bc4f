"""What scripts/build_wheel.sh runs in a clean virtual environment: `wheel_trial.py full|runtime PHOTOS
[OBJECT...]`, where objects are `hr.pipelines.imagenet_train(32)`, compiled ahead of time.

Writes a dataset, makes batches, and looks at which libraries the process has loaded.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import headrace as hr
import numpy


def loaded_libraries() -> set[str]:
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return {line.split()[-1] for line in lines if ".so" in line}


def exported_symbols(library: pathlib.Path) -> list[str]:
    """Names that other libraries of the process could meet. Without nm they are taken to be right."""
    nm = shutil.which("nm")
    if nm is None:
        return ["PyInit__native"]
    lines = subprocess.run(
        [nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True
    ).stdout
    return [line.split()[-1] for line in lines.splitlines()]


def main() -> None:
    variant, photos, *objects = sys.argv[1:]
    assert "site-packages" in hr.__file__, hr.__file__
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEADRACE_CACHE_DIR"] = f"{folder}/cache"
        path = f"{folder}/photos.hrd"
        report = hr.write(photos, path, progress=False)
        engine = "jit" if variant == "full" else "interp"
        pipeline = hr.pipelines.imagenet_train(32)
        batches = list(hr.Loader(path, pipeline, 4, engine=engine))
        assert len(batches) == report.samples // 4 and batches[0][0].dtype == numpy.float32
        if variant == "full":
            interpreted = list(hr.Loader(path, pipeline, 4, engine="interp"))
            assert all((a == b).all() for x, y in zip(batches, interpreted) for a, b in zip(x, y))
            assert len(list(pathlib.Path(folder, "cache").iterdir())) == 1  # compiled once, and kept
            again = list(hr.Loader(path, pipeline, 4))
            assert all((a == b).all() for x, y in zip(batches, again) for a, b in zip(x, y))
            pipeline.compile(f"{folder}/train.so")
            ahead = list(hr.Loader(path, f"{folder}/train.so", 4))
            assert all((a == b).all() for x, y in zip(batches, ahead) for a, b in zip(x, y))
        else:
            assert hr.code_generator() == ""
        for ahead in objects:
            arrays = list(hr.Loader(path, ahead, 4))
            assert all((a == b).all() for x, y in zip(batches, arrays) for a, b in zip(x, y))
    llvm = [name for name in loaded_libraries() if "libLLVM" in name]
    assert not llvm, llvm
    shown = exported_symbols(next(pathlib.Path(hr.__file__).parent.glob("_native*.so")))
    assert shown == ["PyInit__native"], shown
    command = pathlib.Path(sys.executable).with_name("headrace")
    print(subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip())
    package = pathlib.Path(hr.__file__).parent
    licences = {p.name for p in package.parent.glob("headrace*.dist-info/licenses/**/*") if p.is_file()}
    assert {"LICENSE", "NOTICE", "nanobind.txt", "robin-map.txt"} <= licences, licences
    print(f"{variant}: {len(batches)} batches; licences: {', '.join(sorted(licences))}")


if __name__ == "__main__":
    main()
