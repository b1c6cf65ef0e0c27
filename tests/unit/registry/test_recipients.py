"""Who gets a letter of a mailing, who is left out, and why."""

from dataclasses import replace

from services.registry.domain.recipient_rows import HandRow, RowFault, read_rows
from services.registry.domain.recipients import (
    Audience,
    Known,
    LeftOut,
    Person,
    Place,
    Recipient,
    RecipientRole,
    objection,
    recipients,
)
from shared.events import LetterKind

A, B = "kompetens-2024", "moln-2024"
UMEA = Place("2480", "Umeå kommun", "24", "registrator@umea.se")
LUND = Place("1281", "Lunds kommun", "12", "lunds.kommun@lund.se")
HABO = Place("0643", "Habo kommun", "06")
ANNA = Person(1, "Anna Berg", "anna@umea.se", "2480", A, named=True)
BO = Person(2, "Bo Ek", "bo@lund.se", "1281", A, named=False)
KNOWN = Known(places=(UMEA, LUND, HABO), persons=(ANNA, BO))
REGISTRARS = Audience(frozenset({RecipientRole.REGISTRAR}))
CONTACTS = Audience(frozenset({RecipientRole.NAMED, RecipientRole.ADDED}))


def offered(
    known: Known = KNOWN, audience: Audience = REGISTRARS, *rows: HandRow
) -> list[Recipient]:
    return recipients(LetterKind.OFFER, (A, B), audience, rows, known)


def told(kind: LetterKind, known: Known = KNOWN, audience: Audience = CONTACTS) -> list[Recipient]:
    return recipients(kind, (A,), audience, (), known)


def by_place(found: list[Recipient]) -> dict[str, LeftOut | None]:
    return {one.municipality: one.left_out for one in found}


def test_an_offer_goes_once_to_each_registrar_and_names_who_has_no_address() -> None:
    found = offered()
    assert [one.address for one in found if one.left_out is None] == [
        "registrator@umea.se",
        "lunds.kommun@lund.se",
    ]
    assert all(one.initiatives == (A, B) for one in found)
    assert by_place(found)["0643"] is LeftOut.NO_REGISTRAR


def test_whoever_has_answered_some_is_asked_about_the_others_only() -> None:
    known = replace(KNOWN, answers={("kompetens-2024", "2480"): "ja"})
    umea = offered(known)[0]
    assert (umea.left_out, umea.initiatives) == (None, (B,))


def test_whoever_has_answered_all_gets_no_reminder_and_an_answer_in_review_is_no_silence() -> None:
    known = replace(
        KNOWN,
        answers={(A, "2480"): "ja", (B, "2480"): "nej", (A, "1281"): "ja"},
        in_review=frozenset({(B, "1281")}),
    )
    found = recipients(LetterKind.REMINDER, (A, B), REGISTRARS, (), known)
    assert by_place(found) == {
        "2480": LeftOut.ANSWERED,
        "1281": LeftOut.IN_REVIEW,
        "0643": LeftOut.NO_REGISTRAR,
    }


def test_two_municipalities_with_one_registrar_both_get_their_own_forms() -> None:
    joint = replace(LUND, registrar_address="Registrator@umea.se")
    found = offered(replace(KNOWN, places=(UMEA, joint)))
    assert [one.left_out for one in found] == [None, None]


def test_a_row_by_hand_stands_for_its_municipality() -> None:
    found = offered(KNOWN, REGISTRARS, HandRow(1, "kansliet@umea.se", "", "2480"))
    assert [(one.address, one.left_out) for one in found if one.municipality == "2480"] == [
        ("kansliet@umea.se", None),
        ("registrator@umea.se", LeftOut.BY_HAND_INSTEAD),
    ]
    assert found[0].name == "Umeå kommun"


def test_a_row_by_hand_that_cannot_be_used_keeps_nobody_else_out() -> None:
    bouncing = replace(KNOWN, bouncing=frozenset({"kansliet@umea.se"}))
    found = offered(bouncing, REGISTRARS, HandRow(1, "kansliet@umea.se", "", "2480"))
    assert [one.left_out for one in found if one.municipality == "2480"] == [
        LeftOut.BOUNCES,
        None,
    ]


