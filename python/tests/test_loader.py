"""The loader's order, state and arguments, seen from Python."""

import json
import os
import pathlib
import subprocess
import sys

import headrace as hr
import numpy
import pytest
from conftest import PLAIN, ROOT


def labels_of(loader):
    return [labels.tolist() for _, labels in loader]


def make(file, **options):
    return hr.Loader(file, PLAIN, **{"batch_size": 10, "num_threads": 2, **options})


def test_batches_hold_what_was_written(numbers_file):
    loader = make(numbers_file)
    assert len(loader) == 5 and loader.samples_per_epoch == 50 and loader.batch_size == 10
    assert loader.outputs == (("image", "u8", "NHWC", (4, 4, 3)), ("label", "i64", "none", ()))
    seen = []
    for images, labels in loader:
        assert images.shape == (10, 4, 4, 3) and images.dtype == numpy.uint8 and labels.dtype == numpy.int64
        assert (images == labels[:, None, None, None]).all()
        seen += labels.tolist()
    assert sorted(seen) == list(range(50)) and seen != list(range(50))


def test_epochs_count_on(numbers_file):
    loader = make(numbers_file)
    first, second = labels_of(loader), labels_of(loader)
    assert first != second
    again = make(numbers_file)
    again.set_epoch(1)
    assert again.epoch == 1
    assert labels_of(again) == second
    assert again.epoch == 2
    again.set_epoch(0)
    assert labels_of(again) == first


def test_seed_and_threads(numbers_file):
    assert labels_of(make(numbers_file, seed=1)) != labels_of(make(numbers_file))
    assert labels_of(make(numbers_file, seed=1)) == labels_of(make(numbers_file, seed=1, num_threads=1))


@pytest.mark.filterwarnings("ignore:.*sorted by label")
def test_order(numbers_file):
    assert labels_of(make(numbers_file, order="sequential")) == [
        list(range(i, i + 10)) for i in range(0, 50, 10)
    ]
    in_order = hr.Pipeline(PLAIN.outputs, loader={"order": "sequential"})
    assert labels_of(hr.Loader(numbers_file, in_order, 10))[0] == list(range(10))
    assert labels_of(hr.Loader(numbers_file, in_order, 10, order="random"))[0] != list(range(10))


def test_sequential_order_over_sorted_labels_is_warned_of(numbers_file):
    with pytest.warns(UserWarning, match="sorted by label") as warned:
        make(numbers_file, order="sequential")
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    "options, sizes",
    [
        ({}, [20, 20]),
        ({"drop_last": True}, [20, 20]),
        ({"drop_last": False}, [20, 20, 10]),
        ({"tail": "pad"}, [20, 20, 10]),
        ({"tail": "wrap"}, [20, 20, 20]),
        ({"limit": 30, "tail": "pad"}, [20, 10]),
    ],
)
def test_last_batch(numbers_file, options, sizes):
    batches = list(make(numbers_file, batch_size=20, **options))
    assert [len(images) for images, _ in batches] == [len(labels) for _, labels in batches] == sizes


def test_mask_and_sample_ids(numbers_file):
    loader = make(numbers_file, batch_size=20, drop_last=False, extras=["mask", "sample_ids"])
    *full, (images, labels, mask, ids) = loader
    assert all(m.all() and numpy.array_equal(i, y) for _, y, m, i in full)
    assert len(images) == 20 and mask.dtype == bool and mask.tolist() == [True] * 10 + [False] * 10
    assert ids.tolist() == labels[:10].tolist() + [-1] * 10 and (images[10:] == 0).all()


def test_batch_formats(numbers_file):
    (batch, *_) = make(numbers_file, batch_format="dict", extras=["sample_ids"])
    assert list(batch) == ["image", "label", "sample_ids"]
    (batch, *_) = make(numbers_file, batch_format="namedtuple")
    assert batch._fields == ("image", "label") and batch.label is batch[1]


def test_selection(numbers_file):
    def labels(**options):
        return sum(labels_of(make(numbers_file, batch_size=2, **options)), [])

    assert sorted(labels(subset=[3, 1, 4, 8])) == [1, 3, 4, 8]
    assert sorted(labels(filter="label < 4")) == [0, 1, 2, 3]
    weights = numpy.zeros(50)
    weights[[7, 9]] = 1
    assert set(labels(weights=weights, draws=40)) == {7, 9}
    assert 0 not in labels(weights="label", draws=200)
    assert len(labels(balance="label", draws=30)) == 30


