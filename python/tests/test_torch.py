"""headrace.torch: tensors without copies, states in checkpoints, copies ahead."""

import gc
import threading

import pytest

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

import headrace  # noqa: E402
import headrace.torch as hr  # noqa: E402
from conftest import PLAIN  # noqa: E402
from headrace.torch.transfer import Ahead  # noqa: E402


def make(file, **options):
    return hr.Loader(file, PLAIN, **{"batch_size": 10, "num_threads": 2, **options})


def labels_of(loader):
    return [labels.tolist() for _, labels in loader]


def test_everything_is_there():
    assert set(hr.__all__) == set(headrace.__all__) and all(hasattr(hr, name) for name in hr.__all__)
    assert hr.Loader is not headrace.Loader and hr.write is headrace.write


def test_tensors(numbers_file):
    for images, labels in make(numbers_file):
        assert images.dtype == torch.uint8 and labels.dtype == torch.int64
        assert (
            images.shape == (10, 3, 4, 4) and images.is_contiguous()
        )  # no layout is stated: as torch expects it
        assert (images == labels[:, None, None, None]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "channels_last"])
def test_types_and_layouts(photos_file, dtype, layout):
    loader = hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 4, dtype=dtype, layout=layout)
    images, _ = next(iter(loader))
    reference, _ = next(iter(hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 4)))
    assert images.dtype == dtype
    assert images.shape == ((4, 16, 16, 3) if layout == "NHWC" else (4, 3, 16, 16))
    if layout == "channels_last":
        assert images.is_contiguous(memory_format=torch.channels_last)
    else:
        assert images.is_contiguous()
    if layout == "NHWC":
        images = images.permute(0, 3, 1, 2)
    assert torch.equal(images, reference.to(dtype))


def test_bytes_are_those_of_numpy(photos_file):
    pipeline = hr.pipelines.imagenet_train(16)
    for (a, x), (b, y) in zip(hr.Loader(photos_file, pipeline, 4), headrace.Loader(photos_file, pipeline, 4)):
        assert a.numpy().tobytes() == b.tobytes() and x.tolist() == y.tolist()


def test_memory_lives_as_long_as_a_tensor(numbers_file):
    loader = make(numbers_file)
    images, labels = next(iter(loader))
    row, expected = images[4, 1:], int(labels[4])
    del images, labels
    list(loader)
    loader.close()
    del loader
    gc.collect()
    assert (row == expected).all()


def test_memory_comes_back_from_other_threads(numbers_file):
    loader = make(numbers_file)
    pointers = set()
    for _ in range(10):
        for images, labels in loader:
            pointers.add(images.data_ptr())
            dropped = threading.Thread(target=lambda kept: kept.clear(), args=([images, labels],))
            del images, labels
            dropped.start()
            dropped.join()
    assert len(pointers) <= 4


def test_nothing_is_copied_on_the_way_to_others(numbers_file):
    images, labels = next(iter(make(numbers_file)))
    assert torch.from_dlpack(images).data_ptr() == images.data_ptr()
    assert numpy.from_dlpack(labels).__array_interface__["data"][0] == labels.data_ptr()
    assert images.numpy().__array_interface__["data"][0] == images.data_ptr()
    arrays, _ = next(iter(headrace.Loader(numbers_file, PLAIN, 10)))
    assert torch.from_dlpack(arrays).data_ptr() == arrays.__array_interface__["data"][0]


def test_worker_processes_are_refused(numbers_file):
    with pytest.raises(
        TypeError, match="no argument 'num_workers'; use num_threads: headrace works with threads"
    ):
        make(numbers_file, num_workers=4)
    with pytest.raises(TypeError, match="cannot be pickled"):
        next(
            iter(
                torch.utils.data.DataLoader(
                    make(numbers_file), batch_size=None, num_workers=1, multiprocessing_context="spawn"
                )
            )
        )


def test_gradients_flow_through_a_batch(photos_file):
    images, labels = next(iter(hr.Loader(photos_file, hr.pipelines.imagenet_train(16), 4)))
    model = torch.nn.Conv2d(3, 2, 3)
    model(images).sum().backward()
    assert model.weight.grad.abs().sum() > 0


def test_extras_and_formats(numbers_file):
    *_, last = make(
        numbers_file, batch_size=20, drop_last=False, extras=["mask", "sample_ids"], batch_format="dict"
    )
    assert last["mask"].dtype == torch.bool and last["mask"].sum() == 10 and len(last["image"]) == 20
    assert last["sample_ids"][:10].tolist() == last["label"][:10].tolist()


