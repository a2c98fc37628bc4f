"""The example programs, run as their users run them."""

import json
import os
import pathlib
import re
import subprocess
import sys

import headrace as hr
import pytest
from conftest import PHOTOS, ROOT

EXAMPLES = ROOT / "examples"


def run(*arguments, module=()):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, *module, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def losses(text):
    return [float(number) for number in re.findall(r"loss ([0-9.]+)", text)]


def test_numpy_only():
    seen = losses(run(EXAMPLES / "numpy_only.py", PHOTOS, "--epochs", "8"))
    assert len(seen) == 8 and seen[-1] < seen[0]


def test_aot_worker(photos_file):
    text = run(EXAMPLES / "aot_worker.py", photos_file)
    worker, here = re.search(r"worker +(\w{64})\nhere +(\w{64})", text).groups()
    assert worker == here


def train(photos_file, *arguments):
    text = run(
        EXAMPLES / "train_resnet.py",
        photos_file,
        "--batch-size",
        "6",
        "--size",
        "32",
        "--width",
        "8",
        "--rate",
        "0.005",
        *arguments,
    )
    return [float(loss) for loss in re.findall(r"epoch \d+ step \d+ loss ([0-9.]+)", text)]


def test_train_resnet(photos_file, tmp_path):
    pytest.importorskip("torch")
    whole = train(photos_file, "--epochs", "15")
    assert len(whole) == 30
    assert sum(whole[-6:]) < 0.7 * sum(whole[:6])
    # Stopped in the middle of epoch 1 and continued: the same losses.
    checkpoint = tmp_path / "run.pt"
    first = train(photos_file, "--epochs", "4", "--checkpoint", checkpoint, "--stop-after", "3")
    second = train(photos_file, "--epochs", "4", "--checkpoint", checkpoint)
    assert first + second == whole[:8]


@pytest.mark.parametrize("processes", [1, 2])
def test_train_imagenet(photos_file, processes):
    pytest.importorskip("torch")
    launcher = (
        ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"] if processes > 1 else []
    )
    text = run(
        EXAMPLES / "train_imagenet.py",
        photos_file,
        photos_file,
        "--epochs",
        "1",
        "--batch-size",
        "8",
        "--size",
        "32",
        "--width",
        "8",
        module=launcher,
    )
    assert len(losses(text)) == 1
    facts = json.loads(text.splitlines()[-1])
    assert (facts["numerics"], facts["seed"], facts["epochs"]) == ("fast", 0, 1)
    assert list(facts["top1"]) == ["exact", "fast"]
    # Of 12 photographs, each counted once: the last batch is filled up to 8.
    assert all(abs(share * 12 - round(share * 12)) < 1e-9 for share in facts["top1"].values())


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (
            ["--check"],
            [
                "rank 0 of 2: 6 global batches equal those of one process",
                "rank 1 of 2: 6 global batches equal those of one process",
            ],
        ),
        ([], ["epoch 0: loss ", "epoch 1: loss "]),
    ],
)
def test_ddp(photos_file, arguments, expected):
    pytest.importorskip("torch")
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    text = run(EXAMPLES / "ddp.py", photos_file, *arguments, module=launcher)
    assert all(line in text for line in expected), text


def test_the_writing_of_a_folder_goes_beside_it(tmp_path):
    pytest.importorskip("torch")
    (tmp_path / "photos").symlink_to(PHOTOS)
    run(
        EXAMPLES / "train_resnet.py",
        f"{tmp_path}/photos/",
        "--epochs",
        "1",
        "--batch-size",
        "6",
        "--size",
        "32",
        "--width",
        "8",
    )
    assert len(hr.Dataset(tmp_path / "photos.hrd")) == 12
    assert pathlib.Path(tmp_path / "photos.hrd").is_file()
