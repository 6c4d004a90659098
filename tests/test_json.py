"""What the tool prints as JSON is what docs/schemas/ says, and nothing else; so are its errors."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from avs_coverage.commands import app
from avs_coverage.errors import AuditError
from avs_coverage.reports.text import plain
from tests.json_documents import (
    BY_SERVER,
    CHECKS,
    EXPLAINED,
    FILES,
    OF_ALL,
    REFUSED,
    WITH_OPTIONS,
    Said,
    fill_cache,
    say,
)
from tests.osrm_server.helpers import LOOPBACK, Stand
from tools import json_schemas

ROOT = Path(__file__).parent.parent
SCHEMAS = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "docs" / "schemas").glob("*.json")
}
REGISTRY = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
RESOLVER = REGISTRY.resolver()


def validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": reference}, registry=REGISTRY)


VALIDATORS: dict[str, Draft202012Validator] = {}
for _name, _schema in SCHEMAS.items():
    VALIDATORS[_schema["$id"]] = validator(_schema["$id"])
    for _inner in _schema.get("$defs", ()):
        VALIDATORS[f"{_schema['$id']}#/$defs/{_inner}"] = validator(f"{_schema['$id']}#/$defs/{_inner}")


def faults(document: dict[str, Any]) -> list[str]:
    found = VALIDATORS[json_schemas.urn(document["schema"].removeprefix("avs-coverage/"))]
    return [f"{error.json_path} : {error.message}"[:300] for error in found.iter_errors(document)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    """Every document of the tests, the manifest and the JSON file of an export among them."""
    with pytest.MonkeyPatch.context() as patched, Stand() as server:
        patched.chdir(tmp_path_factory.mktemp("json"))
        for name, value in LOOPBACK.items():
            patched.setenv(name, value)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        assert say(["init", "48", "etude", "--example"]).code == 0
        commands = [*OF_ALL, *WITH_OPTIONS, *EXPLAINED, *CHECKS, *(command for command, _ in REFUSED)]
        commands += [f"{command} {server.url}" for command in BY_SERVER]
        found = [say([*command.split(), "--json"]) for command in commands]
        options = "--structures liste.csv --indicators dossier.csv=P22_POP -o remis --format json,csv"
        assert say(["export", "allier", *options.split()]).code == 0
        found += [
            Said(f"export : {path.name}", 0, path.read_text(encoding="utf-8"), "")
            for path in (Path("remis/avs-03.json"), Path("remis/manifest.json"))
        ]
        server.shutdown()
        patched.setenv("AVS_COVERAGE_CACHE", "cache")
        fill_cache()
        found.append(say(["data", "info", "--json"]))
        patched.setenv("AVS_COVERAGE_CACHE", "vide")
        found.append(say(["data", "info", "--json"]))
        return found


def objects(reference: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object of a document with where the schema describes it."""
    yield reference, value
    base = reference.partition("#")[0]
    for name, part in RESOLVER.lookup(reference).contents["properties"].items():
        if name in value:
            yield from _inside(base, part, value[name])


def _inside(base: str, schema: dict[str, Any], value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    branches = schema.get("anyOf", [schema])
    if isinstance(value, list):
        items = {"anyOf": [one["items"] for one in branches if "items" in one]}
        for item in value:
            yield from _inside(base, items, item)
    elif isinstance(value, dict):
        names = [one["$ref"] for one in branches if "$ref" in one]
        references = [name if name.startswith("urn:") else base + name for name in names]
        for reference in references:
            if len(references) == 1 or VALIDATORS[reference].is_valid(value):
                yield from objects(reference, value)


@pytest.fixture(scope="module")
def met(corpus: list[Said]) -> dict[str, list[dict[str, Any]]]:
    """Where a schema describes an object → the objects of the corpus that are there."""
    found = defaultdict(list)
    for said in corpus:
        for reference, value in objects(json_schemas.urn(said.name), said.document):
            found[reference].append(value)
    return found


def short(reference: str) -> str:
    return reference.rpartition("/")[2].rpartition(":")[2]


def test_the_files_are_those_that_the_table_of_fields_makes():
    pages = json_schemas.pages()
    assert {path.name for path in json_schemas.FOLDER.iterdir()} == set(pages)
    for name, text in pages.items():
        assert (json_schemas.FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name} : python -m tools.json_schemas"
        )
    assert json_schemas.unused() == set()


def test_each_schema_is_one_and_says_itself():
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == json_schemas.urn(name)
        assert schema["title"]
        bodies = [*schema.get("$defs", {}).values(), *([schema] if name != json_schemas.COMMON else [])]
        for body in bodies:
            assert body["description"]
            for key, part in body["properties"].items():
                # An object, or a list of objects, is described where the object is.
                assert part.get("description") or re.search("ref", str(part)), (name, key)


