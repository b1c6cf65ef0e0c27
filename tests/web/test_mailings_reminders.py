"""Reminders that the machine proposes: once for each occasion, and sent by a person."""

from datetime import date, timedelta

import pytest

from services.registry.domain.mailing import occasion_of
from services.registry.eventlog import MACHINE
from services.registry.mailings.reminders import propose_reminders
from services.registry.tables import MailingStage, Role
from shared.outbox import now
from tests.web.conftest import logged_in
from tests.web.mailed import hand_in, open_round, ordered, runner, the_mailing
from tests.web.world import World

LAST = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("left", "expected"),
    [(15, None), (14, "14"), (9, "14"), (3, "3"), (0, "3"), (-1, None)],
)
def test_it_is_time_from_so_many_days_before_until_the_day_itself(
    left: int, expected: str | None
) -> None:
    found = occasion_of(LAST, (14, 3), LAST - timedelta(days=left))
    assert found == (expected and f"reminder:2026-09-30:{expected}")


def proposed(world: World, *, by_themselves: bool = False) -> list[str]:
    today = date.today()  # noqa: DTZ011
    return propose_reminders(
        world.database, (14, 3), by_themselves=by_themselves, at=now(), today=today
    )


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_reminder_is_proposed_once_and_sent_by_a_person(fresh: World) -> None:
    open_round(fresh, days=10)
    assert len(proposed(fresh)) == 1
    assert proposed(fresh) == []
    one = the_mailing(fresh)
    assert (one.stage, one.made_by) == (MailingStage.DRAFT, MACHINE)
    rut = logged_in(fresh, Role.REGISTRAR)
    shown = rut.get("/utskick").text
    assert "Påminnelse, omgång 2024" in shown
    assert 'data-count="mailings">1<' in shown
    assert "Skicka 3 brev" in rut.get(f"/utskick/{one.id}/skicka").text
    assert hand_in(rut, f"/utskick/{one.id}").status == 303
    assert runner(fresh.database, fresh.archive).step()
    assert len(ordered(fresh)) == 3


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_proposal_that_was_thrown_away_does_not_come_back(fresh: World) -> None:
    open_round(fresh, days=10)
    proposed(fresh)
    page = f"/utskick/{the_mailing(fresh).id}"
    rut = logged_in(fresh, Role.REGISTRAR)
    assert rut.post(f"{page}/ta-bort", rut.get(f"{page}/skicka").fields).status == 303
    assert the_mailing(fresh).stage is MailingStage.STOPPED
    assert proposed(fresh) == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_only_where_the_settings_say_so_does_one_leave_by_itself(fresh: World) -> None:
    open_round(fresh, days=2)
    proposed(fresh, by_themselves=True)
    assert the_mailing(fresh).stage is MailingStage.RUNNING
    assert runner(fresh.database, fresh.archive).step()
    assert len(ordered(fresh)) == 3


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_nobody_is_reminded_where_nobody_can_be(fresh: World) -> None:
    open_round(fresh, days=-1)
    assert proposed(fresh) == []
