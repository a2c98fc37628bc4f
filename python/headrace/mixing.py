"""Labels as vectors, and the operations that mix pairs of samples of a batch.

    hr.Pipeline(
        image=hr.Decode() | hr.RandomResizedCrop(224) | hr.ToTensor(),
        label=hr.Field("label") | hr.OneHot(1000),
        batch=[hr.RandomChoice([hr.MixUp(alpha=0.2), hr.CutMix()])])

Names, defaults and order of arguments are those of torchvision.transforms.v2. Classes are counted by
``OneHot``, so that ``num_classes`` is not needed here.
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from headrace import _checks
from headrace.chain import Json, Op, call_text

__all__ = ["CutMix", "LabelSmoothing", "MixUp", "OneHot", "RandomChoice"]


class OneHot(Op):
    """An i64 field as a vector of ``classes`` numbers, f32: 1 at the place that it names, else 0. By default
    as many as the dataset names values of the field."""

    def __init__(self, classes: int | None = None):
        self.classes = None if classes is None else _checks.integer("OneHot: classes", classes, 1)

    def _steps(self) -> list[Json]:
        return [{"op": "one_hot", **({} if self.classes is None else {"classes": self.classes})}]


class LabelSmoothing(Op):
    """Takes ``epsilon`` off the class of a sample and spreads it over all. After ``OneHot``."""

    def __init__(self, epsilon: float):
        self.epsilon = _checks.number("LabelSmoothing: epsilon", epsilon)

    def _steps(self) -> list[Json]:
        return [{"op": "label_smoothing", "epsilon": self.epsilon}]


class BatchOp:
    """An operation on finished batches: row i of n with row i + n / 2, and the other way round. They are
    equal if they are described by the same JSON."""

    def _step(self, outputs: Sequence[str]) -> Json:
        """Its element of a pipeline description. ``outputs`` are the names of all outputs."""
        raise NotImplementedError

    def _op_at(self, parts: Sequence[str]) -> "tuple[BatchOp, Sequence[str]]":
        """Which operation a place within its element belongs to, and the rest of the place."""
        return self, parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BatchOp) and self._step(()) == other._step(())

    def __hash__(self) -> int:
        return hash(repr(self._step(())))

    def __repr__(self) -> str:
        return call_text(self)


class _Mix(BatchOp):
    _name = ""

    def __init__(self, *, alpha: float = 1.0, p: float = 1.0, outputs: Sequence[str] | None = None):
        name = type(self).__name__
        self.alpha = _checks.number(f"{name}: alpha", alpha)
        self.p = _checks.number(f"{name}: p", p)
        self.outputs = None if outputs is None else _checks.list_of(f"{name}: outputs", outputs)

    def _step(self, outputs: Sequence[str]) -> Json:
        mixed = list(outputs) if self.outputs is None else self.outputs
        return {"op": self._name, "alpha": self.alpha, "p": self.p, "outputs": mixed}


class MixUp(_Mix):
    """Blends the two samples by a share from Beta(alpha, alpha), with probability ``p`` for each batch:
    images, and labels that ``OneHot`` made vectors. ``outputs`` names them; by default they are all of the
    pipeline's."""

    _name = "mixup"


class CutMix(_Mix):
    """Exchanges a rectangle between the two samples' images, and blends vectors by the share of the image
    that it leaves. ``alpha``, ``p`` and ``outputs`` are as for ``MixUp``."""

    _name = "cutmix"


class RandomChoice(BatchOp):
    """One of several ``MixUp`` and ``CutMix``, chosen for each batch; ``p`` are their weights, equal ones by
    default."""

    def __init__(self, transforms: Iterable[BatchOp], p: Sequence[float] | None = None):
        self.transforms = list(transforms)
        for op in self.transforms:
            if not isinstance(op, _Mix):
                raise TypeError(f"RandomChoice: transforms must be MixUp and CutMix, not {op!r}")
        self.p = None
        if p is not None:
            self.p = [
                _checks.number("RandomChoice: p", weight) for weight in _checks.list_of("RandomChoice: p", p)
            ]

    def _step(self, outputs: Sequence[str]) -> Json:
        step: Json = {"op": "random_choice", "ops": [op._step(outputs) for op in self.transforms]}
        if self.p is not None:
            step["weights"] = self.p
        return step

    def _op_at(self, parts: Sequence[str]) -> tuple[BatchOp, Sequence[str]]:
        if (
            len(parts) > 2
            and parts[0] == "ops"
            and parts[1].isdigit()
            and int(parts[1]) < len(self.transforms)
        ):
            return self.transforms[int(parts[1])], parts[2:]
        return self, parts


class _AsWritten(BatchOp):
    """An element that has no class of its own."""

    def __init__(self, step: Json):
        self.step = step

    def _step(self, outputs: Sequence[str]) -> Json:
        return self.step


def batch_ops(value: Any) -> tuple[BatchOp, ...]:
    """What a Pipeline is given as its ``batch``."""
    if isinstance(value, BatchOp):
        return (value,)
    ops = tuple(_checks.list_of("batch", value))
    for op in ops:
        if not isinstance(op, BatchOp):
            raise TypeError(f"batch must be made of MixUp, CutMix and RandomChoice, not of {op!r}")
    return ops


_MIXES = {"mixup": MixUp, "cutmix": CutMix}


def batch_op_from_json(step: Json) -> BatchOp:
    """The operation of one element of a description's "batch"."""
    keys = {k: v for k, v in step.items() if k != "op"}
    if step["op"] in _MIXES and {"alpha", "p", "outputs"}.issuperset(keys):
        return _MIXES[step["op"]](**keys)
    if step["op"] == "random_choice" and {"ops", "weights"}.issuperset(keys):
        choices = [batch_op_from_json(op) for op in keys["ops"]]
        if all(isinstance(op, _Mix) for op in choices):
            return RandomChoice(choices, keys.get("weights"))
    return _AsWritten(step)
