"""Samples given as dicts: which fields they have, and their values in the form the file writer takes."""

from __future__ import annotations

import operator
import os
from typing import Any, Mapping, Sequence

from headrace._errors import error

KINDS = ("image", "i64", "f64", "bytes")
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def _is_pil(value: Any) -> bool:
    return hasattr(value, "convert") and hasattr(value, "getbands") and hasattr(value, "tobytes")


def _is_integer(value: Any) -> bool:
    try:
        operator.index(value)
        return True
    except TypeError:
        return False


def kind_of(name: str, value: Any) -> str:
    """The kind of field that a value of the first sample asks for."""
    if _is_pil(value) or isinstance(value, os.PathLike) or getattr(value, "ndim", 0) >= 2:
        return "image"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "image" if bytes(value[:8]).startswith(_IMAGE_STARTS) else "bytes"
    if isinstance(value, str):
        return "bytes"
    if _is_integer(value):
        return "i64"
    try:
        float(value)
    except (TypeError, ValueError):
        raise error(
            "write.field",
            f"field {name!r}",
            f"{type(value).__name__} cannot be stored; expected an image (bytes of a file, a path, a PIL "
            "image, a uint8 array of height x width x 3), an integer, a float, a str or bytes",
        ) from None
    return "f64"


def schema_of(
    sample: Mapping[str, Any], kinds: Mapping[str, str] | None, value_names: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, list[str]]]:
    """(name, kind, names of values) of each field, in the order of the first sample or of ``kinds``."""
    if kinds is None:
        kinds = {name: kind_of(name, value) for name, value in sample.items()}
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise ValueError(f"fields: {name!r} must be one of {', '.join(KINDS)}, not {kind!r}")
    for name in value_names:
        if kinds.get(name) != "i64":
            raise ValueError(f"value_names: {name!r} is no i64 field; only these have names for their values")
    return [(name, kind, [str(v) for v in value_names.get(name, ())]) for name, kind in kinds.items()]


def _pixels(where: str, array: Any) -> tuple[bytes, int, int]:
    """(bytes, height, width) of a uint8 array of height x width, or height x width x 1 or 3."""
    import numpy

    pixels = numpy.asarray(array)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.dtype != numpy.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise error(
            "write.value",
            where,
            f"an image array must be uint8 of height x width x 3 (or x 1, or height x width), not "
            f"{pixels.dtype} of {' x '.join(map(str, array.shape))}",
        )
    if pixels.shape[2] == 1:
        pixels = pixels.repeat(3, axis=2)
    return pixels.tobytes(), pixels.shape[0], pixels.shape[1]


def _image(where: str, value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (str, os.PathLike)):
        with open(value, "rb") as file:
            return file.read()
    if _is_pil(value):
        image = value.convert("RGB")
        return image.tobytes(), image.height, image.width
    if hasattr(value, "shape"):
        return _pixels(where, value)
    raise error("write.value", where, f"expected an image, found {value!r:.80}")


def _integer(where: str, value: Any) -> int:
    if _is_integer(value):
        number = operator.index(value)
        if -(1 << 63) <= number < 1 << 63:
            return number
    raise error("write.value", where, f"expected an integer of 64 bits, found {value!r:.80}")


def _real(where: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise error("write.value", where, f"expected a number, found {value!r:.80}") from None


def _bytes(where: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise error("write.value", where, f"expected bytes or str, found {value!r:.80}")


_CONVERT = {"image": _image, "i64": _integer, "f64": _real, "bytes": _bytes}


def values_of(number: int, sample: Any, schema: Sequence[tuple[str, str, list[str]]]) -> list[Any]:
    """A sample's values in the order of the schema."""
    if not isinstance(sample, Mapping):
        raise error(
            "write.sample", f"sample {number}", f"expected a dict of fields, found {type(sample).__name__}"
        )
    names = [name for name, _, _ in schema]
    if sample.keys() != set(names):
        raise error(
            "write.sample",
            f"sample {number}",
            f"has the fields {', '.join(map(str, sample))}; expected {', '.join(names)}, as in the first "
            "sample",
        )
    return [_CONVERT[kind](f"sample {number}, field {name!r}", sample[name]) for name, kind, _ in schema]
