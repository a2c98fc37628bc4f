"""Iterating a loader. Nothing here that lives on refers to the Loader, so that a Loader nobody uses is freed
at once."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

from headrace._errors import error
from headrace._programs import Output


class ArrayMaker(NamedTuple):
    """From a finished batch to its arrays."""

    outputs: tuple[Output, ...]
    python_ops: dict[str, tuple[Any, ...]]
    extras: tuple[str, ...]
    framework: str

    def __call__(self, batch: Any) -> list[Any]:
        rows = batch.rows if "mask" in self.extras else batch.samples
        arrays = []
        for i, output in enumerate(self.outputs):
            array = batch.output(i, rows, self.framework)
            for op in self.python_ops.get(output.name, ()):
                array = op.function(array)
            arrays.append(array)
        for extra in self.extras:
            arrays.append(
                batch.mask(self.framework) if extra == "mask" else batch.sample_ids(rows, self.framework)
            )
        return arrays


class HostBatches:
    """(number of the global batch, arrays) of the rest of the epoch. Not a generator: Ctrl-C while it waits
    must not end it."""

    def __init__(self, native: Any, make_arrays: ArrayMaker):
        self._native = native
        self._make_arrays = make_arrays

    def __iter__(self) -> "HostBatches":
        return self

    def __next__(self) -> tuple[int, list[Any]]:
        batch = self._native.next()
        if batch is None:
            raise StopIteration
        return batch.index, self._make_arrays(batch)


class EpochRun:
    """An epoch that was begun, and how far its user has come."""

    def __init__(self, epoch: int, consumed: int, source: Iterator[tuple[int, Sequence[Any]]]):
        self.epoch = epoch
        self.consumed = consumed  #: samples of the epoch's global sequence that were yielded
        self.finished = False
        self.stopped = False
        self.source = source

    def stop(self) -> None:
        """Another run is about to begin; this one is over."""
        if not self.finished:
            self.stopped = True
        close = getattr(self.source, "close", None)
        if close is not None:
            close()


class Iteration:
    """What ``iter(loader)`` gives: one epoch, or the rest of one."""

    def __init__(self, loader: Any, run: EpochRun):
        self._loader = loader
        self._run = run
        self._global_batch: int = loader.batch_size * loader.world_size

    def __iter__(self) -> "Iteration":
        return self

    def __next__(self) -> Any:
        run = self._run
        if run.stopped:
            raise error(
                "loader.iteration",
                self._loader.dataset.path,
                "another iteration of this loader has begun, or it was closed; to iterate twice at once, "
                "create two loaders",
            )
        if run.finished:
            raise StopIteration
        try:
            index, arrays = next(run.source)
        except StopIteration:
            run.finished = True
            raise
        run.consumed = (index + 1) * self._global_batch
        return self._loader._make_batch(arrays)

    def __len__(self) -> int:
        """Batches still to come."""
        return len(self._loader) - self._run.consumed // self._global_batch
