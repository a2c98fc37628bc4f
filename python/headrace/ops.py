"""The operations of pipelines, with torchvision's names, defaults and order of arguments where it has them.

An operation is a description, nothing is computed here; ``|`` puts operations one after another. What each of
them computes is defined in docs/ir.md, what its arguments may be in docs/spec.md.
"""

from __future__ import annotations

from typing import Any, Sequence, Union

from headrace import _checks
from headrace.chain import Json, Op

__all__ = [
    "Call",
    "CenterCrop",
    "Convert",
    "ConvertImageDtype",
    "Crop",
    "Decode",
    "Field",
    "HorizontalFlip",
    "Layout",
    "Map",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "Resize",
    "Shared",
    "ToDtype",
    "ToTensor",
    "VerticalFlip",
]

Size = Union[int, Sequence[int]]

# torchvision's InterpolationMode has these as values, Pillow's filters are numbers.
_FILTERS = {
    "bilinear": "bilinear",
    "nearest": "nearest",
    "area": "area",
    "box": "area",
    0: "nearest",
    2: "bilinear",
}


def _pair(where: str, value: Size) -> list[int]:
    """``[height, width]``; one number stands for both."""
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        sides = [_checks.integer(where, v, 1) for v in value]
        if len(sides) == 1:
            return sides * 2
        if len(sides) != 2:
            raise ValueError(f"{where} must be a number or (height, width), not {value!r}")
        return sides
    return [_checks.integer(where, value, 1)] * 2


def _filter(where: str, interpolation: Any, antialias: Any) -> Json:
    """The keys "filter" and "antialias"; the latter only where there is a choice."""
    name = _FILTERS.get(getattr(interpolation, "value", interpolation))
    if name is None:
        raise ValueError(
            f'{where}: interpolation must be "bilinear", "nearest" or "area" (or torchvision\'s '
            f"InterpolationMode of these), not {interpolation!r}"
        )
    if name != "bilinear":
        return {"filter": name}
    return {"filter": name, "antialias": _checks.flag(f"{where}: antialias", antialias)}


def _unsupported(where: str, name: str, value: Any, default: Any) -> None:
    if value != default:
        raise NotImplementedError(f"{where}: {name}={value!r} is not supported; leave it at {default!r}")


class Decode(Op):
    """Decodes an image field to RGB, u8. With ``idct_scale="auto"`` images that are far larger than needed
    may be decoded smaller."""

    def __init__(self, field: str = "image", idct_scale: str = "none"):
        self.field = field
        self.idct_scale = _checks.choice("Decode: idct_scale", idct_scale, ("none", "auto"))

    def _steps(self) -> list[Json]:
        scaled = {} if self.idct_scale == "none" else {"idct_scale": self.idct_scale}
        return [{"op": "decode", "field": self.field, **scaled}]


class Field(Op):
    """Takes an i64 or f64 field; a field of kind bytes as a row of ``length`` u8 values, padded with
    zeros."""

    def __init__(self, field: str, length: int | None = None):
        self.field = field
        self.length = length

    def _steps(self) -> list[Json]:
        step: Json = {"op": "field", "field": self.field}
        if self.length is not None:
            step["length"] = _checks.integer("Field: length", self.length)
        return [step]


class RandomResizedCrop(Op):
    """Cuts out a rectangle of random area and shape and resizes it."""

    def __init__(
        self,
        size: Size,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = "bilinear",
        antialias: bool = True,
    ):
        self.size = _pair("RandomResizedCrop: size", size)
        self.scale = _checks.numbers("RandomResizedCrop: scale", scale, 2)
        self.ratio = _checks.numbers("RandomResizedCrop: ratio", ratio, 2)
        self.interpolation = interpolation
        self.antialias = antialias
        self._steps()

    def _steps(self) -> list[Json]:
        return [
            {
                "op": "random_resized_crop",
                "size": self.size,
                "scale": self.scale,
                "ratio": self.ratio,
                **_filter("RandomResizedCrop", self.interpolation, self.antialias),
            }
        ]


