"""Arguments are checked in Python first, so that what is wrong is named as the user wrote it."""

from __future__ import annotations

import operator
from typing import Any, Sequence

# Names of element types as in pipeline descriptions, and as torch and numpy call them.
_DTYPES = {
    "u8": "u8",
    "uint8": "u8",
    "f16": "f16",
    "float16": "f16",
    "half": "f16",
    "bf16": "bf16",
    "bfloat16": "bf16",
    "f32": "f32",
    "float32": "f32",
    "float": "f32",
    "i64": "i64",
    "int64": "i64",
    "long": "i64",
}


def integer(name: str, value: Any, least: int = 0, end: int = 1 << 63) -> int:
    """``value`` as an int from ``least`` to before ``end``; numpy's integers count as integers, floats and
    bools do not."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {value!r}") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    if value >= end:
        raise ValueError(f"{name} must be at most {end - 1}, not {value}")
    return value


def integer_or_none(name: str, value: Any, least: int = 0, end: int = 1 << 63) -> int | None:
    return None if value is None else integer(name, value, least, end)


def number(name: str, value: Any) -> float:
    """``value`` as a float; an int stays an int, so that it is written as one."""
    if isinstance(value, bool) or isinstance(value, (str, bytes)):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if isinstance(value, int):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {value!r}") from None


def numbers(name: str, values: Any, count: int) -> list[float]:
    """A list of ``count`` numbers from any sequence, array or tensor."""
    items = list_of(name, values)
    if len(items) != count:
        raise ValueError(f"{name} must be {count} numbers, not {len(items)}: {values!r}")
    return [number(f"{name}[{i}]", v) for i, v in enumerate(items)]


def list_of(name: str, values: Any) -> list[Any]:
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be a sequence, not {values!r}")
    return list(values)


def choice(name: str, value: Any, choices: Sequence[str]) -> str:
    if isinstance(value, str) and value in choices:
        return value
    listed = ", ".join(repr(c) for c in choices)
    kind = ValueError if isinstance(value, str) else TypeError
    raise kind(f"{name} must be one of {listed}, not {value!r}")


def flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be True or False, not {value!r}")


def dtype(name: str, value: Any) -> str:
    """The name of an element type: of "f16", "float16", torch.float16 or numpy.float16, "f16"."""
    text = value if isinstance(value, str) else getattr(value, "__name__", None) or str(value)
    known = _DTYPES.get(text.rsplit(".", 1)[-1])
    if known is None:
        raise ValueError(f"{name} must be u8, f16, bf16, f32 or i64 (or torch's or numpy's), not {value!r}")
    return known
