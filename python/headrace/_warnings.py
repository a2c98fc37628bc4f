"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns of the line outside of this package that led here."""
    level = 2
    while sys._getframe(level - 1).f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level += 1
    warnings.warn(message, category, stacklevel=level)
