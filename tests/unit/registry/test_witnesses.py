"""Whose a form without a code is: enough that agrees, nothing against, never a name alone."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from services.registry.domain.witnesses import (
    Evidence,
    WitnessRule,
    organisation_number,
    weigh,
)
from services.registry.settings import RegistrySection
from shared.events import (
    DocumentKind,
    DocumentReading,
    Outcome,
    Reason,
    Source,
    Value,
    Witness,
    WitnessKind,
)

UMEA, LUND, HABO, HABO_RING = "2480", "1281", "0643", "0305"
DOMAINS = (
    ("umea.se", UMEA),
    ("lund.se", LUND),
    ("habokommun.se", HABO),
    ("habo.se", HABO_RING),
    ("samregistratur.se", UMEA),
    ("samregistratur.se", LUND),
)
NUMBERS = (("2120002627", UMEA),)

name = Witness(kind=WitnessKind.NAME, text="Umeå kommun")
contact = Witness(kind=WitnessKind.CONTACT_DOMAIN, text="umea.se")
number = Witness(kind=WitnessKind.NUMBER, text="212000-2627")
printed = Witness(kind=WitnessKind.PREPRINTED, text=UMEA)


def reading(
    *witnesses: Witness,
    more: Sequence[Reason] = (),
    once_proven: Outcome = Outcome.AUTO,
) -> DocumentReading:
    return DocumentReading(
        document_id="m" + "0" * 23 + "-1",
        kind=DocumentKind.ANSWER,
        outcome=Outcome.REVIEW,
        reasons=(Reason.MUNICIPALITY_UNPROVEN, *more),
        parts=(0,),
        content="0" * 64,
        witnesses=witnesses,
        once_proven=once_proven,
    )


PAPER_ALONE = WitnessRule(outside=False)


def said(*witnesses: Witness, sender: str = "", rule: WitnessRule = PAPER_ALONE) -> str | None:
    known = Evidence(DOMAINS, NUMBERS, (sender,) if sender else ())
    found = weigh(reading(*witnesses), known, rule)
    assert (found.municipality is None) == (Reason.MUNICIPALITY_UNPROVEN in found.reasons)
    return found.municipality.text if found.municipality else None


@pytest.mark.parametrize(
    ("witnesses", "sender"),
    [
        ((name, contact), ""),
        ((name,), "umea.se"),
        ((name,), "mail.kommun.umea.se"),
        ((name, number), ""),
        ((printed, contact), ""),
        ((name, contact), "samregistratur.se"),
        ((name, contact), "gmail.com"),
    ],
)
def test_two_that_agree_prove_it(witnesses: tuple[Witness, ...], sender: str) -> None:
    assert said(*witnesses, sender=sender) == UMEA


@pytest.mark.parametrize(
    ("witnesses", "sender"),
    [
        ((), ""),
        ((name,), ""),
        ((name,), "gmail.com"),
        ((name,), "samregistratur.se"),
        ((contact,), ""),
        ((contact,), "umea.se"),
        ((name, contact), "lund.se"),
        ((name, number, contact), "lund.se"),
        ((name.model_copy(update={"text": "Lunds kommun"}), contact), ""),
        ((name.model_copy(update={"text": "Umea kommun"}), contact), "umea.se"),
        ((name.model_copy(update={"text": "Ange kommun"}), contact), "umea.se"),
        ((name.model_copy(update={"legible": False}), contact, number), "umea.se"),
        ((name, contact, number.model_copy(update={"text": "212000-2628"})), ""),
        ((printed.model_copy(update={"text": LUND}), name, contact), "umea.se"),
        ((printed.model_copy(update={"text": "9999"}), contact), ""),
    ],
)
def test_fewer_or_any_against_prove_nothing(witnesses: tuple[Witness, ...], sender: str) -> None:
    assert said(*witnesses, sender=sender) is None


def test_habo_is_never_its_neighbour_with_a_ring() -> None:
    habo = name.model_copy(update={"text": "Habo kommun"})
    assert said(habo, contact.model_copy(update={"text": "habo.se"})) is None
    assert said(habo, contact.model_copy(update={"text": "habokommun.se"})) == HABO
    # The letters å, ä and ö in either Unicode form.
    decomposed = name.model_copy(update={"text": "Ha\u030abo kommun"})
    assert said(decomposed, contact.model_copy(update={"text": "habo.se"})) == HABO_RING


def test_two_addresses_of_the_sender_are_one_witness() -> None:
    known = Evidence(DOMAINS, (), ("umea.se", "kommun.umea.se"))
    assert weigh(reading(contact), known, WitnessRule(needed=2)).municipality is None


@pytest.mark.parametrize("witnesses", [(name, contact), (name, number), (printed, name, contact)])
def test_the_paper_alone_proves_nothing_unless_configured(witnesses: tuple[Witness, ...]) -> None:
    assert said(*witnesses) == UMEA
    assert said(*witnesses, rule=WitnessRule()) is None
    assert said(*witnesses, sender="gmail.com", rule=WitnessRule()) is None
    assert said(*witnesses, sender="samregistratur.se", rule=WitnessRule()) is None
    assert said(*witnesses, sender="umea.se", rule=WitnessRule()) == UMEA


def test_what_is_needed_is_configuration() -> None:
    assert said(name, contact, rule=WitnessRule(needed=3)) is None
    assert said(name, contact, sender="umea.se", rule=WitnessRule(needed=3)) == UMEA
    assert said(name, contact, number, sender="umea.se", rule=WitnessRule(needed=0)) is None
    without_mail = WitnessRule(
        counted=frozenset({WitnessKind.NAME, WitnessKind.NUMBER}), outside=False
    )
    assert said(name, contact, rule=without_mail) is None
    assert said(name, number, rule=without_mail) == UMEA
    # What does not count for a municipality still counts against one.
    assert said(name, number, sender="lund.se", rule=without_mail) is None


def test_one_witness_alone_cannot_be_configured() -> None:
    assert RegistrySection().witness_rule == WitnessRule()
    assert RegistrySection(municipality_witnesses=0).witness_rule.needed == 0
    with pytest.raises(ValidationError, match="alone never decides"):
        RegistrySection(municipality_witnesses=1)


def test_an_outside_witness_that_does_not_count_cannot_be_configured() -> None:
    kinds = frozenset({WitnessKind.NAME, WitnessKind.NUMBER})
    with pytest.raises(ValidationError, match="sender_domain"):
        RegistrySection(municipality_witness_kinds=kinds)
    alone = RegistrySection(municipality_witness_kinds=kinds, municipality_outside_witness=False)
    assert alone.witness_rule == WitnessRule(counted=kinds, outside=False)


def test_once_proven_the_outcome_is_what_the_reader_said_it_would_be() -> None:
    unsigned = reading(name, contact, more=(Reason.SIGNATURE_MISSING,), once_proven=Outcome.RETURN)
    found = weigh(unsigned, Evidence(DOMAINS), PAPER_ALONE)
    assert found.outcome is Outcome.RETURN
    assert found.reasons == (Reason.SIGNATURE_MISSING,)
    assert found.municipality is not None
    assert found.municipality.source is Source.WITNESSES


def test_a_form_with_a_code_is_left_as_it_is() -> None:
    coded = reading(name, contact).model_copy(
        update={
            "reasons": (),
            "outcome": Outcome.AUTO,
            "municipality": Value(text=LUND, confidence=1.0, source=Source.CODE),
        }
    )
    assert weigh(coded, Evidence(DOMAINS), PAPER_ALONE) is coded


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("212000-2627", "2120002627"),
        ("212000 2627", "2120002627"),
        ("212000-2628", None),
        ("2120002627 kommunen", None),
        ("21200-2627", None),
        ("", None),
    ],
)
def test_an_organisation_number_must_have_its_check_digit(text: str, digits: str | None) -> None:
    assert organisation_number(text) == digits


def test_every_witness_says_whom_it_speaks_for() -> None:
    unread = Witness(kind=WitnessKind.NAME, text="Um~å", legible=False)
    shared = Witness(kind=WitnessKind.CONTACT_DOMAIN, text="samregistratur.se")
    elsewhere = Witness(kind=WitnessKind.CONTACT_DOMAIN, text="example.com")
    found = weigh(
        reading(unread, shared, elsewhere, number),
        Evidence(DOMAINS, NUMBERS, ("lund.se",)),
        WitnessRule(),
    )
    assert [(one.text, one.names) for one in found.witnesses] == [
        ("Um~å", None),
        ("samregistratur.se", (LUND, UMEA)),
        ("example.com", ()),
        ("212000-2627", (UMEA,)),
        ("lund.se", (LUND,)),
    ]
