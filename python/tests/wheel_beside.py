"""The installed wheel in one process with torch and numba, which bring an LLVM and an OpenMP of their own:
`wheel_beside.py PHOTOS`, in a virtual environment that has all three.

Whatever is imported first, all of them compute what they do alone. Ends with 1 if not.
"""

import hashlib
import itertools
import subprocess
import sys
import tempfile

MODULES = ("headrace", "numba", "torch")


def use_headrace(path: str) -> str:
    import headrace as hr

    total = hashlib.sha256()
    engine = "jit" if hr.code_generator() else "interp"
    for batch in hr.Loader(path, hr.pipelines.imagenet_train(64), 4, engine=engine):
        for array in batch:
            total.update(array.tobytes())
    return total.hexdigest()[:16]


def use_numba(path: str) -> str:
    import numba
    import numpy

    @numba.njit
    def dot(a, b):
        total = 0.0
        for i in range(a.size):
            total += a[i] * b[i]
        return total

    values = numpy.arange(1000.0)
    return str(dot(values, values))


def use_torch(path: str) -> str:
    import torch

    generator = torch.Generator().manual_seed(0)
    layer = torch.nn.Conv2d(3, 4, 3)
    torch.nn.init.normal_(layer.weight, generator=generator)
    torch.nn.init.zeros_(layer.bias)
    images = torch.randn(2, 3, 16, 16, generator=generator, requires_grad=True)
    layer(images).square().sum().backward()
    return f"{images.grad.abs().sum().item():.3f}"


USES = {"headrace": use_headrace, "numba": use_numba, "torch": use_torch}


def in_one_process(path: str, order: tuple[str, ...]) -> dict[str, str]:
    """What each computes, twice over, in a process that imports them in this order."""
    command = [sys.executable, __file__, "--order", ",".join(order), path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(order)}: ended with {result.returncode}\n{result.stderr}")
    found: dict[str, str] = {}
    for line in result.stdout.splitlines():
        name, value = line.split()
        if found.setdefault(name, value) != value:
            raise SystemExit(f"{' '.join(order)}: {name} gives {found[name]}, then {value}")
    return found


def main() -> None:
    if sys.argv[1] == "--order":
        for name in sys.argv[2].split(","):
            __import__(name)
        for _ in range(2):
            for name in sys.argv[2].split(","):
                print(name, USES[name](sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/photos.hrd"
        import headrace as hr

        hr.write(sys.argv[1], path, progress=False)
        alone = {name: in_one_process(path, (name,))[name] for name in MODULES}
        for order in itertools.permutations(MODULES):
            together = in_one_process(path, order)
            if together != alone:
                raise SystemExit(f"{' '.join(order)}: {together}, alone {alone}")
            print("as alone:", ", ".join(order))


if __name__ == "__main__":
    main()