class Resize(Op):
    """Resizes to (height, width); with one number the shorter side gets this length."""

    def __init__(
        self, size: Size, interpolation: Any = "bilinear", max_size: None = None, antialias: bool = True
    ):
        _unsupported("Resize", "max_size", max_size, None)
        sides = _pair("Resize: size", size)
        one = not hasattr(size, "__iter__") or len(list(size)) == 1  # type: ignore[arg-type]
        self.size = sides[0] if one else sides
        self.interpolation = interpolation
        self.antialias = antialias
        self._steps()

    def _steps(self) -> list[Json]:
        size = {"short_side": self.size} if isinstance(self.size, int) else {"size": self.size}
        return [{"op": "resize", **size, **_filter("Resize", self.interpolation, self.antialias)}]


class CenterCrop(Op):
    """Cuts out the middle."""

    def __init__(self, size: Size):
        self.size = _pair("CenterCrop: size", size)

    def _steps(self) -> list[Json]:
        return [{"op": "center_crop", "size": self.size}]


class RandomCrop(Op):
    """Cuts out a rectangle at a random place. Padding is not supported."""

    def __init__(
        self,
        size: Size,
        padding: None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ):
        _unsupported("RandomCrop", "padding", padding, None)
        _unsupported("RandomCrop", "pad_if_needed", pad_if_needed, False)
        self.size = _pair("RandomCrop: size", size)

    def _steps(self) -> list[Json]:
        return [{"op": "random_crop", "size": self.size}]


class Crop(Op):
    """Cuts out a fixed rectangle."""

    def __init__(self, top: int, left: int, height: int, width: int):
        self.top = _checks.integer("Crop: top", top)
        self.left = _checks.integer("Crop: left", left)
        self.height = _checks.integer("Crop: height", height, 1)
        self.width = _checks.integer("Crop: width", width, 1)

    def _steps(self) -> list[Json]:
        return [{"op": "crop", "top": self.top, "left": self.left, "size": [self.height, self.width]}]


class RandomHorizontalFlip(Op):
    """Mirrors left and right with probability ``p``."""

    def __init__(self, p: float = 0.5):
        self.p = _checks.number("RandomHorizontalFlip: p", p)

    def _steps(self) -> list[Json]:
        return [{"op": "random_horizontal_flip", "p": self.p}]


class RandomVerticalFlip(Op):
    """Mirrors top and bottom with probability ``p``."""

    def __init__(self, p: float = 0.5):
        self.p = _checks.number("RandomVerticalFlip: p", p)

    def _steps(self) -> list[Json]:
        return [{"op": "random_vertical_flip", "p": self.p}]


class HorizontalFlip(Op):
    """Mirrors left and right, always."""

    def _steps(self) -> list[Json]:
        return [{"op": "horizontal_flip"}]


class VerticalFlip(Op):
    """Mirrors top and bottom, always."""

    def _steps(self) -> list[Json]:
        return [{"op": "vertical_flip"}]


class Normalize(Op):
    """``(x - mean) / std`` per channel, f32. A u8 pixel counts as its value divided by 255, so that
    ``ToTensor()`` is not needed before it; with ``value_range=(0, 255)`` it counts as its value."""

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        inplace: bool = False,
        *,
        value_range: Sequence[int] = (0, 1),
    ):
        self.mean = _checks.numbers("Normalize: mean", mean, 3)
        self.std = _checks.numbers("Normalize: std", std, 3)
        self.value_range = _checks.numbers("Normalize: value_range", value_range, 2)

    def _steps(self) -> list[Json]:
        return [{"op": "normalize", "mean": self.mean, "std": self.std, "range": self.value_range}]


class Convert(Op):
    """Changes the element type. From u8 to a float type ``scale`` is the factor and must be given."""

    def __init__(self, dtype: Any, scale: float | None = None):
        self.dtype = _checks.dtype("Convert: dtype", dtype)
        self.scale = None if scale is None else _checks.number("Convert: scale", scale)

    def _steps(self) -> list[Json]:
        step: Json = {"op": "convert", "dtype": self.dtype}
        if self.scale is not None:
            step["scale"] = self.scale
        return [step]


