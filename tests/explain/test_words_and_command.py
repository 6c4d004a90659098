"""Every basis has its words, and the command shows them on any terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from avs_coverage.reports.explain_commune import commune_sections
from avs_coverage.reports.explain_words import (
    POSSIBLE_REASONS,
    SENTENCES,
    tie_sentences,
    why_possible,
)
from avs_coverage.rules import BASES, link_table
from tests.conftest import ROOT
from tests.explain.helpers import WORLD, explained
from tests.worlds import structure

# --- every basis has its words -------------------------------------------------------------------


def test_every_basis_that_a_rule_gives_has_a_sentence():
    assert set(SENTENCES) == set(BASES)
    assert set(POSSIBLE_REASONS) <= set(SENTENCES)
    documented = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert all(f"`{basis}`" in documented for basis in SENTENCES)
    with pytest.raises(ValueError, match="oracle"):
        link_table([("c", "03001", 1.0, True, "oracle")])


@pytest.mark.parametrize("basis", SENTENCES)
def test_a_possible_link_is_never_said_as_a_certain_one(basis):
    made = explained(structure("c", "CS", "03001", world=WORLD))
    tie = replace(made.commune("03001").main.ties[0], basis=basis, certain=False)
    (said,) = tie_sentences([tie], "CC A", in_part=False)
    assert re.search(r"Peut-être|peut-être|rait\b|On ne connaît pas toute", said)
    assert why_possible([tie])


def test_a_basis_without_a_sentence_is_an_error_and_not_passed_over():
    made = explained(structure("c", "CS", "03001", world=WORLD))
    found = made.commune("03001")
    tie = replace(found.main.ties[0], basis="oracle")
    odd = replace(found, rules=(replace(found.main, ties=(tie,)),))
    with pytest.raises(ValueError, match="oracle"):
        commune_sections(made.report, odd)
    with pytest.raises(ValueError, match="oracle"):
        why_possible([tie])


# --- the command ---------------------------------------------------------------------------------


def test_the_command_answers_on_stdout_and_ends_with_its_exit_codes(run):
    shown = run("explain", "allier", "moulins")
    assert shown.returncode == 0
    text = shown.stdout.decode()
    assert text.startswith("Moulins (03190) — Allier (03)\nMoulins (03190), commune de ")
    assert "PEUT-ÊTRE COUVERTE" in text
    assert "Une commune non couverte n'est pas une commune où personne n'agit" in text
    assert run("explain", "allier").returncode == 2
    assert run("explain", "allier", "xyzzy").returncode == 4
    assert run("explain", "xyzzy", "moulins").returncode == 4
    refused = run("explain", "allier", "Nevers")
    assert refused.returncode == 4
    assert "avs-coverage explain 58 58194" in refused.stderr.decode()


def test_rules_are_those_asked_for(run):
    made = json.loads(run("explain", "allier", "gannat", "--radius", "10km,20km", "--json").stdout)
    assert (made["schema"], made["version"], made["nature"]) == ("avs-coverage/explain", 3, "commune")
    statuses = {r["parametres"]["rayon_m"]: r["statut"] for r in made["explication"]["regles"]}
    assert statuses == {10_000: "aucune", 20_000: "cs_seul"}
    assert run("explain", "allier", "gannat", "--rule", "declared", "--commune-share", "0.3").returncode == 2


def test_the_json_of_each_kind_is_complete_and_plain(run):
    for text, kind in (("03185", "commune"), ("QP003005", "qpv"), ("03-CS-07", "structure")):
        made = json.loads(run("explain", "allier", text, "--json").stdout)
        assert made["nature"] == kind
        assert made["explication"]
        assert "Une commune non couverte" in made["avertissements"][-1]
    ties = json.loads(run("explain", "allier", "03185", "--json").stdout)["explication"]["regles"][0]["liens"]
    assert [(t["structure"], t["certain"], t["fondement"]) for t in ties] == [
        ("03-CS-07", True, "siege"), ("03-CS-04", False, "epci"),
    ]  # fmt: skip


def test_names_can_do_nothing_to_the_screen(run, tmp_path):
    name = "MJC \x1b[31m<script>alert(1)</script>\u202e"
    (tmp_path / "s.csv").write_text(
        f"id;nom;type;code_insee;note\na;{name};CS;03190;\x07note\x1b]0x\n", encoding="utf-8"
    )
    for text in ("03190", "structure:a"):
        shown = run("explain", "allier", text, "--structures", "s.csv")
        assert shown.returncode == 0
        assert b"<script>alert(1)</script>" in shown.stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown.stdout.decode())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_terminal_can_show_it(run, encoding):
    shown = run("explain", "allier", "QP003001", encoding=encoding)
    assert shown.returncode == 0
    assert "?" not in shown.stdout.decode(encoding)


def test_only_what_is_established_is_said_with_certainty(run):
    passerelle = run("explain", "allier", "structure:03-CS-09").stdout.decode()
    assert "certitude" not in passerelle
    assert "AUCUNE COMMUNE ÉTABLIE, 6 RETENUES SANS ÊTRE ÉTABLIES" in passerelle
    farandole = run("explain", "allier", "structure:03-CS-01").stdout.decode()
    assert "Avec certitude (habitants) : Le Donjon (1\u202f007).\nRetenu dans le chiffre" in farandole
    cusset = run("explain", "allier", "cusset").stdout.decode()
    assert "2 structures la couvrent, dont 1 avec certitude" in cusset
    links = json.loads(run("explain", "allier", "cusset", "--json").stdout)["explication"]["regles"][0][
        "liens"
    ]
    assert {(link["structure"], link["certain"], link["etabli"]) for link in links} == {
        ("03-EVS-05", True, True), ("03-CS-09", True, False), ("03-CS-08", False, False),
    }  # fmt: skip


def test_the_json_carries_what_every_other_command_does(run):
    made = json.loads(run("explain", "allier", "cusset", "--json").stdout)
    other = json.loads(run("communes", "allier", "--json").stdout)
    for key in ("territoire", "date", "regle", "fictif", "completude", "positions", "hors_fourchette"):
        assert made[key] == other[key]


def test_warnings_that_do_not_concern_the_page_are_left_out(run):
    avermes = run("explain", "allier", "avermes").stdout.decode()
    assert "Durées estimées" not in avermes
    assert "Passerelle" not in avermes
    assert "structures publiées que la liste ne nomme pas (10 CS et 4 EVS)" in avermes
    cusset = run("explain", "allier", "cusset").stdout.decode()
    assert "Siège déduit et non établi pour « Centre social La Passerelle » (CS)." in cusset
    assert "Durées estimées" in cusset
    assert "Superficie" not in run("explain", "allier", "QP003001").stdout.decode()
