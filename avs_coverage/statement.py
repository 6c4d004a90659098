"""The état des lieux of a territory in plain sentences, each number traced to its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from avs_coverage.report import Report


class RowRef(NamedTuple):
    """Where a number is: the view (``TableView.name``), the values that single out its row, the column."""

    view: str
    where: Mapping[str, str]
    column: str


class Sentence(NamedTuple):
    """One sentence, or a few that go together; *refs* are the rows of its numbers, in their order."""

    text: str
    refs: tuple[RowRef, ...] = ()


class Passage(NamedTuple):
    """A heading and its sentences."""

    title: str
    sentences: tuple[Sentence, ...]


def statement(report: Report) -> tuple[Passage, ...]:
    """Return the état des lieux; a passage that the data do not allow is left out."""
    raise NotImplementedError
