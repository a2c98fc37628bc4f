"""Another element type or layout for the images of a pipeline."""

from __future__ import annotations

from typing import Any

from headrace import _checks
from headrace._from_json import op_from_json
from headrace.chain import Chain, Op
from headrace.ops import Shared


def override(chain: Chain, dtype: str | None, layout: str | None) -> Chain:
    """An image's chain with another type and layout at its end; other chains as they are."""
    steps = chain.steps()
    if not steps or steps[0].get("op") != "decode" or (dtype is None and layout is None):
        return chain
    if layout is not None:
        _checks.choice("layout", layout, ("NHWC", "NCHW", "channels_last"))
        steps = [s for s in steps if s.get("op") != "layout"] + [{"op": "layout", "layout": layout}]
    if dtype is not None:
        steps = _with_dtype(steps, dtype)
    return Chain([*(_keep_shared(chain, s) for s in steps), *chain.python_ops])


def _with_dtype(steps: list[dict[str, Any]], dtype: str) -> list[dict[str, Any]]:
    """Converts last; only the layout may come after that."""
    last = next((i for i in range(len(steps) - 1, 0, -1) if steps[i].get("op") != "layout"), 0)
    floats = _is_float(steps[:last])
    if steps[last].get("op") == "convert":
        found = dict(steps[last], dtype=dtype)
        if dtype == "u8" and not floats:
            return steps[:last] + steps[last + 1 :]
        return [*steps[:last], found, *steps[last + 1 :]]
    floats = _is_float(steps[: last + 1])
    if dtype == "u8" and not floats:
        return steps
    step = (
        {"op": "convert", "dtype": dtype} if floats else {"op": "convert", "dtype": dtype, "scale": 1 / 255}
    )
    return [*steps[: last + 1], step, *steps[last + 1 :]]


def _is_float(steps: list[dict[str, Any]]) -> bool:
    """Whether an image is no longer u8 after these."""
    floats = False
    for step in steps:
        if step.get("op") == "normalize":
            floats = True
        elif step.get("op") in ("convert", "map", "call"):
            to = step.get("out", "u8") if step["op"] == "call" else step.get("dtype")
            floats = floats if to is None else to != "u8"
    return floats


def _keep_shared(chain: Chain, step: dict[str, Any]) -> Op:
    shared = {op.name: op.op for op in chain if isinstance(op, Shared)}
    return op_from_json(step, shared)
