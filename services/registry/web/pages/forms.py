"""Blanketter: ours to print, the needs template, and those that were learned."""

from collections.abc import Iterator

from starlette.responses import Response, StreamingResponse

from services.registry.admin.forms import KeptForm, WrongForm, kept_in, restore, withdraw
from services.registry.drafts import drafts, state_of
from services.registry.forms.needs_template import TemplateKind, needs_template
from services.registry.forms.packed import zip_of
from services.registry.forms.page import DoesNotFit
from services.registry.forms.print import print_form
from services.registry.store.answers import initiatives
from services.registry.tables import Initiative, LearnedForm
from services.registry.web.field_words import field_label
from services.registry.web.pages.document import attachment
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.views import initiatives_by_id
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.archive import Area
from shared.forms import PICTURE_PER_MM, FormTemplate, Rect
from shared.municipalities import Municipality, all_municipalities, by_code, display_name
from shared.outbox import now

pages = Pages()

MEDIA_TYPES = {
    TemplateKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    TemplateKind.PDF: "application/pdf",
}
FOREVER = "private, max-age=31536000, immutable"


@pages.get("/blanketter", Permission.PRINT_FORMS)
def forms(visit: Visitor) -> Response:
    """What can be printed, and which of others' forms are read."""
    return _page(visit)


@pages.get("/blanketter/egna/{initiative_id}", Permission.PRINT_FORMS)
def own(visit: Visitor, initiative_id: str) -> Response:
    """Our form, for one municipality, or for all of them as one zip."""
    initiative, code = _initiative(visit, initiative_id), visit.asked("kommun")
    chosen = by_code(code)
    if chosen is None and code:
        raise NotFound
    try:
        first = _printed(visit, initiative, chosen or all_municipalities()[0])
    except DoesNotFit as error:
        return _page(visit, 422, does_not_fit=(initiative, str(error)))
    if chosen is not None:
        name = f"{initiative.id} {_file_name(chosen)}"
        return Response(first, media_type="application/pdf", headers=_saved_as(name))
    return StreamingResponse(
        _zip(visit, initiative),
        media_type="application/zip",
        headers=_saved_as(f"{initiative.id}.zip"),
    )


@pages.get("/behovsmall.{format}", Permission.PRINT_FORMS)
def needs(visit: Visitor, format: str) -> Response:
    """The empty needs template."""
    if format not in set(TemplateKind):
        raise NotFound
    kind, site = TemplateKind(format), visit.site
    content = needs_template(kind, site.printing.needs_address, site.organisation)
    return Response(content, media_type=MEDIA_TYPES[kind], headers=_saved_as(f"behovsmall.{kind}"))


@pages.get("/blanketter/larda/{initiative_id}/{version}", Permission.PRINT_FORMS)
def learned(visit: Visitor, initiative_id: str, version: RowNumber) -> Response:
    """One learned form: its picture with the fields drawn, and whether scans are read by it."""
    return _learned_page(visit, initiative_id, version)


@pages.get("/blanketter/larda/{initiative_id}/{version}/bild", Permission.PRINT_FORMS)
def picture(visit: Visitor, initiative_id: str, version: RowNumber) -> Response:
    """The picture of a learned form's blank."""
    with visit.database.read() as session:
        row = session.get(LearnedForm, (initiative_id, version))
    if row is None:
        raise NotFound
    return png(visit, row.picture)


@pages.post("/blanketter/larda/{initiative_id}/{version}/dra-tillbaka", Permission.MANAGE_ROUND)
def withdraw_form(visit: Visitor, initiative_id: str, version: RowNumber) -> Response:
    """Have scans no longer read by a form."""
    return _changed(visit, initiative_id, version, withdrawn=True)


@pages.post("/blanketter/larda/{initiative_id}/{version}/ta-i-bruk", Permission.MANAGE_ROUND)
def restore_form(visit: Visitor, initiative_id: str, version: RowNumber) -> Response:
    """Have scans read by a withdrawn form again."""
    return _changed(visit, initiative_id, version, withdrawn=False)


def png(visit: Visit, digest: str) -> Response:
    """A picture that our reader made; anything else is never shown."""
    content = visit.site.archive.get(digest, Area.DERIVED)
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise NotFound
    return Response(content, media_type="image/png", headers={"Cache-Control": FOREVER})


