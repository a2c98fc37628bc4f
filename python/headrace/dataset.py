"""Dataset files, read sample by sample, without a pipeline."""

from __future__ import annotations

import os
from typing import Any, Iterator, NamedTuple

from headrace import _checks, _native

__all__ = ["Dataset", "FieldInfo", "StoredImage"]


class FieldInfo(NamedTuple):
    name: str
    kind: str  #: "image", "i64", "f64" or "bytes"
    value_names: tuple[str, ...]  #: of an i64 field: the names of 0, 1, ...; may be empty


class StoredImage:
    """An image as the file holds it."""

    def __init__(self, dataset: "Dataset", sample: int, field: int, stored: tuple[str, int, int, bytes]):
        self._dataset, self._sample, self._field = dataset, sample, field
        self.encoding, self.width, self.height, self.payload = stored

    def jpeg(self) -> bytes | None:
        """The JPEG file: that it was written from, or for packed images whose bytes cannot be had again one
        with the same coefficients. None if there is none to go back to (encodings "rgb" and "ycc", stripped
        images)."""
        return self._dataset._native.jpeg(self._sample, self._field)

    def pil(self) -> Any:
        """As a PIL image, RGB. Needs Pillow."""
        from PIL import Image

        if self.encoding == "rgb":
            return Image.frombytes("RGB", (self.width, self.height), self.payload)
        file = self.jpeg()
        if file is None:
            raise ValueError(f"an image stored as {self.encoding!r} has no JPEG to be decoded by Pillow")
        import io

        return Image.open(io.BytesIO(file)).convert("RGB")

    def __repr__(self) -> str:
        return f"StoredImage({self.encoding}, {self.width} x {self.height}, {len(self.payload)} bytes)"


class Dataset:
    """A dataset file. ``len(dataset)`` samples; ``dataset[i]`` is a dict of its fields: a StoredImage, an
    int, a float, or bytes. Can be used from several threads, and be pickled (as its path)."""

    def __init__(self, path: str | os.PathLike[str], *, verify_pages: bool = True):
        self._verify_pages = _checks.flag("verify_pages", verify_pages)
        self._native = _native.Dataset(os.fspath(path), self._verify_pages)
        self.path: str = self._native.path
        self.fields: tuple[FieldInfo, ...] = tuple(
            FieldInfo(name, kind, tuple(values)) for name, kind, values in self._native.fields()
        )

    @classmethod
    def _of(cls, dataset: "Dataset | str | os.PathLike[str]") -> "Dataset":
        return dataset if isinstance(dataset, Dataset) else cls(dataset)

    def __len__(self) -> int:
        return len(self._native)

    def __getitem__(self, sample: int) -> dict[str, Any]:
        index = _checks.integer("sample", sample, -len(self))
        if index < 0:
            index += len(self)
        if index >= len(self):
            raise IndexError(f"{self.path} has {len(self)} samples; there is no number {index}")
        return {
            field.name: StoredImage(self, index, i, value) if field.kind == "image" else value
            for i, (field, value) in enumerate(zip(self.fields, self._native.read(index)))
        }

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def key(self, sample: int) -> str:
        """The sample's key: its field "key" if there is one, else "#<number>"."""
        return self._native.key(_checks.integer("sample", sample))

    def classes(self, field: str = "label") -> tuple[str, ...]:
        """Names of the values of an i64 field."""
        return next((f.value_names for f in self.fields if f.name == field), ())

    @property
    def fingerprint(self) -> str:
        """Hash of its content, whatever the page size: 32 hexadecimal digits."""
        return self._native.fingerprint

    def info(self) -> dict[str, Any]:
        """What the file holds: fields, sizes, encodings, how it was written. Reads the index only."""
        return self._native.info()

    def verify(self) -> None:
        """Checks every byte of the file. Raises Error with all damage there is."""
        self._native.verify()

    def __reduce__(self):
        return _open, (self.path, self._verify_pages)

    def __repr__(self) -> str:
        fields = ", ".join(f"{f.name}: {f.kind}" for f in self.fields)
        return f"Dataset({self.path!r}, {len(self)} samples, {fields})"


def _open(path: str, verify_pages: bool) -> Dataset:
    return Dataset(path, verify_pages=verify_pages)