class ToDtype(Op):
    """Converts an image; with ``scale`` from 0..255 to 0..1. For images that are u8 and become floats."""

    _scales_bytes = True

    def __init__(self, dtype: Any, scale: bool = False):
        self.dtype = _checks.dtype("ToDtype: dtype", dtype)
        self.scale = _checks.flag("ToDtype: scale", scale)

    def _steps(self) -> list[Json]:
        if self.dtype in ("u8", "i64"):
            return [{"op": "convert", "dtype": self.dtype}]
        return [{"op": "convert", "dtype": self.dtype, "scale": 1 / 255 if self.scale else 1}]


class ConvertImageDtype(Op):
    """``ToDtype(dtype, scale=True)``, under torchvision's older name."""

    _scales_bytes = True

    def __init__(self, dtype: Any = "float32"):
        self.dtype = _checks.dtype("ConvertImageDtype: dtype", dtype)

    def _steps(self) -> list[Json]:
        return ToDtype(self.dtype, scale=True)._steps()


class ToTensor(Op):
    """f32 in 0..1, channels first: ``ToDtype("float32", scale=True) | Layout("NCHW")``. What flips, crops or
    resizes comes before it."""

    _scales_bytes = True

    def _steps(self) -> list[Json]:
        return [*ToDtype("f32", scale=True)._steps(), *Layout("NCHW")._steps()]


class Map(Op):
    """Computes each channel of each pixel by an expression: ``Map("clamp(x * 1.2, 0, 255)")``. The image
    keeps its type, u8 or f32, unless ``dtype`` names the other. docs/user_ops.md has examples."""

    def __init__(self, expr: str, dtype: Any = None):
        self.expr = expr
        self.dtype = None if dtype is None else _checks.dtype("Map: dtype", dtype)

    def _steps(self) -> list[Json]:
        step: Json = {"op": "map", "expr": self.expr}
        if self.dtype is not None:
            step["dtype"] = self.dtype
        return [step]


class Call(Op):
    """Hands the image to a C function (headrace/user_op.h), once or row by row, which reads and writes u8 or
    f32. ``library`` is a file's name; the Loader names its path, ``libraries=[...]``."""

    def __init__(self, library: str, symbol: str, per: str = "image", in_: Any = "u8", out: Any = "u8"):
        self.library = library
        self.symbol = symbol
        self.per = _checks.choice("Call: per", per, ("image", "row"))
        self.in_ = _checks.dtype("Call: in_", in_)
        self.out = _checks.dtype("Call: out", out)

    def _steps(self) -> list[Json]:
        return [
            {
                "op": "call",
                "library": self.library,
                "symbol": self.symbol,
                "per": self.per,
                "in": self.in_,
                "out": self.out,
            }
        ]


class Layout(Op):
    """How an image lies in the batch: "NHWC", "NCHW", or "channels_last" (shape as NCHW, memory as NHWC)."""

    def __init__(self, layout: str):
        self.layout = _checks.choice("Layout: layout", layout, ("NHWC", "NCHW", "channels_last"))

    def _steps(self) -> list[Json]:
        return [{"op": "layout", "layout": self.layout}]


class Shared(Op):
    """A random operation that several outputs use with one draw: an image and its mask are cropped alike.

    crop = hr.Shared("crop", hr.RandomResizedCrop(224))
    hr.Pipeline(image=hr.Decode("image") | crop, mask=hr.Decode("mask") | crop(interpolation="nearest"))
    """

    def __init__(self, name: str, op: Op, **own: Any):
        self.name = name
        self.op = op
        self.own = own

    def __call__(self, *, interpolation: Any = "bilinear", antialias: bool = True) -> "Shared":
        """The same operation with a filter of its own."""
        return Shared(self.name, self.op, **_filter(f"Shared({self.name!r})", interpolation, antialias))

    def _steps(self) -> list[Json]:
        return [{"use": self.name, **self.own}]
