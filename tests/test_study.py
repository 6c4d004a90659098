"""Study folders: made by init, read by every command, never written over."""

from __future__ import annotations

import json

import pytest

from avs_coverage import InputError, Territory, find_territory_name, load_structures
from avs_coverage.example import made_inventory, published_counts
from avs_coverage.inventory import FICTITIOUS
from avs_coverage.study import read_study


def test_init_makes_a_folder_that_report_runs_on(run, tmp_path):
    assert run("init", "allier", "étude 1").returncode == 0
    assert sorted(path.name for path in (tmp_path / "étude 1").iterdir()) == [
        "LISEZMOI.txt", "avs.toml", "communes.csv", "structures.csv", "structures.xlsx", "zones.csv",
        "zones.xlsx",
    ]  # fmt: skip
    empty = run("report", "./étude 1")
    assert empty.returncode == 3
    assert b"AVS-307" in empty.stderr
    target = tmp_path / "étude 1" / "structures.csv"
    target.write_text(target.read_text("utf-8-sig") + "a;Alpha;CS;;03185;;;03185;;;;;;;;;;;;;\n", "utf-8")
    settings = tmp_path / "étude 1" / "avs.toml"
    settings.write_text(settings.read_text("utf-8").replace("structures.xlsx", "structures.csv", 1), "utf-8")
    made = json.loads(run("report", "./étude 1", "--json").stdout)
    assert made["synthese"][0]["numerateur"] == 1


def test_nothing_is_ever_written_over(run, tmp_path):
    (tmp_path / "etude").mkdir()
    (tmp_path / "etude" / "avs.toml").write_text("à moi", encoding="utf-8")
    result = run("init", "allier", "etude")
    assert result.returncode == 5
    assert b"AVS-503" in result.stderr
    assert [path.name for path in (tmp_path / "etude").iterdir()] == ["avs.toml"]
    assert (tmp_path / "etude" / "avs.toml").read_text(encoding="utf-8") == "à moi"


def test_an_example_says_everywhere_that_it_is_made(run, tmp_path):
    run("init", "allier", "exemple", "--example")
    for command in ("report", "communes", "zones", "qpv", "structures"):
        text = run(command, "./exemple").stdout.decode()
        assert "DONNÉES FICTIVES" in text.splitlines()[0]
        made = json.loads(run(command, "./exemple", "--json").stdout)
        assert made.get("fictif", made.get("inventaire", {}).get("fictif")) is True
    rows = (tmp_path / "exemple" / "structures.csv").read_text("utf-8-sig").splitlines()
    assert all(FICTITIOUS in row for row in rows[1:])


def test_an_example_has_as_many_structures_as_are_published_and_closed_brackets(run):
    assert published_counts(Territory.find("allier")) == {"CS": 20, "EVS": 12}
    assert published_counts(Territory.find("seine et marne")) == {"CS": 43, "EVS": 24}
    run("init", "77", "exemple", "--example")
    made = json.loads(run("report", "./exemple", "--json").stdout)
    assert [row["identifies"] for row in made["inventaire"]["completude"]] == [43, 24]
    assert all(record["minorant"] == record["majorant"] for record in made["synthese"])
    assert made["epci"]
    assert made["zones"]


def test_an_example_is_the_same_each_time():
    allier = Territory.find("allier")
    assert made_inventory(allier) == made_inventory(Territory.find("allier"))


def test_the_workbook_and_the_csv_hold_the_same_list(run, tmp_path):
    run("init", "allier", "exemple", "--example")
    name = find_territory_name("allier")
    lists = [
        load_structures(tmp_path / "exemple" / f"structures.{x}", name).structures for x in ("csv", "xlsx")
    ]
    assert len(lists[0]) == 32
    assert lists[0] == lists[1]


def test_options_of_the_command_line_win_over_the_settings(run):
    run("init", "allier", "exemple", "--example")
    made = json.loads(run("report", "./exemple", "--rule", "implantation", "--date", "2015", "--json").stdout)
    assert made["date"] == "2015-12-31"
    assert made["synthese"][0]["regle"] == "implantation"