# --- ranks ---


def test_ranks_share_one_order(numbers_file):
    whole = sum(labels_of(make(numbers_file)), [])
    parts = [make(numbers_file, batch_size=5, rank=r, world_size=2) for r in range(2)]
    assert [len(p) for p in parts] == [5, 5]
    for k, rows in enumerate(zip(*(labels_of(p) for p in parts))):
        assert [row[i] for i in range(5) for row in rows] == whole[10 * k : 10 * k + 10]


def test_rank_from_the_environment(numbers_file, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert make(numbers_file).world_size == 1
    monkeypatch.setenv("WORLD_SIZE", "5")
    loader = make(numbers_file)
    assert (loader.rank, loader.world_size) == (1, 5)
    assert make(numbers_file, rank=0, world_size=1).world_size == 1
    monkeypatch.setenv("RANK", "x")
    with pytest.raises(hr.Error, match="RANK='x' and WORLD_SIZE='5' must be integers"):
        make(numbers_file)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"rank": 1}, "give both or neither"),
        ({"rank": 2, "world_size": 2}, "rank must be less than world_size"),
    ],
)
def test_wrong_ranks(numbers_file, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(numbers_file, **options)


# --- state ---


def test_state_continues_where_it_stood(numbers_file):
    whole = make(numbers_file)
    epochs = [labels_of(whole) for _ in range(3)]
    for stop in range(5):
        loader = make(numbers_file)
        labels_of(loader)
        for number, _ in enumerate(loader):
            if number == stop:
                break
        state = json.loads(json.dumps(loader.state_dict()))
        assert (state["epoch"], state["consumed"]) == (1, 10 * (stop + 1))
        resumed = make(numbers_file, num_threads=1)
        resumed.load_state_dict(state)
        assert resumed.state_dict() == state
        assert resumed.epoch == 1
        assert labels_of(resumed) == epochs[1][stop + 1 :]
        assert labels_of(resumed) == epochs[2]


def test_state_before_and_after_an_epoch(numbers_file):
    loader = make(numbers_file)
    assert (loader.state_dict()["epoch"], loader.state_dict()["consumed"]) == (0, 0)
    loader.set_epoch(7)
    assert (loader.state_dict()["epoch"], loader.state_dict()["consumed"]) == (7, 0)
    labels_of(loader)
    state = loader.state_dict()
    assert (state["epoch"], state["consumed"]) == (8, 0)
    resumed = make(numbers_file)
    resumed.load_state_dict(state)
    assert labels_of(resumed) == labels_of(loader)


def test_set_epoch_after_loading(numbers_file):
    loader = make(numbers_file)
    next(iter(loader))
    state = loader.state_dict()
    same, other = make(numbers_file), make(numbers_file)
    for resumed, epoch in ((same, 0), (other, 4)):
        resumed.load_state_dict(state)
        resumed.set_epoch(epoch)
    assert len(labels_of(same)) == 4  # as training loops do it: the state's own epoch goes on
    assert other.state_dict() == {**state, "epoch": 4, "consumed": 0} and len(labels_of(other)) == 5


def test_state_in_another_world(numbers_file):
    whole = make(numbers_file)
    batches = iter(whole)
    next(batches), next(batches)
    rest = sum((labels.tolist() for _, labels in batches), [])
    whole = make(numbers_file)
    batches = iter(whole)
    next(batches), next(batches)
    state = whole.state_dict()
    parts = []
    for rank in range(2):
        part = make(numbers_file, batch_size=5, rank=rank, world_size=2)
        part.load_state_dict(state)
        parts.append(sum(labels_of(part), []))
    assert [row for pair in zip(*parts) for row in pair] == rest


def test_a_state_that_does_not_fit(numbers_file, photos_file):
    state = make(numbers_file).state_dict()
    for other in (
        make(numbers_file, seed=1),
        make(numbers_file, batch_size=5),
        make(photos_file, batch_size=2),
    ):
        with pytest.raises(hr.Error) as raised:
            other.load_state_dict(state)
        assert raised.value.code.startswith("state.")
    with pytest.raises(hr.Error) as raised:
        make(numbers_file).load_state_dict({"epoch": 1})
    assert raised.value.where == "state_dict"


# --- one loader, several iterations ---


def test_an_iteration_ends_when_another_begins(numbers_file):
    loader = make(numbers_file)
    old = iter(loader)
    next(old)
    assert len(old) == 4
    new = iter(loader)
    with pytest.raises(hr.Error) as raised:
        next(old)
    assert raised.value.code == "loader.iteration"
    assert len(list(new)) == 5 and list(new) == []


def test_two_loaders_at_once(numbers_file):
    a, b = make(numbers_file), make(numbers_file)
    for (_, x), (_, y) in zip(a, b):
        assert x.tolist() == y.tolist()


def test_close(numbers_file):
    with make(numbers_file) as loader:
        images, labels = next(iter(loader))
    loader.close()
    assert (images == labels[:, None, None, None]).all()
    with pytest.raises(hr.Error) as raised:
        iter(loader)
    assert raised.value.code == "loader.closed"


# --- samples that fail ---


@pytest.fixture(scope="module")
def damaged_file(tmp_path_factory, numbers_file) -> str:
    """A pipeline that crops 8 x 8 cannot make sample 3, which is smaller."""
    samples = [
        {"image": numpy.full((4 if i == 3 else 8,) * 2 + (3,), i, numpy.uint8), "label": i} for i in range(10)
    ]
    path = str(tmp_path_factory.mktemp("damaged") / "d.hrd")
    hr.write(samples, path, progress=False)
    return path


CROPS = hr.Pipeline(image=hr.Decode() | hr.CenterCrop(8), label=hr.Field("label"))


def test_a_failing_sample_raises(damaged_file):
    with pytest.raises(hr.Error) as raised:
        list(hr.Loader(damaged_file, CROPS, 5))
    assert f'{damaged_file}: sample 3, field "image": the crop of 8x8' in str(raised.value)


@pytest.mark.parametrize("policy", ["skip", "substitute"])
def test_a_failing_sample_is_reported(damaged_file, policy):
    loader = hr.Loader(damaged_file, CROPS, 10, on_error=policy, extras=["mask", "sample_ids"])
    ((images, labels, mask, ids),) = loader
    (report,) = loader.take_reports()
    assert (report["sample"], report["epoch"], report["key"]) == (3, 0, "#3") and loader.take_reports() == []
    assert loader.stats()["failed_samples"] == 1
    row = report["row"]
    if policy == "skip":
        assert mask.all() and ids[row] == report["substitute"] == labels[row] != 3
    else:
        assert report["substitute"] is None and mask.sum() == 9 and not mask[row] and (images[row] == 0).all()


# --- arguments ---


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"num_workers": 4},
            "Loader has no argument 'num_workers'; use num_threads: headrace works with threads, in this "
            "process",
        ),
        (
            {"shuffle": True},
            'Loader has no argument \'shuffle\'; use order="random" (the default), "quasi_random" or '
            '"sequential"',
        ),
        (
            {"pin_memory": True},
            "Loader has no argument 'pin_memory'; the Loader of headrace.torch has it",
        ),
        ({"frobnicate": 1}, "Loader has no argument 'frobnicate'"),
        ({"batch_size": 0}, "batch_size must be at least 1, not 0"),
        ({"batch_size": 2.5}, "batch_size must be an integer, not 2.5"),
        ({"num_threads": "2"}, "num_threads must be an integer, not '2'"),
        (
            {"order": "shuffled"},
            "order must be one of 'sequential', 'random', 'quasi_random', not 'shuffled'",
        ),
        ({"drop_last": True, "tail": "pad"}, "drop_last and tail say the same thing: give one of them"),
        ({"drop_last": 1}, "drop_last must be True or False, not 1"),
        ({"extras": ["masks"]}, "extras must be one of 'mask', 'sample_ids', not 'masks'"),
        ({"batch_format": "list"}, "batch_format must be one of 'tuple', 'dict', 'namedtuple', not 'list'"),
        ({"io": "uring"}, "io must be one of 'auto', 'mmap', 'pread', 'direct', not 'uring'"),
        (
            {"engine": "vm"},
            'error[python.engine] "vm" is no engine; expected "jit", "interp" or "loop-interp"',
        ),
        (
            {"isa": "avx"},
            'error[python.isa] "avx" is no level; expected "x86-64-v3", "x86-64-v4", "x86-64-v4-vbmi2", '
            '"armv8-neon" or "host"',
        ),
        ({"layout": "CHW"}, "layout must be one of 'NHWC', 'NCHW', 'channels_last', not 'CHW'"),
    ],
)
def test_wrong_arguments(numbers_file, options, message):
    with pytest.raises((hr.Error, TypeError, ValueError)) as raised:
        make(numbers_file, **options)
    assert str(raised.value) == message


