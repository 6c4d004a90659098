"""Exact reasoning on printed numbers, against every assignment of whole numbers."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avs_coverage.consistency import Constraint, System, ordered
from avs_coverage.readings import EITHER, ROUNDED, TRUNCATED, Printed

SIZE = 5  # the sums of four kinds of communes


@given(st.integers(0, 2), st.integers(0, 100_00), st.integers(1, 400))
def test_the_readings_of_a_percentage_are_those_of_decimal_arithmetic(decimals, hundredths, total):
    step = Decimal(1).scaleb(-decimals)
    value = (Decimal(hundredths) / 100).quantize(step, ROUND_DOWN)
    printed = Printed(str(value), is_percentage=True)
    shares = [Decimal(100 * part) / total for part in range(total + 1)]

    def so_printed(*ways):
        return [k for k, share in enumerate(shares) if any(share.quantize(step, w) == value for w in ways)]

    def read(reading):
        first, last = printed.counts(total, reading)
        return [k for k in range(first, last + 1) if k <= total]

    # Half up and half even differ at ties alone, which may go either way.
    half = step / 2
    ties = [k for k, share in enumerate(shares) if abs(share - value) == half]
    assert read(ROUNDED) == sorted({*so_printed(ROUND_HALF_UP, ROUND_HALF_EVEN), *ties})
    assert read(TRUNCATED) == so_printed(ROUND_DOWN)
    assert read(EITHER) == sorted({*read(ROUNDED), *read(TRUNCATED)})


@pytest.mark.parametrize(
    ("text", "qualifier", "expected"),
    [
        ("879000", "pres_de", (878_000, 879_000)),
        ("879000", "environ", (878_000, 880_000)),
        ("50", "environ", (40, 60)),
        ("7", "moins_de", (0, 6)),
        ("7", "plus_de", (8, None)),
        ("7", "egal", (7, 7)),
        ("0", "pres_de", (0, 0)),
    ],
)
def test_qualifiers_of_a_count(text, qualifier, expected):
    assert Printed(text, qualifier).counts() == expected


def test_less_than_two_percent_leaves_two_percent_out():
    assert Printed("2", "moins_de", True).counts(100) == (0, 1)
    assert Printed("2", "plus_de", True).counts(100) == (3, None)


def constraints(total):
    ends = st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)).filter(
        lambda ends: ends[0] < ends[1]
    )
    names = st.frozensets(st.sampled_from("abcde"), min_size=1, max_size=2)
    one = st.builds(
        lambda span, low, width, by: Constraint(span, low, low + width, by),
        ends, st.integers(0, total), st.integers(0, 2), names,
    )  # fmt: skip
    return st.lists(one, min_size=1, max_size=8)


def solutions(total):
    for inner in product(range(total + 1), repeat=SIZE - 2):
        values = (0, *inner, total)
        if all(a <= b for a, b in pairwise(values)):
            yield values


def satisfied(values, constraint):
    difference = values[constraint.span[1]] - values[constraint.span[0]]
    return constraint.lower <= difference <= constraint.upper


@given(st.integers(0, 9).flatmap(lambda n: st.tuples(st.just(n), constraints(n))))
def test_feasibility_ranges_and_shortest_sets_are_those_of_every_assignment(drawn):
    total, stated = drawn
    known = (*ordered(range(SIZE)), Constraint((0, SIZE - 1), total, total))
    system = System(SIZE, (*known, *stated))
    worlds = list(solutions(total))

    def allowed(believed):
        active = [c for c in stated if c.by <= believed]
        return [values for values in worlds if all(satisfied(values, c) for c in active)]

    subsets = [
        frozenset(s)
        for size in range(len(system.statements) + 1)
        for s in combinations(system.statements, size)
    ]
    for believed in subsets:
        possible = allowed(believed)
        assert system.holds(believed) == bool(possible)
        for span in ((0, 2), (2, 3), (1, 4)):
            found = {values[span[1]] - values[span[0]] for values in possible}
            expected = (min(found), max(found)) if found else None
            assert system.range_of(span, believed) == expected

    irreducible = [s for s in subsets if not allowed(s) and all(allowed(s - {name}) for name in s)]
    for name in system.statements:
        found = system.conflict_with(name)
        assert found in ([s for s in irreducible if name in s] or [None])

    left = frozenset(system.statements)
    for group in system.conflicts():
        impossible = [s for s in subsets if s <= left and not allowed(s)]
        shortest = min(map(len, impossible))
        assert set(group) == {s for s in impossible if len(s) == shortest}
        left -= frozenset().union(*group)
    assert allowed(left)


def test_beyond_twenty_five_statements_a_set_is_irreducible():
    same = [Constraint((0, 1), 3, 3, frozenset([f"s{n:02}"])) for n in range(26)]
    other = Constraint((0, 1), 4, 4, frozenset(["t"]))
    ((found,),) = System(2, (*same, other)).conflicts()
    assert len(found) == 2
    assert "t" in found


def test_what_is_known_may_not_hold_by_itself():
    system = System(2, (Constraint((0, 1), 3, 3), Constraint((0, 1), 4, 4)))
    assert system.conflicts() == ((frozenset(),),)
