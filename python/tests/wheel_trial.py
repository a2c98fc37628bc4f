"""What scripts/build_wheel.sh runs in a clean virtual environment: `wheel_trial.py full|runtime PHOTOS`.

Writes a dataset, makes batches, and looks at which libraries the process has loaded.
"""

import pathlib
import subprocess
import sys
import tempfile

import headrace as hr
import numpy


def loaded_libraries() -> set[str]:
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return {line.split()[-1] for line in lines if ".so" in line}


def main() -> None:
    variant, photos = sys.argv[1:]
    assert "site-packages" in hr.__file__, hr.__file__
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/photos.hrd"
        report = hr.write(photos, path, progress=False)
        engine = "jit" if variant == "full" else "interp"
        pipeline = hr.pipelines.imagenet_train(32)
        batches = list(hr.Loader(path, pipeline, 4, engine=engine))
        assert len(batches) == report.samples // 4 and batches[0][0].dtype == numpy.float32
        if variant == "full":
            interpreted = list(hr.Loader(path, pipeline, 4, engine="interp"))
            assert all((a == b).all() for x, y in zip(batches, interpreted) for a, b in zip(x, y))
            pipeline.compile(f"{folder}/train.so")
            ahead = list(hr.Loader(path, f"{folder}/train.so", 4))
            assert all((a == b).all() for x, y in zip(batches, ahead) for a, b in zip(x, y))
        else:
            assert hr.code_generator() == ""
    llvm = [name for name in loaded_libraries() if "libLLVM" in name]
    assert not llvm, llvm
    command = pathlib.Path(sys.executable).with_name("headrace")
    print(subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip())
    package = pathlib.Path(hr.__file__).parent
    licences = {p.name for p in package.parent.glob("headrace*.dist-info/licenses/**/*") if p.is_file()}
    assert {"LICENSE", "NOTICE", "nanobind.txt"} <= licences, licences
    print(f"{variant}: {len(batches)} batches; licences: {', '.join(sorted(licences))}")


if __name__ == "__main__":
    main()
