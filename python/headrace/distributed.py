"""Which part of the samples this process takes."""

from __future__ import annotations

import os
import sys

from headrace import _checks
from headrace._errors import error

__all__ = ["rank_and_world_size"]


def _of_torch() -> tuple[int, int] | None:
    """From torch.distributed, if the program uses it; torch is not imported for this."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return distributed.get_rank(), distributed.get_world_size()


def _of_environment() -> tuple[int, int] | None:
    """From the variables that torchrun sets."""
    texts = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
    if None in texts:
        return None
    try:
        rank, world_size = (int(text) for text in texts)  # type: ignore[arg-type]
    except ValueError:
        raise error(
            "loader.rank",
            "",
            f"the variables RANK={texts[0]!r} and WORLD_SIZE={texts[1]!r} must be integers; "
            "pass rank= and world_size=, or unset them",
        ) from None
    return rank, world_size


def rank_and_world_size(rank: int | None = None, world_size: int | None = None) -> tuple[int, int]:
    """What is given; else what torch.distributed says if it is initialised, else the variables RANK and
    WORLD_SIZE as torchrun sets them, else (0, 1)."""
    if rank is not None and world_size is not None:
        rank, world_size = _checks.integer("rank", rank), _checks.integer("world_size", world_size, 1)
        if rank >= world_size:
            raise ValueError(f"rank must be less than world_size, which is {world_size}, not {rank}")
        return rank, world_size
    if rank is not None or world_size is not None:
        raise TypeError("rank and world_size belong together: give both or neither")
    return _of_torch() or _of_environment() or (0, 1)