def contract(part: Any, seen: dict[str, Any], base: str) -> Any:
    """Return a schema without its words, and put in *seen* the objects that it refers to."""
    if isinstance(part, list):
        return [contract(item, seen, base) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        reference = part["$ref"] if part["$ref"].startswith("urn:") else base + part["$ref"]
        if reference not in seen:
            seen[reference] = None
            seen[reference] = contract(RESOLVER.lookup(reference).contents, seen, reference.partition("#")[0])
    return {
        key: contract(value, seen, base)
        for key, value in part.items()
        if not (
            key == "$defs"
            or (key in ("description", "title") and isinstance(value, str))
            or (key == "version" and "const" in value)
        )
    }


def test_a_contract_that_changes_changes_its_version():
    """After a change: a new version in the code, AVS_UPDATE_GOLDEN=1, and what changed in docs/formats.md."""
    lines = []
    for name in json_schemas.documents():
        schema, seen = SCHEMAS[name], {}
        whole = [contract(schema, seen, schema["$id"]), sorted(seen.items())]
        print_of = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]
        lines.append(f"{name} {schema['properties']['version']['const']} {print_of}\n")
    path = ROOT / "tests" / "golden" / "json_versions.txt"
    if os.environ.get("AVS_UPDATE_GOLDEN"):
        path.write_text("".join(lines), encoding="utf-8")
    assert "".join(lines) == path.read_text(encoding="utf-8")


@pytest.mark.full
def test_every_command_with_json_has_its_schema_and_is_tried(corpus):
    groups = [(group.name, group.typer_instance.registered_commands) for group in app.registered_groups]
    with_json = {
        name or command.name for name, commands in [("", app.registered_commands), *groups]
        for command in commands if "json" in inspect.signature(command.callback).parameters
    }  # fmt: skip
    assert with_json == set(json_schemas.documents()) - {"manifest", "error"}
    assert {said.name for said in corpus} == set(json_schemas.documents())
    assert with_json <= {said.command.split()[0] for said in corpus if said.name != "error"}


@pytest.mark.full
def test_every_document_is_what_its_schema_says(corpus):
    assert {said.command: found for said in corpus if (found := faults(said.document))} == {}


def kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "bool", False: "bool"}[value]
    if isinstance(value, (int, float)):
        return "negative" if value < 0 else "whole" if value == int(value) else "fraction"
    return {str: "text", list: "list", dict: "object"}[type(value)]


@pytest.mark.full
def test_every_field_is_met_and_may_be_null_only_where_it_is(met):
    absent, never_null, never_known = set(), set(), set()
    for reference in VALIDATORS:
        for name, part in RESOLVER.lookup(reference).contents.get("properties", {}).items():
            kinds = {kind(value[name]) for value in met[reference] if name in value}
            field = (short(reference), name)
            if not kinds:
                absent.add(field)
            elif may_be_null(part):
                if "null" not in kinds:
                    never_null.add(field)
                if kinds == {"null"}:
                    never_known.add(field)
    assert (absent, never_null, never_known) == (set(), set(), set())


def may_be_null(part: dict[str, Any]) -> bool:
    nulls = [one.get("type") == "null" for one in part.get("anyOf", ())]
    return (
        any(nulls)
        or None in part.get("enum", ())
        or ("null" in part.get("type", ()) and part["type"] != "null")
    )


WRONG = {
    "null": None, "bool": True, "negative": -7, "fraction": 0.123, "text": "?!", "list": ["?!"],
    "object": {"?!": ["?!"]},
}  # fmt: skip
"""A value of each kind but whole numbers, which any number may be."""
NOT_MET = {
    "negative": {"longitude", "latitude", "total_connu"},
    "fraction": {
        "part", "cs", "evs", "avs", "poids", "rayon_m", "seuil_m", "seuil_km", "seuil_min", "duree_min",
        "vitesse_kmh", "valeur_publiee",
    },
}  # fmt: skip
"""Fields that may hold what no document of these tests does: a place overseas, a sum of what a user gave, a
distance or a duration typed, a share of inhabitants of a rule by distance, a printed share."""


