"""What a Loader is told, as the C++ library takes it."""

from __future__ import annotations

from typing import Any, Sequence

from headrace import _checks, _native

# Arguments of torch's DataLoader that have another name here, or no meaning.
_HINTS = {
    "num_workers": "use num_threads: headrace works with threads, in this process",
    "shuffle": 'use order="random" (the default), "quasi_random" or "sequential"',
    "sampler": "use order, and subset, filter, weights or balance",
    "batch_sampler": "use order, and subset, filter, weights or balance",
    "collate_fn": "the pipeline makes batches; hr.Python(function) changes an output of finished batches",
    "prefetch_factor": "use ring_slots, the number of batches made ahead",
    "persistent_workers": "threads live as long as the loader",
    "worker_init_fn": "there are no worker processes",
    "multiprocessing_context": "there are no worker processes",
    "generator": "use seed",
    "distributed": "use rank and world_size, which torch.distributed and torchrun set",
    "timeout": "there are no worker processes",
    "pin_memory": "the Loader of headrace.torch has it",
    "device": "the Loader of headrace.torch has it",
}

# Batches that a user keeps are his to keep: as with arrays of any other library, memory is the limit.
_UNLIMITED = 1 << 62


def refuse_unknown(arguments: dict[str, Any]) -> None:
    for name in arguments:
        hint = f"; {_HINTS[name]}" if name in _HINTS else ""
        raise TypeError(f"Loader has no argument {name!r}{hint}")


def _int_or(name: str, value: int | None, least: int, default: int, end: int = 1 << 63) -> int:
    return default if value is None else _checks.integer(name, value, least, end)


def _set_selection(
    options: Any, subset: Any, filter: str | None, weights: Any, balance: str | None, draws: int | None
) -> None:
    if subset is not None:
        options.subset = [_checks.integer("subset", i) for i in _checks.list_of("subset", subset)]
    if filter is not None:
        options.filter = filter
    if isinstance(weights, str):
        options.weight_field = weights
    elif weights is not None:
        options.weights = [float(w) for w in _checks.list_of("weights", weights)]
    if balance is not None:
        options.balance_field = balance
    options.draws = _int_or("draws", draws, 1, 0)


def _tail(drop_last: bool | None, tail: str | None) -> str | None:
    if drop_last is not None and tail is not None:
        raise TypeError("drop_last and tail say the same thing: give one of them")
    if drop_last is None:
        return tail
    return "drop" if _checks.flag("drop_last", drop_last) else "pad"


def loader_options(
    defaults: dict[str, Any],
    *,
    batch_size: int,
    num_threads: int | None,
    seed: int,
    order: str | None,
    drop_last: bool | None,
    tail: str | None,
    rank: int,
    world_size: int,
    on_error: str,
    limit: int | None,
    subset: Sequence[int] | None,
    filter: str | None,
    weights: Any,
    balance: str | None,
    draws: int | None,
    window_bytes: int | None,
    ring_slots: int | None,
    ring_bytes: int | None,
    io: str,
    io_memory: int | None,
    max_pixels: int | None,
    max_scans: int | None,
    max_memory: int | None,
    pin_threads: bool,
    trace: bool,
) -> Any:
    """``defaults`` are what the pipeline says where an argument is None."""
    options = _native.LoaderOptions()
    options.batch_size = _checks.integer("batch_size", batch_size, 1)
    options.threads = _int_or("num_threads", num_threads, 1, 0)
    options.seed = _checks.integer("seed", seed)
    order = order or defaults.get("order")
    if order is not None:
        options.order = _checks.choice("order", order, ("sequential", "random", "quasi_random"))
    tail = _tail(drop_last, tail) or defaults.get("tail")
    if tail is not None:
        options.tail = _checks.choice("tail", tail, ("drop", "pad", "wrap"))
    options.rank, options.world_size = rank, world_size
    options.on_error = _checks.choice("on_error", on_error, ("raise", "skip", "substitute"))
    options.limit = _int_or("limit", limit, 1, 0)
    window = _int_or("window_bytes", window_bytes, 1, int(defaults.get("window_bytes", 0)))
    if window:
        options.window_bytes = window
    options.ring_slots = _int_or("ring_slots", ring_slots, 1, 0)
    options.ring_bytes = _int_or("ring_bytes", ring_bytes, 1, _UNLIMITED)
    options.io = _checks.choice("io", io, ("auto", "mmap", "pread", "direct"))
    options.io_memory_bytes = _int_or("io_memory", io_memory, 1, 0)
    options.max_pixels = _int_or("max_pixels", max_pixels, 1, options.max_pixels)
    options.max_scans = _int_or("max_scans", max_scans, 1, options.max_scans, 1 << 32)
    options.max_memory = _int_or("max_memory", max_memory, 1, options.max_memory)
    options.pin_threads = _checks.flag("pin_threads", pin_threads)
    options.trace = _checks.flag("trace", trace)
    _set_selection(options, subset, filter, weights, balance, draws)
    return options
