"""Operations in general, and how they are put one after another."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, Sequence

__all__ = ["Chain", "Compose", "JsonOp", "Op", "Python"]

Json = dict[str, Any]


def call_text(op: Any) -> str:
    """The call that makes an operation, without the arguments that are as they would be."""
    import inspect  # which takes longer to import than all of this package

    defaults = {p.name: p.default for p in inspect.signature(type(op)).parameters.values()}
    arguments = []
    for name, value in vars(op).items():
        default = defaults.get(name, inspect.Parameter.empty)
        if value != (list(default) if isinstance(default, tuple) else default):
            arguments.append(f"{name}={value!r}")
    return f"{type(op).__name__}({', '.join(arguments)})"


class Op:
    """One operation. Operations are equal if they are described by the same JSON."""

    _scales_bytes = False  #: whether it scales bytes, but nothing that is a float already

    def _steps(self) -> list[Json]:
        """The elements of a pipeline description that this operation stands for."""
        raise NotImplementedError

    def __or__(self, other: "Op | Chain") -> "Chain":
        return Chain([self]) | other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Op) and not isinstance(other, Python) and self._steps() == other._steps()

    def __hash__(self) -> int:
        return hash(repr(self._steps()))

    def __repr__(self) -> str:
        return call_text(self)


class Chain:
    """Operations one after another, each on the result of the one before."""

    def __init__(self, ops: Iterable[Op]):
        self.ops: tuple[Op, ...] = tuple(ops)
        for op in self.ops:
            if not isinstance(op, Op):
                raise TypeError(f"a pipeline is made of operations such as Decode(), not of {op!r}")
        for op, following in zip(self.ops, self.ops[1:]):
            if isinstance(op, Python) and not isinstance(following, Python):
                raise ValueError(
                    f"{op!r} runs in Python, on finished batches; {following!r} cannot come after it"
                )

    def __or__(self, other: "Op | Chain") -> "Chain":
        if isinstance(other, Chain):
            return Chain(self.ops + other.ops)
        if isinstance(other, Op):
            return Chain((*self.ops, other))
        return NotImplemented

    def steps(self) -> list[Json]:
        """The chain as an output of a pipeline description. Operations that run in Python are left out."""
        steps: list[Json] = []
        floating = False
        for op in self.ops:
            for step in op._steps():
                if floating and op._scales_bytes:
                    step.pop("scale", None)  # what is a float already is in its range
                steps.append(step)
                floating = (
                    floating
                    or step.get("op") in ("normalize", "one_hot")
                    or step.get("dtype") in ("f16", "bf16", "f32")
                    or step.get("out") == "f32"
                )
        return steps

    @property
    def python_ops(self) -> tuple["Python", ...]:
        """Those at its end that run in Python."""
        return tuple(op for op in self.ops if isinstance(op, Python))

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)

    def __len__(self) -> int:
        return len(self.ops)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self.ops == other.ops

    def __hash__(self) -> int:
        return hash(self.ops)

    def __repr__(self) -> str:
        return " | ".join(repr(op) for op in self.ops)


def Compose(transforms: Sequence[Op]) -> Chain:
    """The same as ``a | b | c``, as torchvision writes it."""
    return Chain(transforms)


class JsonOp(Op):
    """An operation as docs/spec.md writes it: ``JsonOp("resize", size=[32, 32])``."""

    def __init__(self, op: str, **keys: Any):
        self.op = op
        self.keys = keys

    def _steps(self) -> list[Json]:
        return [{"op": self.op, **self.keys}]


class Python(Op):
    """A function of yours, called in Python on each finished batch of one output: ``function(array) ->
    array``.

    It is not compiled and not fused: it runs on the thread that iterates, while other batches are made, and
    cannot be part of a JSON description or an object file. ``Pipeline.explain()`` says so. Last in its chain.
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None):
        if not callable(function):
            raise TypeError(f"Python: function must be callable, not {function!r}")
        self.function = function
        self.name = name or getattr(function, "__name__", type(function).__name__)

    def _steps(self) -> list[Json]:
        return []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Python) and self.function == other.function

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        return f"Python({self.name})"
