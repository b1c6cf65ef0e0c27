"""Two who word the same letter at the same moment: one is told, and what leaves is what is kept."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from services.registry.mailings.templates import (
    ChangedMeanwhile,
    mark_of,
    own_wording,
    reset,
    reword,
)
from services.registry.tables import LetterTemplate
from shared.events import WordingChanged
from shared.letters.parts import PartName
from shared.letters.template import Template
from tests.unit.registry.builders import NOW, Register

NAME = PartName.NOTE_LATE
UNTIL_IT_WAITS_S = 0.3


def kept(session: Session) -> LetterTemplate | None:
    return own_wording(session, NAME, "")


def word(register: Register, text: str, seen: str | None) -> None:
    faults = reword(register.database, NAME, "", Template("", "", text), seen, who="rut", at=NOW)
    assert faults == ()


def while_another_words_it(register: Register, then: Callable[[], None]) -> None:
    """Let `then` begin while another has changed the wording and not committed it."""
    with ThreadPoolExecutor(1) as pool:
        with register.database.write() as session:
            session.merge(
                LetterTemplate(
                    name=NAME.value,
                    initiative="",
                    subject="",
                    heading="",
                    text="Den andras.",
                    changed_at=NOW,
                    changed_by="petra",
                )
            )
            session.flush()
            begun = pool.submit(then)
            time.sleep(UNTIL_IT_WAITS_S)
        begun.result()


@pytest.mark.parametrize("begun", [False, True])
def test_who_saves_while_another_does_is_told(register: Register, begun: bool) -> None:
    if begun:
        word(register, "Förr.", None)
    seen = mark_of(register.ask(kept))
    with pytest.raises(ChangedMeanwhile):
        while_another_words_it(register, lambda: word(register, "Min.", seen))
    row = register.ask(kept)
    assert row is not None
    assert row.text == "Den andras."
    assert len(register.emitted(WordingChanged)) == begun


def test_who_restores_while_another_saves_is_told(register: Register) -> None:
    word(register, "Förr.", None)
    seen = mark_of(register.ask(kept))
    with pytest.raises(ChangedMeanwhile):
        while_another_words_it(
            register,
            lambda: reset(register.database, NAME, "", seen, who="rut", at=NOW),
        )
    assert register.ask(kept) is not None
