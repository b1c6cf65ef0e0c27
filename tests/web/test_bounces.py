"""Kunde inte levereras: what came back and why, the address corrected, and what is done."""

import re
from datetime import timedelta

import pytest

from services.registry.domain.contact import ContactFault
from services.registry.tables import (
    Bounce,
    BounceState,
    ContactPerson,
    EventLog,
    MunicipalityContact,
)
from services.registry.web.delivery import returned
from services.registry.web.words import CONTACT_FAULTS
from shared.archive import Area as ArchiveArea
from shared.events import DeliveryFailed, MessageFate, MessageSettled
from tests.web.client import Client
from tests.web.test_matter import rows
from tests.web.world import START, World, answered, arrived, scan_png

ADDRESS = "anna.ek@umea.se"


def come_back(world: World, recipient: str = ADDRESS, number: int = 1) -> str:
    """Let a mail come back from an address; return the mail that tells of it."""
    mail_id = f"m{number:023x}"
    world.settler.bounce(
        DeliveryFailed(
            occurred_at=START + timedelta(days=1),
            mail_id=mail_id,
            token="token",
            recipient=recipient,
            status="5.1.1",
            diagnostic="550 5.1.1 <b>User unknown</b>",
        )
    )
    return mail_id


@pytest.fixture
def bounced(fresh: World) -> str:
    """A bounce of the receipt for two answers from Umeå, whose contact has the address."""
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    for initiative in ("kompetens-2024", "moln-2024"):
        fresh.record(arrived(answered("ja", initiative, "2480", scan), name=initiative), initiative)
    for fate, reason, day in (
        (MessageFate.FAILED, "came_back 5.1.1", 1),
        (MessageFate.SENT, "", 2),
    ):
        fresh.settler.settle(
            MessageSettled(
                occurred_at=START,
                mail_id=fresh.ids["kompetens-2024"],
                message_id=f"<{day}@skr.example>",
                kind="receipt" if day == 1 else "reminder",
                recipient=ADDRESS,
                fate=fate,
                reason=reason,
                settled_at=START + timedelta(days=day, minutes=1),
            )
        )
    return come_back(fresh)


def shown(client: Client, mail_id: str) -> dict[str, str]:
    """The correction's form as it stands on the page."""
    form = client.get("/studsar").text.split(f'action="/studsar/{mail_id}/ratta"')[1]
    return dict(
        re.findall(
            r'name="([a-z_.0-9]+)"(?: inputmode="email")? value="([^"]*)"', form.split("</form>")[0]
        )
    )


