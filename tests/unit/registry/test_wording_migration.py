"""A register from before wordings could be refused keeps every wording."""

from sqlmodel import select

from services.registry.mailings.templates import reword
from services.registry.tables import LetterTemplate
from shared.letters.kinds import TemplateName
from shared.letters.template import Template
from shared.migrate import upgrade
from tests.earlier import copied_back
from tests.unit.registry.builders import KOMPETENS, MIGRATIONS, NOW, Register


def test_what_staff_have_worded_is_all_there_and_none_is_refused(
    register: Register, other_database_url: str
) -> None:
    own = Template("Nytt om {{initiativ}}", "Nytt", "{{nyheter}}\n")
    for initiative in ("", KOMPETENS):
        faults = reword(
            register.database, TemplateName.UPDATE, initiative, own, who="petra", at=NOW
        )
        assert faults == ()
    database = copied_back(register.database, other_database_url, "0021")
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        rows = session.exec(select(LetterTemplate).order_by(LetterTemplate.initiative)).all()
    database.close()
    assert [(row.initiative, row.text, row.refused_at, row.refused_why) for row in rows] == [
        ("", "{{nyheter}}\n", None, ""),
        (KOMPETENS, "{{nyheter}}\n", None, ""),
    ]