def test_errors_of_the_loader_itself(numbers_file):
    with pytest.raises(hr.Error) as raised:
        hr.Loader(numbers_file, hr.Pipeline(image=hr.Decode("picture") | hr.CenterCrop(4)))
    assert raised.value.code == "spec.unknown_name"
    with pytest.raises(hr.Error) as raised:
        make(numbers_file, batch_size=51)
    assert raised.value.code == "loader.batch_size"


@pytest.mark.parametrize("io", ["mmap", "pread"])
def test_io_engines(numbers_file, io):
    loader = make(numbers_file, io=io)
    assert sorted(sum(labels_of(loader), [])) == list(range(50))
    assert loader.stats()["io"]["engine"] == io


def test_overrides_of_type_and_layout(photos_file):
    loader = hr.Loader(
        photos_file, hr.pipelines.imagenet_train(16), 4, dtype=numpy.float16, layout="channels_last"
    )
    images, _ = next(iter(loader))
    assert images.dtype == numpy.float16 and images.shape == (4, 3, 16, 16)
    assert images.strides == (16 * 16 * 3 * 2, 2, 16 * 3 * 2, 3 * 2)
    plain = next(iter(hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 4)))[0]
    assert numpy.array_equal(plain.astype(numpy.float16), images)


def test_interpreter_gives_the_same_bytes(photos_file):
    loaders = [
        hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 6, engine=e) for e in ("jit", "interp")
    ]
    for (a, x), (b, y) in zip(*loaders):
        assert a.tobytes() == b.tobytes() and x.tolist() == y.tolist()


