"""A progress line on standard error."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Union

Progress = Union[bool, None, Callable[[int, int, int, float], Any]]


def _bytes(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} TB"


class ProgressLine:
    """Called with (done, total, source bytes, seconds); total is 0 where it is not known. Rewrites one line
    on a terminal and in a notebook, ten times a second."""

    def __init__(self, noun: str):
        self._noun = noun
        self._shown = 0
        self._due = 0.0

    def __call__(self, done: int, total: int, source_bytes: int, seconds: float) -> None:
        now = time.monotonic()
        if now < self._due and done != total:
            return
        self._due = now + 0.1
        text = f"{done:,}"
        if total:
            text += f" of {total:,} {self._noun} ({100 * done // total} %)"
        else:
            text += f" {self._noun}"
        if seconds > 0:
            text += f", {done / seconds:,.0f} images/s, {_bytes(source_bytes / seconds)}/s"
        if total and 0 < done < total:
            left = seconds * (total - done) / done
            text += f", ETA {left:.0f} s" if left < 90 else f", ETA {left / 60:.0f} min"
        self._show(text)

    def _show(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._shown))
        sys.stderr.flush()
        self._shown = len(text)

    def close(self) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0


def _interactive() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)


class Reporter:
    """What the argument ``progress`` asks for: None shows a line where a person looks at it, True always,
    False never; a function is called instead."""

    def __init__(self, progress: Progress, noun: str):
        self._line = ProgressLine(noun) if progress is True or (progress is None and _interactive()) else None
        self.callback = progress if callable(progress) else self._line

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._line is not None:
            self._line.close()
