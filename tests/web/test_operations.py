"""Drift: the checks and since when, dead letters and their retry, what failed, disk, and banner."""

import json
import re
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from playwright.sync_api import Browser

from services.console.verify import MailboxProof, Proof
from services.registry.reports import ReportKeeper, keep_proof, proof_due
from services.registry.tables import EventLog, Role, ServiceReportRow
from services.registry.web import operations as module
from services.registry.web.operations import Operations
from shared import outbox
from shared.database import Database
from shared.events import DeadLetterRetryOrdered, MessageFate, MessageSettled
from shared.outbox import DeadLetterRow, OutboxRow, now
from shared.reports import ServiceReported
from tests.web.browsing import log_in
from tests.web.client import Client
from tests.web.test_browser import STANDARDS, faults
from tests.web.test_matter import rows
from tests.web.world import NAMES, PASSWORD, START, World, arrived, open_world, served

BODY = '{"mail_id": "m000000000000000000000001"}'


@pytest.fixture
def administrator(fresh: World) -> Client:
    client = Client(fresh.address)
    client.log_in(NAMES[Role.ADMINISTRATOR], PASSWORD)
    return client


def bury(world: World, number: int = 1) -> int:
    """Let an event die; return the number of its letter."""
    with world.database.write() as session:
        outbox.bury(
            session,
            event_id=uuid4(),
            consumer="record",
            subject="handslag.intake.mail_read",
            body=BODY,
            mail_id=f"m{number:023x}",
            code="invalid_event",
            message="<b>no such field</b>",
            remedy="Install the newer version.",
            tries=7,
        )
    return max(one.number or 0 for one in rows(world, DeadLetterRow))


def test_all_is_well_in_an_empty_register(fresh: World, administrator: Client) -> None:
    with fresh.database.write() as session:
        numbers = [one.number for one in outbox.waiting(session, 100) if one.number]
        outbox.mark_published(session, numbers, "handslag", None)
    text = administrator.get("/drift").text
    for shown in (
        "Tjänsterna når varandra",
        "Alla händelser har hanterats",
        "Inget väntar",
        "Kön är tom",
        "Alla mejl har gått iväg",
        "handslag verify",
    ):
        assert shown in text
    assert re.search(r"<dt>Databasen</dt><dd>[1-9]", text)
    assert "Något är fel i driften" not in text


def test_a_fault_is_told_with_since_when_and_is_gone_when_it_is_mended(
    fresh: World, administrator: Client
) -> None:
    operations = fresh.app.state.site.operations
    administrator.get("/drift")
    well = {one.name: one.since for one in operations._watched.values()}
    fresh.app.state.test_faults["bus"] = "not connected to 10.0.0.7"
    operations.look_again()
    text = administrator.get("/drift").text
    assert "Tjänsterna når inte varandra" in text
    assert "not connected to 10.0.0.7" in text
    ill = {one.name: one.since for one in operations._watched.values()}
    assert ill["bus"] > well["bus"]
    assert ill["disk"] == well["disk"]
    operations.look_again()
    administrator.get("/drift")
    assert {one.name: one.since for one in operations._watched.values()} == ill
    del fresh.app.state.test_faults["bus"]
    operations.look_again()
    assert "Tjänsterna når varandra" in administrator.get("/drift").text