def test_a_task_says_why_which_mail_and_whom_it_is_about(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    text = fresh_registrar.get("/studsar").text
    assert f"<h2>{ADDRESS}</h2>" in text
    assert "Adressen finns inte." in text
    assert "Mottagningsbekräftelse, " in text
    assert f'href="/mejl/{fresh.ids["kompetens-2024"]}"' in text
    assert f'href="/handlingar/{fresh.ids["kompetens-2024-document"]}"' in text
    assert text.count('href="/kontaktpersoner/') >= 2
    html = fresh_registrar.get("/studsar").html
    assert "&lt;b&gt;User unknown" in html
    menu = re.search(r"Kunde inte levereras</span>\s*<span class=\"number\"[^>]*>(\d+)", text)
    assert menu
    assert menu[1] == "1"


def test_the_address_is_corrected_for_all_contacts_at_once_and_the_task_is_done(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    come_back(fresh, ADDRESS.upper(), number=2)
    typed = shown(fresh_registrar, bounced) | {"epost": "anna@umea.se"}
    done = fresh_registrar.post(f"/studsar/{bounced}/ratta", typed)
    assert (done.status, done.location) == (303, "/studsar")
    assert {one.email for one in rows(fresh, ContactPerson)} == {"anna@umea.se"}
    assert {(one.state, one.resolved_by) for one in rows(fresh, Bounce)} == {
        (BounceState.RESOLVED, "rut")
    }
    assert "Alla mejl har kommit fram" in fresh_registrar.get("/studsar").text
    old = fresh_registrar.get("/studsar?visa=hanterade").text
    assert f"<h2>{ADDRESS}</h2>" in old
    assert "av rut" in old
    whats = [one.what for one in rows(fresh, EventLog)]
    assert (whats.count("contact.changed"), whats.count("bounce.handled")) == (2, 2)


def test_only_the_contacts_that_are_ticked_get_the_new_address(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    typed = shown(fresh_registrar, bounced) | {"epost": "anna@umea.se"}
    first = min(key for key in typed if key.startswith("kontakt."))
    del typed[first]
    fresh_registrar.post(f"/studsar/{bounced}/ratta", typed)
    assert {one.email for one in rows(fresh, ContactPerson)} == {ADDRESS, "anna@umea.se"}


@pytest.mark.parametrize("typed", ["", "anna at umea", "a@b", ADDRESS])
def test_what_is_no_new_address_is_explained_and_stays_typed(
    fresh: World, fresh_registrar: Client, bounced: str, typed: str
) -> None:
    refused = fresh_registrar.post(
        f"/studsar/{bounced}/ratta", shown(fresh_registrar, bounced) | {"epost": typed}
    )
    fault = ContactFault.UNCHANGED if typed == ADDRESS else ContactFault.BAD_ADDRESS
    assert refused.status == 422
    assert CONTACT_FAULTS[fault] in refused.text
    assert f'name="epost" inputmode="email" value="{typed}"' in refused.text
    (task,) = rows(fresh, Bounce)
    assert task.state is BounceState.OPEN


def test_no_contact_ticked_is_explained(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    typed = {key: value for key, value in shown(fresh_registrar, bounced).items() if key[0] != "k"}
    refused = fresh_registrar.post(f"/studsar/{bounced}/ratta", typed | {"epost": "a@umea.se"})
    assert refused.status == 422
    assert "Välj minst en kontaktperson" in refused.text
    assert 'value="a@umea.se"' in refused.text


def test_if_one_contact_has_changed_meanwhile_none_is_changed(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    typed = shown(fresh_registrar, bounced) | {"epost": "anna@umea.se"}
    last = max(one.id or 0 for one in rows(fresh, ContactPerson))
    page = f"/kontaktpersoner/{last}"
    fresh_registrar.submit(page, f"{page}/andra", sedd="1", namn="Bo", epost="bo@umea.se")
    refused = fresh_registrar.post(f"/studsar/{bounced}/ratta", typed)
    assert refused.status == 409
    assert CONTACT_FAULTS[ContactFault.STALE] in refused.text
    assert 'value="anna@umea.se"' in refused.text
    assert {one.email for one in rows(fresh, ContactPerson)} == {ADDRESS, "bo@umea.se"}
    (task,) = rows(fresh, Bounce)
    assert task.state is BounceState.OPEN


def test_one_that_somebody_else_has_handled_is_told(
    fresh: World, fresh_registrar: Client, bounced: str
) -> None:
    typed = shown(fresh_registrar, bounced) | {"epost": "anna@umea.se"}
    assert fresh_registrar.post(f"/studsar/{bounced}/hanterad", typed).status == 303
    for action in ("hanterad", "ratta"):
        late = fresh_registrar.post(f"/studsar/{bounced}/{action}", typed)
        assert late.status == 409
        assert "Någon annan hann före" in late.text
    assert {one.email for one in rows(fresh, ContactPerson)} == {ADDRESS}


def test_an_address_of_ours_that_nobody_has_can_only_be_marked_as_handled(
    fresh: World, fresh_registrar: Client
) -> None:
    mail_id = come_back(fresh, "okand@umea.se")
    text = fresh_registrar.get("/studsar").text
    assert "Handslag har inget mejl till adressen" in text
    assert "Mejlet är inte registrerat ännu" in text
    assert "/ratta" not in text
    token = fresh_registrar.token("/studsar")
    fields = {"_csrf": token, "adress": "okand@umea.se"}
    assert fresh_registrar.post(f"/studsar/{mail_id}/hanterad", fields).status == 303
    other = {"_csrf": token, "adress": "annan@umea.se"}
    assert fresh_registrar.post(f"/studsar/{mail_id}/hanterad", other).status == 404


def test_a_registrars_address_leads_to_the_municipality(
    fresh: World, fresh_registrar: Client
) -> None:
    with fresh.database.write() as session:
        session.add(
            MunicipalityContact(
                municipality="0305", registrar_address="Kommun@habo.se", imported_at=START
            )
        )
    come_back(fresh, "kommun@habo.se")
    text = fresh_registrar.get("/studsar").text
    assert "Registrator i" in text
    assert '<a href="/kommuner/0305">Håbo kommun</a>' in text


def test_the_office_sees_the_tasks_but_cannot_close_them(
    fresh: World, world: World, office: Client
) -> None:
    text = office.get("/studsar").text
    assert "Adressen finns inte." in text
    assert "/hanterad" not in text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.1.1", "Adressen finns inte."),
        ("5.1.99", "Något är fel med adressen."),
        ("4.2.2", "Brevlådan är full."),
        ("5.7.26", "Mottagarens server nekar mejl från oss av säkerhetsskäl."),
        ("4.9.9", "Mejlet gick inte fram efter flera försök."),
        ("", "Mejlet kunde inte levereras. Varför framgår inte."),
        ("2.1.1", "Mejlet kunde inte levereras. Varför framgår inte."),
        ("trasig", "Mejlet kunde inte levereras. Varför framgår inte."),
    ],
)
def test_every_status_has_plain_words(status: str, said: str) -> None:
    assert returned(status).said == said
    assert returned(status).advice.endswith(".")
