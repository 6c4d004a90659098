"""Archives that are not what they should be are refused: every attack on every source that is one."""

from __future__ import annotations

import io
import lzma
import os
import random
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from contextlib import contextmanager

import py7zr
import pytest

from avs_coverage import archives
from tests.fetching.helpers import ROOT, fetch, files, status

MEMBERS = {
    "qpv-2024": "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson",
    "bpe": "BPE25.csv",
    "insee-populations": "donnees_communes.csv",
    "admin-express": "ADE/1_DONNEES_LIVRAISON/ADE_4-0_GPKG_WGS84G_FRA.gpkg",
}
LINK, PASSWORD = "a link", "a password"
DAMAGED = {
    "qpv-2024": "abîmée",
    "admin-express": "abîmée",
    "bpe": "sans les colonnes de la BPE",
    "insee-populations": "n'est pas lisible",
}
SOME = random.Random(7).randbytes(20_000)
LZMA2 = [{"id": py7zr.FILTER_LZMA2, "preset": 1}]


def zipped(members, tmp_path, protected=False):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in members:
            info = zipfile.ZipInfo(name)
            if body is LINK:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            opened.writestr(info, b"/etc/passwd" if body is LINK else body, zipfile.ZIP_DEFLATED)
    content = bytearray(made.getvalue())
    if protected:  # the flag alone, of each record: zipfile does not write what it can read
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.find(mark) + place] |= 1
    return bytes(content)


def seven_zipped(members, tmp_path, protected=False, filters=None):
    made = io.BytesIO()
    password = PASSWORD if protected else None
    with py7zr.SevenZipFile(made, "w", password=password, filters=filters) as opened:
        for name, body in members:
            if body is LINK:
                (tmp_path / "lien").symlink_to("/etc/passwd")
                opened.write(tmp_path / "lien", name)
            else:
                opened._writestr(body, name)  # the public one refuses what an attacker writes
    return made.getvalue()


def odd(member, tmp_path):
    """Return an archive whose coding is bounded by no reader: its dictionary is the archive's choice."""
    if member.endswith(".gpkg"):
        return seven_zipped([(member, SOME)], tmp_path, filters=[{"id": py7zr.FILTER_DEFLATE}])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr(member, SOME)
    return made.getvalue()


def attacks(source, tmp_path):
    """Return what a service may send in place of an archive: its content, and a word of the refusal."""
    make = seven_zipped if source == "admin-express" else zipped
    member = MEMBERS[source]
    good = make([(member, SOME)], tmp_path)

    def with_(*members):
        return make([*members, (member, SOME)], tmp_path)

    return {
        "not an archive": lambda: (good[:6] + b" not at all", "abîmée"),
        "nothing": lambda: (b"", "abîmée"),
        "cut": lambda: (good[:-200], "abîmée"),
        "its end alone": lambda: (good[5_000:], "abîmée"),
        "changed": lambda: (good[:9_000] + bytes(200) + good[9_200:], DAMAGED[source]),
        "odd coding": lambda: (odd(member, tmp_path), "un codage imprévu"),
        "a page": lambda: (b"<html>Connexion</html>", "une page web"),
        "bomb": lambda: (make([(member, bytes(60_000_000))], tmp_path), "annonce 60 000 000 octets"),
        "bomb beside": lambda: (with_(("x.csv", bytes(60_000_000))), "octets une fois ouverte"),
        "leaves": lambda: (with_(("../../evil.csv", b"x")), "sort du dossier"),
        "leaves on Windows": lambda: (with_(("..\\..\\evil.csv", b"x")), "sort du dossier"),
        "absolute": lambda: (with_(("/etc/evil", b"x")), "sort du dossier"),
        "drive": lambda: (with_(("C:/evil", b"x")), "sort du dossier"),
        "link": lambda: (with_(("lien", LINK)), "est un lien"),
        "protected": lambda: (make([(member, SOME)], tmp_path, protected=True), "mot de passe"),
        "missing": lambda: (make([("autre.txt", SOME)], tmp_path), "aucun membre du nom attendu"),
        "no member": lambda: (make([], tmp_path), "aucun membre du nom attendu"),
        "two that match": lambda: (with_((f"x/{member}", SOME)), "2 membres du nom attendu"),
        "same name twice": lambda: (with_((member, b"x")), "deux membres du même nom"),
        "another name twice": lambda: (with_(("a.txt", b"x"), ("a.txt", b"y")), "deux membres du même nom"),
    }


NAMES = list(attacks("bpe", ROOT))


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("source", MEMBERS)
def test_an_archive_that_is_not_what_it_should_be_is_refused(run, stand, short, tmp_path, source, name):
    body, word = attacks(source, tmp_path)[name]()
    stand.always = status(200, body)
    refused(fetch(run, stand, source), word, tmp_path)


