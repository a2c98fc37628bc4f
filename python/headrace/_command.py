"""The ``headrace`` command of a wheel: the same as that of the C++ build."""

from __future__ import annotations

import signal
import sys

from headrace import _native


def main() -> int:
    # The command handles signals, or dies of them, as a C++ program does.
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    return _native.run_command(["headrace", *sys.argv[1:]])
