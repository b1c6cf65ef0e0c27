"""Utskick: composed in steps, seen before they are sent, and approved by somebody else."""

import pytest
from sqlmodel import select

from services.registry.mailings.flow import approve
from services.registry.tables import (
    EventLog,
    LetterTemplate,
    Mailing,
    MailingStage,
    MunicipalityContact,
    Role,
)
from shared.events import LetterKind, LetterOrdered, MessageFate, MessageSettled
from shared.outbox import now
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.mailed import (
    KOMPETENS,
    MOLN,
    compose,
    hand_in,
    open_round,
    ordered,
    recipient_states,
    runner,
    save_text,
    the_mailing,
)
from tests.web.world import World

# Both databases hold mailings in test_mailings_sent.py.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def world(fresh: World) -> World:
    open_round(fresh)
    return fresh


@pytest.fixture
def petra(world: World) -> Client:
    """Of the programme office."""
    return logged_in(world, Role.PROGRAMME_OFFICE)


NEWS = {"varde.rubrik": "Höstens hearing", "varde.innehåll": "Vi ses.\n\n# Var\n- I Lund"}
TWO = "anna@umea.se;Anna Ek;2480\nbo@lund.se;Bo Al;Lund"


def test_a_newsletter_is_composed_seen_and_sent(world: World, petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    listed = petra.get(f"{page}/mottagare").text
    assert "Får brevet (2)" in listed
    assert "anna@umea.se" in listed
    shown = petra.get(f"{page}/forhandsvisning?mottagare=2").text
    assert "Brev 2 av 2" in shown
    assert "Bo Al <bo@lund.se>" in shown
    assert "- I Lund" in shown
    framed = petra.get(f"{page}/brev?mottagare=2")
    assert "Höstens hearing" in framed.text
    assert "sandbox" in framed.headers["content-security-policy"]
    assert hand_in(petra, page).location == page
    assert the_mailing(world).stage is MailingStage.RUNNING
    assert petra.get("/utskick").text.count("Ett utskick") == 1


def test_open_pages_hear_of_letters_though_the_log_has_no_line_for_them(
    world: World, petra: Client
) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    hand_in(petra, page)
    runner(world.database, world.archive).step()
    before = petra.get("/handelser").text.splitlines()[0]
    event = ordered(world)[0]
    assert isinstance(event, LetterOrdered)
    world.settler.settle(
        MessageSettled(
            occurred_at=now(),
            message_id="<1@skr.se>",
            letter_id=event.letter_id,
            mailing_id=event.mailing_id,
            kind="newsletter",
            recipient=event.recipient,
            fate=MessageFate.SENT,
            settled_at=now(),
        )
    )
    assert petra.get("/handelser").text.splitlines()[0] != before
    assert "1 av 2 brev är klara" in petra.get(page).text


def test_an_unknown_variable_is_refused_and_its_line_is_named(petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    refused = save_text(petra, page, text="{{innehåll}}\n\nMejla {{fragor}}.")
    assert refused.status == 422
    assert "Rad 3: variabeln {{fragor}} finns inte" in refused.text
    assert "Mejla {{fragor}}." in refused.text, "what was typed stands"
    assert "{{fragor}}" not in petra.get(f"{page}/text").text


def test_a_broken_row_is_named_with_its_number_and_nothing_is_saved(
    world: World, petra: Client
) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    fields = petra.get(f"{page}/vilka").fields
    refused = petra.post(f"{page}/vilka", fields | {"for_hand": f"{TWO}\n\nanna på umea"})
    assert refused.status == 422
    assert "Rad 4: ”anna på umea” är ingen e-postadress." in refused.text
    assert "Inget har ändrats." in refused.text
    assert the_mailing(world).by_hand == TWO


def test_whom_staff_except_is_listed_as_left_out(petra: Client) -> None:
    page = compose(petra, "offer", KOMPETENS)
    fields = petra.get(f"{page}/vilka").fields
    refused = petra.post(f"{page}/vilka", fields | {"undantag": "Lund\nUtopia"})
    assert "Undantag: ”Utopia” är varken en e-postadress eller en kommun." in refused.text
    spared = {"undantag": "Lund\nRegistrator@umea.se"}
    assert petra.post(f"{page}/vilka", fields | spared).status == 303
    assert "Får brevet (1)" in petra.get(f"{page}/mottagare").text
    left_out = petra.get(f"{page}/mottagare?visa=utelamnade&varfor=excepted").text
    assert "Undantagen i utskicket (2)" in left_out
    assert "registrator@umea.se" in left_out


def test_recipients_can_be_loaded_from_a_file_as_excel_writes_it(
    world: World, petra: Client
) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    fields = petra.get(f"{page}/vilka").fields
    del fields["_csrf"]
    rows = "Adress;Namn\r\nåsa@umea.se;Åsa Öst\r\n".encode("cp1252")
    assert petra.upload(f"{page}/vilka", fields, {"fil": ("lista.csv", rows)}).status == 303
    assert the_mailing(world).by_hand == "Adress;Namn\nåsa@umea.se;Åsa Öst"


def test_an_offer_says_who_is_left_out_and_why(petra: Client) -> None:
    page = compose(petra, "offer", KOMPETENS, MOLN)
    left_out = petra.get(f"{page}/mottagare?visa=utelamnade").text
    assert "Utelämnas (287)" in left_out
    assert "Kommunen har ingen registratorsadress i kommunregistret" in left_out
    shown = petra.get(f"{page}/forhandsvisning").text
    assert "Att: Kommundirektör" in shown
    assert "två initiativ" in shown
    assert "Svarsformulär Kompetensgemenskaper, Upplands Väsby kommun.pdf" in shown


def test_a_form_of_a_draft_that_another_has_changed_is_refused(petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    stale = petra.get(f"{page}/text").fields
    last = petra.get(f"{page}/skicka").fields
    assert save_text(petra, page, **{"varde.rubrik": "Vinterns hearing"}).status == 303
    refused = petra.post(f"{page}/text", stale | {"varde.rubrik": "Sommarens"})
    assert refused.status == 409
    assert "Sommarens" in refused.text, "what was typed stands"
    assert petra.post(f"{page}/lamna-in", last).status == 409


def test_recipients_who_came_since_they_were_shown_are_shown_first(
    world: World, petra: Client
) -> None:
    page = compose(petra, "offer", KOMPETENS)
    last = petra.get(f"{page}/skicka").fields
    open_round(world)
    with world.database.write() as session:
        session.merge(
            MunicipalityContact(
                municipality="0180", registrar_address="r@stockholm.se", imported_at=now()
            )
        )
    refused = petra.post(f"{page}/lamna-in", last)
    assert refused.status == 409
    assert "Mottagarna är inte desamma" in refused.text


def test_a_large_mailing_needs_another_persons_yes(world: World, petra: Client) -> None:
    many = "\n".join(f"kontakt{number}@umea.se" for number in range(26))
    page = compose(petra, "newsletter", by_hand=many, **NEWS)
    assert "Lämna in för godkännande" in petra.get(f"{page}/skicka").text
    assert hand_in(petra, page).status == 303
    assert the_mailing(world).stage is MailingStage.AWAITING_APPROVAL
    assert ordered(world) == []

    own = petra.get(page)
    assert "Godkänn</button>" not in own.text
    forced = petra.post(f"{page}/godkann", own.fields)
    assert forced.status == 409
    assert "Någon som inte har skrivit eller lämnat in utskicket" in forced.text
    assert petra.post(f"{page}/skicka", own.fields).status == 409, "nor can it be sent without"

    adam = logged_in(world, Role.ADMINISTRATOR)
    assert adam.post(f"{page}/godkann", adam.get(page).fields).status == 303
    approved = the_mailing(world)
    assert (approved.stage, approved.approved_by) == (MailingStage.APPROVED, "adam")
    assert petra.post(f"{page}/skicka", petra.get(page).fields).status == 303
    assert the_mailing(world).stage is MailingStage.RUNNING


def test_who_wrote_a_line_of_it_does_not_approve_it(world: World, petra: Client) -> None:
    many = "\n".join(f"kontakt{number}@umea.se" for number in range(26))
    page = compose(petra, "newsletter", by_hand=many, **NEWS)
    adam = logged_in(world, Role.ADMINISTRATOR)
    assert save_text(adam, page, **{"varde.rubrik": "Nytt i höst"}).status == 303
    hand_in(petra, page)
    one = the_mailing(world)
    assert [
        fault.kind for fault in approve(world.database, one.id, one.revision, who="adam", at=now())
    ] == ["own"]


def test_what_is_approved_is_what_was_seen(world: World, petra: Client) -> None:
    many = "\n".join(f"kontakt{number}@umea.se" for number in range(26))
    page = compose(petra, "newsletter", by_hand=many, **NEWS)
    hand_in(petra, page)
    adam = logged_in(world, Role.ADMINISTRATOR)
    seen = adam.get(page).fields
    assert petra.post(f"{page}/till-utkast", petra.get(page).fields).status == 303
    save_text(petra, page, **{"varde.rubrik": "Något helt annat"})
    hand_in(petra, page)
    assert adam.post(f"{page}/godkann", seen).status == 409


def test_a_test_letter_goes_to_oneself_with_its_files(world: World, petra: Client) -> None:
    page = compose(petra, "offer", KOMPETENS)
    fields = petra.get(f"{page}/skicka").fields
    sent = petra.post(f"{page}/prov", fields | {"till": "petra@skr.se"})
    assert sent.location.endswith("prov=skickat")
    (event,) = ordered(world)
    assert isinstance(event, LetterOrdered)
    assert (event.recipient, event.mailing_id) == ("petra@skr.se", None)
    assert event.subject_line.startswith("Prov: Erbjudande till Upplands Väsby kommun")
    assert [file.name for file in event.files] == [
        "Svarsformulär Kompetensgemenskaper, Upplands Väsby kommun.pdf"
    ]
    assert 'value="petra@skr.se"' in petra.get(f"{page}/skicka").html, "remembered"
    assert petra.post(f"{page}/prov", fields | {"till": "petra"}).status == 422


def test_a_registrar_orders_reminders_and_no_newsletter(world: World) -> None:
    rut = logged_in(world, Role.REGISTRAR)
    assert "Nyhetsbrev" not in rut.get("/nytt-utskick").text
    refused = rut.submit("/nytt-utskick", "/nytt-utskick", slag="newsletter")
    assert refused.status == 422
    page = compose(rut, "reminder", KOMPETENS)
    assert "om två veckor, den " in " ".join(rut.get(f"{page}/forhandsvisning").text.split())
    petra = logged_in(world, Role.PROGRAMME_OFFICE)
    news = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    assert rut.get(f"{news}/text").status == 403
    assert rut.post(f"{news}/ta-bort", {"_csrf": rut.token(f"{page}/text")}).status == 403


def test_a_reader_sees_mailings_and_changes_none(world: World, petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    hand_in(petra, page)
    lars = logged_in(world, Role.READER)
    assert "Ett utskick" in lars.get("/utskick").text
    assert lars.get(page).status == 200
    assert "Pausa" not in lars.get(page).text


def test_a_reminder_does_not_say_that_time_is_left_when_it_is_up(
    world: World, petra: Client
) -> None:
    page = compose(petra, "reminder", KOMPETENS)
    open_round(world, days=-1)
    ready = petra.get(f"{page}/skicka").text
    assert "Sista svarsdag har passerat." in ready
    assert hand_in(petra, page).status in (409, 422)
    assert recipient_states(world) == []


def test_an_invitation_has_its_hours_in_words_and_in_a_calendar(
    world: World, petra: Client
) -> None:
    values = {
        "dag": "2031-06-18",
        "borjar": "13:00",
        "slutar": "14:30",
        "varde.titel": "Lanseringsseminarium",
        "varde.beskrivning": "Vi berättar.",
        "varde.möteslänk": "https://meet.example.se/x",
        "varde.anmälan_senast": "14 juni 2031",
    }
    page = compose(petra, "invitation", by_hand=TWO, **values)
    shown = petra.get(f"{page}/forhandsvisning").text
    assert "Inbjudan: Lanseringsseminarium, onsdagen den 18 juni 2031 kl. 13.00–14.30" in shown
    assert "kalender.ics" in shown
    petra.post(f"{page}/prov", petra.get(f"{page}/skicka").fields | {"till": "petra@skr.se"})
    (event,) = ordered(world)
    assert isinstance(event, LetterOrdered)
    assert event.appointment is not None
    assert event.appointment.starts_at.isoformat() == "2031-06-18T13:00:00+02:00"


def test_a_draft_can_be_thrown_away_and_the_log_keeps_it(world: World, petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=TWO, **NEWS)
    assert petra.post(f"{page}/ta-bort", petra.get(f"{page}/skicka").fields).status == 303
    assert petra.get(page).status == 404
    with world.database.read() as session:
        assert session.exec(select(Mailing)).all() == []
        whats = [line.what for line in session.exec(select(EventLog))]
    assert [what for what in whats if what.startswith("mailing.")][-1] == "mailing.discarded"


def test_a_template_is_worded_otherwise_for_one_initiative_and_reset(
    world: World, petra: Client
) -> None:
    path = f"/brevmallar/update?initiativ={KOMPETENS}"
    fields = petra.get(path).fields
    refused = petra.post("/brevmallar/update", fields | {"text": "Hej\n{{nyhet}}"})
    assert refused.status == 422
    assert "Rad 2: variabeln {{nyhet}} finns inte" in refused.text
    own = "Vi på programkontoret vill berätta:\n\n{{nyheter}}"
    assert petra.post("/brevmallar/update", fields | {"text": own}).status == 303
    assert (
        "programkontoret vill" in petra.get(f"/brevmallar/update/brev?initiativ={KOMPETENS}").text
    )
    page = petra.submit(
        "/nytt-utskick", "/nytt-utskick", slag="update", **{f"initiativ.{KOMPETENS}": "ja"}
    ).location.rpartition("/")[0]
    assert "programkontoret vill" in petra.get(f"{page}/text").text
    other = petra.submit(
        "/nytt-utskick", "/nytt-utskick", slag="update", **{f"initiativ.{MOLN}": "ja"}
    ).location.rpartition("/")[0]
    assert "programkontoret vill" not in petra.get(f"{other}/text").text
    assert petra.post("/brevmallar/update/aterstall", petra.get(path).fields).status == 303
    with world.database.read() as session:
        assert session.get(LetterTemplate, (LetterKind.UPDATE.value, KOMPETENS)) is None