def test_an_address_that_bounces_gets_nothing_whatever_its_case() -> None:
    known = replace(KNOWN, bouncing=frozenset({"registrator@umea.se"}))
    shouting = replace(UMEA, registrar_address="Registrator@UMEA.se")
    assert by_place(offered(replace(known, places=(shouting,)))) == {"2480": LeftOut.BOUNCES}


def test_an_update_goes_to_contacts_by_answer_county_and_role() -> None:
    known = replace(KNOWN, answers={(A, "2480"): "ja", (A, "1281"): "nej"})
    yes = replace(CONTACTS, answers=frozenset({"ja"}))
    assert [one.contact_id for one in told(LetterKind.UPDATE, known, yes)] == [1]
    skane = replace(CONTACTS, counties=frozenset({"12"}))
    assert [one.contact_id for one in told(LetterKind.UPDATE, known, skane)] == [2]
    named = Audience(frozenset({RecipientRole.NAMED}))
    assert [one.contact_id for one in told(LetterKind.UPDATE, known, named)] == [1]
    registrars = replace(REGISTRARS, answers=frozenset({"nej"}))
    found = told(LetterKind.INVITATION, known, registrars)
    assert [one.address for one in found] == ["lunds.kommun@lund.se"]


def test_people_get_one_letter_to_each_address() -> None:
    twice = replace(KNOWN, persons=(ANNA, replace(ANNA, contact_id=9, municipality="1281")))
    assert [one.left_out for one in told(LetterKind.UPDATE, twice)] == [None, LeftOut.SAME_ADDRESS]


def test_who_unsubscribed_gets_no_newsletter_but_is_told_of_the_initiative() -> None:
    known = replace(KNOWN, unsubscribed=frozenset({"anna@umea.se"}))
    assert told(LetterKind.NEWSLETTER, known)[0].left_out is LeftOut.UNSUBSCRIBED
    assert told(LetterKind.UPDATE, known)[0].left_out is None


def test_a_contact_without_a_mail_address_is_listed_as_left_out() -> None:
    nameless = replace(KNOWN, persons=(replace(ANNA, address=""), replace(BO, address="ring mig")))
    found = told(LetterKind.UPDATE, nameless)
    assert [one.left_out for one in found] == [LeftOut.NO_ADDRESS, LeftOut.BAD_ADDRESS]


def test_whoever_staff_except_gets_none_by_address_or_by_municipality() -> None:
    spared = replace(REGISTRARS, excepted=frozenset({"2480", "lunds.kommun@lund.se"}))
    assert by_place(offered(KNOWN, spared)) == {
        "2480": LeftOut.EXCEPTED,
        "1281": LeftOut.EXCEPTED,
        "0643": LeftOut.NO_REGISTRAR,
    }


def test_it_is_asked_again_when_the_letter_is_to_leave() -> None:
    now = replace(KNOWN, answers={(A, "2480"): "ja"})
    assert objection(LetterKind.REMINDER, "r@umea.se", "2480", (A,), now) is LeftOut.ANSWERED
    assert objection(LetterKind.REMINDER, "r@umea.se", "2480", (A, B), now) is None


def code_of(text: str) -> str | None:
    return {"2480": "2480", "Umeå": "2480"}.get(text)


def test_rows_are_read_whatever_parts_them_and_a_heading_is_none() -> None:
    text = (
        '\ufeffAdress;Namn;Kommun\n\nanna@umea.se;Anna Berg;Umeå\nbo@lund.se\teg\n"c@d.se","Ek, C"'
    )
    rows, faults = read_rows(text, code_of, municipality_needed=False)
    assert faults == []
    assert rows == [
        HandRow(3, "anna@umea.se", "Anna Berg", "2480"),
        HandRow(4, "bo@lund.se", "eg", ""),
        HandRow(5, "c@d.se", "Ek, C", ""),
    ]


def test_each_broken_row_is_named_with_its_number() -> None:
    text = "anna@umea.se;Anna;2480\ninte en adress;;2480\nbo@lund.se;Bo;Utopia\na@b.se;;2480;x"
    _, faults = read_rows(text, code_of, municipality_needed=True)
    assert faults == [
        RowFault(2, "address", "inte en adress"),
        RowFault(3, "municipality", "Utopia"),
        RowFault(4, "columns", "4"),
    ]
    _, faults = read_rows("anna@umea.se", code_of, municipality_needed=True)
    assert faults == [RowFault(1, "no_municipality")]
