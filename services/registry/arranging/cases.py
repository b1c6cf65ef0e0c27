"""In which case a document belongs that a registrar arranged."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from services.registry.cases import Diary, answer_title, case_of
from services.registry.domain.answer import Pair
from services.registry.tables import Arrangement, CaseFile, Document, FormerNumber, Mail
from shared.events import DocumentReading


class ArrangedCases:
    """The cases of one arrangement's documents.

    An answer goes into the case of its municipality and initiative. If there is none yet, and for
    what is nobody's, the first document takes on a case in which nothing was but the documents
    that give way: the sender knows its number. Each further one has a case of its own. Pages that
    belong to none stay in the case that they were in.
    """

    def __init__(
        self,
        session: Session,
        diary: Diary,
        arrangement: Arrangement,
        former: list[Document],
        *,
        subject: str,
        at: datetime,
    ) -> None:
        self._session = session
        self._diary = diary
        self._arrangement = arrangement
        self._at = at
        self._former = former
        self._title = f"Inkommen handling: {subject.strip()[:200]}".removesuffix(": ")
        self._free = [
            case
            for number in dict.fromkeys(document.case_id for document in former)
            if self._is_theirs(case := session.get_one(CaseFile, number))
        ]

    def of(self, pair: Pair | None, initiative_name: str) -> CaseFile:
        """Return the case of the next document. Raises IntegrityError if another has opened the
        pair's case in the meantime."""
        if pair is None:
            return self._free.pop(0) if self._free else self._open(self._title)
        standing = case_of(self._session, pair)
        if standing is not None:
            return standing
        title = answer_title(initiative_name, pair)
        if not self._free:
            return self._open(title, pair)
        case = self._free.pop(0)
        self._arrangement.cases = {**self._arrangement.cases, str(case.id): case.title}
        case.initiative, case.municipality, case.title = pair.initiative, pair.municipality, title
        self._session.flush()
        return case

    def of_left_out(self, reading: DocumentReading) -> CaseFile:
        """Return the case in which the first of the pages has been."""
        page = (reading.pages[0].part, reading.pages[0].source_page)
        [held] = [
            document.case_id
            for document in self._former
            if any((one["part"], one["source_page"]) == page for one in document.reading["pages"])
        ]
        return self._session.get_one(CaseFile, held)

    def _open(self, title: str, pair: Pair | None = None) -> CaseFile:
        return self._diary.open_case(self._session, title=title, at=self._at, pair=pair)

    def _is_theirs(self, case: CaseFile) -> bool:
        """Whether the case is nobody's yet, and holds nothing but what gives way, or gave."""
        if case.initiative is not None:
            return False
        others = self._session.exec(
            select(func.count())
            .select_from(Document)
            .where(Document.case_id == case.id, col(Document.arranged_into).is_(None))
        ).one()
        mails = self._session.exec(
            select(func.count()).select_from(Mail).where(Mail.case_id == case.id)
        ).one()
        former = self._session.exec(
            select(func.count()).select_from(FormerNumber).where(FormerNumber.case_id == case.id)
        ).one()
        return not (others or mails or former)
