"""Schedules: how a pipeline's code is written (docs/tuning.md)."""

from __future__ import annotations

import json
import operator
import os
from typing import Any, Mapping, Union

from headrace import _native

Schedule = Union[Mapping[str, Any], str, "os.PathLike[str]"]


def native_schedule(schedule: Schedule | None) -> Any:
    """Of a schedule file's path, or of its content as a dict. Raises Error ("schedule.*") with every problem
    and its place."""
    if schedule is None:
        return None
    if isinstance(schedule, (str, os.PathLike)):
        path = os.fspath(schedule)
        if not path:
            raise ValueError("schedule must be a file's path or a dict, not ''")
        return _native.read_schedule(path)
    if isinstance(schedule, Mapping):
        return _native.parse_schedule(json.dumps(dict(schedule), default=_integer))
    raise TypeError(f"schedule must be a file's path or a dict, not {schedule!r}")


def _integer(value: Any) -> int:
    """Of an integer that json does not know, such as numpy's."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"schedule holds {value!r}; expected integers") from None
