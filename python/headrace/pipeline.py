"""Pipelines: what becomes of the fields of a sample, output by output."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Union

from headrace import _checks, _native
from headrace._errors import Diagnostic, SpecError
from headrace._from_json import op_from_json
from headrace.chain import Chain, Op, Python
from headrace.ops import Shared

if TYPE_CHECKING:
    from headrace.dataset import Dataset

__all__ = ["Pipeline"]

STAGES = ("graph", "graph-opt", "loop", "llvm", "llvm-opt", "asm")
_OBJECT_KINDS = {".so": "so", ".o": "obj", ".h": "header"}

# JSON keys whose arguments have another name in Python.
_ARGUMENTS = {"filter": "interpolation", "short_side": "size", "range": "value_range"}


class Pipeline:
    """Named outputs, each a chain of operations, in the order in which batches hold them.

        hr.Pipeline(image=hr.Decode() | hr.RandomResizedCrop(224) | hr.Normalize(mean, std),
        label=hr.Field("label"))

    ``numerics`` is "fast" or "exact". ``loader`` holds what a Loader does unless it is told otherwise:
    "order", "tail", "window_bytes". All problems of the description are reported at once, as a SpecError.
    """

    def __init__(
        self,
        outputs: Mapping[str, Chain | Op] | None = None,
        /,
        *,
        numerics: str = "fast",
        loader: Mapping[str, Any] | None = None,
        **named: Chain | Op,
    ):
        chains = {**(outputs or {}), **named}
        self.outputs: dict[str, Chain] = {name: _chain(name, ops) for name, ops in chains.items()}
        self.numerics = _checks.choice("numerics", numerics, ("fast", "exact"))
        self.loader: dict[str, Any] = dict(loader or {})
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
        return cls(outputs, numerics=parsed.get("numerics", "fast"), loader=parsed.get("loader"))

    def _spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"headrace": 1, "numerics": self.numerics}
        if self.loader:
            spec["loader"] = self.loader
        shared = {}
        for chain in self.outputs.values():
            for op in chain:
                if isinstance(op, Shared):
                    shared[op.name] = op.op._steps()[0]
        if shared:
            spec["shared"] = shared
        spec["outputs"] = {name: chain.steps() for name, chain in self.outputs.items()}
        return spec

    def _check(self) -> str:
        """The description in the one way to write it down. Errors name the operation and its argument."""
        try:
            return _native.canonical_spec(json.dumps(self._spec()))
        except SpecError as e:
            raise SpecError([self._with_op(d) for d in e.errors]) from None

    def _with_op(self, diagnostic: Diagnostic) -> Diagnostic:
        """Adds to "/outputs/image/1/size" which operation and which of its arguments that is."""
        parts = diagnostic.where.split("/")[1:]
        if len(parts) < 3 or parts[0] != "outputs" or not parts[2].isdigit():
            return diagnostic
        steps = [(op, step) for op in self.outputs.get(parts[1], Chain([])) for step in op._steps()]
        if int(parts[2]) >= len(steps):
            return diagnostic
        text = type(steps[int(parts[2])][0]).__name__
        if len(parts) > 3 and parts[3] not in ("op", "use"):
            text += f", argument {_ARGUMENTS.get(parts[3], parts[3])}"
        return diagnostic._replace(message=f"{diagnostic.message} ({text})")

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
        return "Pipeline(\n    " + ",\n    ".join(lines) + ")"

    # --- overrides ---

    def with_(
        self, *, dtype: Any = None, layout: str | None = None, numerics: str | None = None
    ) -> "Pipeline":
        """The same pipeline with another element type or layout of its images, or other numerics."""
        outputs = {
            name: _override(chain, None if dtype is None else _checks.dtype("dtype", dtype), layout)
            for name, chain in self.outputs.items()
        }
        return Pipeline(outputs, numerics=numerics or self.numerics, loader=self.loader)

    def _with_default_layout(self, layout: str) -> "Pipeline":
        """The same with a layout for images that state none."""
        outputs = {
            name: chain
            if any(s.get("op") == "layout" for s in chain.steps())
            else _override(chain, None, layout)
            for name, chain in self.outputs.items()
        }
        return Pipeline(outputs, numerics=self.numerics, loader=self.loader)

    # --- the compiler ---

    def emit(
        self,
        stage: str,
        dataset: "Dataset | str | os.PathLike[str] | None" = None,
        *,
        isa: str | None = None,
        stop_after: str = "",
    ) -> str:
        """The pipeline as text at a stage of its compilation: "graph", "graph-opt", "loop", "llvm",
        "llvm-opt" or "asm". ``stop_after`` is the last pass to run on the graph."""
        _checks.choice("stage", stage, STAGES)
        return _native.inspect(self._canonical, _native_dataset(dataset), stage, isa, None, stop_after)

    def explain(self, dataset: "Dataset | str | os.PathLike[str] | None" = None) -> str:
        """What the compiler makes of the pipeline, as text: its passes, the graph they leave, and what is not
        fused."""
        native = _native_dataset(dataset)
        lines = [f"numerics {self.numerics}"]
        for name, approximate, changed, seconds, _ in _native.passes(self._canonical, native, None):
            effect = "changed the graph" if changed else "no change"
            kind = "approx" if approximate else "exact"
            lines.append(f"pass {name:<20} {kind:<7} {effect:<18} {seconds * 1e3:8.3f} ms")
        lines += ["", _native.inspect(self._canonical, native, "graph-opt").rstrip()]
        for name, functions in self._python_ops().items():
            for op in functions:
                lines.append(f"output {name}: {op!r} is not fused: it runs in Python, on each finished batch")
        return "\n".join(lines)

    def compile(
        self,
        path: str | os.PathLike[str],
        *,
        isa: Sequence[str] | str = (),
        dataset: "Dataset | str | os.PathLike[str] | None" = None,
        name: str = "pipeline",
        kind: str | None = None,
        num_threads: int | None = None,
    ) -> None:
        """Compiles ahead of time, into a file that runs without a compiler: ``.so`` (to be given to Loader),
        ``.o`` or ``.h``. It holds code for each level of ``isa`` and picks one when it is loaded; without
        any, for all of this machine's architecture. With a dataset, the code can run images in its encodings
        only."""
        target = os.fspath(path)
        suffix = os.path.splitext(target)[1]
        kind = kind or _OBJECT_KINDS.get(suffix)
        if kind is None:
            raise ValueError(f'{target}: say by kind= what to make: "so", "obj" or "header"')
        self.to_spec()  # not with operations that run in Python
        levels = [isa] if isinstance(isa, str) else list(isa)
        threads = 0 if num_threads is None else _checks.integer("num_threads", num_threads, 1)
        code = _native.compile_object(
            self._canonical, _native_dataset(dataset), kind, name, levels, None, threads
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


def _override(chain: Chain, dtype: str | None, layout: str | None) -> Chain:
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
    floats = any(s.get("op") in ("normalize", "convert") for s in steps[:last])
    if steps[last].get("op") == "convert":
        found = dict(steps[last], dtype=dtype)
        if dtype == "u8" and not floats:
            return steps[:last] + steps[last + 1 :]
        return [*steps[:last], found, *steps[last + 1 :]]
    floats = floats or steps[last].get("op") == "normalize"
    if dtype == "u8" and not floats:
        return steps
    step = (
        {"op": "convert", "dtype": dtype} if floats else {"op": "convert", "dtype": dtype, "scale": 1 / 255}
    )
    return [*steps[: last + 1], step, *steps[last + 1 :]]


def _keep_shared(chain: Chain, step: dict[str, Any]) -> Op:
    shared = {op.name: op.op for op in chain if isinstance(op, Shared)}
    return op_from_json(step, shared)
