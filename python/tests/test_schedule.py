"""Schedules: they reach the compiler, change no byte, and what is wrong with them is said with its place."""

import json
import subprocess
import sys

import headrace as hr
import numpy
import pytest

NARROW = {"headrace_schedule": 1, "vector_bits": 128, "strip_rows": 32, "unroll": 2, "idct_columns": 2}
WIDE = {"headrace_schedule": 1, "vector_bits": 512, "strip_rows": 8}
PIPELINE = hr.pipelines.imagenet_train(16)

compiles = pytest.mark.skipif(not hr.code_generator(), reason="built without a compiler")


def batches(file, pipeline=PIPELINE, **options):
    loader = hr.Loader(file, pipeline, 4, num_threads=1, **options)
    return [array.tobytes() for batch in loader for array in batch]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of an object cache that is empty."""
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@compiles
def test_code_differs_and_bytes_do_not(photos_file, cache, tmp_path):
    expected = batches(photos_file)
    (tmp_path / "narrow.json").write_text(json.dumps(NARROW))
    for number, schedule in enumerate((WIDE, NARROW), 2):
        assert batches(photos_file, schedule=schedule) == expected
        assert len(list(cache.iterdir())) == number
    for form in (tmp_path / "narrow.json", str(tmp_path / "narrow.json"), {"headrace_schedule": 1}):
        assert batches(photos_file, schedule=form) == expected
    assert len(list(cache.iterdir())) == 3  # a file is what is in it, and nothing set is the default


def test_interpreters_take_them(photos_file):
    expected = batches(photos_file, engine="interp", limit=4)
    for engine in ("interp", "loop-interp"):
        assert batches(photos_file, engine=engine, schedule=NARROW, limit=4) == expected


def test_emit(photos_file):
    texts = {
        PIPELINE.emit("loop", photos_file, isa="x86-64-v4", schedule=schedule)
        for schedule in (None, WIDE, NARROW)
    }
    assert len(texts) == 3


@compiles
def test_explain(photos_file):
    page = PIPELINE.explain(photos_file, isa="x86-64-v3", html=True, schedule=NARROW)
    assert "128-bit vectors" in page


@compiles
def test_ahead_of_time(photos_file, tmp_path):
    plain, narrow = tmp_path / "plain.so", tmp_path / "narrow.so"
    PIPELINE.compile(plain)
    PIPELINE.compile(narrow, schedule=NARROW)
    assert plain.read_bytes() != narrow.read_bytes()
    assert batches(photos_file, narrow) == batches(photos_file, plain) == batches(photos_file)
    with pytest.raises(TypeError) as raised:
        batches(photos_file, narrow, schedule=WIDE, dtype="f16")
    assert (
        str(raised.value) == f"{narrow} was compiled ahead of time: its dtype and schedule cannot be changed"
    )


@compiles
def test_what_tune_writes_is_read(photos_file, tmp_path):
    spec, schedule = tmp_path / "train.json", tmp_path / "schedule.json"
    spec.write_text(PIPELINE.to_json())
    command = [sys.executable, "-m", "headrace", "tune", spec, "--data", photos_file, "-o", schedule]
    subprocess.run(
        [*command, "--seconds", "1", "--threads", "1"], check=True, capture_output=True, timeout=300
    )
    assert batches(photos_file, schedule=schedule) == batches(photos_file)


# --- errors ---

WRONG = {"headrace_schedule": 1, "vector_bit": 512, "unroll": 3}
PROBLEMS = [
    (
        "schedule.unknown_key",
        "/vector_bit",
        'unknown key "vector_bit" of a schedule; did you mean "vector_bits"?',
    ),
    ("schedule.value", "/unroll", "expected 1 or 2, found 3"),
]

USES = {
    "Loader": lambda file, schedule, folder: hr.Loader(file, PIPELINE, 4, schedule=schedule),
    "emit": lambda file, schedule, folder: PIPELINE.emit("loop", file, schedule=schedule),
    "explain": lambda file, schedule, folder: PIPELINE.explain(file, schedule=schedule),
    "compile": lambda file, schedule, folder: PIPELINE.compile(folder / "p.so", schedule=schedule),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_errors_name_file_and_place(photos_file, tmp_path, use):
    if use is USES["explain"] and not hr.code_generator():
        pytest.skip("built without a compiler")
    with pytest.raises(hr.Error) as raised:
        use(photos_file, WRONG, tmp_path)
    assert raised.value.errors == PROBLEMS
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(WRONG))
    with pytest.raises(hr.Error) as raised:
        use(photos_file, path, tmp_path)
    assert raised.value.errors == [(code, f"{path}#{where}", text) for code, where, text in PROBLEMS]
    assert not (tmp_path / "p.so").exists()


def test_files_that_are_none(photos_file, tmp_path):
    missing, broken = tmp_path / "missing.json", tmp_path / "broken.json"
    broken.write_text('{"headrace_schedule": 1,\n "unroll" 2}')
    for path, code, where in (
        (missing, "schedule.file", f"{missing}"),
        (tmp_path, "schedule.file", f"{tmp_path}"),
        (broken, "schedule.syntax", f"{broken}: line 2, column 11"),
    ):
        with pytest.raises(hr.Error) as raised:
            batches(photos_file, schedule=path)
        assert (raised.value.code, raised.value.where) == (code, where)


@pytest.mark.parametrize(
    "schedule, error, message",
    [
        ({}, hr.Error, 'error[schedule.missing_key] missing key "headrace_schedule" of a schedule; '),
        (512, TypeError, "schedule must be a file's path or a dict, not 512"),
        ("", ValueError, "schedule must be a file's path or a dict, not ''"),
        ({**NARROW, "unroll": {2}}, TypeError, "schedule holds {2}; expected integers"),
    ],
)
def test_what_is_no_schedule(photos_file, schedule, error, message):
    with pytest.raises(error) as raised:
        batches(photos_file, schedule=schedule)
    assert str(raised.value).startswith(message)


def test_integers_of_numpy_are_integers():
    schedule = {"headrace_schedule": 1, "unroll": numpy.int64(2)}
    assert PIPELINE.emit("loop", schedule=schedule) == PIPELINE.emit(
        "loop", schedule={**schedule, "unroll": 2}
    )


def test_without_a_dataset_explain_has_no_use_for_one():
    with pytest.raises(ValueError, match="explain needs a dataset"):
        PIPELINE.explain(schedule=WIDE)
