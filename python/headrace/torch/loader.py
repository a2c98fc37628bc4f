"""Batches of torch tensors, pinned or on a device if that is asked for."""

from __future__ import annotations

from typing import Any, Iterator, Sequence, Union

import torch
from torch.utils.data import IterableDataset

from headrace import _checks, loader
from headrace._warnings import warn
from headrace.torch.transfer import Ahead, CudaTransfer, plain_transfer

__all__ = ["Loader"]


class Loader(loader.Loader, IterableDataset):
    """An iterable of batches of torch tensors; ``headrace.Loader`` says what there is to say about both.

    Images of pipelines that state no layout come as "NCHW", as torch expects them. To programs that look, it
    is an IterableDataset of batches: ``StatefulDataLoader(loader, batch_size=None)`` takes it, state
    included. Nothing is gained by a DataLoader around it.

    Further arguments:
      pin_memory: copy batches into page-locked memory, on a thread of its own.
      device: copy batches to this device. To a CUDA device, the next batch is copied on a stream of its own
        while the current one is in use; what uses a batch on the stream that was current when it was yielded
        waits for its copy.
    """

    _framework = "torch"
    _default_layout = "NCHW"

    def __init__(
        self,
        *args: Any,
        pin_memory: bool = False,
        device: Union[torch.device, str, int, None] = None,
        **options: Any,
    ):
        self._pin_memory = _checks.flag("pin_memory", pin_memory)
        self._device = _device(device)
        if self._pin_memory and not torch.cuda.is_available():
            warn("pin_memory=True makes no difference: torch has no CUDA device here")
            self._pin_memory = False
        super().__init__(*args, **options)

    def _batches(self) -> Iterator[tuple[int, Sequence[Any]]]:
        host = super()._batches()
        if self._device is not None and self._device.type == "cuda":
            return Ahead(host, CudaTransfer(self._device))
        if self._device is not None:
            return Ahead(host, plain_transfer(self._device))
        if self._pin_memory:
            return Ahead(host, lambda tensors: [t.pin_memory() for t in tensors])
        return host


def _device(device: Union[torch.device, str, int, None]) -> torch.device | None:
    """None for the host's own memory."""
    if device is None:
        return None
    chosen = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {str(chosen)!r}: torch has no CUDA device here")
    if chosen.type == "cuda" and chosen.index is None:
        chosen = torch.device("cuda", torch.cuda.current_device())
    return None if chosen.type == "cpu" else chosen
