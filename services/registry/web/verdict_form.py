"""The form in which a registrar decides: what stands in it at first, and the verdict it amounts to.

All its fields are texts, so that what was typed can be shown again whatever was wrong with it.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from services.registry.domain.answer import Pair
from services.registry.domain.candidates import Candidate, Ground
from services.registry.domain.resolution import (
    ASKABLE,
    AsDuplicate,
    AskAgain,
    Attach,
    Details,
    Done,
    LeaveOut,
    ToNeeds,
    ToQuestions,
    Verdict,
)
from services.registry.tables import Initiative
from shared.events import DocumentReading, Reason, SignatureState
from shared.municipalities import (
    all_municipalities,
    by_code,
    confusable_with,
    display_name,
    exact,
)

OTHER: Final = "annan"
"""The value of the choice "another municipality", which is then typed."""
FAULT: Final = "fel."
"""Before a reason's key: the box that is ticked to ask again for it."""
ON_THE_PAGE: Final = frozenset({Ground.CODE, Ground.PREPRINTED, Ground.NAME, Ground.NUMBER})
"""What the page itself says. Nobody is proposed by the sender's address or a likeness alone."""
_CODE = re.compile(r"\b(\d{4})\b")

DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "signatory_name": ("underskrivare", "Namnförtydligande"),
    "signatory_title": ("befattning", "Befattning"),
    "place_date": ("ort_datum", "Ort och datum"),
    "contact_name": ("kontakt_namn", "Kontaktperson"),
    "contact_email": ("kontakt_epost", "E-post"),
    "contact_phone": ("kontakt_telefon", "Telefon"),
    "their_reference": ("beteckning", "Er beteckning"),
}
"""Each detail of an answer: its field in the form, and what the field is called."""


def proposed(
    reading: DocumentReading,
    initiatives: Mapping[str, Initiative],
    candidates: Sequence[Candidate],
    standing: Callable[[Pair], str | None],
) -> dict[str, str]:
    """Return what stands in the form at first: what was read, where it could be read at all."""
    form: dict[str, str] = {}
    initiative = reading.initiative.text if reading.initiative else ""
    answer = reading.answer.text if reading.answer else ""
    if initiative in initiatives and answer in initiatives[initiative].options:
        form["svar"] = f"{initiative}:{answer}"
    if candidates and not ON_THE_PAGE.isdisjoint(candidates[0].grounds):
        form["kommun"] = candidates[0].code
    if reading.signature in (SignatureState.HANDWRITTEN, SignatureState.ELECTRONIC):
        form["underskrift"] = reading.signature.value
    said = {
        "signatory_name": reading.signatory.name,
        "signatory_title": reading.signatory.title,
        "place_date": reading.signatory.place_date,
        "contact_name": reading.contact.name,
        "contact_email": reading.contact.email,
        "contact_phone": reading.contact.phone,
        "their_reference": reading.their_reference,
    }
    form |= {DETAILS[key][0]: value.text for key, value in said.items() if value is not None}
    form |= {FAULT + reason.value: "on" for reason in reading.reasons if reason in ASKABLE}
    pair = pair_in(form)
    current = standing(pair) if pair is not None else None
    if current is not None:
        form["ersatter"] = form["upprepar"] = current
    return form


def own_first(
    initiatives: Mapping[str, Initiative], reading: DocumentReading
) -> dict[str, Initiative]:
    """Return the initiatives as they are offered: the one that the page names before the others."""
    own = reading.initiative.text if reading.initiative else ""
    return dict(sorted(initiatives.items(), key=lambda entry: entry[0] != own))


def pair_in(form: Mapping[str, str]) -> Pair | None:
    """Return the initiative and municipality that the form names, if it names both."""
    initiative, _, _ = form.get("svar", "").partition(":")
    municipality = municipality_in(form)
    return Pair(initiative, municipality) if initiative and municipality else None


def municipality_in(form: Mapping[str, str]) -> str:
    """Return the kommunkod that was chosen or typed; empty if what was typed names none.

    Typed, it is a name to the letter, or anything with a kommunkod in it: never the nearest name.
    """
    chosen = form.get("kommun", "")
    if chosen and chosen != OTHER:
        return chosen
    typed = form.get("annan_kommun", "").strip()
    named = exact(typed)
    if named is not None:
        return named.code
    codes = {code for code in _CODE.findall(typed) if by_code(code) is not None}
    return codes.pop() if len(codes) == 1 else ""


def verdict_in(form: Mapping[str, str]) -> Verdict | None:
    """Return the verdict that the form amounts to; None for one that does not exist."""
    match form.get("gor", ""):
        case "koppla":
            return _attach(form, replaces=None)
        case "ersatt":
            return _attach(form, replaces=form.get("ersatter") or None)
        case "dubblett":
            return AsDuplicate(form.get("upprepar", ""))
        case "begar":
            ticked = tuple(reason for reason in ASKABLE if form.get(FAULT + reason.value))
            return AskAgain(ticked, form.get("meddelande", "").strip().replace("\r\n", "\n"))
        case "behov":
            return ToNeeds()
        case "fraga":
            return ToQuestions()
        case "inte":
            return LeaveOut(form.get("varfor", "").strip())
        case "hanterad":
            return Done()
        case _:
            return None


def _attach(form: Mapping[str, str], replaces: str | None) -> Attach:
    initiative, _, answer = form.get("svar", "").partition(":")
    signature = form.get("underskrift", "")
    return Attach(
        Pair(initiative, municipality_in(form)),
        answer,
        SignatureState(signature) if signature in set(SignatureState) else SignatureState.UNCLEAR,
        Details(**{key: form.get(field, "").strip() for key, (field, _) in DETAILS.items()}),
        replaces,
    )


def seen_in(form: Mapping[str, str]) -> int:
    """Return the revision of the matter that the form was made for; none has the number -1."""
    seen = form.get("sedd", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1


def municipality_label(code: str) -> str:
    """A municipality as it is offered and typed: `Umeå kommun (2480)`."""
    known = by_code(code)
    return f"{display_name(known)} ({code})" if known else code


@functools.cache
def municipality_choices() -> Markup:
    """All municipalities as options of a list, each with those it is easily confused with."""
    return Markup("").join(
        Markup('<option value="{}">{}</option>').format(
            municipality_label(one.code), _confusable(one.code)
        )
        for one in all_municipalities()
    )


def _confusable(code: str) -> str:
    near = [municipality_label(one.code) for one in confusable_with(code)]
    if not near:
        return ""
    first, last = ", ".join(near[:-1]), near[-1]
    return f"Förväxla inte med {f'{first} eller {last}' if first else last}"


def ticked(form: Mapping[str, str], reason: Reason) -> bool:
    """Whether the box of a reason to ask again is ticked."""
    return bool(form.get(FAULT + reason.value))
