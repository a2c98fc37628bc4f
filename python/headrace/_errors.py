"""The exceptions of headrace."""

from __future__ import annotations

from typing import NamedTuple, Sequence


class Diagnostic(NamedTuple):
    """One problem: a code that stays the same from release to release, its place, and what was found and
    expected."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"error[{self.code}] {place}{self.message}"


class Error(RuntimeError):
    """What headrace raises. ``errors`` lists every problem; ``code`` and ``where`` are those of the first."""

    def __init__(self, errors: Sequence[Diagnostic]):
        self.errors: list[Diagnostic] = [Diagnostic(*e) for e in errors]
        super().__init__("\n".join(str(e) for e in self.errors))

    @property
    def code(self) -> str:
        return self.errors[0].code if self.errors else ""

    @property
    def where(self) -> str:
        return self.errors[0].where if self.errors else ""

    def __reduce__(self):
        return type(self), (self.errors,)


class SpecError(Error, ValueError):
    """A pipeline that cannot be: unknown or impossible arguments, an order of operations that cannot work."""


def from_diagnostics(errors: Sequence[Sequence[str]]) -> Error:
    """The exception for problems reported by the C++ library."""
    diagnostics = [Diagnostic(*e) for e in errors]
    is_spec = bool(diagnostics) and diagnostics[0].code.startswith("spec.")
    return (SpecError if is_spec else Error)(diagnostics)


def error(code: str, where: str, message: str) -> Error:
    return Error([Diagnostic(code, where, message)])