def _page(
    visit: Visit, status: int = 200, does_not_fit: tuple[Initiative, str] | None = None
) -> Response:
    with visit.read() as session:
        offered = initiatives(session)
        kept = kept_in(session)
        under_way = drafts(session)
    return visit.page(
        "forms.html",
        status=status,
        does_not_fit=does_not_fit,
        initiatives=initiatives_by_id(offered),
        chosen=visit.asked("initiativ"),
        municipalities=[(one.code, one.name) for one in sorted(all_municipalities(), key=_by_name)],
        kept=kept,
        drafts=[(one, state_of(one)) for one in under_way],
    )


def _learned_page(
    visit: Visit, initiative_id: str, version: int, refused: str = "", status: int = 200
) -> Response:
    with visit.read() as session:
        row = session.get(LearnedForm, (initiative_id, version))
        form = _kept(kept_in(session), initiative_id, version)
        initiative = session.get(Initiative, initiative_id)
    if row is None or form is None or initiative is None:
        raise NotFound
    template = FormTemplate.model_validate(row.template)
    return visit.page(
        "learned_form.html",
        status=status,
        form=form,
        initiative=initiative,
        refused=refused,
        size=(
            round(template.page_width_mm * PICTURE_PER_MM),
            round(template.page_height_mm * PICTURE_PER_MM),
        ),
        places=[
            (field_label(name, initiative.options), *_px(area)) for name, area in _places(template)
        ],
    )


def _changed(visit: Visit, initiative_id: str, version: int, *, withdrawn: bool) -> Response:
    with visit.database.read() as session:
        if _kept(kept_in(session), initiative_id, version) is None:
            raise NotFound
    change = withdraw if withdrawn else restore
    try:
        change(visit.database, f"{initiative_id}:{version}", who=visit.user.name, now=now())
    except WrongForm:
        refused = (
            "Formuläret är redan draget tillbaka, eller har lärts in på nytt."
            if withdrawn
            else "Formuläret läses redan, eller så har samma blankett lärts in på nytt eller för "
            "ett annat initiativ. Dra tillbaka det först."
        )
        return _learned_page(visit, initiative_id, version, refused, 409)
    visit.site.stir()
    return visit.see_other(f"/blanketter/larda/{initiative_id}/{version}")


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(name), "Cache-Control": "private"}


def _kept(kept: list[KeptForm], initiative_id: str, version: int) -> KeptForm | None:
    return next((one for one in kept if one.id == f"{initiative_id}:{version}"), None)


def _initiative(visit: Visit, initiative_id: str) -> Initiative:
    with visit.database.read() as session:
        found = session.get(Initiative, initiative_id)
    if found is None:
        raise NotFound
    return found


def _printed(visit: Visit, initiative: Initiative, municipality: Municipality) -> bytes:
    return print_form(
        initiative=initiative.id,
        initiative_name=initiative.name,
        round_name=initiative.round,
        last_answer_day=initiative.last_answer_day,
        options=initiative.options,
        signatories=initiative.signatories,
        municipality=municipality.code,
        municipality_name=display_name(municipality),
        key=visit.site.printing.key,
        return_address=visit.site.printing.answers_address,
        organisation=visit.site.organisation,
    )


def _file_name(municipality: Municipality) -> str:
    return f"{municipality.code} {municipality.name}.pdf"


def _by_name(municipality: Municipality) -> str:
    return municipality.name.casefold().translate(_SWEDISH)


_SWEDISH = str.maketrans({"å": "{", "ä": "|", "ö": "}"})
"""Å, ä and ö come last in the alphabet, after z."""


def _zip(visit: Visit, initiative: Initiative) -> Iterator[bytes]:
    return zip_of(
        (f"{initiative.id}/{_file_name(one)}", _printed(visit, initiative, one))
        for one in all_municipalities()
    )


def _places(template: FormTemplate) -> Iterator[tuple[str, Rect]]:
    for box in template.boxes:
        yield f"answer.{box.option}", box.area
    for signature in template.signatures:
        yield signature.name, signature.area
    for field in template.fields:
        yield field.name, field.area
    if template.stamp is not None:
        yield "stamp", template.stamp


def _px(area: Rect) -> tuple[float, float, float, float]:
    return tuple(  # type: ignore[return-value]
        round(side * PICTURE_PER_MM)
        for side in (area.left_mm, area.top_mm, area.width_mm, area.height_mm)
    )
