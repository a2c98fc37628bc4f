"""Batches of a dataset, made by a compiled pipeline on threads of this process."""

from __future__ import annotations

import atexit
import collections
import json
import os
import weakref
from typing import Any, Callable, Iterator, Mapping, Sequence, Union

from headrace import _checks, _native
from headrace._ahead import import_ahead
from headrace._iteration import ArrayMaker, EpochRun, HostBatches, Iteration
from headrace._options import loader_options, refuse_unknown
from headrace._programs import Output, prepare
from headrace._schedule import Schedule
from headrace._warnings import warn
from headrace.dataset import Dataset
from headrace.distributed import rank_and_world_size
from headrace.pipeline import Pipeline

__all__ = ["Loader"]

_EXTRAS = ("mask", "sample_ids")
_FORMATS = ("tuple", "dict", "namedtuple")

# Threads of loaders that still live when the interpreter ends must not run while the library is taken down.
_living: "weakref.WeakSet[Loader]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for loader in list(_living):
        loader.close()


class Loader:
    """An iterable of batches: each ``for`` runs the next epoch.

        for epoch in range(90):
            for images, labels in loader: ...

    Batches are tuples of numpy arrays, one for each output of the pipeline and then one for each of
    ``extras``; with ``batch_format`` "dict" or "namedtuple" these. The arrays are the memory the threads
    wrote to, not copies. It is the user's as long as an array (or a view of one) lives and is used again
    after that: keep as many batches as memory holds.

    Arguments:
      dataset: a dataset file's path, or a Dataset.
      pipeline: a Pipeline, a JSON description (dict, text or a file's path), or a shared object compiled
        ahead of time.
      batch_size: rows of this process's batches; the global batch has ``world_size`` times as many.
      num_threads: worker threads; by default one for each CPU this process may use, shared with the other
        LOCAL_WORLD_SIZE - 1 training processes of this machine.
      seed: of the order and of all random operations.
      order: "random", "quasi_random" (random within ``window_bytes`` of data) or "sequential".
      drop_last: True leaves out the samples that do not fill a last global batch, False gives them as a
        smaller batch. ``tail`` says the same and more: "drop", "pad", or "wrap" (filled up from the start of
        the epoch).
      dtype, layout: the type ("f32", "f16", "bf16", "u8") and layout ("NCHW", "NHWC", "channels_last") of
        images, in place of the pipeline's.
      numerics: "fast" or "exact", in place of the pipeline's.
      rank, world_size: this process's share; by default as torch.distributed has it, else as torchrun sets it
        in the environment, else all.
      batch_format: "tuple", "dict" or "namedtuple".
      extras: of "mask" (bool; False in rows of zeros: padding, or samples that could not be made) and
        "sample_ids" (i64, numbers in the dataset; -1 for padding). With "mask" an incomplete last batch keeps
        all its rows.
      on_error: what becomes of a sample that cannot be made: "raise", "skip" (another takes its place) or
        "substitute" (a row of zeros). take_reports() lists them.
      limit: only the first so many samples of each epoch.
      subset, filter, weights, balance, draws: which samples an epoch is made of; see docs/loader.md.
        ``weights`` is a number for each sample, or the name of a field; ``balance`` the name of an i64 field.
      ring_slots, ring_bytes: batches made ahead, and memory for batches, those that are kept included (no
        limit).
      io, io_memory: "auto", "mmap", "pread" or "direct", and the bytes the latter two may read ahead.
      max_pixels, max_scans, max_memory: what an image may ask for before it counts as damaged: width x height
        (100 million), scans of a JPEG (500), bytes held for it at a time (2 GiB).
      engine, isa: "jit", "interp" or "loop-interp", and the instruction-set level to generate code for.
      libraries: paths of the shared libraries whose functions the pipeline may call (Call); no other is
        loaded.
      schedule: how code is written: the path of a file that ``headrace tune`` made, or its content as a dict.
        Changes the speed, never the bytes.
      pin_threads: each thread to a CPU of its own. trace: keep what write_trace() writes.
    """

    _framework = "numpy"
    _default_layout: str | None = None

    def __init__(
        self,
        dataset: Union[str, "os.PathLike[str]", Dataset],
        pipeline: Union[Pipeline, Mapping[str, Any], str, "os.PathLike[str]"],
        batch_size: int = 256,
        *,
        num_threads: int | None = None,
        seed: int = 0,
        order: str | None = None,
        drop_last: bool | None = None,
        tail: str | None = None,
        dtype: Any = None,
        layout: str | None = None,
        numerics: str | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        batch_format: str = "tuple",
        extras: Sequence[str] = (),
        on_error: str = "raise",
        limit: int | None = None,
        subset: Sequence[int] | None = None,
        filter: str | None = None,
        weights: Union[Sequence[float], str, None] = None,
        balance: str | None = None,
        draws: int | None = None,
        window_bytes: int | None = None,
        ring_slots: int | None = None,
        ring_bytes: int | None = None,
        io: str = "auto",
        io_memory: int | None = None,
        max_pixels: int | None = None,
        max_scans: int | None = None,
        max_memory: int | None = None,
        engine: str = "jit",
        isa: str | None = None,
        libraries: Sequence[Union[str, "os.PathLike[str]"]] = (),
        schedule: Schedule | None = None,
        pin_threads: bool = False,
        trace: bool = False,
        **unknown: Any,
    ):
        refuse_unknown(unknown)
        for extra in _checks.list_of("extras", extras):
            _checks.choice("extras", extra, _EXTRAS)
        _checks.choice("batch_format", batch_format, _FORMATS)
        rank, world_size = rank_and_world_size(rank, world_size)
        if num_threads is not None:
            _checks.integer("num_threads", num_threads, 1)
        import_ahead(self._framework)
        self.dataset = Dataset._of(dataset)
        self._prepared = prepare(
            pipeline,
            self.dataset,
            dtype=dtype,
            layout=layout,
            default_layout=self._default_layout,
            numerics=numerics,
            engine=engine,
            isa=isa,
            num_threads=num_threads,
            libraries=_checks.list_of("libraries", libraries),
            schedule=schedule,
        )
        options = loader_options(
            self._prepared.loader,
            batch_size=batch_size,
            num_threads=num_threads,
            seed=seed,
            order=order,
            drop_last=drop_last,
            tail=tail,
            rank=rank,
            world_size=world_size,
            on_error=on_error,
            limit=limit,
            subset=subset,
            filter=filter,
            weights=weights,
            balance=balance,
            draws=draws,
            window_bytes=window_bytes,
            ring_slots=ring_slots,
            ring_bytes=ring_bytes,
            io=io,
            io_memory=io_memory,
            max_pixels=max_pixels,
            max_scans=max_scans,
            max_memory=max_memory,
            pin_threads=pin_threads,
            trace=trace,
        )
        for message in _native.loader_warnings(self.dataset._native, options):
            warn(message)
        self._options = options
        self._native = _native.Loader(self.dataset._native, self._prepared.program, options)
        extras = tuple(extras)
        self._make_arrays = ArrayMaker(self.outputs, self._prepared.python_ops, extras, self._framework)
        self._make_batch = _batch_maker(batch_format, [*(o.name for o in self.outputs), *extras])
        self._epoch = 0  # of the next iteration
        self._run: EpochRun | None = None  # the latest
        _living.add(self)

    # --- what it is ---

    @property
    def batch_size(self) -> int:
        return self._options.batch_size

    @property
    def rank(self) -> int:
        return self._options.rank

    @property
    def world_size(self) -> int:
        return self._options.world_size

    @property
    def num_threads(self) -> int:
        return self._native.threads

    @property
    def samples_per_epoch(self) -> int:
        """Of all processes together; rows of padding not counted."""
        return self._native.samples_per_epoch

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Names, types, layouts and shapes (of one sample) of what batches hold."""
        return self._prepared.outputs

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._native.batches_per_epoch

    def __repr__(self) -> str:
        outputs = ", ".join(f"{o.name}: {o.dtype}{list(o.shape)}" for o in self.outputs)
        return (
            f"Loader({self.dataset.path!r}, {len(self)} batches of {self.batch_size}, {outputs}, "
            f"rank {self.rank} of {self.world_size}, {self.num_threads} threads)"
        )

    # --- iterating ---

    @property
    def epoch(self) -> int:
        """Of the iteration that is running, else of the next one."""
        run = self._run
        return run.epoch if run is not None and not run.finished else self._epoch

    def set_epoch(self, epoch: int) -> None:
        """The epoch of the next iteration; those after it count on from there. Without it they are 0, 1, 2,
        ..."""
        self._epoch = _checks.integer("epoch", epoch)

    def __iter__(self) -> Iteration:
        self._stop_run()
        epoch = self._epoch
        self._native.start_epoch(epoch)
        consumed: int = json.loads(self._native.state())["consumed"]  # where a loaded state stands
        self._run = EpochRun(epoch, consumed, self._batches())
        self._epoch = epoch + 1
        return Iteration(self, self._run)

    def _stop_run(self) -> None:
        if self._run is not None:
            self._run.stop()

    def _batches(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """(number of the global batch, arrays) of the rest of the epoch."""
        return HostBatches(self._native, self._make_arrays)

    # --- state ---

    def state_dict(self) -> dict[str, Any]:
        """Where the run stands after the batches that were yielded: plain numbers and texts, to be kept with
        the model's checkpoint. It fits any number of processes, threads and any engine."""
        state = json.loads(self._native.state())
        run = self._run
        if run is not None and not run.finished:
            state["epoch"], state["consumed"] = run.epoch, run.consumed
        elif run is not None or state["epoch"] != self._epoch:  # else it is a loaded one, or the start
            state["epoch"], state["consumed"] = self._epoch, 0
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next iteration goes on where the state stands, after it the epochs count on. Raises Error with
        every difference if the state is of another dataset, pipeline, order, seed or batch size."""
        self._stop_run()
        self._native.resume(json.dumps(dict(state)))
        self._run = None
        self._epoch = state["epoch"]

    # --- a look inside ---

    def stats(self) -> dict[str, Any]:
        """Totals since the loader was created; seconds are summed over threads."""
        return self._native.stats()

    def take_reports(self) -> list[dict[str, Any]]:
        """Samples of yielded batches that failed since the last call, with on_error "skip" and
        "substitute"."""
        return self._native.take_reports()

    def write_trace(self, path: str | os.PathLike[str]) -> None:
        """What each thread did and when, for Perfetto or chrome://tracing. Needs ``trace=True``."""
        self._native.write_trace(os.fspath(path))

    def view(
        self, count: int = 32, *, output: str | None = None, columns: int = 0, max_side: int = 256
    ) -> Any:
        """The first images of epoch 0 on one sheet, as a PIL image. The iteration that is running is not
        disturbed."""
        from headrace._view import contact_sheet

        return contact_sheet(self, _checks.integer("count", count, 1), output, columns, max_side)

    # --- the end ---

    def close(self) -> None:
        """Ends the threads. Batches that were yielded stay valid. Closing again does nothing."""
        self._stop_run()
        self._native.close()

    def __enter__(self) -> "Loader":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __reduce__(self):
        raise TypeError(
            "a Loader has threads and cannot be pickled; create one in each process, from the dataset's path"
        )


def _batch_maker(batch_format: str, names: list[str]) -> Callable[[Sequence[Any]], Any]:
    if batch_format == "tuple":
        return tuple
    if batch_format == "dict":
        return lambda arrays: dict(zip(names, arrays))
    named: Any = collections.namedtuple("Batch", names)  # type: ignore[misc]
    return named._make  # type: ignore[no-any-return]
