"""Imports that are made while the compiler, which does not need the interpreter's lock, is at work."""

from __future__ import annotations

import importlib
import os
import sys
import threading

_running: list[threading.Thread] = []


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # said where the module is needed


def import_ahead(name: str) -> None:
    """Imports a module on a thread, unless it is there. Who needs it before it is ready waits for it."""
    if name not in sys.modules:
        thread = threading.Thread(target=_import, args=(name,), name="headrace-import")
        _running.append(thread)
        thread.start()


def _wait() -> None:
    while _running:
        _running.pop().join()


# A forked process has no such thread, but the lock of a module that it was importing.
os.register_at_fork(before=_wait)
