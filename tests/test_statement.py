"""The état des lieux in sentences: what it says, what it keeps silent, and where each number is from."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.coverage import Coverage
from avs_coverage.facts import Facts, write
from avs_coverage.inventory import Structure
from avs_coverage.statement import statement
from avs_coverage.tables import TableView, tables_of
from avs_coverage.territory import Territory
from tests import worlds
from tests.worlds import structure, territory

_NUMBER = re.compile(r"\d[\d\N{NARROW NO-BREAK SPACE}]*(?:,\d+)?")


# A day for which nothing is published for the territory whose code the world borrows.
_DAY = date(2024, 12, 31)


def cover(world: Territory, *structures: Structure) -> Coverage:
    return worlds.cover(world, *structures, on=_DAY)


def said(report: Report) -> str:
    """Return every sentence of a report, narrow spaces made ordinary."""
    lines = [f"{p.title} — {s.text}" for p in statement(report, tables_of(report)) for s in p.sentences]
    return "\n".join(lines).replace("\N{NARROW NO-BREAK SPACE}", " ")


def numbers(text: str) -> list[float]:
    return [
        float(found.replace("\N{NARROW NO-BREAK SPACE}", "").replace(",", "."))
        for found in _NUMBER.findall(text)
    ]


# What the notes say is looked up again in the CSV files, by another program and without the tool's code.


def looked_up(folder: Path, view: str, where: list[str], column: str) -> float:
    """Return what a note says, from the CSV file of the same export."""
    table = pd.read_csv(folder / f"{view}.csv", dtype=str, keep_default_na=False)
    for condition in where:
        name, value = condition.split(" = ", 1)
        table = table[table[name] == value]
    if column == "nombre de lignes":
        return len(table)
    if column.startswith("somme de "):
        return float(table[column.removeprefix("somme de ")].astype(float).sum())
    if column.startswith("valeurs distinctes de "):
        return table[column.removeprefix("valeurs distinctes de ")].replace("", pd.NA).nunique()
    assert len(table) == 1, (view, where, column)
    part, _, whole = column.partition(" ÷ ")
    value = float(table[part].iloc[0])
    if whole:
        return 100 * value / float(table[whole].iloc[0])
    return 100 * value if column == "part" else value


def notes_of(text: str) -> dict[str, list[tuple[str, list[str], str, str]]]:
    """Return, by note, each number with its view, conditions, column and text."""
    found: dict[str, list[tuple[str, list[str], str, str]]] = {}
    for rank, note in re.findall(r"^\[\^(\d+)\]: (.*)\.$", text, flags=re.M):
        for place in re.split(r" ; (?=table «)", note):
            view, rest = re.fullmatch(r"table « [^»]* » \((\w+)\)(.*)", place).groups()
            # Values of conditions hold « : » and commas too: the columns are those before a number.
            head, tail = re.fullmatch(r"(?:, (.*))? : (.*)|(.*)", rest).groups()[:2]
            where = re.split(r", (?=\w+ = )", head) if head else []
            columns = r"nombre de lignes|somme de \w+|valeurs distinctes de \w+|\w+ ÷ \w+|\w+"
            for column, value in re.findall(rf"(?:^|, )({columns}) (.*?)(?=, (?:{columns}) |$)", tail):
                found.setdefault(rank, []).append((view, where, column, value))
    return found


def check_export(folder: Path) -> int:
    """Check each number of the notes against the CSV files, and that sentences have no other; count them."""
    text = next(folder.glob("*.md")).read_text(encoding="utf-8").replace("\\", "")
    notes, checked = notes_of(text), 0
    body = text.partition("\n## Méthode et sources")[0]
    for line in body.splitlines():
        marked = re.fullmatch(r"(?:- )?(.*)\[\^(\d+)\]", line)
        if marked is None:
            continue
        sentence, told = marked[1], []
        for view, where, column, value in notes[marked[2]]:
            (number,) = numbers(value)
            actual = looked_up(folder, view, where, column)
            if "moins de" not in value and "plus de" not in value:
                tolerance = 0.05 + 1e-9 if "," in value else 0.5
                assert abs(actual - number) <= tolerance, (line, view, where, column, value, actual)
            told.append(number)
            checked += 1
        assert set(numbers(without_names(sentence, folder))) <= set(told), line
    return checked


def without_names(sentence: str, folder: Path) -> str:
    """Take out of a sentence what is no number of the tables: dates, years, names, labels, sources."""
    names: set[str] = set()
    for view, columns in {
        "structures": ["nom"], "epci": ["nom_groupe"], "qpv": ["nom_qpv", "code_qpv"],
        "communes": ["nom"], "audit": ["libelle", "source"],
    }.items():  # fmt: skip
        table = pd.read_csv(folder / f"{view}.csv", dtype=str, keep_default_na=False)
        names |= {name for column in columns for name in table[column]}
    for name in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(name, "…") if re.search(r"\d", name) else sentence
    for words in (
        r"\d\d/\d\d/\d{4}",
        r"fin \d{4}",
        r"Publié en \d{4}",
        r"génération [\d et]+",
        r"\(\d[\dAB]\)",
        r"audit \S+",
    ):
        sentence = re.sub(words, "…", sentence)
    return sentence


@pytest.mark.full
@pytest.mark.parametrize(
    "arguments",
    [
        ("allier",),
        ("allier", "--rule", "declared,radius:5km"),
        ("allier", "--date", "2020-12-31"),
        ("200071165",),
        ("48",),
        ("region:84",),
    ],
    ids=" ".join,
)
def test_every_number_of_the_text_is_in_the_row_that_its_note_names(run, tmp_path, arguments):
    done = run("export", *arguments, "-o", "out", "--format", "markdown,csv", "--csv-dialect", "standard")
    assert done.returncode == 0, done.stderr
    assert check_export(tmp_path / "out") >= (20 if "allier" in arguments else 2)


def test_every_number_of_a_made_study_is_in_the_row_that_its_note_names(run, tmp_path):
    assert run("init", "94", "etude", "--example").returncode == 0
    done = run("export", "./etude", "-o", "out", "--format", "markdown,csv", "--csv-dialect", "standard")
    assert done.returncode == 0, done.stderr
    assert check_export(tmp_path / "out") > 20
    assert "DONNÉES FICTIVES" in next((tmp_path / "out").glob("*.md")).read_text(encoding="utf-8")


# Three communes of one EPCI, 10, 20 and 30 inhabitants.
_WORLD = territory({"03001": "A", "03002": "A", "03003": "A"}, [("03001", "03002"), ("03002", "03003")])


def test_what_nothing_can_move_is_said_as_it_is():
    text = said(Report(cover(_WORLD, structure("S", "CS", "03001", "complete", "03001 03002", _WORLD))))
    assert (
        "Au 31/12/2024, 2 communes sur 3 (66,7 %) et 30 habitants sur 60 (50,0 %) sont couverts par un"
        in text
    )
    assert "1 commune sur 3 (33,3 %) et 30 habitants sur 60 (50,0 %) ne sont couverts par aucune" in text
    assert "Aucune commune sur 3 n'est couverte par un espace de vie sociale seul." in text
    assert "au moins" not in text
    assert "au plus" not in text
    assert "1 commune (30 habitants) forme 1 zone blanche" in text


def test_an_unknown_area_gives_two_bounds():
    text = said(Report(cover(_WORLD, structure("S", "CS", "03001", world=_WORLD))))
    assert (
        "De 1 à 3 communes sur 3 (33,3 % à 100,0 %) et de 10 à 60 habitants sur 60 (16,7 % à 100,0 %)" in text
    )
    assert "De 0 à 2 communes sur 3 (0,0 % à 66,7 %) et de 0 à 50 habitants sur 60" in text
    assert "deux bornes sont données" in text
    assert "2 communes (50 habitants) est à préciser" in text


def test_structures_that_nothing_locates_leave_a_minimum_and_no_word_on_what_an_evs_alone_covers():
    known = structure("S", "EVS", "03001", "complete", "03001", _WORLD)
    report = Report(cover(_WORLD, known, structure("N", "CS", world=_WORLD)))
    assert report.outside_bracket
    text = said(report)
    assert "au moins 1 commune sur 3 (33,3 %) et au moins 10 habitants sur 60 (16,7 %) sont couverts" in text
    assert (
        "Au plus 2 communes sur 3 (66,7 %) et au plus 50 habitants sur 60 (83,3 %) ne sont couverts" in text
    )
    assert "par un espace de vie sociale seul" not in text
    assert "sont couverts par un centre social.\n" not in text  # at least 0: nothing is said
    assert "et ceux que seul un EVS couvre : 1 structure identifiée non localisée" in text


def test_nothing_is_said_of_coverage_where_no_list_stands():
    text = said(build_report(find_territory_name("48")))
    assert "compte 152 communes" in text
    assert "couverts" not in text
    assert "zone blanche" not in text
    assert "La couverture : aucune structure n'est connue de l'outil pour ce territoire" in text


def test_a_minimum_lower_than_the_figure_of_the_report_is_said_with_it(allier):
    text = said(allier)
    assert "Au moins 7 communes sur 317" in text
    assert "8 communes et 80 683 habitants en comptant ce qui est retenu sans être établi" in text
    assert "Publié en 2022 (SDAVS de l'Allier 2023-2027, Caf de l'Allier, septembre 2023)" in text
    assert "Communes couvertes par un CS : 69 %" in text


def test_agreements_are_said_where_they_are_known():
    seats = [structure(f"S{rank}", "CS", "03001", "complete", "03001", _WORLD, acf=acf)
             for rank, acf in enumerate((True, True, False))]  # fmt: skip
    text = said(Report(cover(_WORLD, *seats)))
    assert "Sur 3 centres sociaux identifiés, 2 ont l'agrément animation collective familles (ACF)." in text
    assert "un projet PS jeunes : rien ne l'établit à cette date" in text
    partly = said(Report(cover(_WORLD, seats[0], structure("U", "CS", "03002", "complete", "03002", _WORLD))))
    assert "Sur 2 centres sociaux identifiés, au moins 1 a l'agrément" in partly
    assert "au plus 2, car ce n'est pas renseigné pour tous" in partly


def test_a_number_that_cannot_be_traced_to_one_row_is_refused():
    rows = ({"a": "x", "part": 0.5}, {"a": "x", "part": 0.25}, {"a": "y", "part": 0.75})
    facts = Facts([TableView("synthese", "Essai", ("a", "part"), rows)])
    assert facts.known("synthese", "part", {"a": "y"}).text == "75,0\N{NARROW NO-BREAK SPACE}%"
    with pytest.raises(LookupError):
        facts.cell("synthese", "part", {"a": "x"})
    with pytest.raises(LookupError):
        facts.known("synthese", "part", {"a": "z"})
    assert facts.cell("synthese", "part", {"a": "z"}) is None
    assert facts.count("synthese", {"a": "x"}).value == 2


def test_a_sentence_holds_the_facts_that_it_names_in_their_order_and_nothing_of_braces_in_words():
    facts = Facts([TableView("v", "V", ("a", "n"), ({"a": "x", "n": 1}, {"a": "y", "n": 2}))])
    one, two = facts.sum("v", "n", {"a": "x"}), facts.sum("v", "n")
    told = write("{b:commune|communes} de {name}, {a:commune|communes}", a=one, b=two, name="{a}")
    assert told.text == "3 communes de {a}, 1 commune"
    assert told.facts == (two, one)


def test_markup_in_names_is_shown_as_it_is(run, tmp_path):
    name = "<script>alert(1)</script> *gras* [lien](http://127.0.0.1) _x_ | `c`"
    (tmp_path / "s.csv").write_text(f'nom;type;code_insee\n"{name}";CS;03190\n', encoding="utf-8")
    done = run("export", "allier", "--structures", "s.csv", "-o", "out", "--format", "markdown")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "avs-03.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert r"\<script\>alert(1)\</script\> \*gras\* \[lien\](http://127.0.0.1) \_x\_ \| \`c\`" in text


def test_structures_to_be_confirmed_are_said_counted_or_not(run, tmp_path):
    for options, words in (
        ((), "S'y ajoutent 4 centres sociaux à confirmer, non comptés."),
        (("--include-unconfirmed",), "les chiffres qui suivent les comptent, et reposent sur eux."),
    ):
        run("export", "allier", "-o", "out", "--format", "markdown", "--force", *options)
        text = next((tmp_path / "out").glob("*.md")).read_text(encoding="utf-8")
        assert words in text
        assert ("Ce que couvriraient les structures à confirmer" in text) == (not options)


def test_before_the_list_nothing_rests_on_what_bears_no_date(run, tmp_path):
    done = run("export", "allier", "--date", "2019", "-o", "out", "--format", "markdown,csv",
               "--csv-dialect", "standard")  # fmt: skip
    assert done.returncode == 0
    text = next((tmp_path / "out").glob("*.md")).read_text(encoding="utf-8")
    assert "Agréés à cette date de façon certaine : aucun centre social ; des autres" in text
    assert "ont l'agrément animation collective familles" not in text.partition("## Ce que")[0]
    assert "(100,0" not in text  # at most all is nothing said
    rows = pd.read_csv(tmp_path / "out" / "synthese.csv", dtype=str, keep_default_na=False)
    known = rows[(rows["mesure"] == "structures") & (rows["statut"] == "cs")].iloc[0]
    assert (known["numerateur"], known["minorant"]) == ("9", "0")
    years = pd.read_csv(tmp_path / "out" / "evolution.csv", dtype=str, keep_default_na=False)
    then = years[(years["annee"] == "2019") & (years["mesure"] == "nb_cs")].iloc[0]
    assert (then["valeur"], then["minorant"]) == ("9", "0")


def test_after_the_list_its_day_is_said():
    text = said(build_report(find_territory_name("allier"), on=date(2026, 1, 1)))
    assert "Au 01/01/2026, d'après un inventaire arrêté au 31/12/2022, au moins 15 communes" in text


def test_quarters_are_at_least_those_known_and_never_said_to_have_none(allier):
    text = said(allier)
    assert "Au moins 5 quartiers sont desservis par une structure au moins ; y vivent au moins 9 855" in text
    assert "1 quartier n'est desservi par aucune structure connue : Moulins-Sud (QP003003)" in text


def test_a_zone_names_what_is_to_be_confirmed_in_it_and_from_where_it_is_far(allier):
    text = said(allier)
    assert "du chef-lieu de cette commune, Centre social Barjavel, en est à 18,1 km." in text
    assert "À confirmer, non compté, dans cette zone : Centre social d'Ébreuil." in text


def test_passages_of_the_first_of_several_rules_say_so():
    report = build_report(find_territory_name("allier"), ("declared", "radius:5km"))
    titles = [p.title for p in statement(report, tables_of(report))]
    assert "Les EPCI : zone d'intervention déclarée (declared)" in titles
    assert "Les zones blanches : zone d'intervention déclarée (declared)" in titles


def test_a_published_figure_of_another_definition_is_quoted_as_such(allier):
    quoted = "Communes couvertes par un CS : 69 %"
    aside = " (autre définition : zone d'intervention déclarée)"
    assert f"{quoted}{aside}" in said(build_report(find_territory_name("03"), "radius:5km"))
    both = build_report(find_territory_name("03"), ("radius:5km", "declared"))
    for report in (allier, both):
        assert quoted in said(report)
        assert aside not in said(report)
