"""Which initiative a learned form names in print. Pure.

A slip in choosing the initiative would record every answer under the wrong one.
"""

import re
from collections.abc import Mapping, Sequence

from shared.identifiers import InitiativeId

_WORD = re.compile(r"\w+")


def named_in(printed: Sequence[str], names: Mapping[InitiativeId, str]) -> frozenset[InitiativeId]:
    """Return the initiatives whose names stand in print, word by word, case aside.

    `printed` are the words of a blank in reading order. Of names that stand within a longer one
    ("E-arkiv" in "E-arkiv för skolan"), only the longer is named there.
    """
    text = _words(" ".join(printed))
    taken = [False] * len(text)
    found = set()
    by_length = sorted(names, key=lambda one: len(_words(names[one])), reverse=True)
    for initiative in by_length:
        name = _words(names[initiative])
        for start in range(len(text) - len(name) + 1):
            place = slice(start, start + len(name))
            if name and text[place] == name and not any(taken[place]):
                taken[place] = [True] * len(name)
                found.add(initiative)
    return frozenset(found)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
