"""What `--help` says of every command, to somebody who knows none of them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.console.cli import app

ROOT = typer.main.get_command(app)


def commands(path: tuple[str, ...] = (), command: Any = ROOT) -> Iterator[tuple[str, ...]]:
    """Every command and every group of them, by the words that call it."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands((*path, name), inner)


def found(path: tuple[str, ...]) -> Any:
    command: Any = ROOT
    for name in path:
        command = command.commands[name]
    return command


@pytest.mark.parametrize("path", [*commands()], ids=" ".join)
def test_every_command_explains_itself_and_each_of_its_options(path: tuple[str, ...]) -> None:
    command = found(path)
    assert re.fullmatch(r"[A-Z].*\.", command.help.strip(), re.DOTALL)
    assert "\n" not in command.help.strip().replace("\n\n", "")
    for parameter in command.get_params(typer.Context(command)):
        assert re.fullmatch(r".{4,}\.", parameter.help or ""), parameter.name
        assert parameter.metavar is not None, parameter.name


@pytest.mark.parametrize("path", [*commands()], ids=" ".join)
def test_no_help_speaks_of_the_types_of_python(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*path, "--help"], env={"TERMINAL_WIDTH": "100"})
    assert done.exit_code == 0
    assert re.findall(r"<[^>]*>|bool|str\b|Path\b|x<=", done.stdout) == []
    assert f"{' '.join(path)} [OPTIONS]" in done.stdout


@pytest.mark.parametrize("group", [path for path in commands() if hasattr(found(path), "commands")])
def test_a_group_called_alone_says_what_there_is(group: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, list(group))
    assert done.exit_code == 2
    for name in found(group).commands:
        assert name in done.output
