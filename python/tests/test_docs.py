"""The Python code of docs/python.md, run from top to bottom."""

import os
import re
import shutil

import pytest
from conftest import PHOTOS, ROOT

PAGE = (ROOT / "docs" / "python.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def test_every_block_of_python_runs(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PHOTOS, "photos")
    code = blocks("python")
    assert len(code) > 5
    names: dict = {}
    for number, block in enumerate(code):
        exec(compile(block, f"docs/python.md, block {number + 1}", "exec"), names)
    assert os.path.exists("train.hrd")


def test_the_table_of_operations_is_whole():
    import headrace as hr
    from headrace import chain, ops

    section = PAGE[PAGE.index("## Pipelines") : PAGE.index("## Batches")]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)\(", row)}
    assert named == {*ops.__all__, *chain.__all__} - {"Chain", "Op"}
    assert all(hasattr(hr, name) for name in named)
