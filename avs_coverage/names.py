"""Bring French place names and free wording to one comparable form."""

from __future__ import annotations

import re
import unicodedata

# NFKD does not decompose ligatures: without these, « Œuilly » would become « uilly ».
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
_ABBREVIATIONS = {"st": "saint", "ste": "sainte"}


def normalise(text: str) -> str:
    """Return *text* without case, accents, punctuation or « St/Ste » abbreviations.

    Words are separated by one space. An article stays where it is, since inside one
    département it may be all that tells two communes apart (17464 Vergné, 17465 La Vergne).

    >>> normalise("L'Haÿ-les-Roses"), normalise(" St Pourçain sur Sioule ")
    ('l hay les roses', 'saint pourcain sur sioule')
    >>> normalise("Œuilly")
    'oeuilly'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)
