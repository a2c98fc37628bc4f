"""The code in docs/, run from top to bottom of each page, and that its tables are whole."""

import importlib.util
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import headrace as hr
import pytest
from conftest import PHOTOS, ROOT
from doc_blocks import LANGUAGES, all_blocks, blocks_of

DOCS = ROOT / "docs"
BLOCKS = list(all_blocks(DOCS))
RUN = [b for b in BLOCKS if b.language in ("python", "sh") and not b.not_run]

# Modules and programs that a block needs if it has these words; where they are missing, the page is skipped.
MODULES = {"headrace.torch": "torch", "import torch": "torch", "PIL": "PIL", ".view(": "PIL", ".pil(": "PIL"}
PROGRAMS = {"| jq": "jq"}


def add_file(tar, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def make_imagenet():
    """The files of docs/imagenet.md, with the photographs of the repository, one of them a PNG named JPEG."""
    from PIL import Image

    png = io.BytesIO()
    Image.open(PHOTOS / "cat" / "square.jpg").save(png, "PNG")
    photos = {
        f"n{i:08}": sorted((PHOTOS / name).glob("*.jpg"))
        for i, name in enumerate(("astronaut", "cat", "coffee"))
    }
    with tarfile.open("ILSVRC2012_img_train.tar", "w") as outer:
        for wnid, files in photos.items():
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as tar:
                for number, file in enumerate(files):
                    data = png.getvalue() if number == 0 and wnid == "n00000001" else file.read_bytes()
                    add_file(tar, f"{wnid}_{number}.JPEG", data)
            add_file(outer, f"{wnid}.tar", inner.getvalue())
    lines = ["ImageId,PredictionString"]
    with tarfile.open("ILSVRC2012_img_val.tar", "w") as tar:
        for number, (wnid, files) in enumerate(photos.items()):
            add_file(tar, f"ILSVRC2012_val_{number:08}.JPEG", files[0].read_bytes())
            lines.append(f"ILSVRC2012_val_{number:08},{wnid} 1 2 3 4 ")
    pathlib.Path("LOC_val_solution.csv").write_text("\n".join(lines) + "\n")


PREPARE = {"imagenet.md": make_imagenet}


@pytest.fixture(scope="module")
def many_photos_file(tmp_path_factory):
    """The photographs of the repository, each three times."""
    folder = tmp_path_factory.mktemp("many")
    for photo in PHOTOS.glob("*/*.jpg"):
        (folder / "photos" / photo.parent.name).mkdir(parents=True, exist_ok=True)
        for copy in range(3):
            shutil.copy(photo, folder / "photos" / photo.parent.name / f"{photo.stem}{copy}.jpg")
    hr.write(folder / "photos", folder / "photos.hrd", progress=False)
    return folder / "photos.hrd"


@pytest.fixture
def sandbox(tmp_path, monkeypatch, many_photos_file):
    """A folder with what pages take for granted, and the command in PATH."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PHOTOS, "photos")
    shutil.copy(many_photos_file, "photos.hrd")
    os.symlink(ROOT / "examples", "examples")
    shutil.copy(ROOT / "examples" / "imagenet_train.json", "train.json")
    command = tmp_path / "bin" / "headrace"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m headrace "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    return tmp_path


def skip_without(blocks, page):
    code = re.sub(r"#.*", "", "".join(b.text for b in blocks))
    needed = {module for word, module in MODULES.items() if word in code}
    if page in PREPARE:
        needed.add("PIL")
    missing = sorted(m for m in needed if importlib.util.find_spec(m) is None)
    missing += sorted(
        program for word, program in PROGRAMS.items() if word in code and shutil.which(program) is None
    )
    if not hr.code_generator():
        missing.append("the compiler")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.mark.parametrize("page", sorted({b.page for b in RUN}))
def test_every_block_runs(page, sandbox):
    blocks = [b for b in RUN if b.page == page]
    skip_without(blocks, page)
    PREPARE.get(page, lambda: None)()
    names: dict = {}
    for block in blocks:
        if block.language == "python":
            exec(compile(block.text, block.place, "exec"), names)
            continue
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
        )
        assert result.returncode == 0, f"{block.place}:\n{block.text}\n{result.stderr}"


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "cpp"], ids=lambda b: b.place)
def test_cpp_compiles(block, tmp_path):
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    headers = sorted(h.name for h in (ROOT / "include" / "headrace").glob("*.h") if h.name != "headrace.h")
    source = "".join(f'#include "headrace/{name}"\n' for name in headers)
    (tmp_path / "block.cc").write_text(source + "void block() {\n" + block.text + "}\n")
    command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT / 'include'}", str(tmp_path / "block.cc")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, f"{block.place}:\n{result.stderr}"


def test_blocks_say_what_they_are_and_are_run():
    assert [b.place for b in BLOCKS if b.language not in LANGUAGES] == []
    assert {b.page for b in RUN} >= {
        "python.md",
        "quick_start.md",
        "coming_from.md",
        "imagenet.md",
        "loader.md",
    }
    # Those that need much data, or change the machine.
    assert [b.page for b in BLOCKS if b.not_run] == ["explain.md", "quick_start.md"]


def test_a_block_that_fails_is_noticed(sandbox):
    (sandbox / "docs").mkdir()
    page = sandbox / "docs" / "page.md"
    page.write_text(
        "# A page\n\n    headrace frobnicate\n\nand\n\n```python\nassert False\n```\n\n    f(0) = 1\n"
        "\n    headrace info FILE\n"
    )
    blocks = blocks_of(page)
    assert [(b.language, b.line, b.text) for b in blocks] == [
        ("sh", 3, "headrace frobnicate\n"),
        ("python", 7, "assert False\n"),
    ]
    assert subprocess.run(["bash", "-c", blocks[0].text], capture_output=True).returncode == 2


# --- tables ---


def page_text(name):
    return (DOCS / name).read_text()


def test_the_table_of_operations_is_whole():
    from headrace import chain, mixing, ops

    page = page_text("python.md")
    section = page[page.index("## Pipelines") : page.index("## Batches")]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)\(", row)}
    assert named == {*ops.__all__, *chain.__all__, *mixing.__all__} - {"Chain", "Op"}
    assert all(hasattr(hr, name) for name in named)


def names_in_parity():
    section = page_text("parity.md").split("## Operations")[1].split("## Loading")[0]
    here = [row.split("|")[4] for row in section.splitlines() if row.startswith("| ")][1:]
    return {name for cell in here for name in re.findall(r"`(\w+)`", cell)} - {"exact"}


def test_parity_names_operations_that_are_there():
    named = names_in_parity()
    assert len(named) > 20 and [name for name in named if not hasattr(hr, name)] == []
    others = {"Compose", "JsonOp"}  # have no counterpart
    from headrace import chain, mixing, ops

    assert {*ops.__all__, *chain.__all__, *mixing.__all__} - {"Chain", "Op"} <= named | others


def test_parity_names_every_operation_of_the_language():
    command = [sys.executable, "-m", "headrace", "ops"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    operations = {line.split()[0] for line in listed.splitlines()}
    assert len(operations) > 20 and "random_resized_crop" in operations
    named = {name.lower() for name in names_in_parity()}  # RandomResizedCrop for random_resized_crop
    assert sorted(name for name in operations if name.replace("_", "") not in named) == []


PREFIXES = (
    "bench cache cli compile data decode explain export image import io ir isa library loader object "
    "order packed python sample save schedule sheet spec state tune view write"
).split()
FILES = {"spec.md", "loader.md", "packed.md", "spec.json", "state.json"}


def codes_of_the_sources():
    """Everything between quotation marks that looks like a code."""
    quoted = re.compile(rf'"((?:{"|".join(PREFIXES)})\.[a-z_0-9]+)"')
    codes = {"internal"}
    for folder in ("runtime", "compiler", "kernels", "ir", "cli", "python/src", "python/headrace"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".cc", ".h", ".py"):
                codes.update(quoted.findall(path.read_text()))
    return codes - FILES


def test_every_code_is_explained_and_no_other():
    rows = [row for row in page_text("errors.md").splitlines() if row.startswith("| `")]
    explained = [
        code for row in rows for code in re.findall(r"`([a-z]+\.[a-z_0-9]+|internal)`", row.split("|")[1])
    ]
    assert len(explained) == len(set(explained))
    found = codes_of_the_sources()
    assert sorted(found - set(explained)) == [], "not explained in docs/errors.md"
    assert sorted(set(explained) - found) == [], "explained, but gone from the sources"


def test_pages_are_linked_and_links_lead_somewhere():
    pages = {p.name for p in DOCS.glob("*.md")} - {"README.md"}
    listed = set(re.findall(r"\]\((\w+\.md)\)", page_text("README.md")))
    assert pages - listed == set()
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (DOCS / target).exists(), f"{page.name} links to {target}"
