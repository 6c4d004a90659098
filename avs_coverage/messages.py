"""French formats of numbers and dates, and the wording that several views share."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

_OS_REASONS = {
    errno.ENOENT: "fichier ou dossier introuvable",
    errno.EACCES: "accès refusé",
    errno.EPERM: "opération interdite",
    errno.EISDIR: "c'est un dossier",
    errno.ENOTDIR: "un élément du chemin n'est pas un dossier",
    errno.ENOSPC: "plus de place sur le disque",
    errno.EROFS: "disque en lecture seule",
    errno.ENAMETOOLONG: "nom trop long",
    errno.EEXIST: "un fichier de ce nom existe déjà",
    errno.ELOOP: "liens symboliques en boucle",
    errno.EBUSY: "fichier occupé par un autre programme",
    errno.EINVAL: "nom ou emplacement non admis",
    errno.ENOTEMPTY: "le dossier n'est pas vide",
    errno.ENXIO: "ce n'est pas un fichier ordinaire",
    errno.EIO: "erreur de lecture ou d'écriture du disque",
    errno.EBADF: "elle est fermée",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.EFBIG: "fichier plus gros que ce que le système permet",
    getattr(errno, "EDQUOT", -1): "quota de disque atteint",
}
_WINDOWS_REASONS = {
    32: "fichier ouvert dans un autre programme",
    33: "fichier verrouillé par un autre programme",
    112: "plus de place sur le disque",
}
"""Numbers of Windows (winerror.h) that share the errno of something else."""

NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

STATUS_LABELS = {
    "cs": "par un CS",
    "evs_seul": "par un EVS seul",
    "avs": "par un CS ou un EVS",
    "aucune": "par aucune structure",
}
COMMUNE_STATUS_LABELS = {
    "cs_seul": "CS",
    "cs_et_evs": "CS et EVS",
    "evs_seul": "EVS seul",
    "aucune": "aucune",
    "": "inventaire inconnu",
}
UNSURE_WORDS = {
    "sans_date": ("structure sans date d'agrément", "structures sans date d'agrément"),
    "avant_agrement": (
        "structure avant le début de son agrément en cours",
        "structures avant le début de leur agrément en cours",
    ),
    "agrement_echu": ("structure à l'agrément échu", "structures à l'agrément échu"),
}
"""Why a structure held as open may not be (``inventory.UNDATED``…), of one and of several."""
MEASURE_LABELS = {"communes": "Communes", "habitants": "Habitants", "km2": "Superficie (km²)"}
MEASURE_UNITS = {
    "communes": ("commune", "communes"),
    "habitants": ("habitant", "habitants"),
    "km2": ("km²", "km²"),
}
CAVEAT = (
    "Une commune non couverte n'est pas une commune où personne n'agit ; "
    "une commune couverte n'est pas une commune dont tous les besoins sont satisfaits."
)


def signed(value: float, decimals: int = 0) -> str:
    r"""Write a difference with its sign.

    >>> signed(1234), signed(-2), signed(0)
    ('+1\u202f234', '-2', '0')
    """
    text = number(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0,") else text


@lru_cache(maxsize=1 << 14)  # the figures of a table, and their brackets, are often the same
def number(value: float, decimals: int = 0) -> str:
    r"""Write a number as French typography does: narrow spaces and a decimal comma.

    >>> number(12345), number(7379.377, 1), number(-0.04, 1)
    ('12\u202f345', '7\u202f379,4', '0,0')
    """
    text = f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")
    return text.removeprefix("-") if not text.strip(f"-0,{NARROW_SPACE}") else text


def percent(share: float | None) -> str:
    r"""Write a share of 0–1 as a percentage to 0.1; ``inconnue`` where there is none.

    A share that is neither 0 nor 1 is never written as if it were: 316 of 317 is 99,7 %,
    34 874 of 34 875 is « plus de 99,9 % ».

    >>> percent(219 / 317), percent(None), percent(0.9999), percent(1.0), percent(0.0001)
    ('69,1\u202f%', 'inconnue', 'plus de 99,9\u202f%', '100,0\u202f%', 'moins de 0,1\u202f%')
    """
    if share is None:
        return "inconnue"
    text = number(share * 100, 1)
    if text == "100,0" and share < 1:
        return f"plus de 99,9{NARROW_SPACE}%"
    if text == "0,0" and share > 0:
        return f"moins de 0,1{NARROW_SPACE}%"
    return f"{text}{NARROW_SPACE}%"


def plural(count: float, singular: str, several: str) -> str:
    """Return *singular* below 2, as French does, else *several*.

    >>> plural(0, "commune", "communes"), plural(2, "commune", "communes")
    ('commune', 'communes')
    """
    return singular if count < 2 else several  # noqa: PLR2004 - French plural starts at 2


def counted(count: int, singular: str, several: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "commune", "communes"), counted(317, "commune", "communes")
    ('1 commune', '317 communes')
    """
    return f"{number(count)} {plural(count, singular, several)}"


def plain(value: float) -> str:
    """Write a parameter with all its digits, and a decimal point.

    >>> plain(5.0), plain(12345.678), plain(0.1)
    ('5', '12345.678', '0.1')
    """
    return f"{value:.12g}"


def joined(value: object) -> str:
    """Write a plain value as text: ``oui`` or ``non``, lists and ``name=value`` pairs joined by ``|``.

    >>> joined(["03185", "03101"]), joined({"rayon_m": 5000.0, "population_par": "chef-lieu"}), joined(True)
    ('03185|03101', 'rayon_m=5000|population_par=chef-lieu', 'oui')
    """
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, Mapping):
        return "|".join(f"{name}={joined(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return "|".join(joined(item) for item in value)
    return str(value)


def distance(metres: float) -> str:
    """Write a distance in km from 1 km on, else in m.

    >>> distance(5000), distance(1500), distance(300)
    ('5 km', '1,5 km', '300 m')
    """
    if metres < 1000:  # noqa: PLR2004
        return f"{plain(metres)} m".replace(".", ",")
    return f"{plain(metres / 1000)} km".replace(".", ",")


def french_date(day: date) -> str:
    """Write a date as 31/12/2022."""
    return f"{day:%d/%m/%Y}"


def enumeration(items: Sequence[str], limit: int | None = None) -> str:
    """Join items as a sentence does; beyond *limit*, say how many more there are.

    >>> enumeration(["a", "b", "c"]), enumeration(["a", "b", "c"], 2)
    ('a, b et c', 'a, b et 1 de plus')
    """
    shown = list(items)
    if limit is not None and len(shown) > limit:
        shown = [*shown[:limit], f"{number(len(shown) - limit)} de plus"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} et {shown[-1]}" if shown else ""


def os_reason(error: OSError) -> str:
    """Say in French why the system refused."""
    of_windows = _WINDOWS_REASONS.get(getattr(error, "winerror", None) or 0)
    reason = of_windows or _OS_REASONS.get(error.errno or 0)
    return reason or f"erreur n° {error.errno or '?'} du système"
