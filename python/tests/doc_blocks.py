"""The code blocks of the pages in docs/."""

from __future__ import annotations

import pathlib
import re
from typing import Iterator, NamedTuple

LANGUAGES = ("python", "sh", "cpp", "json", "text")

# <!-- not run: why --> on the line before a block.
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->\n\Z")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
_INDENTED = re.compile(r"(?:(?<=\n\n)|(?<=-->\n))(?: {4}.*\n)+")
_PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b")  # `headrace compile SPEC` says how to call it


class Block(NamedTuple):
    page: str
    line: int
    language: str
    text: str
    not_run: str  #: why it is not run; empty if it is

    @property
    def place(self) -> str:
        return f"docs/{self.page}, line {self.line}"


def _block(page: pathlib.Path, text: str, start: int, language: str, code: str) -> Block:
    marked = _NOT_RUN.search(text[:start])
    return Block(page.name, text[:start].count("\n") + 1, language, code, marked[1] if marked else "")


def blocks_of(page: pathlib.Path) -> list[Block]:
    """Fenced blocks, and indented ones that are calls of the command, with nothing left to be filled in."""
    text = page.read_text()
    found = [(m.start(), _block(page, text, m.start(), m[1], m[2])) for m in _FENCED.finditer(text)]
    plain = _FENCED.sub(lambda m: re.sub(r"[^\n]", "x", m[0]), text)
    for m in _INDENTED.finditer(plain):
        code = re.sub(r"^ {4}", "", m[0], flags=re.M)
        if code.startswith("headrace ") and not _PLACEHOLDER.search(code):
            found.append((m.start(), _block(page, text, m.start(), "sh", code)))
    return [block for _, block in sorted(found)]


def all_blocks(docs: pathlib.Path) -> Iterator[Block]:
    for page in sorted(docs.glob("*.md")):
        yield from blocks_of(page)
