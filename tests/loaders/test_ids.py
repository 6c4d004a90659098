"""Lists of structures: ids."""

from __future__ import annotations

import pytest

from tests.loaders.helpers import (
    THREE,
    as_csv,
)


def test_a_made_id_says_type_seat_and_name(load):
    found = load("nom;type;code_insee\nL'Étoile d'Or;CS;3185\nB;EVS;\nÉ;CS;03310\n")
    assert [s.id for s in found.structures] == ["CS-03185-l-etoile-d-or", "EVS-sans-siege-b", "CS-03310-e"]


def test_a_made_id_never_takes_one_that_is_written(load):
    found = load("id;nom;type;code_insee\n;A;CS;03185\nCS-03185-a;B;CS;03310\n;A;CS;03185\n")
    ids = [structure.id for structure in found.structures]
    assert ids[1] == "CS-03185-a"
    assert len(set(ids)) == 3


@pytest.mark.parametrize("id", ["é à", "a;b", "{0}", "[red]", "%s", "../x", "O'Neil", "=1+1", "😀", "a,b"])
def test_an_odd_id_is_kept_as_it_is(load, id):
    found = load(as_csv([["id", "nom", "type", "code_insee"], [id, "A", "CS", "03185"]]))
    assert found.structures[0].id == id


SAME_START = "Centre social et culturel intercommunal de la "


TWINS = [
    [(f"{SAME_START}Sioule", "CS", "03185"), (f"{SAME_START}Besbre", "CS", "03185")],
    [("مركز", "CS", "03185"), ("نادي", "CS", "03185")],
]


@pytest.mark.parametrize("rows", TWINS, ids=["40 letters", "not Latin"])
def test_the_order_of_rows_does_not_decide_who_has_which_id(load, rows):
    def ids(ordered):
        return {s.name: s.id for s in load(as_csv([THREE.split(";"), *ordered])).structures}

    assert ids(rows) == ids(rows[::-1])


def test_two_names_in_another_script_are_two_names(load):
    assert load(as_csv([THREE.split(";"), *TWINS[1]])).warnings == ()