def test_bytes_are_those_of_the_command(photos_file, tmp_path):
    spec = ROOT / "examples" / "imagenet_train.json"
    command = [
        sys.executable,
        "-m",
        "headrace",
        "run",
        spec,
        photos_file,
        "--batch-size",
        "4",
        "--seed",
        "5",
        "--epochs",
        "2",
        "--save",
        tmp_path,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    loader = hr.Loader(photos_file, spec, 4, seed=5)
    for epoch in range(2):
        for number, (images, labels) in enumerate(loader):
            for name, array in (("image", images), ("label", labels)):
                saved = numpy.load(tmp_path / f"epoch{epoch}_batch{number:05d}_{name}.npy")
                assert saved.tobytes() == array.tobytes()


def test_trace(numbers_file, tmp_path):
    loader = make(numbers_file, trace=True)
    list(loader)
    loader.write_trace(tmp_path / "trace.json")
    assert json.loads(pathlib.Path(tmp_path / "trace.json").read_text())["traceEvents"]
    with pytest.raises(hr.Error) as raised:
        make(numbers_file).write_trace(tmp_path / "none.json")
    assert raised.value.code == "loader.trace" and not os.path.exists(tmp_path / "none.json")


def test_view(photos_file):
    pytest.importorskip("PIL")
    loader = hr.Loader(photos_file, hr.pipelines.imagenet_train(32), 4)
    batches = iter(loader)
    next(batches)
    sheet = loader.view(6)
    assert sheet.mode == "RGB" and sheet.width > 64 and len(sheet.getcolors(1 << 24)) > 100
    assert len(list(batches)) == 2  # not disturbed
    with pytest.raises(ValueError, match="no image output; its outputs are label"):
        hr.Loader(photos_file, hr.Pipeline(label=hr.Field("label")), 4).view()


def test_limits_on_images(photos_file):
    loader = hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 4, max_pixels=1000)
    with pytest.raises(hr.Error) as raised:
        next(iter(loader))
    assert raised.value.code == "sample.limit" and "max_pixels" in str(raised.value)