def refused(done, word, tmp_path):
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "AVS-718" in told or word in (*DAMAGED.values(), "une page web")
    assert word in told.replace("\u202f", " ").replace("\xa0", " ")
    assert "Traceback" not in told
    assert files(tmp_path) == {}
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("body", [b"", b"bonjour", b"a;b\n1;2\n"], ids=["empty", "a word", "a table"])
@pytest.mark.parametrize("source", MEMBERS)
def test_a_member_that_is_not_the_data_is_refused(run, stand, short, tmp_path, source, body):
    make = seven_zipped if source == "admin-express" else zipped
    stand.always = status(200, make([(MEMBERS[source], body)], tmp_path))
    done = fetch(run, stand, source)
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "AVS-717" in told
    assert "Traceback" not in told
    assert files(tmp_path) == {}


@contextmanager
def announced_dictionary(byte):
    """Make what is written announce a dictionary that it does not use: a decoder fills it all the same."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(lzma, "_encode_filter_properties", lambda one: byte)
        yield


def with_dictionary(tmp_path):
    with announced_dictionary(b"\x27"):
        return seven_zipped([(MEMBERS["admin-express"], SOME)], tmp_path, filters=LZMA2)


def with_header(size):
    """Return a 7z whose header is of so many bytes, one byte a file that has no name."""
    header = b"\x01\x04" + bytes(size - 2)
    start = struct.pack("<QQL", 0, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<L", zlib.crc32(start)) + start + header


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (with_dictionary, "un dictionnaire de 3 221 225 472 octets"),
        (lambda t: with_header(2_000_000), "un sommaire de 2 000 000 octets"),
        (lambda t: seven_zipped([(f"{i}.txt", b"x") for i in range(201)], t), "201 membres"),
        *(
            (lambda t, one=one: seven_zipped([("a.gpkg", SOME)], t, filters=one), "un codage imprévu")
            for one in (
                [{"id": py7zr.FILTER_BZIP2}],
                [{"id": py7zr.FILTER_ZSTD, "level": 3}],
                [{"id": py7zr.FILTER_DELTA}, *LZMA2],
            )
        ),
    ],
    ids=["dictionary", "header", "members", "bzip2", "zstd", "two codings"],
)
def test_a_7z_that_takes_much_to_open_is_refused(run, stand, short, tmp_path, make, word):
    stand.always = status(200, make(tmp_path))
    refused(fetch(run, stand, "admin-express"), word, tmp_path)


@pytest.mark.parametrize(
    "filters",
    [
        LZMA2,
        [{"id": py7zr.FILTER_LZMA, "preset": 1}],
        [{"id": py7zr.FILTER_COPY}],
        [{"id": py7zr.FILTER_X86}, *LZMA2],
    ],
    ids=["LZMA2", "LZMA", "copy", "BCJ"],
)
def test_the_codings_of_7zip_are_opened(tmp_path, filters):
    path, target = tmp_path / "a.7z", tmp_path / "a.gpkg"
    path.write_bytes(seven_zipped([("x/a.txt", b"x"), ("x/b.gpkg", SOME)], tmp_path, filters=filters))
    archives.extract(path, "*.gpkg", target, 1_000_000, "machine")
    assert target.read_bytes() == SOME


PEAK = """
import re, sys
from pathlib import Path
from avs_coverage import archives
archives.extract(Path(sys.argv[1]), "*.gpkg", Path(sys.argv[2]), 6_000_000_000, "machine")
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


class Made(io.BufferedIOBase):
    """A file of 1.5 GB that shrinks as much as is allowed, made as it is read."""

    size, place = 1_500_000_000, 0

    def seek(self, offset, whence=0):
        self.place = (0, self.place, self.size)[whence] + offset
        return self.place

    def tell(self):
        return self.place

    def read(self, size=-1):
        size = min(size, self.size - self.place)
        self.place += size
        return os.urandom(size) if (self.place >> 20) % 170 == 0 else bytes(size)


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="measured by /proc")
def test_a_large_archive_within_the_bounds_takes_less_than_a_gigabyte(tmp_path):
    """With the largest dictionary and nearly the largest ratio that are opened."""
    path, target = tmp_path / "a.7z", tmp_path / "a.gpkg"
    with announced_dictionary(b"\x20"), py7zr.SevenZipFile(path, "w", filters=LZMA2) as opened:
        opened.writef(Made(), "a.gpkg")
    done = subprocess.run(
        [sys.executable, "-c", PEAK, path, target], capture_output=True, check=True, cwd=ROOT
    )  # fmt: skip
    assert target.stat().st_size == Made.size
    assert int(done.stdout) < 1_000_000
