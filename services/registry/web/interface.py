"""The description of the interface (OpenAPI) as a page needs it: by heading, without references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.registry.api.problems import TITLES

_METHODS = ("get", "post")


@dataclass(frozen=True)
class Shape:
    """What a value looks like: in words, and the model that it refers to, if any."""

    text: str
    model: str = ""
    many: bool = False


@dataclass(frozen=True)
class Named:
    """One parameter of a call, or one field of a model."""

    name: str
    shape: Shape
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    permission: str
    parameters: tuple[Named, ...]
    body: tuple[Shape, ...]
    answer: Shape


@dataclass(frozen=True)
class ModelShown:
    """One model: its fields, or the keys that it is one of."""

    name: str
    text: str
    fields: tuple[Named, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class ProblemShown:
    """One problem that a call may end with."""

    code: str
    status: int
    title: str
    detail: str


@dataclass(frozen=True)
class Interface:
    """All of it."""

    text: str
    groups: Mapping[str, tuple[Operation, ...]]
    models: tuple[ModelShown, ...] = ()
    problems: tuple[ProblemShown, ...] = field(default=())


def interface_of(description: Mapping[str, Any]) -> Interface:
    """Return what is shown of an OpenAPI document."""
    groups: dict[str, list[Operation]] = {}
    for path, operations in description["paths"].items():
        for method in _METHODS:
            if method in operations:
                one = operations[method]
                groups.setdefault(one["tags"][0], []).append(_operation(path, method, one))
    return Interface(
        text=description["info"]["description"],
        groups={tag: tuple(found) for tag, found in groups.items()},
        models=tuple(_models(description["components"]["schemas"])),
        problems=tuple(
            ProblemShown(code, status, title, detail)
            for code, (status, title, detail) in TITLES.items()
        ),
    )


def _operation(path: str, method: str, one: Mapping[str, Any]) -> Operation:
    content = one["responses"]["200"]["content"]
    media_type, good = next(iter(content.items()))
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        text=one.get("description", ""),
        permission=one["x-permission"],
        parameters=tuple(
            Named(each["name"], _shape(each["schema"]), each["required"],
                  each.get("description", ""))
            for each in one.get("parameters", ())
        ),
        body=tuple(_shapes(body)) if body else (),
        answer=_shape(good["schema"]) if media_type == "application/json" else Shape(media_type),
    )  # fmt: skip


def _models(schemas: Mapping[str, Any]) -> Iterator[ModelShown]:
    for name, schema in sorted(schemas.items()):
        needed = schema.get("required", ())
        yield ModelShown(
            name=name,
            text=schema.get("description", "").split("\n\n")[0],
            fields=tuple(
                Named(key, _shape(each), key in needed, each.get("description", ""))
                for key, each in schema.get("properties", {}).items()
            ),
            keys=tuple(schema.get("enum", ())),
        )


def _shapes(schema: Mapping[str, Any]) -> Iterator[Shape]:
    for each in schema.get("oneOf", (schema,)):
        yield _shape(each)


def _shape(schema: Mapping[str, Any]) -> Shape:
    """What a schema allows; null is named, and of several only what is not null otherwise."""
    if "anyOf" in schema:
        others = [each for each in schema["anyOf"] if each.get("type") != "null"]
        found = _shape(others[0])
        nullable = len(others) < len(schema["anyOf"])
        return Shape(found.text + (" eller null" if nullable else ""), found.model, found.many)
    if "$ref" in schema:
        return Shape("", schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        inner = _shape(schema["items"])
        return Shape(f"lista av {inner.text}".strip(), inner.model, many=True)
    if "const" in schema:
        return Shape(f"alltid {schema['const']}")
    kinds = {"string": "text", "integer": "heltal", "number": "tal", "boolean": "true eller false"}
    formats = {"date-time": "tidpunkt", "date": "datum"}
    kind = schema.get("type", "")
    return Shape(formats.get(schema.get("format", "")) or kinds.get(kind, "objekt"))