def test_check_reads_a_folder_as_report_would(run):
    run("init", "allier", "exemple", "--example")
    made = json.loads(run("check", "exemple", "--json").stdout)
    assert made["accepte"] is True
    assert [(f["nature"], f["lignes_utilisees"]) for f in made["fichiers"]] == [("structures", 32)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("territoire = allier", "AVS-331"),
        ('territoire = "allier"\ncouleur = "rouge"', "AVS-332"),
        ('regle = "declared"', "AVS-334"),
        ('territoire = "allier"\nstructures = "../../etc/passwd"', "AVS-333"),
        ('territoire = "allier"\nzones = "/etc/passwd"', "AVS-333"),
        ('territoire = "allier"\n[colonnes]\nprenom = "x"', "AVS-332"),
        ('territoire = "allier"\ncolonnes = 3', "AVS-332"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, text, code):
    (tmp_path / "avs.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(str(tmp_path))
    assert [fault.code for fault in caught.value.faults] == [code]


PAY = "code_insee;revenu_secret\n03185;4242\n"


@pytest.fixture
def elsewhere(tmp_path):
    """A file of the machine that no received folder may read."""
    (tmp_path / "machine").mkdir()
    path = tmp_path / "machine" / "paye.csv"
    path.write_text(PAY, encoding="utf-8")
    return path


def received_study(folder, text, **links):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "avs.toml").write_text(f'territoire = "200071082"\n{text}\n', encoding="utf-8")
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return folder


@pytest.mark.parametrize(
    "named", ["lien", "lien=revenu_secret", "./lien=revenu_secret", "lien=a=revenu_secret"]
)
def test_a_link_out_of_the_folder_is_refused_before_the_columns_that_are_asked_of_it(
    run, tmp_path, elsewhere, named
):
    links = {"lien": elsewhere, "lien=a": elsewhere}
    folder = received_study(tmp_path / "etude", f'indicateurs = ["{named}"]', **links)
    with pytest.raises(InputError) as caught:
        read_study(str(folder))
    assert [fault.code for fault in caught.value.faults] == ["AVS-333"]
    for command in ("communes", "check"):
        done = run(command, "./etude", "--json")
        assert done.returncode == 3
        assert b"4242" not in done.stdout + done.stderr


def test_a_sign_in_the_name_of_the_folder_makes_no_other_path(tmp_path, elsewhere):
    folder = received_study(tmp_path / "lien=x", 'indicateurs = ["absent.csv"]')
    (tmp_path / "lien").symlink_to(elsewhere)
    assert read_study(str(folder)).files.indicators == ((folder / "absent.csv", ()),)


def test_indicators_of_the_folder_are_split_once(tmp_path):
    folder = received_study(tmp_path / "etude", 'indicateurs = ["a=b.csv", "a=b.csv=X, Y", "lien"]')
    (folder / "a=b.csv").write_text(PAY, encoding="utf-8")
    (folder / "lien").symlink_to("a=b.csv")  # a link that stays inside
    whole = folder / "a=b.csv"
    assert read_study(str(folder)).files.indicators == (
        (whole, ()),
        (whole, ("X", "Y")),
        (folder / "lien", ()),
    )


@pytest.mark.parametrize(
    "role", ["structures", "zones", "communes", "temps", "chiffres", "population", "qpv"]
)
def test_links_in_a_ring_are_refused_and_are_no_bug(tmp_path, role):
    folder = received_study(tmp_path / "etude", f'{role} = "un"', un="deux", deux="un")
    with pytest.raises(InputError):
        read_study(str(folder))


def test_settings_that_are_a_link_to_elsewhere_are_not_cited(run, tmp_path):
    secret = tmp_path / "perso.toml"
    secret.write_text('cle_secrete = "x"\n', encoding="utf-8")
    (tmp_path / "etude").mkdir()
    settings = tmp_path / "etude" / "avs.toml"
    settings.symlink_to(secret)
    for command in ("report", "check"):
        done = run(command, "./etude")
        assert done.returncode == 3
        assert b"AVS-333" in done.stdout + done.stderr
        assert b"cle_secrete" not in done.stdout + done.stderr
    settings.unlink()
    (tmp_path / "etude" / "mien.toml").write_text('territoire = "allier"\n', encoding="utf-8")
    settings.symlink_to("mien.toml")
    assert read_study(str(tmp_path / "etude")).territory == "allier"
    (tmp_path / "ici").symlink_to("etude")  # the folder itself may be one: the user names it
    assert read_study(str(tmp_path / "ici")).territory == "allier"


@pytest.mark.parametrize("day", ["0001-01-01", "01/01/0001", "1899-12-31", "2100-01-01", "9999-12-31"])
def test_a_date_of_another_time_is_refused_typed_or_received(run, tmp_path, day):
    received_study(tmp_path / "etude", f'date = "{day}"\nstructures = "s.csv"')
    (tmp_path / "etude" / "s.csv").write_text("nom;type;code_insee\nA;CS;03185\n", encoding="utf-8")
    for words in (
        ("report", "200071082", "--structures", "etude/s.csv", "--date", day),
        ("report", "./etude"),
    ):
        done = run(*words)
        assert (done.returncode, b"AVS-201" in done.stderr) == (2, True), done.stderr.decode()
    assert b"AVS-201" in run("check", "./etude").stdout
    assert run("report", "./etude", "--date", "1900-01-01", "--json").returncode == 0


@pytest.mark.full
def test_two_runs_of_init_give_the_same_bytes(run, process, tmp_path):
    run("init", "allier", "a", "--example")
    process("init", "allier", "b", "--example", PYTHONHASHSEED="7")
    for name in ("structures.csv", "structures.xlsx", "communes.csv", "avs.toml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
