"""The official files of indicators by commune: how each is known, and what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from avs_coverage.names import normalise

COUNT, MEDIAN, RATE, CLASS, UNKNOWN = "effectif", "mediane", "taux", "classe", "inconnue"
SECRET, NOT_AVAILABLE = "secret", "non_disponible"


@dataclass(frozen=True)
class ColumnKind:
    """What the columns of a pattern mean; the group ``yy`` of the pattern holds the year of the data."""

    pattern: str
    label: str
    nature: str
    unit: str = ""

    def match(self, header: str) -> re.Match[str] | None:
        """Return the match of a header, whatever its case."""
        return re.fullmatch(self.pattern, header, re.IGNORECASE)


@dataclass(frozen=True)
class IndicatorFormat:
    """One official file.

    *signs* are patterns that its headers must all satisfy; *keys* names the column of commune
    codes; *columns* those read unless the user names others; *empty* is what an empty cell means;
    *weights* are patterns of the inhabitants over which a median or a rate may be averaged, the best first.
    """

    name: str
    source: str
    signs: tuple[str, ...]
    keys: tuple[str, ...]
    columns: tuple[ColumnKind, ...]
    empty: str = NOT_AVAILABLE
    weights: tuple[str, ...] = (r"NBPERSMENFISC\d\d", r"NBPERS\d\d", r"P\d\d_POP")

    def matches(self, header: Sequence[str]) -> bool:
        """Tell whether a row of headers is that of this file."""
        return all(any(re.fullmatch(sign, name, re.IGNORECASE) for name in header) for sign in self.signs)

    def kind_of(self, header: str) -> ColumnKind | None:
        """Return what a column means, None where the table does not say."""
        return next((kind for kind in self.columns if kind.match(header)), None)


_CENSUS = (
    ColumnKind(r"P(?P<yy>\d\d)_POP", "population", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP0014", "0 à 14 ans", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP1529", "15 à 29 ans", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP3044", "30 à 44 ans", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP4559", "45 à 59 ans", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP6074", "60 à 74 ans", COUNT, "habitants"),
    ColumnKind(r"P(?P<yy>\d\d)_POP75P", "75 ans ou plus", COUNT, "habitants"),
    ColumnKind(r"[CP](?P<yy>\d\d)_FAM", "familles", COUNT, "familles"),
    ColumnKind(r"[CP](?P<yy>\d\d)_FAMMONO", "familles monoparentales", COUNT, "familles"),
    ColumnKind(r"[CP](?P<yy>\d\d)_COUPAENF", "couples avec enfants", COUNT, "familles"),
    ColumnKind(r"[CP](?P<yy>\d\d)_MEN", "ménages", COUNT, "ménages"),
    ColumnKind(r"[CP](?P<yy>\d\d)_MENPSEUL", "ménages d'une personne", COUNT, "ménages"),
)
_INCOME = (
    ColumnKind(r"NBMENFISC(?P<yy>\d\d)|NBMEN(\d\d)", "ménages fiscaux", COUNT, "ménages"),
    ColumnKind(
        r"NBPERSMENFISC(?P<yy>\d\d)|NBPERS(\d\d)", "personnes des ménages fiscaux", COUNT, "personnes"
    ),
    ColumnKind(r"MED(?P<yy>\d\d)", "niveau de vie médian", MEDIAN, "€"),
    ColumnKind(r"Q2(?P<yy>\d\d)", "revenu disponible médian par unité de consommation", MEDIAN, "€"),
    ColumnKind(r"TP60(?P<yy>\d\d)", "taux de pauvreté (seuil de 60 %)", RATE, "%"),
    ColumnKind(r"PPSOC(?P<yy>\d\d)", "part des prestations sociales", RATE, "%"),
)
_CODGEO = ("codgeo",)

LONG_MEASURES = {
    "MED_SL": ("niveau de vie médian", MEDIAN, "€"),
    "PR_MD60": ("taux de pauvreté (seuil de 60 %)", RATE, "%"),
    "D1_SL": ("premier décile du niveau de vie", MEDIAN, "€"),
    "D9_SL": ("neuvième décile du niveau de vie", MEDIAN, "€"),
}
"""Measures of the long files of Filosofi that are read unless the user names others."""

FORMATS = (
    IndicatorFormat(
        "dossier complet",
        "INSEE, dossier complet",
        (r"CODGEO", r"P\d\d_POP", r"C\d\d_FAMMONO|P\d\d_POP0014", r"MED\d\d|NBMENFISC\d\d"),
        _CODGEO,
        (*_CENSUS, *_INCOME),
        SECRET,
    ),
    IndicatorFormat(
        "recensement (couples, familles, ménages)",
        "INSEE, recensement de la population",
        (r"CODGEO", r"[CP]\d\d_FAMMONO"),
        _CODGEO,
        _CENSUS,
    ),
    IndicatorFormat(
        "Filosofi", "INSEE, Filosofi", (r"CODGEO", r"MED\d\d|Q2\d\d|TP60\d\d"), _CODGEO, _INCOME, SECRET
    ),
    IndicatorFormat(
        "Filosofi, fichier long",
        "INSEE, Filosofi",
        (r"GEO", r"GEO_OBJECT", r"FILOSOFI_MEASURE", r"OBS_VALUE"),
        ("geo",),
        (),
        SECRET,
    ),
    IndicatorFormat(
        "bénéficiaires des Caf",
        "Cnaf, bénéficiaires par commune (régime général, arrondis à 5)",
        (r"numcomdo", r"dtreffre"),
        ("numcomdo",),
        (
            ColumnKind(r"indfoy_ndur", "foyers allocataires", COUNT, "foyers"),
            ColumnKind(r"indnbp_ndur", "personnes couvertes par la Caf", COUNT, "personnes"),
            ColumnKind(r"indfoy_rsa", "foyers bénéficiaires du RSA", COUNT, "foyers"),
            ColumnKind(r"indfoy_ppa", "foyers bénéficiaires de la prime d'activité", COUNT, "foyers"),
            ColumnKind(r"indfoy_ndural", "foyers bénéficiaires d'une aide au logement", COUNT, "foyers"),
            ColumnKind(r"indfoy_af", "foyers bénéficiaires des allocations familiales", COUNT, "foyers"),
            ColumnKind(r"indfoy_cf", "foyers bénéficiaires du complément familial", COUNT, "foyers"),
            ColumnKind(r"indfoy_asf", "foyers bénéficiaires de l'ASF", COUNT, "foyers"),
            ColumnKind(r"indfoy_ndurpaje", "foyers bénéficiaires de la Paje", COUNT, "foyers"),
        ),
        SECRET,
    ),
    IndicatorFormat(
        "France ruralités revitalisation",
        "DGCL, classement FRR",
        (r"Code_insee", r"Classement FRR.*"),
        ("code_insee",),
        (ColumnKind(r"Classement FRR.*", "classement FRR", CLASS),),
    ),
    IndicatorFormat(
        "grille de densité",
        "INSEE, grille de densité",
        (r"CODGEO|depcom|insee_com", r"DENS|LIBDENS|niveau_densite"),
        ("codgeo", "depcom", "insee_com"),
        (ColumnKind(r"DENS|LIBDENS|niveau_densite", "densité", CLASS),),
    ),
)

_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_DATED = re.compile(rf"(\d{{1,2}}(er)?\s+)?({_MONTHS})\s+(19|20)\d\d|\b(19|20)\d\d\b", re.IGNORECASE)


def vintage_of(header: str, kind: ColumnKind | None) -> str:
    """Return the year or the date that a header bears, empty where it bears none.

    >>> vintage_of("P22_POP", FORMATS[0].kind_of("P22_POP"))
    '2022'
    >>> vintage_of("Classement FRR et FRR+ au 10 juillet 2025", None)
    '10 juillet 2025'
    >>> vintage_of("Enfants 2021", None)
    '2021'
    """
    match = kind.match(header) if kind else re.fullmatch(r"[PC](?P<yy>\d\d)_\w+", header)
    if match and match.re.groups:
        year = next((group for group in match.groups() if group), "")
        if year:
            return f"20{year}"
    dated = _DATED.search(header)
    return dated[0].strip() if dated else ""


def words_of(text: str) -> str:
    """Return the state that a wording other than a number means, empty where it means none.

    Conventions of INSEE and of the Caf: ``s`` or ``c`` secret, ``nd`` not available.

    >>> words_of("s"), words_of("N/A - résultat non disponible"), words_of("12")
    ('secret', 'non_disponible', '')
    """
    plain = normalise(text)
    if plain in ("s", "c", "ss", "secret", "secret statistique"):
        return SECRET
    if plain in ("nd", "na", "n a", "nc", "n d", "nr") or plain.startswith("n a resultat non") or text == "-":
        return NOT_AVAILABLE
    return ""
