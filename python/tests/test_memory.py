"""Who owns a batch's memory, and what happens to threads: arrays that are kept, loaders that are dropped,
forks, Ctrl-C."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import weakref

import headrace as hr
import numpy
import pytest
from conftest import PLAIN


def make(file, **options):
    return hr.Loader(file, PLAIN, **{"batch_size": 10, "num_threads": 2, **options})


def address(array):
    return array.__array_interface__["data"][0]


def in_a_process(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_every_batch_can_be_kept(numbers_file):
    loader = make(numbers_file, batch_size=1, ring_slots=2)
    kept = [batch for _ in range(4) for batch in loader]
    assert len(kept) == 200 and len({address(images) for images, _ in kept}) == 200
    assert all((images == labels[0]).all() for images, labels in kept)


def test_a_budget_for_kept_batches(numbers_file):
    loader = make(numbers_file, batch_size=1, ring_slots=2, ring_bytes=1 << 16)
    kept = []
    with pytest.raises(hr.Error) as raised:
        for batch in loader:
            kept.append(batch)
    assert raised.value.code == "loader.held" and kept


@pytest.mark.parametrize(
    "keep",
    [
        lambda images, labels: images,
        lambda images, labels: labels,
        lambda images, labels: images[3:, 1],
        lambda images, labels: labels[::2],
        lambda images, labels: memoryview(images),
    ],
)
def test_any_view_keeps_the_memory(numbers_file, keep):
    loader = make(numbers_file)
    images, labels = next(iter(loader))
    expected = numpy.array(keep(images, labels))
    view = keep(images, labels)
    del images, labels
    for _ in range(3):
        list(loader)
    loader.close()
    del loader
    assert numpy.array_equal(numpy.asarray(view), expected)


def test_memory_is_used_again(numbers_file):
    loader = make(numbers_file)
    addresses = {address(images) for _ in range(20) for images, _ in loader}
    assert len(addresses) <= 4  # three in the ring, and the one in use


def test_arrays_of_one_batch_share_its_memory(numbers_file):
    images, labels = next(iter(make(numbers_file)))
    assert 0 < address(labels) - address(images) < 1 << 16 and images.flags.writeable
    images += 1  # it is the user's
    assert (images == labels[:, None, None, None] + 1).all()


def threads():
    return len(os.listdir("/proc/self/task"))


def test_a_dropped_loader_ends_its_threads_at_once(numbers_file):
    gc.disable()
    try:
        before = threads()
        loader = make(numbers_file, num_threads=3)
        batches = iter(loader)
        next(batches)
        assert threads() >= before + 3  # and those that read ahead
        gone = weakref.ref(loader)
        del loader, batches
        assert gone() is None and threads() == before
    finally:
        gc.enable()


def test_nothing_is_left_of_many_loaders(numbers_file):
    before = threads()
    for _ in range(20):
        next(iter(make(numbers_file)))
    assert threads() == before


def test_python_threads_take_turns(numbers_file):
    loader = make(numbers_file, batch_size=1)
    batches, seen, lock = iter(loader), [], threading.Lock()

    def consume():
        for _, labels in batches:
            with lock:
                seen.append(int(labels[0]))

    consumers = [threading.Thread(target=consume) for _ in range(4)]
    [t.start() for t in consumers]
    [t.join() for t in consumers]
    assert sorted(seen) == list(range(50))


def test_interpreter_may_end_at_any_time(numbers_file):
    code = """
        import sys, headrace as hr
        pipeline = hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4))
        keep = [iter(hr.Loader(sys.argv[1], pipeline, batch_size=10)) for _ in range(3)]
        images = [next(b) for b in keep]
    """
    result = in_a_process(code, numbers_file)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_fork_is_told(numbers_file):
    code = """
        import os, sys, headrace as hr
        loader = hr.Loader(sys.argv[1], hr.Pipeline(image=hr.Decode() | hr.CenterCrop(4)), batch_size=10)
        batches = iter(loader)
        kept = next(batches)
        if (child := os.fork()) == 0:
            try:
                next(batches)
            except hr.Error as e:
                print(e.code, "create the loader after fork()" in str(e), kept[0].sum() > 0, flush=True)
                del batches, kept, loader
                sys.exit(7)
        status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), len(list(batches)))
    """
    result = in_a_process(code, numbers_file)
    assert result.stdout.splitlines() == ["loader.fork True True", "7 4"], result.stderr


# A batch that takes the interpreter minutes: whoever waits for it waits long. numpy is there already:
# what its import on a thread evaluates after the interrupt makes CPython forget it, and exit with 1.
SLOW = """
    import os, signal, sys, threading, numpy, headrace as hr
    pipeline = hr.Pipeline(image=hr.Decode() | hr.RandomResizedCrop(32), label=hr.Field("label"))
    loader = hr.Loader(sys.argv[1], pipeline, batch_size=30000, draws=30000, balance="label", engine="interp")
    batches = iter(loader)
"""


def test_ctrl_c_while_waiting(photos_file):
    code = (
        SLOW
        + """
    for _ in range(2):
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            next(batches)
        except KeyboardInterrupt:
            print("interrupted", loader.state_dict()["consumed"])
    """
    )
    result = in_a_process(code, photos_file)
    assert result.stdout.splitlines() == ["interrupted 0", "interrupted 0"], result.stderr
    assert (result.returncode, result.stderr) == (0, "")


def test_ctrl_c_ends_a_program(photos_file):
    result = in_a_process(
        SLOW
        + """
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    next(batches)
    """,
        photos_file,
    )
    assert result.returncode == -signal.SIGINT and result.stderr.rstrip().endswith("KeyboardInterrupt")


def test_other_threads_run_while_one_waits(photos_file):
    code = (
        SLOW
        + """
    waiting = threading.Thread(target=next, args=(batches,), daemon=True)
    waiting.start()
    print(sum(range(1000)), flush=True)
    os._exit(0)
    """
    )
    assert in_a_process(code, photos_file).stdout == "499500\n"


def test_loaders_cannot_be_pickled(numbers_file):
    import pickle

    with pytest.raises(TypeError, match="create one in each process"):
        pickle.dumps(make(numbers_file))