def test_state_in_a_checkpoint(numbers_file, tmp_path):
    loader = make(numbers_file)
    rest = [labels.tolist() for i, (_, labels) in enumerate(loader) if i >= 2]
    loader = make(numbers_file)
    for i, _ in enumerate(loader):
        if i == 1:
            torch.save({"loader": loader.state_dict()}, tmp_path / "checkpoint.pt")
    resumed = make(numbers_file)
    resumed.load_state_dict(torch.load(tmp_path / "checkpoint.pt")["loader"])
    assert labels_of(resumed) == rest


@pytest.mark.parametrize("wrapped", [False, True], ids=["as it is", "in a dataset"])
def test_inside_torchdatas_stateful_dataloader(numbers_file, wrapped):
    stateful = pytest.importorskip("torchdata.stateful_dataloader")

    class Samples(torch.utils.data.IterableDataset):
        """As users wrap a loader that has a state of its own."""

        def __init__(self):
            self.loader = make(numbers_file)

        def __iter__(self):
            return iter(self.loader)

        def state_dict(self):
            return self.loader.state_dict()

        def load_state_dict(self, state):
            self.loader.load_state_dict(state)

    def outer():
        dataset = Samples() if wrapped else make(numbers_file)
        return stateful.StatefulDataLoader(dataset, batch_size=None, num_workers=0)

    whole = outer()
    expected = [labels.tolist() for _, labels in whole] + [labels.tolist() for _, labels in whole]
    first = outer()
    batches = iter(first)
    seen = [next(batches)[1].tolist() for _ in range(3)]
    state = first.state_dict()
    second = outer()
    second.load_state_dict(state)
    seen += [labels.tolist() for _, labels in second]
    seen += [labels.tolist() for _, labels in second]
    assert seen == expected


def test_rank_from_torch_distributed(numbers_file, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        loader = make(numbers_file)
        assert (loader.rank, loader.world_size) == (0, 1)
    finally:
        torch.distributed.destroy_process_group()
    assert make(numbers_file).rank == 3


# --- copies ahead ---


def test_a_device_without_cuda(numbers_file):
    loader = make(numbers_file, device="meta")
    for number, (images, labels) in enumerate(loader):
        assert images.device.type == labels.device.type == "meta" and images.shape == (10, 3, 4, 4)
        assert loader.state_dict()["consumed"] == 10 * (
            number + 1
        )  # of what was yielded, not of what was copied ahead
    assert loader.state_dict()["epoch"] == 1
    assert next(iter(make(numbers_file, device="cpu")))[0].device.type == "cpu"


def test_cuda_that_is_not_there(numbers_file, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device 'cuda:0': torch has no CUDA device here"):
        make(numbers_file, device=0)
    with pytest.warns(UserWarning, match="pin_memory=True makes no difference") as warned:
        loader = make(numbers_file, pin_memory=True)
    assert warned[0].filename == __file__ and not next(iter(loader))[0].is_pinned()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda(photos_file):
    pipeline = hr.pipelines.imagenet_train(64)
    device = hr.Loader(photos_file, pipeline, 4, device="cuda")
    pinned = hr.Loader(photos_file, pipeline, 4, pin_memory=True)
    for _ in range(3):
        for (a, x), (b, y) in zip(device, pinned):
            assert a.is_cuda and b.is_pinned() and torch.equal(a.cpu(), b) and torch.equal(x.cpu(), y)


def test_an_iteration_can_be_dropped_with_copies_under_way(numbers_file):
    def copying():
        return [t for t in threading.enumerate() if t.name == "headrace-transfer"]

    loader = make(numbers_file, device="meta")
    for _ in range(5):
        next(iter(loader))
    loader.close()
    assert not copying()
    loader = make(numbers_file, device="meta")
    next(iter(loader))
    del loader
    for thread in copying():
        thread.join(timeout=10)
    assert not copying()


def test_errors_cross_the_copying_thread():
    def source():
        yield 0, ["a"]
        raise KeyError("broken")

    ahead = Ahead(source(), lambda tensors: [t.upper() for t in tensors])
    assert next(ahead) == (0, ["A"])
    with pytest.raises(KeyError, match="broken"):
        next(ahead)
    assert list(ahead) == []


def test_received_where_it_is_used():
    class Transfer:
        def __call__(self, tensors):
            return threading.current_thread().name, tensors

        def receive(self, made):
            return [made[0], threading.current_thread().name]

    ahead = Ahead(iter([(0, []), (1, [])]), Transfer())
    assert list(ahead) == [(n, ["headrace-transfer", threading.current_thread().name]) for n in (0, 1)]
