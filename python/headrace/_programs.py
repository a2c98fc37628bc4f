"""From what a Loader is given as its pipeline to a program that is ready to run."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Sequence

from headrace import _native
from headrace._schedule import native_schedule
from headrace._warnings import warn
from headrace.chain import Chain, Op, Python
from headrace.dataset import Dataset
from headrace.pipeline import Pipeline


class Output(NamedTuple):
    name: str
    dtype: str
    layout: str  #: "none" for what is no image
    shape: tuple[int, ...]  #: without the batch dimension


class Prepared(NamedTuple):
    program: Any
    outputs: tuple[Output, ...]
    loader: dict[str, Any]  #: the pipeline's own settings
    python_ops: dict[str, tuple[Python, ...]]
    pipeline: Pipeline | None  #: None for an object file


def _from_object(path: str, isa: str | None, libraries: list[str], fixed: dict[str, Any]) -> Prepared:
    """``fixed`` are arguments that an object has decided."""
    given = [name for name, value in fixed.items() if value is not None]
    if given:
        raise TypeError(f"{path} was compiled ahead of time: its {' and '.join(given)} cannot be changed")
    program = _native.load_object(path, isa, libraries)
    settings = {
        k: v for k, v in _native.object_info(path)["loader"].items() if k in ("order", "tail", "window_bytes")
    }
    return Prepared(program, _outputs(program), settings, {}, None)


def _outputs(program: Any) -> tuple[Output, ...]:
    return tuple(Output(*o) for o in program.outputs())


def prepare(
    pipeline: Any,
    dataset: Dataset,
    *,
    dtype: Any,
    layout: str | None,
    default_layout: str | None,
    numerics: str | None,
    engine: str,
    isa: str | None,
    num_threads: int | None,
    libraries: Sequence[str | os.PathLike[str]] = (),
    schedule: Any = None,
) -> Prepared:
    """``pipeline`` is a Pipeline, a description (dict, JSON text or a file's path), or the path of a shared
    object."""
    if isinstance(pipeline, (Op, Chain)):
        raise TypeError('a Loader needs named outputs: Pipeline(image=..., label=Field("label"))')
    paths = [os.fspath(library) for library in libraries]
    if isinstance(pipeline, (str, os.PathLike)) and os.fspath(pipeline).endswith(".so"):
        fixed = {"dtype": dtype, "layout": layout, "numerics": numerics, "schedule": schedule}
        return _from_object(os.fspath(pipeline), isa, paths, fixed)
    if not isinstance(pipeline, Pipeline):
        pipeline = Pipeline.from_spec(pipeline)
    if dtype is not None or layout is not None or numerics is not None:
        pipeline = pipeline.with_(dtype=dtype, layout=layout, numerics=numerics)
    if default_layout is not None and layout is None:
        pipeline = pipeline._with_default_layout(default_layout)
    cache = _native.ObjectCache() if engine == "jit" and _native.code_generator() else None
    program = _native.compile(
        pipeline._canonical,
        dataset._native,
        engine,
        isa,
        None,
        num_threads or 0,
        cache,
        paths,
        native_schedule(schedule),
    )
    if cache is not None and cache.notice:
        warn(cache.notice, RuntimeWarning)
    return Prepared(program, _outputs(program), pipeline.loader, pipeline._python_ops(), pipeline)
