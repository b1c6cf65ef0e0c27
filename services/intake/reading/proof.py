"""Whether a text is a proof of an electronic signature that somebody printed or copied. Pure.

Signing services append a sheet that says who signed, when and with what, and stamp the like on
pages. On paper, or as a picture, it proves nothing; yet whoever sent it has signed.
"""

import re
from typing import Final

_LEAST_SIGNS: Final = 2

_IN_A_BOX: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"bank\s?[il1]d\b",
        r"\bfreja\b",
        r"\be-?\s?legitimation",
        r"\b(elektronisk|digital)\w*\s+(under|signer|signatur)",
        r"\be-?\s?(underskr|sign(atur|er))",
        r"\b(digitally|electronically)\s+signed",
        r"\b(docu)?s\s?[il]?\s?gned\s+(by|with|using)\b",
        r"\b(docusign|scrive|penneo|getaccept|oneflow|assently|visma\s+(addo|sign)|adobe\s+sign)",
        r"\b(signerat|undertecknat)\s+(av|med)\b",
    )
)
"""What stands beside a signature that was given on the screen."""

_ON_A_SHEET: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bverifika(t|tion)",
        r"\b(signerings|signatur|underskrifts)(bevis|logg|certifikat|sida)",
        r"\b(signature\s+certificate|certificate\s+of\s+completion|audit\s+trail)",
        r"\b(transaktions?|transaction|envelope|dokument|document)[\s-]*id\b",
        r"\bsha-?\s?(1|256|512)\b",
        r"\b(hash|kontrollsumma|checksum|fingeravtryck)",
        r"\bip-?\s?(adress|address)",
        r"\b(undertecknare|signatories|signatärer)\b",
    )
)
"""What else the sheets of signing services say."""


def is_proof_sheet(text: str) -> bool:
    """Whether a page is, by its text, a signing service's sheet about signatures."""
    said = text.casefold()
    beside = sum(bool(sign.search(said)) for sign in _IN_A_BOX)
    return beside >= 1 and beside + _count(said) >= _LEAST_SIGNS


def is_proof_stamp(text: str) -> bool:
    """Whether what is printed in a signature box says that somebody signed on the screen."""
    said = text.casefold()
    return any(sign.search(said) for sign in _IN_A_BOX)


def _count(said: str) -> int:
    return sum(bool(sign.search(said)) for sign in _ON_A_SHEET)
