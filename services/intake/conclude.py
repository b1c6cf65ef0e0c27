"""The second half of reading files: prove the codes and decide, from what the children measured.

Pure, and outside the child: only here is the key. `services.intake.measure` is the first half,
`services.intake.documents` says which pages belong together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.intake import needs
from services.intake.conclude_learned import conclude_learned, on_page, once_proven
from services.intake.documents import Document, MeasuredFile, documents_of
from services.intake.reading.contact import confidence_of
from services.intake.reading.identify import Identity, identify, own_codes
from services.intake.reading.measured import FieldMeasure, FormMeasured, PageMeasured
from services.intake.reading.proof import is_proof_sheet
from services.intake.reading.typed import confidence_of_typed, shows
from services.intake.reading.verdict import Verdict, judge, outcome_of
from shared.events import (
    Area,
    Contact,
    DocumentKind,
    DocumentReading,
    Mark,
    Outcome,
    PageImage,
    Reason,
    Signatory,
    SignatureFound,
    Source,
    Value,
)
from shared.form_code import FormCode, options_mark
from shared.forms import FormTemplate
from shared.identifiers import (
    DocumentId,
    InitiativeId,
    MailId,
    MunicipalityCode,
    OptionKey,
    document_id_of,
)
from shared.own_form import signatory_fields

_UNPROVEN_CONFIDENCE = 0.5


def conclude(
    files: Sequence[MeasuredFile],
    *,
    key: bytes,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    municipalities: Collection[MunicipalityCode] | None,
    mail_id: MailId,
    learned: Mapping[tuple[InitiativeId, int], FormTemplate] | None = None,
) -> list[DocumentReading]:
    """Return the documents of one mail's files, numbered in their order.

    Pure. `municipalities` are the codes that exist, or None to leave that to the registry;
    `learned` are the forms of others, by initiative and version.
    """
    documents = documents_of(files, learned or {})
    return concluded(
        {document_id_of(mail_id, n): one for n, one in enumerate(documents, start=1)},
        key=key,
        options=options,
        municipalities=municipalities,
        learned=learned,
        seconds=sum(file.seconds for file in files),
    )


def concluded(
    documents: Mapping[DocumentId, Document],
    *,
    key: bytes,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    municipalities: Collection[MunicipalityCode] | None,
    learned: Mapping[tuple[InitiativeId, int], FormTemplate] | None = None,
    seconds: float,
) -> list[DocumentReading]:
    """Return what documents say whose pages are settled. Pure.

    `seconds` is how long all their files took; else as for `conclude`.
    """
    settled = [
        _learned_reading(document, learned or {}, options)
        if document.form is not None and _is_learned(document.form.page)
        else _reading(document, key, options, municipalities)
        for document in documents.values()
    ]
    _hold_back_contradictions(settled)
    _weigh_proofs(settled)
    return [
        DocumentReading(
            document_id=name,
            kind=one.kind,
            outcome=_outcome(one),
            reasons=tuple(dict.fromkeys(one.reasons)),
            once_proven=once_proven(one.reasons),
            parts=one.document.parts,
            content=one.document.content,
            pages=_page_images(one.document),
            electronic_signatures=one.document.electronic_signatures,
            seconds=round(seconds / max(len(settled), 1), 3),
            **one.values,
        )
        for name, one in zip(documents, settled, strict=True)
    ]


def _outcome(settled: "_Settled") -> Outcome:
    is_need = settled.kind is DocumentKind.NEED
    return needs.outcome_of(settled.reasons) if is_need else outcome_of(settled.reasons)


def _page_images(document: Document) -> tuple[PageImage, ...]:
    return tuple(
        PageImage(
            number=number,
            part=placed.part,
            source_page=placed.page.number,
            image=placed.image,
            width_px=placed.page.width_px,
            height_px=placed.page.height_px,
        )
        for number, placed in enumerate(document.pages, start=1)
    )


@dataclass
class _Settled:
    """A document, what was made of it, and the reasons so far."""

    document: Document
    kind: DocumentKind
    reasons: list[Reason]
    values: dict[str, Any]
    code: FormCode | None = None
    answer: OptionKey | None = None

    @property
    def initiative(self) -> InitiativeId | None:
        """What it answers, if that is certain, be it not certain for whom."""
        value: Value | None = self.values.get("initiative")
        return None if value is None else value.text

    @property
    def is_left_to_registry(self) -> bool:
        """Whether nothing is in doubt but whose it is, which only the registry can tell."""
        return (
            Reason.MUNICIPALITY_UNPROVEN in self.reasons
            and once_proven(self.reasons) is not Outcome.REVIEW
        )


def _without_form(document: Document) -> _Settled:
    if document.need is None or not needs.is_template(document.need):
        return _Settled(document, DocumentKind.OTHER, list(document.reasons), {})
    need, reasons = needs.reading_of(document.need)
    faults = [reason for reason in document.reasons if reason in needs.FILE_FAULTS]
    return _Settled(document, DocumentKind.NEED, [*faults, *reasons], {"need": need})


def _reading(
    document: Document,
    key: bytes,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
    municipalities: Collection[MunicipalityCode] | None,
) -> _Settled:
    if document.form is None:
        return _without_form(document)
    form = document.form.page
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
    verdict = _judged(form, form.form, reasons)
    settled.reasons = [*settled.reasons, *verdict.reasons]
    settled.answer = verdict.answer
    values.update(_form_values(form, form.form, verdict, document.form_number))
    return settled


def _is_learned(page: PageMeasured) -> bool:
    return bool(page.learned) and not own_codes(page.codes)


def _learned_reading(
    document: Document,
    templates: Mapping[tuple[InitiativeId, int], FormTemplate],
    options: Mapping[InitiativeId, Sequence[OptionKey]],
) -> _Settled:
    """A page without a code, by the learned form that it is most like."""
    assert document.form is not None
    page, number = document.form.page, document.form_number
    found = conclude_learned(page, templates, options)
    reasons = [*document.reasons, *found.reasons]
    like, measured = found.identity.like, found.identity.measured
    if like is None:
        return _Settled(document, DocumentKind.OTHER, reasons, {})
    values: dict[str, Any] = {"form_version": like.version}
    settled = _Settled(document, DocumentKind.ANSWER, reasons, values)
    if measured is None or Reason.UNKNOWN_FORM_VERSION in reasons:
        return settled
    verdict = _judged(page, measured.form, reasons)
    settled.reasons = [*reasons, *verdict.reasons]
    settled.answer = verdict.answer
    values.update(_form_values(page, measured.form, verdict, number))
    values["initiative"] = Value(text=measured.initiative, confidence=1.0, source=Source.PRINT)
    values["witnesses"] = on_page(found.witnesses, number)
    return settled


def _judged(page: PageMeasured, form: FormMeasured, reasons: Sequence[Reason]) -> Verdict:
    return judge(
        form,
        identity_reasons=reasons,
        form_values=page.form_values,
        born_digital=page.born_digital,
        electronic=page.electronic_signatures,
        peculiarities=page.peculiarities,
    )


def _has_other_options(
    code: FormCode,
    form: FormMeasured | None,
    options: Mapping[InitiativeId, Sequence[OptionKey]],
) -> bool:
    """Whether the form was printed, or measured, with other options than the initiative has, or
    measured with another number of signatures than its code says.

    Its boxes then mean something else than their places say, and nothing of it can be used.
    """
    known = options.get(code.initiative)
    if known is None:
        return False
    measured = [mark.option for mark in form.marks] if form is not None else []
    boxes = len(form.signatures) if form is not None and form.marks else code.signatories
    return (
        code.options != options_mark(known)
        or bool(measured and measured != list(known))
        or boxes != code.signatories
    )


def _weigh_proofs(settled: Sequence[_Settled]) -> None:
    """An answer that comes with a signing service's sheet is not just unsigned."""
    for one in settled:
        signatures = one.document.electronic_signatures
        valid = signatures and all(signature.fault is None for signature in signatures)
        texts = (placed.page.text for placed in one.document.pages)
        if one.kind is DocumentKind.ANSWER and not valid and any(map(is_proof_sheet, texts)):
            kept = [reason for reason in one.reasons if reason is not Reason.SIGNATURE_MISSING]
            one.reasons = [*kept, Reason.E_SIGNATURE_ON_PAPER]


