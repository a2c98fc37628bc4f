"""Copies of batches, made on a thread while the batch before is in use."""

from __future__ import annotations

import queue
import threading
from typing import Any, Callable, Iterator, NamedTuple, Sequence, Union

import torch

__all__ = ["Ahead", "CudaTransfer", "plain_transfer"]

Tensors = Sequence[Any]


class _Item(NamedTuple):
    number: int
    tensors: Any


class _End(NamedTuple):
    error: BaseException | None


class CudaTransfer:
    """To a CUDA device through page-locked memory, on a stream of its own."""

    def __init__(self, device: torch.device):
        self._device = device
        self._stream = torch.cuda.Stream(device)

    def __call__(self, tensors: Tensors) -> tuple[Tensors, Any]:
        with torch.cuda.device(self._device), torch.cuda.stream(self._stream):
            # The caching allocator keeps page-locked memory until the copies from it are done.
            copies = [t.pin_memory().to(self._device, non_blocking=True) for t in tensors]
            done = torch.cuda.Event()
            done.record(self._stream)
        return copies, done

    def receive(self, made: tuple[Tensors, Any]) -> Tensors:
        """On the thread that uses the tensors: its stream waits for the copies, and their memory for its
        stream."""
        tensors, done = made
        current = torch.cuda.current_stream(self._device)
        current.wait_event(done)
        for tensor in tensors:
            tensor.record_stream(current)
        return tensors


def plain_transfer(device: torch.device) -> Callable[[Tensors], Tensors]:
    return lambda tensors: [t.to(device) for t in tensors]


class _Channel:
    """Between the thread and its user."""

    def __init__(self) -> None:
        self.items: "queue.Queue[Union[_Item, _End]]" = queue.Queue(maxsize=1)
        self.stopping = threading.Event()

    def put(self, item: Union[_Item, _End]) -> None:
        """Waits for room, unless nobody wants the item any more."""
        while not self.stopping.is_set():
            try:
                return self.items.put(item, timeout=0.1)
            except queue.Full:
                pass


def _work(
    source: Iterator[tuple[int, Tensors]], transfer: Callable[[Tensors], Any], channel: _Channel
) -> None:
    error: BaseException | None = None
    try:
        for number, tensors in source:
            if channel.stopping.is_set():
                return
            made = transfer(tensors)
            del tensors  # the loader's memory goes back before the user is done with the copy
            channel.put(_Item(number, made))
            del made
    except BaseException as e:  # raised again where the batches are used
        error = e
    channel.put(_End(error))


class Ahead:
    """Iterates ``source``, one batch ahead of its user, with ``transfer`` applied to each batch on a
    thread."""

    def __init__(self, source: Iterator[tuple[int, Tensors]], transfer: Callable[[Tensors], Any]):
        self._receive: Callable[[Any], Tensors] = getattr(transfer, "receive", lambda made: made)
        self._channel = _Channel()
        self._ended = False
        # The thread has no reference to this object, so that it ends when nobody has.
        self._thread = threading.Thread(
            target=_work, args=(source, transfer, self._channel), name="headrace-transfer", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> "Ahead":
        return self

    def __next__(self) -> tuple[int, Tensors]:
        if self._ended:
            raise StopIteration
        item = self._channel.items.get()
        if isinstance(item, _End):
            self._ended = True
            self._thread.join()
            raise item.error or StopIteration
        return item.number, self._receive(item.tensors)

    def close(self) -> None:
        """Waits for the batch that is being made, and drops it."""
        self._ended = True
        self._channel.stopping.set()
        self._thread.join()

    def __del__(self) -> None:
        self._channel.stopping.set()
