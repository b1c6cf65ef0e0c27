"""The second half of reading a file: prove the codes and decide, from what the child measured.

Pure, and outside the child: only here is the key. `services.intake.measure` is the first half.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.intake.reading.identify import Identity, identify, own_codes
from services.intake.reading.measured import FieldMeasure, FileMeasured, FormMeasured, PageMeasured
from services.intake.reading.verdict import Verdict, judge, outcome_of, shows
from shared.events import (
    Area,
    Contact,
    DocumentKind,
    DocumentReading,
    Mark,
    PageImage,
    Reason,
    Signatory,
    SignatureFound,
    Source,
    Value,
)
from shared.form_code import FormCode, options_mark
from shared.identifiers import (
    Digest,
    InitiativeId,
    MailId,
    MunicipalityCode,
    OptionKey,
    digest_of,
    document_id_of,
)

_FORM_FIELD_CONFIDENCE = 0.99
_UNPROVEN_CONFIDENCE = 0.5


def conclude(
    measured: FileMeasured,
    *,
    key: bytes,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    municipalities: Collection[MunicipalityCode] | None,
    mail_id: MailId,
    part: int,
    content: Digest,
    first_number: int = 1,
) -> list[DocumentReading]:
    """Return the documents of one file: one for each form in it, else one for the whole file.

    Pure. `part` is the file's index in its mail, `content` the digest of its bytes,
    `first_number` the number of its first document in the mail. `municipalities` are the codes
    that exist, or None to leave that to the registry.
    """
    settled = [
        _reading(document, key, options, municipalities) for document in _documents(measured)
    ]
    _hold_back_contradictions(settled)
    seconds = measured.seconds / max(len(settled), 1)
    return [
        DocumentReading(
            document_id=document_id_of(mail_id, first_number + index),
            kind=one.kind,
            outcome=outcome_of(one.reasons),
            reasons=tuple(dict.fromkeys(one.reasons)),
            parts=(part,),
            content=content,
            pages=tuple(
                PageImage(
                    number=number,
                    part=part,
                    source_page=page.number,
                    image=digest_of(page.image),
                    width_px=page.width_px,
                    height_px=page.height_px,
                )
                for number, page in enumerate(one.document.pages, start=1)
            ),
            seconds=round(seconds, 3),
            **one.values,
        )
        for index, one in enumerate(settled)
    ]


# --- From pages to documents -------------------------------------------------------------------


@dataclass(frozen=True)
class _Document:
    """The pages that belong together, in the file's order; `form` is the one with our code."""

    pages: tuple[PageMeasured, ...]
    form: PageMeasured | None
    reasons: tuple[Reason, ...] = ()

    @property
    def form_number(self) -> int:
        return self.pages.index(self.form) + 1 if self.form is not None else 1


@dataclass
class _Settled:
    """A document, what was made of it, and the reasons so far."""

    document: _Document
    kind: DocumentKind
    reasons: list[Reason]
    values: dict[str, Any]
    code: FormCode | None = None
    answer: OptionKey | None = None


def _documents(measured: FileMeasured) -> list[_Document]:
    fault = () if measured.fault is None else (measured.fault,)
    forms = [page for page in measured.pages if own_codes(page.codes)]
    if not forms:
        return [_Document(measured.pages, None, fault or _why_no_form(measured.pages))]
    documents = []
    for index, form in enumerate(forms):
        first = 0 if index == 0 else form.number
        end = forms[index + 1].number if index + 1 < len(forms) else None
        pages = tuple(
            page
            for page in measured.pages
            if page.number >= first and (end is None or page.number < end)
        )
        extra = any(page is not form and not page.blank for page in pages)
        documents.append(_Document(pages, form, (*fault, *((Reason.EXTRA_PAGE,) if extra else ()))))
    return documents


def _why_no_form(pages: Sequence[PageMeasured]) -> tuple[Reason, ...]:
    return (Reason.BLANK_PAGE if all(page.blank for page in pages) else Reason.NO_CODE,)


