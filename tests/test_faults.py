"""Files that survive faults: a clear message, exit 5, and the old file or the whole new one, never half."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avs_coverage.export import FORMATS
from avs_coverage.manifest import FILE_NAME
from avs_coverage.messages import os_reason
from avs_coverage.reports import output
from avs_coverage.reports.output import STAGING_PREFIX, write_atomically

resource = pytest.importorskip("resource", reason="faults are made by means of POSIX")

ROOT = Path(__file__).parent.parent
PLACE = "lozere"
OLD, NEW = ("--date", "2019"), ("--date", "2022")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return every file of a folder and below, hidden ones too; a folder is None."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def refused(result: subprocess.CompletedProcess[bytes], *said: str) -> None:
    text = result.stderr.decode()
    assert result.returncode == 5, text
    assert "Traceback" not in text
    assert STAGING_PREFIX not in text
    for one in said:
        assert one in text


def test_every_file_goes_through_one_writer():
    """``export.py`` writes in the staging folder that the writer gives, and nowhere else.

    What fetches writes in the cache alone, under its lock, and ``cache.put`` puts it in place; what is
    received is copied to the private folder of the intake alone.
    """
    writes = re.compile(r"\.write_(bytes|text)\(|open\([^)]*[\"'][wax]|\b(mkstemp|NamedTemporaryFile)\(")
    package = ROOT / "avs_coverage"
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if writes.search(path.read_text(encoding="utf-8"))
    }
    fetching = {"download.py", "archives.py", "fetch.py", "cache.py"}
    readers = {"geo_members", "geo_worker", "workbook", "workbook_copy"}
    receiving = {"intake.py", *(f"loaders/{name}.py" for name in readers)}
    assert found == {"reports/output.py", "export.py"} | fetching | receiving


# --- a full disk --------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 12 MB: what may be filled."""
    folder = tmp_path / "disque"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if (
        not sys.platform.startswith("linux")
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("no right to mount a small disk here (root of Linux only)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, but: int) -> None:
    """Fill a disk, *but* so many bytes."""
    free = os.statvfs(disk)
    (disk / "autre").write_bytes(bytes(free.f_bavail * free.f_frsize - but))


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size*: what needs no right, and fails as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.full
@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_leaves_every_file_of_a_format_as_it_was(run, small_disk, name):
    given = ("export", PLACE, "-o", str(small_disk / "x"), "--format", name)
    assert run(*given, *OLD).returncode == 0
    size = sum(path.stat().st_size for path in (small_disk / "x").iterdir())
    fill(small_disk, but=size // 2 // 4096 * 4096)
    before = contents(small_disk)
    refused(run(*given, *NEW, "--force"), "AVS-502", str(small_disk / "x"), "plus de place sur le disque")
    assert contents(small_disk) == before


@pytest.mark.full
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_may_not_grow_leaves_every_file_of_a_format_as_it_was(run, tmp_path, name):
    given = ("export", PLACE, "-o", "x", "--format", name)
    assert run(*given, *OLD).returncode == 0
    before = contents(tmp_path)
    largest = max(path.stat().st_size for path in (tmp_path / "x").iterdir() if path.name != FILE_NAME)
    with largest_file(largest // 2):
        result = run(*given, *NEW, "--force")
    refused(result, "AVS-502")
    assert contents(tmp_path) == before


def test_a_full_disk_leaves_no_new_folder(run, small_disk):
    fill(small_disk, but=0)
    for arguments in (
        ("export", PLACE, "-o", str(small_disk / "a" / "b")),
        ("communes", PLACE, "--csv", str(small_disk / "c.csv")),
        ("init", PLACE, str(small_disk / "etude")),
    ):
        refused(run(*arguments), "AVS-502", "plus de place sur le disque")
        assert list(contents(small_disk)) == ["autre"], arguments


@pytest.mark.full
@pytest.mark.parametrize("free", range(0, 900_000, 75_000))
def test_a_draft_that_finds_no_place_never_gives_a_geopackage_cut_short(
    run, small_disk, tmp_path, monkeypatch, free
):
    """The draft of a GeoPackage is in the temporary folder, and is written by GDAL and SQLite."""
    given = ("export", PLACE, "-o", "x", "--format", "gpkg")
    fill(small_disk, but=free)
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    result = run(*given)
    refused(result, "AVS-502", "le brouillon n'a pu être écrit", str(small_disk))
    assert not (tmp_path / "x").exists()
    assert list(contents(small_disk)) == ["autre"]


# --- where a file cannot be ---------------------------------------------------------------------


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that holds ``a.csv`` and that nobody can write, root included."""
    folder = tmp_path / "fermé"
    folder.mkdir()
    (folder / "a.csv").write_text("à moi", encoding="utf-8")
    if os.geteuid():
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    bind = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("root may write everywhere, and has no right to mount here")
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_is_read_only_is_refused(run, read_only):
    before = contents(read_only)
    for arguments in (
        ("export", PLACE, "-o", str(read_only)),
        ("export", PLACE, "-o", str(read_only / "dessous")),
        ("communes", PLACE, "--csv", str(read_only / "b.csv")),
        ("communes", PLACE, "--csv", str(read_only / "a.csv"), "--force"),
        ("init", PLACE, str(read_only / "etude")),
    ):
        result = run(*arguments)
        refused(result, "AVS-50")
        text = result.stderr.decode()
        assert "disque en lecture seule" in text or "accès refusé" in text, arguments
        assert contents(read_only) == before


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("dossier", "AVS-502", "c'est un dossier"),
        ("fichier/a.csv", "AVS-502", "un élément du chemin n'est pas un dossier"),
        ("absent/a.csv", "AVS-502", "introuvable"),
        ("a" * 300 + ".csv", "AVS-502", "nom trop long"),
        ("b/" * 2500 + "a.csv", "AVS-502", "nom trop long"),
        ("protege.csv", "AVS-502", "fichier en lecture seule"),
        ("tube", "AVS-502", "ce n'est pas un fichier ordinaire"),
        ("boucle", "AVS-502", "liens symboliques en boucle"),
    ],
)
def test_a_place_where_no_file_can_be_is_refused(run, tmp_path, path, code, said):
    (tmp_path / "dossier").mkdir()
    (tmp_path / "fichier").write_text("à moi", encoding="utf-8")
    (tmp_path / "protege.csv").write_text("à moi", encoding="utf-8")
    (tmp_path / "protege.csv").chmod(0o444)
    os.mkfifo(tmp_path / "tube")
    (tmp_path / "boucle").symlink_to(tmp_path / "boucle")
    before = sorted(tmp_path.rglob("*"))
    refused(run("communes", PLACE, "--csv", path, "--force"), code, said)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "protege.csv").read_text(encoding="utf-8") == "à moi"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("fichier", "ce n'est pas un dossier"),
        ("fichier/b", "un élément du chemin n'est pas un dossier"),
        ("a" * 300, "nom trop long"),
        ("tube", "ce n'est pas un dossier"),
    ],
)
def test_a_place_where_no_folder_can_be_is_refused(run, tmp_path, path, said):
    (tmp_path / "fichier").write_text("à moi", encoding="utf-8")
    os.mkfifo(tmp_path / "tube")
    for command in (("export", PLACE, "-o", path), ("init", PLACE, path)):
        refused(run(*command), "AVS-502", said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fichier", "tube"]


def test_a_name_as_long_as_the_system_takes_is_written(run, tmp_path):
    name = "a" * 251 + ".csv"
    assert run("communes", PLACE, "--csv", name).returncode == 0
    assert list(contents(tmp_path)) == [name]


def test_a_link_is_replaced_and_what_it_led_to_stays(run, tmp_path):
    (tmp_path / "autre.csv").write_text("à moi", encoding="utf-8")
    for name, target in (("a.csv", "autre.csv"), ("b.csv", "rien.csv")):
        (tmp_path / name).symlink_to(target)
        refused(run("communes", PLACE, "--csv", name), "AVS-501")
        assert run("communes", PLACE, "--csv", name, "--force").returncode == 0
        assert not (tmp_path / name).is_symlink()
    assert (tmp_path / "autre.csv").read_text(encoding="utf-8") == "à moi"
    assert not (tmp_path / "rien.csv").exists()


def test_a_device_is_never_replaced(run):
    refused(run("communes", PLACE, "--csv", "/dev/null", "--force"), "ce n'est pas un fichier ordinaire")
    assert Path("/dev/null").is_char_device()


# --- a file open elsewhere ----------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """Refuse, as Windows does, that the files of some names be replaced: another program has them open."""
    names: set[str] = set()
    replace, unlink = Path.replace, Path.unlink

    def refuse(path):
        # What Python makes of ERROR_SHARING_VIOLATION; see PyErr_SetFromWindowsErr.
        error = PermissionError(errno.EACCES, "The process cannot access the file", str(path))
        error.winerror = 32
        raise error

    def _replace(self, target):
        if Path(target).name in names and (self != target or "de justesse" not in names):
            refuse(target)
        return replace(self, target)

    def _unlink(self, missing_ok=False):
        if self.name in names:
            refuse(self)
        return unlink(self, missing_ok)

    monkeypatch.setattr(Path, "replace", _replace)
    monkeypatch.setattr(Path, "unlink", _unlink)
    return names


@pytest.mark.parametrize("late", [False, True])
def test_a_file_open_in_excel_is_named_and_nothing_is_changed(run, tmp_path, opened, late):
    """*late*: it is opened after the last look and before it is replaced; others are already replaced."""
    given = ("export", PLACE, "-o", "x", "--format", "xlsx,csv")
    assert run(*given, *OLD).returncode == 0
    before = contents(tmp_path)
    opened |= {"zones.csv", *(["de justesse"] if late else [])}
    result = run(*given, *NEW, "--force")
    refused(result, "AVS-509", "zones.csv", "ouvert dans un autre programme", "fermez-le dans Excel")
    assert contents(tmp_path) == before
    opened.clear()
    assert run(*given, *NEW, "--force").returncode == 0
    assert contents(tmp_path) != before


def test_a_csv_open_in_excel_is_refused_before_anything_is_computed(run, tmp_path, opened, monkeypatch):
    assert run("communes", PLACE, "--csv", "a.csv").returncode == 0
    before = contents(tmp_path)
    opened.add("a.csv")
    monkeypatch.setattr("avs_coverage.commands.options.report_of", lambda request: pytest.fail("computed"))
    refused(run("communes", PLACE, "--csv", "a.csv", "--force"), "AVS-509", "a.csv")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", [FILE_NAME, "zones.csv"])
def test_new_files_go_away_again_where_a_later_one_cannot_be_replaced(run, tmp_path, opened, name):
    assert run("export", PLACE, "-o", "x", "--format", "json", *OLD).returncode == 0
    (tmp_path / "x" / "zones.csv").write_text("à moi", encoding="utf-8")
    before = contents(tmp_path)
    opened |= {name, "de justesse"}
    refused(run("export", PLACE, "-o", "x", "--format", "csv", *NEW, "--force"), "AVS-509", name)
    assert contents(tmp_path) == before


def test_a_disk_without_hard_links_keeps_the_old_files_too(run, tmp_path, opened, monkeypatch):
    def refuse(self, target):
        raise PermissionError(errno.EPERM, "no hard links on FAT")

    assert run("export", PLACE, "-o", "x", *OLD).returncode == 0
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    before = contents(tmp_path)
    opened |= {"zones.csv", "de justesse"}
    refused(run("export", PLACE, "-o", "x", *NEW, "--force"), "AVS-509")
    assert contents(tmp_path) == before


def test_reasons_of_windows_are_said_in_french():
    error = PermissionError(errno.EACCES, "x")
    error.winerror = 32
    assert os_reason(error) == "fichier ouvert dans un autre programme"
    assert os_reason(PermissionError(errno.EACCES, "x")) == "accès refusé"
    assert os_reason(OSError(errno.EFBIG, "x")) == "fichier plus gros que ce que le système permet"


# --- interrupted and killed processes -----------------------------------------------------------


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "avs_coverage", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # A shell that runs the tests in the background has them, and their children, ignore Ctrl-C and a hang-up.
    hears = {"preexec_fn": _hears_signals} if os.name == "posix" else {}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, **hears)


def _hears_signals() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def staging_of(folder: Path) -> int:
    return sum(path.name.startswith(STAGING_PREFIX) for path in folder.iterdir())


def wait_for(folder: Path, count: int, is_alive: Callable[[], bool]) -> bool:
    """Wait for *count* staging folders, one when files are made, two when they are put in place.

    False where the process ended before.
    """
    while is_alive():
        if staging_of(folder) >= count:
            return True
        time.sleep(0.0002)
    return False


@pytest.mark.full
def test_an_interrupted_export_leaves_nothing_and_ends_with_130(run, tmp_path):
    given = ("export", PLACE, "-o", "x", "--format", "csv,html,gpkg")
    assert run(*given, *OLD).returncode == 0
    before = contents(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        running = start(tmp_path, *given, *NEW, "--force")
        assert wait_for(tmp_path / "x", 1, lambda one=running: one.poll() is None)
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
        assert (running.returncode, said.decode()) == (130, "interrompu\n")
        assert contents(tmp_path) == before


def test_an_interruption_between_two_files_is_undone(run, tmp_path, monkeypatch):
    assert run("export", PLACE, "-o", "x", *OLD).returncode == 0
    before = contents(tmp_path)
    real, replaced = Path.replace, []

    def replace(self, target):
        if self != target:
            replaced.append(Path(target).name)
            if len(replaced) == 5:
                raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert run("export", PLACE, "-o", "x", *NEW, "--force").returncode == 130
    assert contents(tmp_path) == before


def test_what_a_killed_process_left_is_neither_a_result_nor_a_hindrance_and_goes_after_a_day(run, tmp_path):
    for name, hours in (("old", 25), ("new", 23), ("notes", 25), ("A b", 25)):
        folder = tmp_path / "x" / f"{STAGING_PREFIX}{name}"
        folder.mkdir(parents=True)
        (folder / "communes.csv").write_text("a;b", encoding="utf-8")
        os.utime(folder, (time.time() - hours * 3600,) * 2)
    elsewhere = tmp_path / "y"
    elsewhere.mkdir()
    (elsewhere / "a").write_text("à moi", encoding="utf-8")
    (tmp_path / "x" / f"{STAGING_PREFIX}lnk").symlink_to(elsewhere)
    assert run("export", PLACE, "-o", "x").returncode == 0
    assert not (tmp_path / "x" / f"{STAGING_PREFIX}old").exists()
    for name in ("new", "notes", "A b"):  # what the tool does not name so is the user's
        assert (tmp_path / "x" / f"{STAGING_PREFIX}{name}" / "communes.csv").exists()
    assert (elsewhere / "a").exists()
    made = json.loads((tmp_path / "x" / FILE_NAME).read_text(encoding="utf-8"))
    assert not any(STAGING_PREFIX in one["fichier"] for one in made["sorties"])


@pytest.mark.parametrize("days", [-400, 400])
def test_the_clock_of_a_disk_elsewhere_takes_nothing_away(run, tmp_path, monkeypatch, days):
    """A share of the network dates its folders by its own clock: the command's own may seem years old."""
    now = time.time
    monkeypatch.setattr(output.time, "time", lambda: now() + days * 24 * 3600)
    for _ in range(2):  # the second replaces, and keeps aside what it replaces
        assert run("export", PLACE, "-o", "x", "--format", "csv,json", "--force").returncode == 0
    write_atomically(tmp_path / "x" / "a.txt", b"a", force=False)
    write_atomically(tmp_path / "x" / "a.txt", b"b", force=True)
    assert (tmp_path / "x" / "a.txt").read_bytes() == b"b"
    assert not any(path.name.startswith(STAGING_PREFIX) for path in (tmp_path / "x").iterdir())


def test_an_unfinished_export_and_other_files_are_told_by_the_next(run, tmp_path):
    assert run("export", PLACE, "-o", "x", "--format", "csv,xlsx").returncode == 0
    (tmp_path / "x" / FILE_NAME).unlink()
    said = run("export", PLACE, "-o", "x", "--format", "csv", "--force").stderr.decode()
    assert "le dossier était sans manifest.json" in said
    assert "manifest.json ne dit rien de ce que le dossier contenait d'autre : avs-48.xlsx" in said
    again = run("export", PLACE, "-o", "x", "--format", "csv,xlsx", "--force").stderr.decode()
    assert "manifest.json" not in again.replace(f"écrit : x{os.sep}manifest.json", "")


def test_a_replay_says_which_file_is_no_longer_that_of_the_export(run, tmp_path):
    assert run("export", PLACE, "-o", "x").returncode == 0
    (tmp_path / "x" / "zones.csv").write_text("retouché", encoding="utf-8")
    (tmp_path / "x" / "qpv.csv").unlink()  # handed over elsewhere: not a change
    result = run("replay", "x/manifest.json")
    assert result.returncode == 6
    assert result.stdout.decode().splitlines() == [
        "Le fichier zones.csv du dossier n'est plus celui de cet export."
    ]
