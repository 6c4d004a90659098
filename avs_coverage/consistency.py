"""Whether printed numbers can hold together: exact reasoning on whole numbers, by difference constraints.

Quantities that add up are differences of cumulated sums: with communes sorted as CS alone, CS and
EVS, EVS alone, none, every count that is printed is one sum less another. Such constraints have a
solution in whole numbers if and only if no cycle of them has a negative length (Bellman, 1958).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb, inf

MAX_STATEMENTS = 25
MAX_SETS = 20_000
"""Beyond so many statements, a set that cannot hold is irreducible, not proved to be the shortest."""

MAX_DIAGNOSES = 500
"""Beyond so many ways to set others aside, no set is looked for that one more statement would refute."""

Span = tuple[int, int]
"""A quantity: the value of the second node less that of the first."""
_Distances = tuple[tuple[float, ...], ...]  # whole numbers, and inf where nothing bounds


@dataclass(frozen=True)
class Constraint:
    """``lower ≤ end − start ≤ upper``, which holds where every statement of *by* is believed.

    An end that is None bounds nothing; a constraint without *by* is known, not printed.
    """

    span: Span
    lower: int | None
    upper: int | None
    by: frozenset[str] = frozenset()


@dataclass(frozen=True)
class System:
    """Constraints between the values of nodes 0 … *size* − 1, whole numbers."""

    size: int
    constraints: tuple[Constraint, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        """Return every statement that constrains anything, sorted."""
        return tuple(sorted({name for constraint in self.constraints for name in constraint.by}))

    def holds(self, statements: Iterable[str]) -> bool:
        """Tell whether some whole numbers satisfy what is known and all these statements."""
        return self._distances(frozenset(statements)) is not None

    def range_of(self, span: Span, statements: Iterable[str]) -> tuple[int | None, int | None] | None:
        """Return the ends of a quantity that these statements leave possible; None where they cannot hold."""
        found = self._distances(frozenset(statements))
        if found is None:
            return None
        start, end = span
        low, high = -found[end][start], found[start][end]
        return (None if low == -inf else int(low)), (None if high == inf else int(high))

    def conflicts(self) -> tuple[tuple[frozenset[str], ...], ...]:
        """Return the sets of statements that cannot hold together, as groups of sets of one size.

        The first group holds all the shortest ones; the next, all the shortest among the statements
        that no former group names, and so on. Where there are more than ``MAX_STATEMENTS``, or more
        than ``MAX_SETS`` sets would have to be tried, a group is one irreducible set.
        """
        groups: list[tuple[frozenset[str], ...]] = []
        left = frozenset(self.statements)
        while not self.holds(left):
            groups.append(self._shortest(left) if len(left) <= MAX_STATEMENTS else (self._irreducible(left),))
            if not (named := frozenset().union(*groups[-1])):
                break  # what is known cannot hold by itself
            left -= named
        return tuple(groups)

    def conflict_with(self, name: str) -> frozenset[str] | None:
        """Return an irreducible set that cannot hold and has this statement; None where none is found.

        There is one if and only if the statement cannot hold with some largest set of others that can.
        Those are what is left once each conflict of the others has lost one of its statements (Reiter,
        1987, « A theory of diagnosis from first principles »): fewest losses first, up to
        ``MAX_DIAGNOSES`` of them.
        """
        others, seen = frozenset(self.statements) - {name}, {frozenset[str]()}
        waiting = deque(seen)
        while waiting:
            lost = waiting.popleft()
            left = others - lost
            if self.holds(left):
                if not self.holds(left | {name}):
                    return self._irreducible(left | {name})
                continue
            more = {lost | {one} for one in self._irreducible(left)} - seen
            if len(seen) + len(more) > MAX_DIAGNOSES:
                return None
            seen |= more
            waiting.extend(sorted(more, key=sorted))
        return None

    def is_searched_whole(self, size: int) -> bool:
        """Tell whether every set up to a size is tried, so that the shortest are proved to be."""
        count = len(self.statements)
        return count <= MAX_STATEMENTS and sum(comb(count, n) for n in range(size + 1)) <= MAX_SETS

    def _irreducible(self, statements: frozenset[str]) -> frozenset[str]:
        """Leave out, one by one, the statements without which the others still cannot hold."""
        kept = statements
        for name in sorted(statements):
            if not self.holds(kept - {name}):
                kept -= {name}
        return kept

    def _shortest(self, statements: frozenset[str]) -> tuple[frozenset[str], ...]:
        irreducible = self._irreducible(statements)
        sizes = range(len(irreducible) + 1)
        if sum(comb(len(statements), size) for size in sizes) > MAX_SETS:
            return (irreducible,)
        for size in sizes:
            sets = map(frozenset, combinations(sorted(statements), size))
            if found := tuple(one for one in sets if not self.holds(one)):
                return found
        raise AssertionError("an irreducible set is infeasible")

    def _distances(self, statements: frozenset[str]) -> _Distances | None:
        """Return how far each node may be above each other one; None where a cycle is negative."""
        nodes = range(self.size)
        found: list[list[float]] = [[0 if a == b else inf for b in nodes] for a in nodes]
        for start, end, length in self._edges(statements):
            if length >= found[start][end]:
                continue
            if found[end][start] + length < 0:
                return None
            for a in nodes:
                to_end = found[a][start] + length
                if to_end < inf:
                    row, onward = found[a], found[end]
                    for b in nodes:
                        row[b] = min(row[b], to_end + onward[b])
        return tuple(map(tuple, found))

    def _edges(self, statements: frozenset[str]) -> Iterator[tuple[int, int, int]]:
        for constraint in self.constraints:
            if constraint.by <= statements:
                start, end = constraint.span
                if constraint.upper is not None:
                    yield start, end, constraint.upper
                if constraint.lower is not None:
                    yield end, start, -constraint.lower


def ordered(nodes: Sequence[int]) -> tuple[Constraint, ...]:
    """Say that the values of nodes never fall: what is between two of them is a count."""
    return tuple(Constraint((a, b), 0, None) for a, b in pairwise(nodes))
