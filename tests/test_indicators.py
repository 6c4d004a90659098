"""Indicators by commune in the columns of each official edition, and of any table."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import date

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage import InputError
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.indicators import read_indicators

ALLIER = ["03185", "03190", "03310"]

DOSSIER = (
    "CODGEO;P22_POP;P16_POP;P22_POP0014;P22_POP75P;C22_FAM;C22_FAMMONO;C22_COUPAENF;C22_MEN;C22_MENPSEUL;"
    "NBPERSMENFISC21;MED21;TP6021;SUPERF\n"
    "03185;33000;34000;5000.5;5200;8000;2000;2500;18000;9000;32000;18500;26;20.7\n"
    "03310;25000;24000;3000;4400;6000;1500;1800;14000;7600;24500;19000;s;5.9\n"
    "01001;800;780;150;60;230;20;110;310;80;790;25000;;16\n"
)
FAMILIES = (
    "CODGEO;REG;DEP;LIBGEO;P22_FAM;C22_FAM;C22_FAMMONO;C22_MENPSEUL\n03185;84;03;Montluçon;1;8000;2000;9000\n"
)
WIDE = (
    "CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;PIMP21;TP6021\n"
    "03185;17000;32000;18500{0}5;40;26{0}1\n03310;s;s;nd;s;s\n"
)
DETAIL = "CODGEO;LIBGEO;NBMEN19;NBPERS19;NBUC19;Q119;Q219;Q319\n03185;Montluçon;17000;32000;1,5;;18940;\n"
LONG = (
    "\ufeffGEO;GEO_OBJECT;FILOSOFI_MEASURE;UNIT_MEASURE;TIME_PERIOD;OBS_VALUE;CONF_STATUS\n"
    "03185;COM;MED_SL;EUR;2021;18500;F\n"
    "03185;COM;PR_MD60;PT;2021;26.1;F\n"
    "03310;COM;MED_SL;EUR;2021;;C\n"
    "03310;COM;XX_SL;EUR;2021;1;F\n"
    "03310;COM;MED_SL;EUR;2020;1;F\n"
    "03;DEP;MED_SL;EUR;2021;20000;F\n"
)
DENSITY = "CODGEO;LIBGEO;DENS;LIBDENS;PMUN21\n03185;Montluçon;2;Centres urbains intermédiaires;33000\n"
FRR = (
    "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2025\r\n"
    "03185;03;Montluçon;Non classée\r\n03310;03;Vichy;FRR socle\r\n"
)
CAF = (
    "dtreffre;numcomdo;nomcom;indfoy_ndur;indnbp_ndur;indfoy_rsa;indmtt_rsa\n"
    "2024-12;03185;MONTLUCON;8000;16500;1500;900000\n"
    "2023-12;03185;MONTLUCON;7900;16400;1500;900000\n"
    "2024-12;03310;VICHY;;;;\n"
    "2024-12;03XXX;NON LOCALISE;40;95;10;100\n"
)


def read(tmp_path, text, wanted=ALLIER, columns=(), name="x.csv", encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))
    return read_indicators(tmp_path / name, wanted, columns)


def by_name(found):
    return {indicator.name: indicator for indicator in found.indicators}


def cell(indicator, code):
    value = indicator.values[code]
    return (None if pd.isna(value) else value, indicator.state[code])


def refused(tmp_path, text, **more):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **more)
    return [(fault.code, fault.line) for fault in caught.value.faults]


def test_the_dossier_complet_gives_a_short_list_or_any_column_asked_for(tmp_path):
    found = read(tmp_path, DOSSIER)
    assert found.format == "dossier complet"
    names = by_name(found)
    assert "SUPERF" in found.unread
    children = names["P22_POP0014"]
    assert (children.nature, children.vintage, children.source) == (
        "effectif",
        "2022",
        "INSEE, dossier complet",
    )
    assert cell(children, "03185") == (5000.5, "connu")
    assert cell(names["TP6021"], "03310") == (None, "secret")
    assert cell(names["P22_POP"], "03190") == (None, "absent")
    assert names["P16_POP"].vintage == "2016"
    assert (found.rows_read, found.rows_used) == (3, 2)
    assert list(by_name(read(tmp_path, DOSSIER, columns=["SUPERF"]))) == ["SUPERF"]


@pytest.mark.parametrize("mark", [".", ","])
def test_filosofi_wide_with_either_decimal_mark(tmp_path, mark):
    names = by_name(read(tmp_path, WIDE.format(mark)))
    assert cell(names["MED21"], "03185") == (18500.5, "connu")
    assert cell(names["MED21"], "03310") == (None, "non_disponible")
    assert cell(names["TP6021"], "03310") == (None, "secret")
    assert (names["MED21"].nature, names["MED21"].vintage, names["MED21"].unit) == ("mediane", "2021", "€")
    assert names["MED21"].total is None
    assert names["NBMENFISC21"].total == 17000


def test_filosofi_in_detail_has_its_median_in_q2(tmp_path):
    median = by_name(read(tmp_path, DETAIL))["Q219"]
    assert (median.vintage, median.nature, cell(median, "03185")) == ("2019", "mediane", (18940.0, "connu"))


def test_filosofi_long_keeps_communes_the_last_year_and_the_measures_read(tmp_path):
    found = read(tmp_path, LONG)
    names = by_name(found)
    assert cell(names["MED_SL"], "03185") == (18500.0, "connu")
    assert cell(names["MED_SL"], "03310") == (None, "secret")
    assert cell(names["PR_MD60"], "03185") == (26.1, "connu")
    assert names["MED_SL"].vintage == "2021"
    assert (found.rows_read, found.rows_used) == (6, 3)
    assert [fault.what.rsplit(" : ", 1)[1] for fault in found.set_aside] == [
        "1 ligne d'une autre maille que la commune",
        "1 ligne d'une autre date que 2021",
        "1 ligne d'une mesure non lue",
    ]


def test_families_of_the_census_in_a_zip_with_a_capital_extension(tmp_path):
    with zipfile.ZipFile(tmp_path / "base.zip", "w") as archive:
        archive.writestr("meta_base-cc-coupl-fam-men-2022.CSV", "COD_VAR;LIB_VAR\nC22_FAM;Familles\n")
        archive.writestr("base-cc-coupl-fam-men-2022.CSV", FAMILIES)
    names = by_name(read_indicators(tmp_path / "base.zip", ALLIER))
    assert cell(names["C22_FAMMONO"], "03185") == (2000.0, "connu")
    assert names["C22_FAMMONO"].label == "familles monoparentales"


def test_the_density_grid_under_its_titles_in_a_workbook(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "grille.xlsx")) as book:
        book.add_worksheet("Documentation").write(0, 0, "Lisez-moi")
        sheet = book.add_worksheet("Grille_Densite")
        sheet.write(0, 0, "Grille communale de densité à 7 niveaux")
        for line, row in enumerate(DENSITY.splitlines(), 4):
            sheet.write_row(line, 0, row.split(";"))
    found = read_indicators(tmp_path / "grille.xlsx", ALLIER)
    density = by_name(found)["LIBDENS"]
    assert cell(density, "03185") == ("Centres urbains intermédiaires", "connu")
    assert (density.nature, cell(density, "03310")) == ("classe", ("", "absent"))
    other = read(tmp_path, "insee_com,lib_com,niveau_densite\n03185,Montluçon,Bourgs ruraux\n")
    assert cell(by_name(other)["niveau_densite"], "03185") == ("Bourgs ruraux", "connu")


def test_frr_bears_its_date_in_its_header(tmp_path):
    frr = read(tmp_path, FRR).indicators[0]
    assert (frr.nature, frr.vintage, cell(frr, "03310")) == (
        "classe",
        "10 juillet 2025",
        ("FRR socle", "connu"),
    )


def test_caf_keeps_the_last_date_and_says_what_is_not_located(tmp_path):
    found = read(tmp_path, CAF)
    names = by_name(found)
    assert cell(names["indfoy_ndur"], "03185") == (8000.0, "connu")
    assert cell(names["indfoy_ndur"], "03310") == (None, "secret")
    assert names["indfoy_ndur"].vintage == "2024-12"
    assert "arrondis à 5" in names["indfoy_ndur"].source
    assert (found.rows_read, found.rows_used) == (4, 2)
    assert any("non localisée" in fault.what for fault in found.set_aside)


def test_any_table_keyed_by_commune(tmp_path):
    text = "Code commune INSEE;Nom;Enfants;Taux;CTG;Remarque;EPCI\n" + "".join(
        f"{code};x;{n};{n},5;{'oui' if n % 2 else 'non'};texte {n};200071082\n"
        for n, code in enumerate(ALLIER, 1)
    )
    found = read(tmp_path, "\ufeff" + text.replace("1;1,5", "1 234;1,5"))
    natures = {indicator.name: indicator.nature for indicator in found.indicators}
    assert natures == {"Enfants": "effectif", "Taux": "inconnue", "CTG": "classe", "Remarque": "classe"}
    assert cell(by_name(found)["Enfants"], "03185") == (1234.0, "connu")
    assert {"Nom", "EPCI"} <= set(found.unread)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings_are_the_same_to_it(tmp_path, encoding):
    text = "code_insee;Bénéficiaires\n03185;5\n"
    assert list(by_name(read(tmp_path, text, encoding=encoding))) == ["Bénéficiaires"]


def test_unknown_is_not_zero_and_a_sum_says_what_it_is_made_of(tmp_path):
    children = by_name(read(tmp_path, "code_insee;enfants\n03185;100\n03190;s\n"))["enfants"]
    assert children.total == 100
    assert children.states == {"connu": 1, "secret": 1, "absent": 1}


def merged(tmp_path, text):
    """14513 Pont-Farcy is a part of 50592 Tessy-Bocage since 2018."""
    found = read(tmp_path, text, wanted=["50592"])
    return {name: cell(indicator, "50592") for name, indicator in by_name(found).items()}, found


def test_merged_communes_are_summed_averaged_or_left_unknown(tmp_path):
    head = "CODGEO;NBPERSMENFISC21;MED21;TP6021\n"
    cells, found = merged(tmp_path, head + "50592;3000;20000;10\n14513;1000;24000;20\n")
    assert cells == {
        "NBPERSMENFISC21": (4000.0, "connu"),
        "MED21": (21000.0, "approche"),
        "TP6021": (12.5, "approche"),
    }
    assert [warning.code for warning in found.warnings] == ["AVS-909"]
    assert merged(tmp_path, head + "50592;3000;20000;10\n14513;1000;s;20\n")[0]["MED21"] == (None, "secret")
    plain, _ = merged(tmp_path, "code;taux;nb;zone\n50592;1,5;3;A\n14513;2,5;4;B\n")
    assert plain == {"taux": (None, "non_calculable"), "nb": (7.0, "connu"), "zone": ("", "non_calculable")}
    same, _ = merged(tmp_path, "code;zone\n50592;A\n14513;A\n")
    assert same == {"zone": ("A", "connu")}


def test_municipal_arrondissements_are_their_commune(tmp_path):
    head = "numcomdo;dtreffre;indfoy_ndur\n"
    lines = [f"{code};2024-12;{100 + code - 75101}\n" for code in range(75101, 75121)]
    whole = read(tmp_path, head + "".join(lines), wanted=["75056"]).indicators[0]
    assert cell(whole, "75056") == (2190.0, "connu")  # 20 × 100 + 0 + 1 + … + 19
    part = read(tmp_path, head + "".join(lines[1:]), wanted=["75056"])
    assert cell(part.indicators[0], "75056") == (None, "incomplet")
    assert [(w.code, "75101" in w.what) for w in part.warnings] == [("AVS-933", True)]


def test_the_value_of_a_split_commune_is_not_carried_over(tmp_path):
    """A national file is not refused for it: the row is set aside, the two of today are unknown."""
    today = Gazetteer().movements.passage("60455").today
    found = read(tmp_path, "code;nb\n60455;5\n03185;1\n", wanted=[*today, "03185"])
    assert [cell(found.indicators[0], code)[1] for code in today] == ["non_calculable"] * 2
    assert cell(found.indicators[0], "03185") == (1.0, "connu")
    assert [(w.code, all(code in w.what for code in today)) for w in found.warnings] == [("AVS-936", True)]
    assert (found.rows_read, found.rows_used) == (2, 1)
    assert read(tmp_path, "code;nb\n60455;5\n03185;1\n", wanted=["03185"]).warnings == ()


def test_faults_are_all_said(tmp_path):
    text = "CODGEO;MED21;TP6021\n03185;beaucoup;26\n03310;19000;?\n03185;1;1\n0399;1;1\n"
    assert sorted(refused(tmp_path, text)) == [
        ("AVS-314", 5), ("AVS-319", 2), ("AVS-319", 3), ("AVS-338", 4),
    ]  # fmt: skip
    assert refused(tmp_path, DOSSIER, columns=["P99_POP"]) == [("AVS-356", 0)]
    assert refused(tmp_path, "nom;nb\nA;1\n") == [("AVS-350", 0)]
    assert refused(tmp_path, "code_insee;nom\n03185;A\n") == [("AVS-357", 0)]


CODES = st.sampled_from(["03185", "3185", "03190", "75101", "01001", "14513", "", "03XXX"])
ROWS = st.lists(st.tuples(CODES, st.sampled_from(["1", "2,5", "s", "nd", "", "1 000"])), max_size=8)


@settings(max_examples=50)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_no_row_is_lost_and_their_order_changes_nothing(tmp_path_factory, rows, seed):
    rows = list({code: (code, value) for code, value in rows}.values())
    shuffled = random.Random(seed).sample(rows, len(rows))
    results = []
    for order in (rows, shuffled):
        text = "code_insee;nb\n" + "".join(f"{code};{value}\n" for code, value in order)
        try:
            found = read(tmp_path_factory.mktemp("i"), text)
        except InputError as error:
            results.append(sorted(fault.code for fault in error.faults))
            continue
        assert found.rows_read == found.rows_used + sum(fault.rows for fault in found.set_aside)
        results.append([(i.name, list(i.values.fillna(-1)), list(i.state)) for i in found.indicators])
    assert results[0] == results[1]


def test_the_report_and_the_list_of_communes_bear_the_indicators(run, tmp_path):
    (tmp_path / "dossier.csv").write_text(DOSSIER, encoding="utf-8")
    made = json.loads(run("report", "allier", "--indicators", "dossier.csv=P22_POP0014", "--json").stdout)
    (record,) = made["indicateurs"]
    assert (record["nom"], record["total_connu"]) == ("P22_POP0014", 8000.5)
    assert record["etats"] == {"connu": 2, "absent": 315}
    page = run("report", "allier", "--indicators", "dossier.csv").stdout.decode()
    assert "familles monoparentales" in page
    assert "INSEE, dossier complet" in page
    rows = json.loads(
        run(
            "communes", "allier", "--covered-by", "cs", "--indicators", "dossier.csv=MED21,TP6021", "--json"
        ).stdout
    )["communes"]
    vichy = next(row for row in rows if row["code_insee"] == "03310")
    assert (vichy["MED21"], vichy["TP6021"], vichy["TP6021_etat"]) == (19000, None, "secret")


def test_arrondissements_beside_their_commune_are_not_counted_twice(tmp_path):
    text = "CODGEO;NBMENFISC21;MED21\n75056;100;30000\n75101;40;35000\n75102;60;28000\n"
    found = read(tmp_path, text, wanted=["75056"])
    assert cell(by_name(found)["NBMENFISC21"], "75056") == (100.0, "connu")
    assert cell(by_name(found)["MED21"], "75056") == (30000.0, "connu")
    assert (found.rows_read, found.rows_used) == (3, 1)


def of_2020():
    """A file of the COG 2020, every commune of the Calvados, of the Cantal and of the Deux-Sèvres."""
    movements = Gazetteer().movements
    return sorted(code for code in movements.communes_at(date(2020, 1, 1)) if code[:2] in ("14", "15", "79"))


def test_a_file_of_an_earlier_cog_where_a_part_is_missing_is_incomplete(tmp_path):
    movements, codes = Gazetteer().movements, of_2020()
    whole, lacking = [
        code for code in sorted(movements.today)
        if code[:2] in ("14", "15", "79") and len(movements.parts(code, date(2020, 1, 1))) > 1
    ][:2]  # fmt: skip
    missing = sorted(movements.parts(lacking, date(2020, 1, 1)) - {lacking})[0]
    text = "code;nb\n" + "".join(f"{code};1\n" for code in codes if code != missing)
    found = read(tmp_path, text, wanted=[whole, lacking]).indicators[0]
    assert cell(found, lacking) == (None, "incomplet")
    assert cell(found, whole) == (float(len(movements.parts(whole, date(2020, 1, 1)))), "connu")


def test_a_commune_split_since_under_the_same_code_is_unknown(tmp_path):
    # 15141 Neussargues en Pinatelle was split on 2025-01-01 and keeps its code.
    text = "code;nb\n" + "".join(f"{code};1\n" for code in of_2020())
    found = read(tmp_path, text, wanted=["15141", "15171"])
    assert [cell(found.indicators[0], code)[1] for code in ("15141", "15171")] == ["non_calculable"] * 2
    assert [warning.code for warning in found.warnings if warning.code != "AVS-909"] == ["AVS-936"]


def test_one_old_code_in_a_list_of_today_is_no_earlier_cog(tmp_path):
    lacking = "79307" if Gazetteer().get("79307") else "79005"
    found = read(tmp_path, f"code;nb\n14513;1\n{lacking};1\n50592;2\n", wanted=[lacking, "50592"]).indicators[
        0
    ]
    assert found.state[lacking] == "connu"


def test_the_nature_of_a_column_does_not_depend_on_the_territory(tmp_path):
    text = "code;valeur\n03185;3\n03190;4\n01001;2,5\n"
    assert read(tmp_path, text, wanted=["03185"]).indicators[0].nature == "inconnue"
    mixed = "code;taux;nb;code_epci;zone\n03185;5;6;200071082;C\n01001;5;6;200071082;B2\n"
    natures = {indicator.name: indicator.nature for indicator in read(tmp_path, mixed).indicators}
    assert natures == {"taux": "inconnue", "nb": "effectif", "zone": "classe"}


def test_a_class_named_c_is_no_secret(tmp_path):
    zones = read(tmp_path, "code;zone\n03185;C\n03190;B2\n03310;nd\n").indicators[0]
    assert [cell(zones, code) for code in ALLIER] == [("C", "connu"), ("B2", "connu"), ("", "non_disponible")]


def test_a_measure_without_a_row_is_absent_and_one_asked_for_must_be_there(tmp_path):
    text = LONG.replace("03310;COM;MED_SL;EUR;2021;;C\n", "03310;COM;PR_MD60;PT;2021;;C\n")
    names = by_name(read(tmp_path, text))
    assert cell(names["MED_SL"], "03310") == (None, "absent")
    assert cell(names["PR_MD60"], "03310") == (None, "secret")
    assert refused(tmp_path, LONG, columns=["GI_SL"]) == [("AVS-356", 0)]


def test_what_is_no_code_is_refused_and_totals_and_collectivities_are_set_aside(tmp_path):
    assert refused(tmp_path, "code;nb\nMontluçon;1\n03185;2\n") == [("AVS-314", 2)]
    found = read(tmp_path, "code;nb\n03185;2\n97501;3\n98735;1\nTotal;6\n", wanted=None)
    assert (found.rows_read, found.rows_used) == (4, 1)


def test_whole_numbers_are_counts_only_where_the_header_says_so_or_the_user_does(tmp_path):
    """MED21 is a median under any header of codes; an altitude in metres is no number of people."""
    text = "code_insee;MED21;altitude;nb_enfants;pop75\n03185;20000;200;7;30\n03310;21000;250;8;40\n"
    natures = {one.name: one.nature for one in read(tmp_path, text).indicators}
    assert natures == {
        "MED21": "mediane",
        "altitude": "inconnue",
        "nb_enfants": "effectif",
        "pop75": "effectif",
    }
    asked = read(tmp_path, text, columns=["altitude"]).indicators
    assert [(one.name, one.nature) for one in asked] == [("altitude", "effectif")]
    merged_text = "code_insee;MED21\n01039;20000\n01138;22000\n"
    assert cell(read(tmp_path, merged_text, wanted=None).indicators[0], "01138") == (None, "non_calculable")


def test_a_row_whose_value_is_not_used_is_set_aside(tmp_path):
    # 15141 is split since 2025 under its own code, in a file of the COG 2020; 50592 lacks a part there.
    codes = [code for code in of_2020() if code != "14513"]
    found = read(tmp_path, "code;nb\n" + "".join(f"{code};1\n" for code in codes), wanted=None)
    aside = {fault.what: fault.rows for fault in found.set_aside}
    assert any("scindée" in what for what in aside)
    assert found.rows_used == found.rows_read - sum(aside.values())
    known = sum(int(n) for one in found.indicators for n in one.values[one.state == "connu"])
    assert known == found.rows_used


def test_a_row_of_values_is_no_header_and_a_file_of_nothing_is_refused(tmp_path):
    movements = "MOD;DATE_EFF;TYPECOM_AV;COM_AV;TNCC\n32;2024-01-01;COM;01039;0\n"
    assert refused(tmp_path, movements) == [("AVS-350", 0)]
    assert refused(tmp_path, "code_insee;nb\n", wanted=["03185"]) == [("AVS-355", 0)]


def test_a_class_that_a_spreadsheet_would_run_comes_back_as_it_was(tmp_path):
    found = read(tmp_path, "code_insee;classe\n03185;'=A\n03310;B'C\n")
    assert list(found.indicators[0].values[["03185", "03310"]]) == ["=A", "B'C"]


def test_a_column_without_header_among_others_is_counted_as_not_read(tmp_path):
    found = read(tmp_path, ";CODGEO;;MED21;\n0;03185;12;19000;\n1;03101;13;20000;\n")
    assert found.unread == ("(sans en-tête)",) * 2
