"""Pipelines: what becomes of the fields of a sample, output by output."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Union

from headrace import _checks, _native
from headrace._errors import Diagnostic, SpecError
from headrace._from_json import op_from_json
from headrace._overrides import override
from headrace._schedule import Schedule, native_schedule
from headrace.chain import Chain, Op, Python
from headrace.mixing import BatchOp, batch_op_from_json, batch_ops
from headrace.ops import Shared

if TYPE_CHECKING:
    from headrace.dataset import Dataset

__all__ = ["Pipeline"]

STAGES = ("graph", "graph-opt", "loop", "llvm", "llvm-opt", "asm")
_OBJECT_KINDS = {".so": "so", ".o": "obj", ".h": "header"}

# JSON keys whose arguments have another name in Python.
_ARGUMENTS = {"filter": "interpolation", "short_side": "size", "range": "value_range"}
_BATCH_ARGUMENTS = {"ops": "transforms", "weights": "p"}

_KNOWN_KEYS = {"headrace", "numerics", "loader", "shared", "outputs", "batch"}


class Pipeline:
    """Named outputs, each a chain of operations, in the order in which batches hold them.

        hr.Pipeline(image=hr.Decode() | hr.RandomResizedCrop(224) | hr.Normalize(mean, std),
        label=hr.Field("label"))

    ``numerics`` is "fast" or "exact". ``loader`` holds what a Loader does unless it is told otherwise:
    "order", "tail", "window_bytes". ``batch`` are operations that mix pairs of samples: MixUp, CutMix,
    RandomChoice. All problems of the description are reported at once, as a SpecError.
    """

    def __init__(
        self,
        outputs: Mapping[str, Chain | Op] | None = None,
        /,
        *,
        numerics: str = "fast",
        loader: Mapping[str, Any] | None = None,
        batch: BatchOp | Sequence[BatchOp] = (),
        **named: Chain | Op,
    ):
        self._init({**(outputs or {}), **named}, numerics, loader, batch, {})

    def _init(
        self,
        chains: Mapping[str, Chain | Op],
        numerics: str,
        loader: Mapping[str, Any] | None,
        batch: BatchOp | Sequence[BatchOp],
        other: Mapping[str, Any],
    ) -> None:
        self.outputs: dict[str, Chain] = {name: _chain(name, ops) for name, ops in chains.items()}
        self.numerics = _checks.choice("numerics", numerics, ("fast", "exact"))
        self.loader: dict[str, Any] = dict(loader or {})
        self.batch: tuple[BatchOp, ...] = batch_ops(batch)
        self._other: dict[str, Any] = dict(other)  # keys of a description that have no argument here
        self._canonical = self._check()

    # --- JSON ---

    def to_spec(self) -> dict[str, Any]:
        """The description as docs/spec.md has it. Operations that run in Python cannot be part of it."""
        for name, chain in self.outputs.items():
            if chain.python_ops:
                raise ValueError(
                    f"output {name!r}: {chain.python_ops[0]!r} runs in Python and has no JSON form"
                )
        return self._spec()

    def to_json(self, indent: int | None = None) -> str:
        return json.dumps(self.to_spec(), indent=indent)

    @classmethod
    def from_spec(cls, spec: Union[Mapping[str, Any], str, os.PathLike[str]]) -> "Pipeline":
        """From a description: a dict, JSON text, or a file's path."""
        parsed = _parse(spec)
        shared = {name: op_from_json(step, {}) for name, step in parsed.get("shared", {}).items()}
        outputs = {
            name: Chain(op_from_json(step, shared) for step in steps)
            for name, steps in parsed["outputs"].items()
        }
        batch = [batch_op_from_json(step) for step in parsed.get("batch", [])]
        other = {key: value for key, value in parsed.items() if key not in _KNOWN_KEYS}
        pipeline = cls.__new__(cls)
        pipeline._init(outputs, parsed.get("numerics", "fast"), parsed.get("loader"), batch, other)
        return pipeline

    def _spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"headrace": 1, "numerics": self.numerics}
        if self.loader:
            spec["loader"] = self.loader
        shared = self._shared()
        if shared:
            spec["shared"] = {name: op._steps()[0] for name, op in shared.items()}
        spec["outputs"] = {name: chain.steps() for name, chain in self.outputs.items()}
        if self.batch:
            spec["batch"] = [op._step(list(self.outputs)) for op in self.batch]
        spec.update(self._other)
        return spec

    def _shared(self) -> dict[str, Op]:
        return {op.name: op.op for chain in self.outputs.values() for op in chain if isinstance(op, Shared)}

    def _check(self) -> str:
        """The description in the one way to write it down. Errors name the operation and its argument."""
        try:
            return _native.canonical_spec(json.dumps(self._spec()))
        except SpecError as e:
            raise SpecError([self._with_op(d) for d in e.errors]) from None

    def _with_op(self, diagnostic: Diagnostic) -> Diagnostic:
        """Adds to "/outputs/image/1/size" which operation and which of its arguments that is."""
        text = self._argument_at(diagnostic.where.split("/")[1:])
        return diagnostic._replace(message=f"{diagnostic.message} ({text})") if text else diagnostic

    def _argument_at(self, parts: Sequence[str]) -> str:
        """ "CenterCrop, argument size"; "" where a place belongs to no operation."""
        op: Any = None
        rest: Sequence[str] = parts[2:]
        names = _ARGUMENTS
        if len(parts) > 2 and parts[0] == "outputs" and parts[2].isdigit():
            steps = [op for op in self.outputs.get(parts[1], Chain([])) for _ in op._steps()]
            op, rest = (steps[int(parts[2])] if int(parts[2]) < len(steps) else None), parts[3:]
        elif len(parts) > 1 and parts[0] == "shared":
            op = self._shared().get(parts[1])
        elif (
            len(parts) > 1 and parts[0] == "batch" and parts[1].isdigit() and int(parts[1]) < len(self.batch)
        ):
            op, rest = self.batch[int(parts[1])]._op_at(rest)
            names = _BATCH_ARGUMENTS
        if op is None:
            return ""
        name = type(op).__name__
        return (
            name
            if not rest or rest[0] in ("op", "use")
            else f"{name}, argument {names.get(rest[0], rest[0])}"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pipeline):
            return NotImplemented
        return self._canonical == other._canonical and self._python_ops() == other._python_ops()

    def __hash__(self) -> int:
        return hash(self._canonical)

    def _python_ops(self) -> dict[str, tuple[Python, ...]]:
        return {name: chain.python_ops for name, chain in self.outputs.items() if chain.python_ops}

    def __repr__(self) -> str:
        lines = [f"{name}={chain!r}" for name, chain in self.outputs.items()]
        lines.append(f"numerics={self.numerics!r}")
        if self.loader:
            lines.append(f"loader={self.loader!r}")
        if self.batch:
            lines.append(f"batch={list(self.batch)!r}")
        return "Pipeline(\n    " + ",\n    ".join(lines) + ")"

    # --- overrides ---

    def with_(
        self, *, dtype: Any = None, layout: str | None = None, numerics: str | None = None
    ) -> "Pipeline":
        """The same pipeline with another element type or layout of its images, or other numerics."""
        outputs = {
            name: override(chain, None if dtype is None else _checks.dtype("dtype", dtype), layout)
            for name, chain in self.outputs.items()
        }
        return self._replace(outputs, numerics or self.numerics)

    def _with_default_layout(self, layout: str) -> "Pipeline":
        """The same with a layout for images that state none."""
        outputs = {
            name: chain
            if any(s.get("op") == "layout" for s in chain.steps())
            else override(chain, None, layout)
            for name, chain in self.outputs.items()
        }
        return self._replace(outputs, self.numerics)

    def _replace(self, outputs: Mapping[str, Chain], numerics: str) -> "Pipeline":
        pipeline = Pipeline.__new__(Pipeline)
        pipeline._init(outputs, numerics, self.loader, self.batch, self._other)
        return pipeline

    # --- the compiler ---

    def emit(
        self,
        stage: str,
        dataset: "Dataset | str | os.PathLike[str] | None" = None,
        *,
        isa: str | None = None,
        stop_after: str = "",
        schedule: Schedule | None = None,
    ) -> str:
        """The pipeline as text at a stage of its compilation: "graph", "graph-opt", "loop", "llvm",
        "llvm-opt" or "asm". ``stop_after`` is the last pass to run on the graph; ``schedule`` as in
        Loader."""
        _checks.choice("stage", stage, STAGES)
        how = native_schedule(schedule)
        return _native.inspect(self._canonical, _native_dataset(dataset), stage, isa, None, stop_after, how)

    def explain(
        self,
        dataset: "Dataset | str | os.PathLike[str] | None" = None,
        *,
        isa: str | None = None,
        html: bool = False,
        schedule: Schedule | None = None,
        libraries: Sequence[str | os.PathLike[str]] = (),
    ) -> str:
        """What the compiler makes of the pipeline, as text: what became of each operation, what is not fused,
        and, measured on the first samples of the dataset, where the time goes; with ``html`` as a page of
        its own. Without a dataset nothing can be measured: its passes, and the graph they leave.
        ``schedule`` and ``libraries`` as in Loader."""
        seams = [
            (f"output {name}", f"{op!r} is not fused: it runs in Python, on each finished batch")
            for name, functions in self._python_ops().items()
            for op in functions
        ]
        if dataset is not None and _native.code_generator():
            how = native_schedule(schedule)
            paths = [os.fspath(library) for library in _checks.list_of("libraries", libraries)]
            return _native.explain(self._canonical, _native_dataset(dataset), isa, seams, html, how, paths)
        if html or isa is not None or schedule is not None:
            raise ValueError("explain needs a dataset, and headrace's compiler, to measure the pipeline")
        return "\n".join(
            [self._passes(_native_dataset(dataset)), *(f"{where}: {why}" for where, why in seams)]
        )

    def _passes(self, dataset: Any) -> str:
        lines = [f"numerics {self.numerics}"]
        for name, approximate, changed, seconds, _ in _native.passes(self._canonical, dataset, None):
            effect = "changed the graph" if changed else "no change"
            kind = "approx" if approximate else "exact"
            lines.append(f"pass {name:<20} {kind:<7} {effect:<18} {seconds * 1e3:8.3f} ms")
        return "\n".join([*lines, "", _native.inspect(self._canonical, dataset, "graph-opt").rstrip()])

    def compile(
        self,
        path: str | os.PathLike[str],
        *,
        isa: Sequence[str] | str = (),
        dataset: "Dataset | str | os.PathLike[str] | None" = None,
        name: str = "pipeline",
        kind: str | None = None,
        num_threads: int | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Compiles ahead of time, into a file that runs without a compiler: ``.so`` (to be given to Loader),
        ``.o`` or ``.h``. It holds code for each level of ``isa`` and picks one when it is loaded; without
        any, for all of this machine's architecture. With a dataset, the code can run images in its encodings
        only. ``schedule`` as in Loader, for all levels."""
        target = os.fspath(path)
        suffix = os.path.splitext(target)[1]
        kind = kind or _OBJECT_KINDS.get(suffix)
        if kind is None:
            raise ValueError(f'{target}: say by kind= what to make: "so", "obj" or "header"')
        self.to_spec()  # not with operations that run in Python
        levels = [isa] if isinstance(isa, str) else list(isa)
        threads = 0 if num_threads is None else _checks.integer("num_threads", num_threads, 1)
        how = native_schedule(schedule)
        code = _native.compile_object(
            self._canonical, _native_dataset(dataset), kind, name, levels, None, threads, how
        )
        staged = f"{target}.{os.getpid()}.tmp"
        try:
            with open(staged, "wb") as file:
                file.write(code)
            os.replace(staged, target)
        except BaseException:
            if os.path.exists(staged):
                os.unlink(staged)
            raise


def _chain(name: str, ops: Any) -> Chain:
    if isinstance(ops, Op):
        return Chain([ops])
    if isinstance(ops, Chain):
        return ops
    raise TypeError(f"output {name!r} must be operations joined by |, not {ops!r}")


def _parse(spec: Any) -> dict[str, Any]:
    if isinstance(spec, Mapping):
        spec = json.dumps(dict(spec))
    elif isinstance(spec, os.PathLike) or not spec.lstrip().startswith("{"):
        with open(spec, encoding="utf-8") as file:
            spec = file.read()
    _native.canonical_spec(spec)  # reports all there is to report, with places in the text
    return json.loads(spec)


def _native_dataset(dataset: Any) -> Any:
    if dataset is None:
        return None
    from headrace.dataset import Dataset

    return Dataset._of(dataset)._native
