"""Data the tests share, made in temporary folders."""

from __future__ import annotations

import pathlib
import sys

import headrace as hr
import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "examples" / "photos"


def numbered(count: int, side: int = 8):
    """Samples whose pixels and label are their number, so that a batch shows which samples it holds."""
    for i in range(count):
        yield {"image": numpy.full((side, side, 3), i, numpy.uint8), "label": i}


# Batches of `numbered` as they are stored: u8 images and i64 labels.
PLAIN = hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4), label=hr.Field("label"))


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """Compiled pipelines are kept there, also those of programs that tests run, and not in the user's
    folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("HEADRACE_CACHE_DIR", str(folder))
        patch.delenv("HEADRACE_CACHE_MODE", raising=False)
        yield folder


@pytest.fixture(scope="session")
def photos_file(tmp_path_factory) -> str:
    """The repository's twelve example photographs, in three classes."""
    path = str(tmp_path_factory.mktemp("photos") / "photos.hrd")
    hr.write(PHOTOS, path, progress=False)
    return path


@pytest.fixture(scope="session")
def numbers_file(tmp_path_factory) -> str:
    """Samples 0 to 49; see `numbered`."""
    path = str(tmp_path_factory.mktemp("numbers") / "numbers.hrd")
    hr.write(list(numbered(50)), path, progress=False)
    return path


@pytest.fixture
def python() -> list[str]:
    """The command that runs Python as the tests do."""
    return [sys.executable]
