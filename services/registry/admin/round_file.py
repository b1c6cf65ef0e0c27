"""Reads a round file (YAML, UTF-8), and knows on which line each value of it stands."""

from typing import Any

import yaml

from services.registry.domain.initiative import (
    Location,
    RoundFault,
    RoundFile,
    WrongRound,
    parse_round,
)


def read_round(data: bytes) -> RoundFile:
    """Return what a round file (YAML, UTF-8) says, or raise WrongRound naming every fault."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongRound("the file is not UTF-8 text", RoundFault("not_utf8")) from error
    try:
        loaded = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(error) from error
    except RecursionError as error:
        raise WrongRound("not YAML: nested too deep", RoundFault("yaml")) from error
    except ValueError as error:
        fault = RoundFault("bad_value", said=str(error))
        raise WrongRound(f"a value that cannot be: {error}", fault) from error
    return parse_round(loaded, lambda location: _line_of(root, location))


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys: the last would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                line = node.value[number][0].start_mark.line + 1
                fault = RoundFault("twice", str(key), line)
                raise WrongRound(f"line {line}: `{key}` stands twice", fault)
        return super().construct_mapping(node, deep)


def _not_yaml(error: yaml.YAMLError) -> WrongRound:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line, said = error.problem_mark.line + 1, str(error.problem)
        return WrongRound(
            f"not YAML: line {line}: {said}", RoundFault("yaml", line=line, said=said)
        )
    return WrongRound(f"not YAML: {error}", RoundFault("yaml", said=str(error)))


def _line_of(node: yaml.Node | None, location: Location) -> int | None:
    """The line of a value; of one that is not there, that of what it should stand in."""
    if node is None:
        return None
    for step in location:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step] if step < len(node.value) else None
        if found is None:
            break
        node = found
    return int(node.start_mark.line) + 1
