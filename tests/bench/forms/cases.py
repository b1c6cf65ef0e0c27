"""One random filled form: what was written on it, how it was scanned, and what may come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from services.console.demo.scans import (
    Channel,
    Filling,
    Hand,
    Picture,
    Scan,
    Stroke,
    as_jpeg,
    as_pdf,
    as_png,
    as_tiff,
    blank_page,
    fill,
    scan,
)
from services.registry.forms.print import print_form
from shared.forms import FormTemplate
from shared.own_form import own_form

KEY = b"a key that signs forms in tests."
INITIATIVE = "kompetens-2024"
MUNICIPALITY = "2480"
OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}

_MARKS = (Stroke.TICK, Stroke.CROSS, Stroke.SCRIBBLE)
_PEOPLE = (
    ("Åsa Öberg", "Kommundirektör", "asa.oberg@umea.se"),
    ("Björn Ålund", "Förvaltningschef", "bjorn.alund@umea.se"),
    ("Karin Hägg-Lindström", "IT-chef", "karin.hagg-lindstrom@umea.se"),
    ("Mohammed Al-Rashid", "Kommunstyrelsens ordförande", "mohammed.alrashid@umea.se"),
    ("Eva Sjöström", "Digitaliseringschef", "eva.sjostrom@kommun.umea.se"),
    ("Lars-Göran Pettersson", "Socialchef", "lars-goran.pettersson@umea.se"),
)


@dataclass(frozen=True)
class Fault:
    """Something wrong with a filling: no such form may be recorded by the machine."""

    name: str
    spoil: Callable[[str, str, np.random.Generator], Filling]


@dataclass(frozen=True)
class Case:
    """A scan and its truth. `answer` is None where nothing may be recorded automatically."""

    seed: int
    channel: Channel
    fault: str
    answer: str | None
    signed: bool
    filling: Filling
    scan: Scan
    data: bytes
    filename: str


def _texts(random: np.random.Generator) -> dict[str, str]:
    name, title, email = _PEOPLE[int(random.integers(len(_PEOPLE)))]
    texts = {
        "signatory.name": name,
        "signatory.title": title,
        "place_date": f"Umeå 2024-09-{int(random.integers(1, 30)):02d}",
        "contact.name": name,
        "contact.email": email,
        "contact.phone": f"090-16 {int(random.integers(10, 99))} {int(random.integers(10, 99))}",
    }
    if random.random() < 0.5:
        texts["their_reference"] = f"KS 2024/{int(random.integers(10, 999))}"
    return texts


def _filling(marks: dict[str, Stroke], random: np.random.Generator, **more: object) -> Filling:
    values: dict[str, object] = {
        "texts": _texts(random),
        "handwritten": bool(random.random() < 0.4),
        "stamp": bool(random.random() < 0.2),
        **more,
    }
    return Filling(marks=marks, **values)  # type: ignore[arg-type]


def _good(random: np.random.Generator) -> Stroke:
    return _MARKS[int(random.integers(len(_MARKS)))]


FAULTS = (
    Fault("unsigned", lambda a, b, r: _filling({a: _good(r)}, r, hand=Hand.NOTHING)),
    Fault("typed_name", lambda a, b, r: _filling({a: _good(r)}, r, hand=Hand.TYPED_NAME)),
    Fault("both", lambda a, b, r: _filling({a: _good(r), b: _good(r)}, r)),
    Fault("none", lambda a, b, r: _filling({}, r)),
    Fault("crossed_out", lambda a, b, r: _filling({a: _good(r), b: Stroke.CROSSED_OUT}, r)),
    Fault("only_crossed_out", lambda a, b, r: _filling({a: Stroke.CROSSED_OUT}, r)),
    Fault("filled", lambda a, b, r: _filling({a: Stroke.FILLED}, r)),
    Fault("faint_other", lambda a, b, r: _filling({a: _good(r), b: Stroke.FAINT_TICK}, r)),
    Fault("beside", lambda a, b, r: _filling({a: Stroke.BESIDE}, r)),
    Fault("beside_other", lambda a, b, r: _filling({a: _good(r), b: Stroke.BESIDE}, r)),
    Fault(
        "note",
        lambda a, b, r: _filling(
            {a: _good(r)},
            r,
            note=("ja, men inte i år", "med förbehåll", "se bilaga")[int(r.integers(3))],
            note_at_mm=(
                float(r.uniform(95, 140)),
                (float(r.uniform(96, 97)), float(r.uniform(108, 112)), 225.0)[int(r.integers(3))],
            ),
        ),
    ),
    Fault(
        "stamp_over_boxes",
        lambda a, b, r: _filling(
            {a: _good(r)}, r, stamp_at_mm=(float(r.uniform(10, 30)), float(r.uniform(90, 105)))
        ),
    ),
)
"""Faults that leave the codes alone; what spoils the codes is tested by defacing good scans."""


@cache
def printed() -> bytes:
    """Return the form that the cases are filled on."""
    return print_form(
        initiative=INITIATIVE,
        initiative_name="Kompetensgemenskaper",
        round_name="2024",
        last_answer_day=date(2024, 9, 30),
        options=OPTIONS,
        municipality=MUNICIPALITY,
        municipality_name="Umeå kommun",
        key=KEY,
    )


@cache
def template() -> FormTemplate:
    return own_form(tuple(OPTIONS))


@cache
def blank() -> Picture:
    return blank_page(printed())


def good_case(seed: int, channel: Channel) -> Case:
    """Return a form filled in as it should be."""
    random = np.random.default_rng([seed, 1])
    answer = str(random.choice(list(OPTIONS)))
    filling = _filling({answer: _good(random)}, random)
    return _case(seed, channel, "", answer, filling, random)


def bad_case(seed: int, channel: Channel, fault: Fault) -> Case:
    """Return a form with one fault that forbids an automatic record.

    A fax may lose a faint tick altogether; what is left is a good form with the other box marked.
    """
    random = np.random.default_rng([seed, 2])
    first, second = (str(key) for key in random.permutation(list(OPTIONS)))
    left = first if fault.name == "faint_other" and channel is Channel.FAX else None
    return _case(seed, channel, fault.name, left, fault.spoil(first, second, random), random)


def _case(
    seed: int,
    channel: Channel,
    fault: str,
    answer: str | None,
    filling: Filling,
    random: np.random.Generator,
) -> Case:
    paper = fill(blank(), template(), filling, seed=seed)
    turned = 0 if random.random() < 0.8 else int(random.integers(1, 4))
    scanned = scan(paper, channel, seed=seed, quarter_turns=turned)
    data, filename = _file(scanned, channel, random)
    return Case(
        seed=seed,
        channel=channel,
        fault=fault,
        answer=answer,
        signed=filling.hand is Hand.SIGNATURE,
        filling=filling,
        scan=scanned,
        data=data,
        filename=filename,
    )


def _file(scanned: Scan, channel: Channel, random: np.random.Generator) -> tuple[bytes, str]:
    match channel:
        case Channel.FAX:
            return as_tiff([scanned]), "fax.tif"
        case Channel.PHONE:
            return as_jpeg(scanned), "foto.jpg"
        case _ if random.random() < 0.1:
            return as_png(scanned), "skanning.png"
        case _:
            return as_pdf([scanned]), "skanning.pdf"
