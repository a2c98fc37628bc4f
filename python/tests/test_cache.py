"""Compiled pipelines kept on disk, as the environment asks for (docs/cache.md)."""

import os

import headrace as hr
import pytest
from conftest import PLAIN
from headrace import _native

pytestmark = pytest.mark.skipif(not hr.code_generator(), reason="built without a compiler")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entries(folder):
    return {p.name: p.stat().st_ino for p in folder.iterdir()}


def test_a_loader_keeps_what_it_compiled(numbers_file, folder):
    first = list(hr.Loader(numbers_file, PLAIN, 10))
    kept = entries(folder)
    assert len(kept) == 1
    again = list(hr.Loader(numbers_file, PLAIN, 10))
    assert entries(folder) == kept
    assert all((a == b).all() for x, y in zip(first, again) for a, b in zip(x, y))


def test_what_is_kept_is_used(folder):
    def counts():
        cache = _native.ObjectCache()
        _native.compile(PLAIN.to_json(), cache=cache)
        return {name: count for name, count in cache.counts().items() if count}

    assert counts() == {"misses": 1, "stored": 1}
    assert counts() == {"hits": 1}
    (entry,) = folder.iterdir()
    damaged = bytearray(entry.read_bytes())
    damaged[-1] ^= 1
    entry.write_bytes(damaged)
    assert counts() == {"misses": 1, "refused": 1, "stored": 1}


def test_only_the_compiler_uses_it(numbers_file, folder):
    list(hr.Loader(numbers_file, PLAIN, 10, engine="interp"))
    assert not folder.exists()


def test_off(numbers_file, folder, monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE_MODE", "off")
    list(hr.Loader(numbers_file, PLAIN, 10))
    assert not folder.exists()


def test_a_folder_that_cannot_be_used_is_told_and_no_error(numbers_file, tmp_path, monkeypatch):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("HEADRACE_CACHE_DIR", os.fspath(in_the_way / "cache"))
    with pytest.warns(RuntimeWarning, match="compiled code is kept in memory only") as warned:
        loader = hr.Loader(numbers_file, PLAIN, 10)
    assert warned[0].filename == __file__
    assert len(list(loader)) == 5