def _hold_back_contradictions(settled: Sequence[_Settled]) -> None:
    """Two forms that may be of one municipality for one initiative and do not say the same: neither
    counts.
    """
    answers = [one for one in settled if one.kind is DocumentKind.ANSWER]
    contradicted = [
        one
        for one in answers
        if any(other.answer != one.answer and _may_be_the_same(one, other) for other in answers)
    ]
    for one in contradicted:
        one.reasons.append(Reason.SAME_MAIL_CONTRADICTS)


def _may_be_the_same(one: _Settled, other: _Settled) -> bool:
    """Whether both may answer for one municipality and initiative, as far as can be said here."""
    if one.code is not None and other.code is not None:
        # Whatever else differs, such as the options that each was printed with.
        return (one.code.initiative, one.code.municipality) == (
            other.code.initiative,
            other.code.municipality,
        )
    if other.is_left_to_registry or (one.is_left_to_registry and other.code is not None):
        return False
    return None in (one.initiative, other.initiative) or one.initiative == other.initiative


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
        "codes": tuple(_on_page(area, number) for area in form.code_areas),
        "anchors": tuple(_on_page(area, number) for area in form.anchors),
        "stray_ink": tuple(
            _on_page(area, number) for area in (form.ink.areas if form.ink is not None else ())
        ),
        "answer": answer,
        "marks": marks,
        "signature": verdict.signature,
        "signature_confidence": verdict.signature_confidence if verdict.signature else None,
        "signature_area": signatures[0].area if signatures else None,
        "signatures": signatures,
        "signatory": _signatory(fields, 1),
        "co_signatories": tuple(
            _signatory(fields, number) for number in range(2, len(form.signatures) + 1)
        ),
        "contact": Contact(
            name=fields.get("contact.name"),
            email=fields.get("contact.email"),
            phone=fields.get("contact.phone"),
        ),
        "their_reference": fields.get("their_reference"),
    }


def _signatory(fields: Mapping[str, Value | None], number: int) -> Signatory:
    name, title, place_date = signatory_fields(number)
    return Signatory(
        name=fields.get(name), title=fields.get(title), place_date=fields.get(place_date)
    )


def _field_value(field: FieldMeasure, form_values: Mapping[str, str], number: int) -> Value | None:
    area = _on_page(field.area, number)
    typed = form_values.get(field.name, "").strip()
    if typed and shows(field, typed):
        return Value(
            text=typed,
            confidence=confidence_of_typed(field, typed),
            source=Source.FORM_FIELD,
            area=area,
        )
    if not field.text:
        return None
    return Value(
        text=field.text,
        confidence=confidence_of(field),
        source=Source.OCR,
        area=area,
    )


def _on_page(area: Area, number: int) -> Area:
    return area if area.page == number else area.model_copy(update={"page": number})
