"""Operations from the elements of a pipeline description: the way back from JSON to Python."""

from __future__ import annotations

from typing import Any, Callable

from headrace import mixing, ops
from headrace.chain import JsonOp, Op


def _resample(step: dict[str, Any]) -> dict[str, Any]:
    return {"interpolation": step.get("filter", "bilinear"), "antialias": step.get("antialias", True)}


def _random_resized_crop(step: dict[str, Any]) -> Op:
    defaults = {k: step[k] for k in ("scale", "ratio") if k in step}
    return ops.RandomResizedCrop(step["size"], **defaults, **_resample(step))


def _resize(step: dict[str, Any]) -> Op:
    size = step["short_side"] if "short_side" in step else step["size"]
    return ops.Resize(size, **_resample(step))


def _normalize(step: dict[str, Any]) -> Op:
    return ops.Normalize(step["mean"], step["std"], value_range=step.get("range", (0, 1)))


# What each operation's keys may be. Anything else is kept as it is, for the C++ library to judge.
_BUILDERS: dict[str, tuple[frozenset[str], Callable[[dict[str, Any]], Op]]] = {
    "decode": (
        frozenset({"field", "idct_scale"}),
        lambda s: ops.Decode(s["field"], s.get("idct_scale", "none")),
    ),
    "field": (frozenset({"field", "length"}), lambda s: ops.Field(s["field"], s.get("length"))),
    "crop": (frozenset({"top", "left", "size"}), lambda s: ops.Crop(s["top"], s["left"], *s["size"])),
    "center_crop": (frozenset({"size"}), lambda s: ops.CenterCrop(s["size"])),
    "random_crop": (frozenset({"size"}), lambda s: ops.RandomCrop(s["size"])),
    "random_resized_crop": (
        frozenset({"size", "scale", "ratio", "filter", "antialias"}),
        _random_resized_crop,
    ),
    "resize": (frozenset({"size", "short_side", "filter", "antialias"}), _resize),
    "horizontal_flip": (frozenset(), lambda s: ops.HorizontalFlip()),
    "vertical_flip": (frozenset(), lambda s: ops.VerticalFlip()),
    "random_horizontal_flip": (frozenset({"p"}), lambda s: ops.RandomHorizontalFlip(s.get("p", 0.5))),
    "random_vertical_flip": (frozenset({"p"}), lambda s: ops.RandomVerticalFlip(s.get("p", 0.5))),
    "normalize": (frozenset({"mean", "std", "range"}), _normalize),
    "convert": (frozenset({"dtype", "scale"}), lambda s: ops.Convert(s["dtype"], s.get("scale"))),
    "map": (frozenset({"expr", "dtype"}), lambda s: ops.Map(s["expr"], s.get("dtype"))),
    "call": (
        frozenset({"library", "symbol", "per", "in", "out"}),
        lambda s: ops.Call(s["library"], s["symbol"], s["per"], s.get("in", "u8"), s.get("out", "u8")),
    ),
    "layout": (frozenset({"layout"}), lambda s: ops.Layout(s["layout"])),
    "one_hot": (frozenset({"classes"}), lambda s: mixing.OneHot(s.get("classes"))),
    "label_smoothing": (frozenset({"epsilon"}), lambda s: mixing.LabelSmoothing(s["epsilon"])),
}


def op_from_json(step: dict[str, Any], shared: dict[str, Op]) -> Op:
    """The operation of one element of an output's list."""
    if "use" in step:
        own = {k: v for k, v in step.items() if k != "use"}
        return ops.Shared(step["use"], shared[step["use"]], **own)
    name = step["op"]
    keys = {k: v for k, v in step.items() if k != "op"}
    known, build = _BUILDERS.get(name, (None, None))
    if build is not None and known is not None and known.issuperset(keys):
        try:
            return build(step)
        except (KeyError, TypeError, ValueError):
            pass
    return JsonOp(name, **keys)