def _reading(
    document: _Document,
    key: bytes,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    municipalities: Collection[MunicipalityCode] | None,
) -> _Settled:
    form = document.form
    if form is None:
        return _Settled(document, DocumentKind.OTHER, list(document.reasons), {})
    identity = identify(form.codes, key)
    reasons = [*document.reasons, *identity.reasons]
    code = identity.code
    if code is not None and code.initiative not in options:
        reasons.append(Reason.UNKNOWN_INITIATIVE)
    if code is not None and municipalities is not None and code.municipality not in municipalities:
        reasons.append(Reason.UNKNOWN_MUNICIPALITY)
    other_options = code is not None and _has_other_options(code, form.form, options)
    if other_options:
        reasons.append(Reason.UNKNOWN_FORM_VERSION)
    values = _identity_values(identity, form, document.form_number)
    settled = _Settled(document, DocumentKind.ANSWER, reasons, values, code)
    if form.form is None or other_options:
        # Not measured: there is a reason already, unless the options changed under way.
        if not reasons:
            reasons.append(Reason.UNKNOWN_INITIATIVE)
        return settled
    verdict = judge(
        form.form,
        identity_reasons=reasons,
        form_values=form.form_values,
        born_digital=form.born_digital,
    )
    settled.reasons = [*settled.reasons, *verdict.reasons]
    settled.answer = verdict.answer
    values.update(_form_values(form, form.form, verdict, document.form_number))
    return settled


def _has_other_options(
    code: FormCode,
    form: FormMeasured | None,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
) -> bool:
    """Whether the form was printed, or measured, with other options than the initiative has.

    Its boxes then mean something else than their places say, and nothing of it can be used.
    """
    known = options.get(code.initiative)
    if known is None:
        return False
    measured = [mark.option for mark in form.marks] if form is not None else []
    return code.options != options_mark(known) or bool(measured and measured != list(known))


def _hold_back_contradictions(settled: Sequence[_Settled]) -> None:
    """Two forms of one municipality for one initiative that do not say the same: neither counts."""
    for one in settled:
        for other in settled:
            if one is other or one.code is None or other.code is None:
                continue
            # Whatever else differs, such as the options that each was printed with.
            same = (one.code.initiative, one.code.municipality) == (
                other.code.initiative,
                other.code.municipality,
            )
            if same and one.answer != other.answer:
                one.reasons.append(Reason.SAME_MAIL_CONTRADICTS)


def _identity_values(identity: Identity, form: PageMeasured, number: int) -> dict[str, Any]:
    code = identity.code
    if code is None:
        return {}
    confidence = 1.0 if not identity.reasons else _UNPROVEN_CONFIDENCE
    area = _code_area(form, number)
    return {
        "form_version": code.version,
        "initiative": Value(
            text=code.initiative, confidence=confidence, source=Source.CODE, area=area
        ),
        "municipality": Value(
            text=code.municipality, confidence=confidence, source=Source.CODE, area=area
        ),
    }


def _code_area(form: PageMeasured, number: int) -> Area | None:
    if form.form is None or not form.form.code_areas:
        return None
    return _on_page(form.form.code_areas[0], number)


def _form_values(
    page: PageMeasured, form: FormMeasured, verdict: Verdict, number: int
) -> dict[str, Any]:
    marks = tuple(
        Mark(
            option=mark.option,
            ink=min(max(mark.ink, 0.0), 1.0),
            ring_ink=min(max(mark.ring_fraction, 0.0), 1.0),
            area=_on_page(mark.area, number),
        )
        for mark in form.marks
    )
    answer = None
    if verdict.answer is not None:
        [area] = [mark.area for mark in marks if mark.option == verdict.answer]
        answer = Value(
            text=verdict.answer,
            confidence=verdict.answer_confidence,
            source=Source.MARKS,
            area=area,
        )
    signatures = tuple(
        SignatureFound(state=state, confidence=confidence, area=_on_page(measured.area, number))
        for measured, (state, confidence) in zip(form.signatures, verdict.signatures, strict=True)
    )
    fields = {field.name: _field_value(field, page.form_values, number) for field in form.fields}
    return {
        "answer": answer,
        "marks": marks,
        "signature": verdict.signature,
        "signature_confidence": verdict.signature_confidence if verdict.signature else None,
        "signature_area": signatures[0].area if signatures else None,
        "signatures": signatures,
        "signatory": Signatory(
            name=fields.get("signatory.name"),
            title=fields.get("signatory.title"),
            place_date=fields.get("place_date"),
        ),
        "contact": Contact(
            name=fields.get("contact.name"),
            email=fields.get("contact.email"),
            phone=fields.get("contact.phone"),
        ),
        "their_reference": fields.get("their_reference"),
    }


def _field_value(field: FieldMeasure, form_values: Mapping[str, str], number: int) -> Value | None:
    area = _on_page(field.area, number)
    typed = form_values.get(field.name, "").strip()
    if typed and shows(field, typed):
        return Value(
            text=typed, confidence=_FORM_FIELD_CONFIDENCE, source=Source.FORM_FIELD, area=area
        )
    if not field.text:
        return None
    return Value(
        text=field.text,
        confidence=min(max(round(field.confidence, 3), 0.0), 1.0),
        source=Source.OCR,
        area=area,
    )


def _on_page(area: Area, number: int) -> Area:
    return area if area.page == number else area.model_copy(update={"page": number})