@pytest.mark.full
def test_the_schemas_bite(met):
    """Without a field always there, with one more, or with a kind of value never met, it is refused."""
    taken = set()
    for reference, values in met.items():
        judge, body, value = VALIDATORS[reference], RESOLVER.lookup(reference).contents, fullest(values)
        assert judge.is_valid(value)
        for name in set.intersection(*map(set, values)) & body["properties"].keys():
            if judge.is_valid({key: kept for key, kept in value.items() if key != name}):
                taken.add((short(reference), name, "missing"))
        if judge.is_valid({**value, "?!": ["?!"]}):
            taken.add((short(reference), "?!", "added"))
        for name in value.keys() & body["properties"].keys():
            kinds = {kind(one[name]) for one in values if name in one}
            for other in WRONG.keys() - kinds:
                if name not in NOT_MET.get(other, ()) and judge.is_valid({**value, name: WRONG[other]}):
                    taken.add((short(reference), name, other))
    assert taken == set()


def fullest(values: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the shortest of the first objects with the most fields."""
    most = max(map(len, values))
    return min([value for value in values if len(value) == most][:50], key=lambda value: len(str(value)))


@pytest.mark.full
def test_what_stderr_warns_of_is_in_the_document(corpus):
    warned, missing = 0, []
    for said in corpus:
        told = {plain(text) for text in texts(said.document)}
        for line in said.err.splitlines():
            if match := re.match(r"avertissement (?:AVS-\d+ )?: (.*)", line):
                warned += 1
                # A sentence of the document starts with a capital and ends with a full stop.
                if not {match[1], f"{match[1].capitalize()}."} & told:
                    missing.append((said.command, line))
    assert missing == []
    assert warned > 100


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@pytest.mark.full
@pytest.mark.parametrize(("command", "code"), REFUSED)
def test_a_command_that_fails_says_why_in_one_document(corpus, command, code):
    said = next(one for one in corpus if one.command == f"{command} --json")
    made = said.document
    assert (said.code, made["schema"], made["code_sortie"]) == (code, "avs-coverage/error", code)
    assert faults(made) == []
    # A person still reads it on stderr, as without --json.
    first = made["fautes"][0]
    assert f"erreur {first['code']} : {plain(first['message'])}\n" in said.err
    assert plain(first["aide"]) in said.err


@pytest.mark.full
def test_all_faults_are_in_the_document_where_stderr_stops_at_100(corpus):
    said = next(one for one in corpus if one.command.startswith("report allier --structures fautes.csv"))
    assert len(said.document["fautes"]) >= 300
    assert "… et 200 autres fautes" in said.err
    assert {fault["ligne"] for fault in said.document["fautes"]} == set(range(2, 152))


@pytest.mark.parametrize("place", range(4))
def test_json_may_stand_anywhere_on_the_line(run, place):
    words = ["report", "nulle-part", "--date"]
    made = json.loads(run(*words[:place], "--json", *words[place:]).stdout)
    assert (made["schema"], made["code_sortie"]) == ("avs-coverage/error", 2)


def test_without_json_nothing_is_on_stdout(run):
    result = run("report", "nowhere")
    assert (result.returncode, result.stdout) == (4, b"")


def test_an_internal_error_is_a_document_with_its_code(run, monkeypatch):
    monkeypatch.setattr("avs_coverage.build.build_report", lambda *_: 1 / 0)
    result = run("report", "allier", "--json")
    made = json.loads(result.stdout)
    assert (result.returncode, made["code_sortie"], faults(made)) == (1, 1, [])
    (fault,) = made["fautes"]
    assert (fault["code"], "ZeroDivisionError" in fault["message"]) == ("AVS-100", True)
    assert "avs-coverage --debug" in fault["aide"]


def test_what_fails_while_the_document_is_made_leaves_stdout_to_the_error(run, monkeypatch):
    monkeypatch.setattr("avs_coverage.report.Report.structure_records", [{"id": float("nan")}])
    made = json.loads(run("structures", "allier", "--json").stdout)
    assert (made["schema"], made["code_sortie"]) == ("avs-coverage/error", 1)


@pytest.mark.full
def test_an_audit_that_does_not_pass_is_one_document_with_its_faults(corpus, run):
    said = next(one for one in corpus if "--strict" in one.command)
    assert (said.code, said.name) == (AuditError.exit_code, "audit")
    assert [fault["code"] for fault in said.document["fautes"]] == ["AVS-601"]
    assert "erreur AVS-601" in said.err
    assert json.loads(run("audit", "allier", "--json").stdout)["fautes"] == []


def test_a_terminal_without_accents_gets_escapes(run):
    result = run("report", "Île", "--json", encoding="ascii")
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["fautes"][0]["valeur"] == "Île"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said_on_stderr_and_by_the_code():
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "avs_coverage", "report", "nowhere", "--json"],
            stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=120, check=False,
        )  # fmt: skip
    assert result.returncode == 4
    assert b"erreur AVS-401" in result.stderr
    assert b"Traceback" not in result.stderr


def test_csv_and_json_together_give_both(run, tmp_path):
    result = run("zones", "allier", "--csv", "z.csv", "--json")
    made = json.loads(result.stdout)
    assert len((tmp_path / "z.csv").read_bytes().splitlines()) == 1 + len(made["zones"])
    assert faults(made) == []


def test_half_a_character_is_refused_with_its_row(run, tmp_path):
    listed = (
        r'[{"nom":"A","type":"CS","code_insee":"03185"},{"nom":"B\ud800","type":"CS","code_insee":"03185"}]'
    )
    (tmp_path / "s.json").write_text(listed, encoding="ascii")
    commands = (
        ["structures", "allier", "--structures", "s.json", "--csv", "s.csv"],
        ["structures", "allier", "--structures", "s.json"],
        ["export", "allier", "--structures", "s.json", "-o", "remis"],
    )
    for command in commands:
        result = run(*command, "--json") if command[0] != "export" else run(*command)
        assert result.returncode == 3, command
        assert "erreur AVS-349 : le texte « B\N{REPLACEMENT CHARACTER} »" in plain(result.stderr.decode())
    made = json.loads(run(*commands[1], "--json").stdout)
    assert [(fault["code"], fault["ligne"], fault["colonne"]) for fault in made["fautes"]] == [
        ("AVS-349", 3, "nom")
    ]
    assert [
        one["fautes"][0]["code"] for one in json.loads(run("check", "s.json", "--json").stdout)["fichiers"]
    ] == ["AVS-349"]


@pytest.mark.full
def test_what_a_structure_may_serve_is_the_same_in_explain_and_contributions(corpus, run):
    rows = {
        row["id"]: row for row in json.loads(run("contributions", "allier", "--json").stdout)["contributions"]
    }
    said = next(one for one in corpus if one.command.startswith("explain allier structure:03-CS-01"))
    rule, row = said.document["explication"]["regles"][0], rows["03-CS-01"]
    # It declares 5,640 inhabitants, of which 1,007 in the commune that it certainly serves.
    assert said.document["explication"]["population_zone"] == 5640
    assert (rule["habitants_desservis"], rule["habitants_possibles"]) == (1007, 4633)
    assert rule["habitants_desservis"] + rule["habitants_possibles"] == row["habitants_desservis_majorant"]


FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").split("\n## JSON\n")[1]


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", FORMATS)


def test_the_page_lists_every_schema_with_its_version():
    rows = re.findall(r"(?m)^\| .* \| \[(\w+)\]\(schemas/(\w+)\.schema\.json\) \| (\d+) \|$", FORMATS)
    versions = {name: schema["properties"]["version"]["const"] for name, schema in SCHEMAS.items()
                if name != json_schemas.COMMON}  # fmt: skip
    assert {name: int(version) for name, path, version in rows if name == path} == versions
    assert f"[{json_schemas.COMMON}](schemas/{json_schemas.COMMON}.schema.json)" in FORMATS


def test_the_error_that_the_page_shows_is_that_of_the_command(run):
    assert json.loads(blocks("json")[0]) == json.loads(run("report", "nowhere", "--json").stdout)


@pytest.fixture
def installed(tmp_path):
    """Run something where ``avs-coverage`` is a command."""
    script = tmp_path / "avs-coverage"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m avs_coverage "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}

    def _run(*command: str) -> str:
        return subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=True
        ).stdout

    return _run


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="a script of sh")
def test_the_example_in_python_runs(installed, allier):
    (code,) = blocks("python")
    figures = [one for one in allier.figures if one.measure == "communes"]
    shown = [f"{one.status} {one.numerator} sur {one.denominator}" for one in figures]
    assert installed(sys.executable, "-c", code).splitlines() == shown
    refused = code.replace("allier", "nowhere")
    with pytest.raises(subprocess.CalledProcessError) as raised:
        installed(sys.executable, "-c", refused)
    assert raised.value.returncode == 4
    assert raised.value.stdout.startswith("AVS-401 le territoire « nowhere » est inconnu — ")


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt" or shutil.which("jq") is None, reason="jq is not installed")
def test_the_example_with_jq_runs(installed, run):
    (command,) = blocks("sh")
    rows = json.loads(run("communes", "allier", "--uncovered", "--json").stdout)["communes"]
    shown = [
        f"{one['code_insee']} {one['nom']} {one['population']}" for one in rows if one["population"] > 5000
    ]
    assert shown
    assert installed("sh", "-c", command).splitlines() == shown
