"""What a person reads in WordprocessingML (ISO/IEC 29500-1): lines, controls and pictures.

Elements are known by their local names, so that both of the standard's dialects are read. Left out:
what is deleted or moved away, hidden text, field codes, and the hints in unfilled controls.
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from services.intake.pages.story import Picture, Story, attribute, local

_GONE: Final = frozenset({"del", "moveFrom", "instrText", "delText", "delInstrText", "rPr", "pPr"})
_OFF: Final = frozenset({"0", "false", "off"})
_BREAKS: Final = {"br": "\n", "cr": "\n", "tab": " ", "ptab": " ", "noBreakHyphen": "-"}


def story_of(root: etree._Element) -> Story:
    """Return what a part says: a body, a header, notes or comments."""
    story = Story()
    _blocks(root, story, story.lines)
    return story


def _blocks(element: etree._Element, story: Story, lines: list[str]) -> None:
    for child in _seen(element):
        match local(child):
            case "p":
                _paragraph(child, story, lines)
            case "sdt":
                lines += _control(child, story)
            case name if name not in _GONE:
                _blocks(child, story, lines)


def _paragraph(element: etree._Element, story: Story, lines: list[str]) -> None:
    beside: list[str] = []
    text = "".join(_inline(element, story, beside))
    lines += [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    lines += beside


def _inline(element: etree._Element, story: Story, beside: list[str]) -> Iterator[str]:
    """Yield a paragraph's pieces; the lines of its text boxes go to `beside`."""
    for child in _seen(element):
        name = local(child)
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        elif name == "sdt":
            yield _inline_control(child, story, beside)
        elif name == "txbxContent":
            _blocks(child, story, beside)
        elif name in ("blipFill", "imagedata"):
            _picture(child, story)
        elif name not in _GONE and not (name == "r" and _is_hidden(child)):
            yield from _inline(child, story, beside)


def _control(element: etree._Element, story: Story) -> list[str]:
    lines: list[str] = []
    content = _content(element)
    if content is not None:
        _blocks(content, story, lines)
        _keep(element, story, "\n".join(lines))
    return lines


def _inline_control(element: etree._Element, story: Story, beside: list[str]) -> str:
    content = _content(element)
    text = "" if content is None else "".join(_inline(content, story, beside))
    _keep(element, story, text.strip())
    return text


def _content(element: etree._Element) -> etree._Element | None:
    """What stands in a control, if somebody has filled it."""
    parts = {local(child): child for child in element}
    properties = parts.get("sdtPr")
    if properties is not None:
        for one in properties:
            if local(one) == "showingPlcHdr" and attribute(one, "val") not in _OFF:
                return None
    return parts.get("sdtContent")


def _keep(element: etree._Element, story: Story, text: str) -> None:
    for properties in element:
        if local(properties) != "sdtPr":
            continue
        tags = [attribute(one, "val") for one in properties if local(one) == "tag"]
        if tags and text:
            before = story.controls.get(tags[0])
            story.controls[tags[0]] = f"{before}\n{text}" if before else text


def _picture(element: etree._Element, story: Story) -> None:
    if local(element) == "imagedata":
        story.pictures.append(Picture(attribute(element, "id")))
        return
    relationship, crop = "", [0.0, 0.0, 0.0, 0.0]
    for child in element:
        if local(child) == "blip":
            relationship = attribute(child, "embed")
        elif local(child) == "srcRect":
            crop = [_share(attribute(child, side)) for side in "ltrb"]
    left, top, right, bottom = crop
    story.pictures.append(Picture(relationship, (left, top, right, bottom)))


def _share(text: str) -> float:
    """A side of srcRect: thousandths of a percent, or a percentage (20.1.10.41)."""
    try:
        share = float(text.rstrip("%")) / (100 if text.endswith("%") else 100_000)
    except ValueError:
        return 0.0
    return min(max(share, 0.0), 1.0)


def _is_hidden(run: etree._Element) -> bool:
    return any(
        local(one) in ("vanish", "webHidden") and attribute(one, "val") not in _OFF
        for properties in run
        if local(properties) == "rPr"
        for one in properties
    )


def _seen(element: etree._Element) -> Iterator[etree._Element]:
    """The children, of several versions of the same thing only the first."""
    for child in element:
        if local(child) == "AlternateContent":
            for choice in child:
                yield from _seen(choice)
                break
        else:
            yield child
