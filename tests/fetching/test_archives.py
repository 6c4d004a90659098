"""Archives that are not what they should be are refused."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from tests.fetching.helpers import fetch, files, status
from tools.stand_in import content


def archive(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in members:
            opened.writestr(name, body)
    return made.getvalue()


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


QPV = "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson"
ARCHIVES = {
    "not an archive": b"PK\x03\x04 not at all",
    "cut": content("/x/942d4ee8-8142-4556-8ea1-335537ce1119")[0][:-200],
    "a page": b"<html>Connexion</html>",
    "bomb": archive([(QPV, b"0" * 60_000_000)]),
    "leaves": archive([("../../evil.geojson", b"{}"), (QPV, b"{}")]),
    "leaves on Windows": archive([("..\\..\\evil.geojson", b"{}"), (QPV, b"{}")]),
    "absolute": archive([("/etc/evil", b"{}"), (QPV, b"{}")]),
    "drive": archive([("C:/evil", b"{}"), (QPV, b"{}")]),
    "link": archive([(link("lien"), b"/etc/passwd"), (QPV, b"{}")]),
    "missing": archive([("autre.geojson", b"{}")]),
    "twice": archive([(QPV, b"{}"), (QPV.replace("GEOJSON/", ""), b"{}")]),
    "empty member": archive([(QPV, b"")]),
    "not JSON": archive([(QPV, b"bonjour")]),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_not_what_it_should_be_is_refused(run, stand, short, tmp_path, name):
    stand.always = status(200, ARCHIVES[name], Content_Type="application/zip")
    done = fetch(run, stand, "qpv-2024")
    told = done.stderr.decode()
    assert done.returncode == 3, told
    assert "AVS-718" in told or "AVS-717" in told
    assert "Traceback" not in told
    assert files(tmp_path) == {}
    assert not list(tmp_path.rglob("evil*"))
