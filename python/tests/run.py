"""Runs the package's tests for CTest; exits 77, which means skipped, where what they need is not
installed."""

import importlib.util
import pathlib
import sys

missing = [name for name in ("pytest", "numpy") if importlib.util.find_spec(name) is None]
if missing:
    print(
        f"skipped: {sys.executable} lacks {' and '.join(missing)}; scripts/test_python.sh sets up what is "
        "needed"
    )
    sys.exit(77)

import pytest  # noqa: E402

sys.exit(pytest.main(["-q", str(pathlib.Path(__file__).parent), *sys.argv[1:]]))
