"""Names like one that is not known: to propose, never to take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

_ALL_UP_TO = 1_500
"""Up to so many names, each is compared in full: about 10 ms."""
_ALIKE = 150
_LEAST_RATIO = 50
_COMMON = 300
"""A word that more names hold than that (« saint ») tells nothing of which is meant."""
_MANY = 4
_LONGEST = 200
"""No name is longer: beyond, a whole page may stand in a cell."""


class NearNames:
    """Normalised names, ready to be searched for those like another.

    *keys* may hold the same name twice. Where there are many, only those alike letter by letter, or that
    share a word, are compared in full: that of 35,000 names takes a quarter of a second.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys

    def like(self, typed: str, limit: int, least: float = 80) -> list[int]:
        """Return the ranks of the names like a normalised one, the nearest first."""
        from rapidfuzz import fuzz, process

        typed = typed[:_LONGEST]
        ranks = self._candidates(typed)
        names = [self._keys[rank] for rank in ranks]
        close = process.extract(typed, names, scorer=fuzz.WRatio, limit=None, score_cutoff=least)
        # WRatio finds « Saint-Pourçain-sur-Sioule » from « Saint-Pourcain », ratio puts the nearest first.
        close.sort(key=lambda match: -(match[1] + fuzz.ratio(typed, match[0])))
        return [ranks[place] for _, _, place in close[:limit]]

    def _candidates(self, typed: str) -> Sequence[int]:
        if len(self._keys) <= _ALL_UP_TO:
            return range(len(self._keys))
        from rapidfuzz import fuzz, process

        alike = process.extract(typed, self._keys, scorer=fuzz.ratio, limit=_ALIKE, score_cutoff=_LEAST_RATIO)
        found = {rank for _, _, rank in alike}
        for word in typed.split():
            ranks = self._of_word.get(word, ())
            found.update(ranks if len(ranks) <= _COMMON and len(word) >= _MANY else ())
        return sorted(found)

    @cached_property
    def _of_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for rank, key in enumerate(self._keys):
            for word in key.split():
                found[word].append(rank)
        return found
