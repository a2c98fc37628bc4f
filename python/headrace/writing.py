"""Writing dataset files."""

from __future__ import annotations

import os
import time
from typing import Any, Iterable, Mapping, Sequence, Sized, Union

from headrace import _checks, _native
from headrace._errors import Diagnostic, error
from headrace._progress import Progress, Reporter
from headrace._samples import schema_of, values_of

__all__ = ["WriteReport", "write"]

Source = Union[str, "os.PathLike[str]", Iterable[Mapping[str, Any]]]


class WriteReport:
    """What was written."""

    def __init__(self, path: str, facts: Mapping[str, Any]):
        self.path = path
        self.samples: int = facts["samples"]
        self.source_bytes: int = facts["source_bytes"]
        self.file_bytes: int = facts["file_bytes"]
        self.seconds: float = facts["seconds"]
        #: Names of the classes, in the order of their labels (from a folder).
        self.classes: list[str] = facts.get("classes", [])
        #: Number of images by encoding (from a folder).
        self.encodings: dict[str, int] = facts.get("encodings", {})
        #: Images with an EXIF orientation, which are stored unturned (from a folder).
        self.oriented: int = facts.get("oriented", 0)
        #: What was left out with on_error="skip".
        self.skipped: list[Diagnostic] = [Diagnostic(*d) for d in facts.get("skipped", [])]
        #: How many samples were left out.
        self.skipped_samples: int = facts.get("skipped_samples", len(self.skipped))
        #: JPEGs that were stored as they are, and why.
        self.kept_as_jpeg: list[Diagnostic] = [Diagnostic(*d) for d in facts.get("kept_as_jpeg", [])]

    def __repr__(self) -> str:
        return (
            f"WriteReport({self.path!r}, {self.samples} samples, {self.source_bytes:,} bytes in, "
            f"{self.file_bytes:,} bytes out, {self.seconds:.2f} s)"
        )


def write(
    source: Source,
    path: str | os.PathLike[str],
    *,
    encoding: str = "auto",
    byte_exact: bool = False,
    strip: bool = False,
    effort: str = "fast",
    max_side: int | None = None,
    short_side: int | None = None,
    max_pixels: int | None = None,
    max_scans: int | None = None,
    max_memory: int | None = None,
    shuffle_seed: int | None = 0,
    on_error: str = "raise",
    overwrite: bool = False,
    num_threads: int | None = None,
    page_size: int | None = None,
    progress: Progress = None,
    fields: Mapping[str, str] | None = None,
    value_names: Mapping[str, Sequence[str]] | None = None,
) -> WriteReport:
    """Writes a dataset file, whole or not at all.

    ``source`` is a folder with one subfolder of images for each class, or an iterable of dicts.

    From a folder the fields are "image", "label" (i64, named after the subfolders) and "key" (the file's path
    in the folder); samples are permuted by ``shuffle_seed``, or stay sorted with None.

    From dicts, the first sample says which fields there are: images (the bytes of a file, a pathlib.Path to
    one, a PIL image, a uint8 array of height x width x 3), integers, floats, and str or bytes. ``fields``
    states their kinds ("image", "i64", "f64", "bytes") where that is not what is meant; ``value_names`` names
    the values of i64 fields: ``{"label": ["cat", "dog"]}``. Samples stay in the order they come in: shuffle
    them before. Arrays and PIL images are stored as pixels.

    ``encoding``: "auto" packs JPEGs, losslessly, and keeps those that cannot be packed as they are; "packed",
    "jpeg", "rgb" (decoded pixels; ``max_side`` or ``short_side`` shrink them) and "ycc" (decoded planes).
    ``byte_exact`` packs only what `headrace export` can write again byte for byte, ``strip`` drops metadata
    and the way back, ``effort`` is "fast" or "small". ``on_error="skip"`` leaves out what cannot be used.
    ``max_pixels``, ``max_scans`` and ``max_memory`` are limits on an image, as for Loader.
    ``progress``: None shows a line on a terminal, True always, False never; or a function of (done, total,
    source bytes, seconds).
    """
    options = _native.ImportOptions()
    options.set_encoding(encoding)
    options.set_on_error(_checks.choice("on_error", on_error, ("raise", "skip")) == "skip")
    options.byte_exact = _checks.flag("byte_exact", byte_exact)
    options.strip = _checks.flag("strip", strip)
    options.small = _checks.choice("effort", effort, ("fast", "small")) == "small"
    options.max_side = _checks.integer_or_none("max_side", max_side, 1, 1 << 32)
    options.short_side = _checks.integer_or_none("short_side", short_side, 1, 1 << 32)
    options.set_limits(
        _checks.integer_or_none("max_pixels", max_pixels, 1),
        _checks.integer_or_none("max_scans", max_scans, 1, 1 << 32),
        _checks.integer_or_none("max_memory", max_memory, 1),
    )
    options.shuffle_seed = _checks.integer_or_none("shuffle_seed", shuffle_seed)
    options.overwrite = _checks.flag("overwrite", overwrite)
    if num_threads is not None:
        options.threads = _checks.integer("num_threads", num_threads, 1)
    if page_size is not None:
        options.page_size = _checks.integer("page_size", page_size, 1)
    target = os.fspath(path)
    if isinstance(source, (str, os.PathLike)):
        if fields is not None or value_names is not None:
            raise TypeError(
                "fields and value_names are for samples given as dicts; a folder's fields are fixed"
            )
        with Reporter(progress, "files") as reporter:
            return WriteReport(
                target, _native.import_folder(os.fspath(source), target, options, reporter.callback)
            )
    return _write_samples(source, target, options, progress, fields, value_names or {})


def _write_samples(
    source: Iterable[Mapping[str, Any]],
    path: str,
    options: Any,
    progress: Progress,
    fields: Mapping[str, str] | None,
    value_names: Mapping[str, Sequence[str]],
) -> WriteReport:
    start = time.monotonic()
    total = len(source) if isinstance(source, Sized) else 0
    writer = None
    schema: list[tuple[str, str, list[str]]] = []
    try:
        with Reporter(progress, "samples") as reporter:
            for number, sample in enumerate(source):
                if writer is None:
                    if not isinstance(sample, Mapping):
                        raise TypeError(
                            "source must be a folder or an iterable of dicts; its first item is "
                            f"{sample!r:.80}"
                        )
                    schema = schema_of(sample, fields, value_names)
                    writer = _native.Writer(path, schema, options)
                writer.add(values_of(number, sample, schema))
                if reporter.callback is not None:
                    reporter.callback(number + 1, total, writer.source_bytes, time.monotonic() - start)
            if writer is None:
                raise error("write.empty", path, "was not written: there are no samples")
            writer.finish()
    finally:
        if writer is not None:
            writer.close()
    return WriteReport(
        path,
        {
            "samples": writer.samples,
            "skipped_samples": writer.skipped,
            "source_bytes": writer.source_bytes,
            "file_bytes": os.path.getsize(path),
            "seconds": time.monotonic() - start,
        },
    )
