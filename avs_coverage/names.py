"""Bring French place names and free wording to one comparable form."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# NFKD does not decompose ligatures: without these, « Œuilly » would become « uilly ».
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_ABBREVIATIONS = {"st": "saint", "ste": "sainte"}


@lru_cache(maxsize=1 << 16)  # the cells of a long list repeat the same few words
def normalise(text: str) -> str:
    """Return *text* without case, accents, punctuation or « St/Ste » abbreviations.

    Words are separated by one space. An article stays where it is, since inside one
    département it may be all that tells two communes apart (17464 Vergné, 17465 La Vergne).

    >>> normalise("L'Haÿ-les-Roses"), normalise(" St Pourçain sur Sioule ")
    ('l hay les roses', 'saint pourcain sur sioule')
    >>> normalise("Œuilly")
    'oeuilly'
    """
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = _NOT_WORDS.sub(" ", text.lower()).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


_SHORT_WORDS = {"s": "sur", "ss": "sous", "lez": "les"}
_ARTICLES = {"le", "la", "les", "l"}


def without_article(key: str) -> str:
    """Return a normalised name without its article, before or after it.

    >>> without_article("le donjon"), without_article("abergement clemenciat l")
    ('donjon', 'abergement clemenciat')
    """
    words = key.split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    elif len(words) > 1 and words[-1] in _ARTICLES:
        words = words[:-1]
    return " ".join(words)


def without_postal_words(key: str) -> str:
    """Return a normalised name without CEDEX, and with the words that addresses shorten.

    >>> without_postal_words("vichy cedex 2"), without_postal_words("saint pourcain s sioule")
    ('vichy', 'saint pourcain sur sioule')
    """
    words = re.sub(r"\bcedex( \d+)?\b", " ", key).split()
    # « Thury-s » is no commune: a short word stands for another one only between two words.
    inner = [_SHORT_WORDS.get(word, word) for word in words[1:-1]]
    return " ".join([*words[:1], *inner, *words[1:][-1:]])


def undo_mojibake(text: str) -> str:
    """Return the UTF-8 text that was read as cp1252, or *text* where it is not one.

    >>> undo_mojibake("MontluÃ§on"), undo_mojibake("Montluçon")
    ('Montluçon', 'Montluçon')
    """
    try:
        return text.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def comparable(text: str) -> str:
    """Return what tells two names apart: their normal form, or the text itself in another script.

    >>> comparable("Le Parc") == comparable("LE PARC"), comparable("مركز") == comparable("نادي")
    (True, False)
    """
    return normalise(text) or text.strip().casefold()


def same_text(one: str, other: str) -> bool:
    """Tell whether two names are the same but for case, accents and punctuation; empty is none."""
    return bool(other.strip()) and comparable(one) == comparable(other)