def on_a_loop_of_its_own(work: Callable[[], Awaitable[None]]) -> None:
    """Run it in another thread: the browser's tests have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, work).result()


def test_nobody_waits_for_checks_that_are_due_and_the_next_page_tells_what_they_found() -> None:
    answered, faults = threading.Event(), dict[str, str]()

    def slow() -> str | None:
        answered.wait(10)
        return faults.get("bus")

    async def ask() -> None:
        operations = Operations({"bus": slow}, {}, now)
        answered.set()
        assert await anyio.to_thread.run_sync(operations.troubles) == {}
        answered.clear()
        faults["bus"] = "not connected"
        operations._checked_at = time.monotonic() - 6
        assert await anyio.to_thread.run_sync(operations.troubles) == {}
        answered.set()
        assert operations._looking is not None
        await operations._looking
        assert await anyio.to_thread.run_sync(operations.troubles) == faults
        faults.clear()
        operations._checked_at = time.monotonic() - 20
        assert await anyio.to_thread.run_sync(operations.troubles) == {}

    on_a_loop_of_its_own(ask)


def test_checks_that_hang_hang_no_page_and_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    mended, hangs = threading.Event(), False

    def disk() -> str | None:
        if hangs:
            mended.wait(30)
        return None

    async def ask() -> None:
        nonlocal hangs
        operations = Operations({"disk": disk}, {}, now)
        assert await anyio.to_thread.run_sync(operations.troubles) == {}
        hangs = True
        operations._checked_at = time.monotonic() - 20
        with anyio.fail_after(10):
            async with anyio.create_task_group() as visitors:

                async def look() -> None:
                    assert await anyio.to_thread.run_sync(operations.troubles) == {
                        module.CHECKS: "no answer for 0 s"
                    }

                for _ in range(50):
                    visitors.start_soon(look)
        mended.set()
        assert operations._looking is not None
        await operations._looking
        assert await anyio.to_thread.run_sync(operations.troubles) == {}

    on_a_loop_of_its_own(ask)


def test_what_was_mended_while_the_checks_ran_is_looked_at_again() -> None:
    begun, answered, faults = threading.Event(), threading.Event(), {"bus": "not connected"}

    def slow() -> str | None:
        fault = faults.get("bus")
        begun.set()
        answered.wait(10)
        return fault

    async def ask() -> None:
        operations = Operations({"bus": slow}, {}, now)
        async with anyio.create_task_group() as tasks:

            async def look() -> None:
                assert await anyio.to_thread.run_sync(operations.troubles) == {}

            tasks.start_soon(look)
            await anyio.to_thread.run_sync(begun.wait)
            faults.clear()
            operations.look_again()
            answered.set()

    on_a_loop_of_its_own(ask)


def test_a_dead_letter_stands_on_every_page_but_does_not_make_the_service_ill(
    fresh: World, administrator: Client, fresh_registrar: Client
) -> None:
    bury(fresh)
    fresh.app.state.site.operations.look_again()
    text = fresh_registrar.get("/mejl").text
    assert "Händelser har inte kunnat hanteras" in text
    assert 'href="/drift"' not in text
    assert 'href="/drift"' in administrator.get("/mejl").text
    assert administrator.get("/health").status == 200


def test_a_dead_letter_is_shown_and_tried_again_once(fresh: World, administrator: Client) -> None:
    stirred: list[int] = []
    object.__setattr__(fresh.app.state.site, "stir", lambda: stirred.append(1))
    number = bury(fresh)
    page = administrator.get("/drift")
    assert "Ett inkommet mejl som lästs" in page.text
    assert "&lt;b&gt;no such field" in page.html
    assert "7 försök" in page.text
    done = administrator.submit("/drift", f"/drift/ohanterade/{number}/forsok-igen")
    assert (done.status, done.location, stirred) == (303, "/drift", [1])
    again = [one for one in rows(fresh, OutboxRow) if one.body == BODY]
    assert [one.attempt for one in again] == [number + 1]
    text = administrator.get("/drift").text
    assert re.search(r"\d väntar, den äldsta", text)
    assert "Ett inkommet mejl som lästs" not in text
    assert "Något är fel i driften" not in text
    (entry,) = [one for one in rows(fresh, EventLog) if one.what == "dead_letter.retried"]
    assert entry.who == "adam"
    late = administrator.submit("/drift", f"/drift/ohanterade/{number}/forsok-igen")
    assert late.status == 409
    assert "Någon annan hann före" in late.text
    assert len([one for one in rows(fresh, OutboxRow) if one.body == BODY]) == 1


def test_all_dead_letters_are_tried_again_at_once(fresh: World, administrator: Client) -> None:
    for number in range(3):
        bury(fresh, number)
    done = administrator.submit("/drift", "/drift/ohanterade/forsok-igen")
    assert done.status == 303
    assert all(one.retried_at for one in rows(fresh, DeadLetterRow))
    assert len([one for one in rows(fresh, OutboxRow) if one.body == BODY]) == 3


def test_what_did_not_leave_is_told_with_why_and_counted_by_day(
    fresh: World, administrator: Client
) -> None:
    fresh.record(arrived(name="today").model_copy(update={"received_at": now()}), "today")
    for fate, reason in (
        (MessageFate.SENT, ""),
        (MessageFate.FAILED, "came_back 5.1.1"),
        (MessageFate.HELD_BACK, "auto_submitted"),
        (MessageFate.HELD_BACK, "mailing_list"),
    ):
        fresh.settler.settle(
            MessageSettled(
                occurred_at=now(),
                mail_id=fresh.ids["today"],
                message_id=f"<{fate}.{reason}@skr.example>",
                kind="receipt",
                recipient="anna@umea.se",
                fate=fate,
                reason=reason,
                settled_at=now(),
            )
        )
    old = now() - timedelta(days=20)
    fresh.settler.settle(
        MessageSettled(
            occurred_at=old,
            message_id="<old@skr.example>",
            kind="reminder",
            recipient="gammal@umea.se",
            fate=MessageFate.FAILED,
            reason="expired",
            settled_at=old,
        )
    )
    text = administrator.get("/drift").text
    assert "Mejlet kom tillbaka. Adressen finns inte." in text
    assert "Mejlet är skickat av en maskin" in text
    assert "gammal@umea.se" not in text
    today = re.search(r"<tbody>\s*<tr><th.*?</tr>", text.split('id="per-dag"')[1], re.DOTALL)
    assert today
    assert re.findall(r"<td>(\d+)</td>", today[0]) == ["1", "1", "1", "2"]


def test_a_nearly_full_disk_stands_on_every_page(tmp_path: Path, empty_database: Database) -> None:
    (tmp_path / "archive").mkdir()
    with served(open_world(tmp_path, empty_database, disk_warn_gb=10_000_000)) as world:
        client = Client(world.address)
        client.log_in(NAMES[Role.ADMINISTRATOR], PASSWORD)
        text = client.get("/").text
        assert "Arkivets disk är nästan full" in text
        assert re.search(r"[0-9,]+\xa0[GM]B ledigt av", client.get("/drift").text)
        assert client.get("/health").status == 200


def test_a_letter_nobody_has_is_not_there(administrator: Client) -> None:
    assert administrator.submit("/losenord", "/drift/ohanterade/99/forsok-igen").status == 404


def test_axe_finds_nothing_when_something_is_wrong(fresh: World, browser: Browser) -> None:
    for number in range(2):
        bury(fresh, number)
    box = {**BOX, "fault": "login refused"}
    told(fresh, dead=1, dead_letters=[LETTER], mailboxes=[box], checks={"bus": "away"})
    proof = Proof(mailboxes={"a@skr.se": MailboxProof("a@skr.se")}, faults=["m1: it is gone"])
    keep_proof(fresh.database, json.dumps(proof.as_dict()), complete=False, began_at=now())
    context = browser.new_context()
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    log_in(page, fresh, NAMES[Role.ADMINISTRATOR])
    page.goto(f"{fresh.address}/drift")
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, runOnly={"type": "rule", "values": ["color-contrast"]}) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def told(world: World, service: str = "intake", host: str = "a", **more: object) -> ServiceReported:
    """Let a service tell how it fares."""
    report = ServiceReported.model_validate(
        {"occurred_at": now(), "service": service, "host": host, "checks": {"bus": ""}} | more
    )
    heard_at = now() - timedelta(seconds=int(str(more.get("ago_s", 0))))
    ReportKeeper(world.database).keep(report, heard_at)
    world.app.state.site.operations.look_again()
    return report


LETTER = {
    "number": 7,
    "about": "handslag.intake.mail_archived",
    "code": "unexpected",
    "message": "<i>division by zero</i>",
    "tries": 5,
    "died_at": START,
}
BOX = {"address": "registratur@skr.se", "last_contact": START, "backlog": 3, "oldest": START}


def test_mailboxes_are_shown_with_contact_fault_and_what_waits_unread(
    fresh: World, administrator: Client
) -> None:
    told(fresh, mailboxes=[{**BOX, "standby": True}], host="b")
    told(fresh, mailboxes=[{**BOX, "last_fault": "login refused", "last_fault_at": START}])
    told(fresh, mailboxes=[{"address": "behov@skr.se", "fault": "no such folder"}], host="c")
    text = administrator.get("/drift").text
    rows_shown = text.split('id="brevlador"')[1].split("</table>")[0]
    assert rows_shown.count("registratur@skr.se") == 1
    assert "login refused" in rows_shown
    assert re.search(
        r'class="across number" data-label="Väntar">3 <span class="beneath">äldsta', rows_shown
    )
    assert "no such folder" in rows_shown


def test_a_service_that_is_silent_or_ill_is_told_on_every_page(
    fresh: World, administrator: Client, fresh_registrar: Client
) -> None:
    told(fresh)
    assert "Något är fel i driften" not in fresh_registrar.get("/mejl").text
    told(fresh, checks={"bus": "", "mailbox registratur@skr.se": "login refused"})
    assert "Något fungerar inte i en annan tjänst" in fresh_registrar.get("/mejl").text
    assert "mailbox registratur@skr.se: login refused" in administrator.get("/mejl").text
    told(fresh, ago_s=200)
    assert "En tjänst hörs inte" in fresh_registrar.get("/mejl").text
    told(fresh, ago_s=2 * 3600)
    told(fresh, host="b")
    assert "En tjänst hörs inte" not in fresh_registrar.get("/mejl").text
    assert "Används inte längre" in administrator.get("/drift").text
    told(fresh, "notifier", ago_s=8 * 86400)
    told(fresh, "registry", outgoing=None)
    assert [one.service for one in rows(fresh, ServiceReportRow)] == [
        "intake",
        "intake",
        "registry",
    ]
    assert administrator.get("/health").status == 200


def test_a_dead_letter_of_another_service_is_ordered_to_be_tried_again_once(
    fresh: World, administrator: Client
) -> None:
    told(fresh, dead=2, dead_letters=[LETTER, {**LETTER, "number": 9}])
    page = administrator.get("/drift")
    assert "&lt;i&gt;division by zero" in page.html
    assert "Händelser har inte kunnat hanteras" in page.text
    place = "/drift/ohanterade/intake/7/forsok-igen"
    assert administrator.submit("/drift", place).status == 303
    assert place not in administrator.get("/drift").text
    assert administrator.submit("/drift", place).status == 409
    assert administrator.submit("/drift", "/drift/ohanterade/forsok-igen").status == 303
    orders = [
        DeadLetterRetryOrdered.model_validate_json(one.body)
        for one in rows(fresh, OutboxRow)
        if one.subject == DeadLetterRetryOrdered.subject
    ]
    assert [(one.service, one.numbers, one.by) for one in orders] == [
        ("intake", (7,), "adam"),
        ("intake", (9,), "adam"),
    ]
    assert "Alla händelser har hanterats" in administrator.get("/drift").text
    assert [one.who for one in rows(fresh, EventLog) if one.what == "dead_letter.retried"] == [
        "adam",
        "adam",
    ]


def test_the_proof_is_asked_for_and_shown_with_what_breaks_it(
    fresh: World, administrator: Client
) -> None:
    quarter = timedelta(minutes=15)
    assert proof_due(fresh.database, quarter, now())
    assert not proof_due(fresh.database, timedelta(0), now())
    assert "Ingen kontroll har gjorts" in administrator.get("/drift").text
    assert administrator.submit("/drift", "/drift/bevis").status == 303
    assert "Kontrollen är beställd" in administrator.get("/drift").text
    assert proof_due(fresh.database, timedelta(0), now())
    proof = Proof(mailboxes={"a@skr.se": MailboxProof("a@skr.se", mails=3, originals=3, parts=7)})
    keep_proof(fresh.database, json.dumps(proof.as_dict()), complete=True, began_at=now())
    text = administrator.get("/drift").text
    assert "Allt finns kvar" in text
    assert "3 mejl, 3 hela original, 7 delar" in text
    assert "Kontrollen är beställd" not in text
    assert not proof_due(fresh.database, quarter, now())
    assert proof_due(fresh.database, quarter, now() + quarter)
    proof.faults += ["m1 (a@skr.se): <b>its original</b> is damaged in the archive"]
    keep_proof(fresh.database, json.dumps(proof.as_dict()), complete=False, began_at=now())
    fresh.app.state.site.operations.look_again()
    page = administrator.get("/drift")
    assert "Något stämmer inte" in page.text
    assert "&lt;b&gt;its original" in page.html
    assert "Senast allt stämde" in page.text
    assert "Något av det som har kommit in kan inte återfinnas" in administrator.get("/").text
