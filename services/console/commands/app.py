"""How the commands explain themselves: Typer's help, without the names of Python's types."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

F = TypeVar("F", bound=Callable[..., Any])


class Commands(typer.Typer):
    """A group of commands; called without one, it says what there are."""

    def __init__(self, help: str) -> None:
        super().__init__(
            help=help,
            cls=_Group,
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def command(self, name: str | None = None, **more: Any) -> Callable[[F], F]:
        """Add a command, by the name of its function if no other is given."""
        return super().command(name, cls=_Command, **more)


class _Argument(TyperArgument):
    """An argument that is shown by its name alone."""

    def __init__(self, told: TyperArgument) -> None:
        vars(self).update(vars(told))

    def display_type_rich(self, ctx: Any) -> str | None:
        return None


class _Command(TyperCommand):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params = [_plain(each) for each in self.params]
        # Typer keeps the line ends of a docstring, whatever the width of the screen.
        paragraphs = (self.help or "").split("\n\n")
        self.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)

    def get_help_option(self, ctx: Any) -> Any:
        return _plain(super().get_help_option(ctx))


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> Any:
        # Typer adds options of its own after the group is made.
        return [_plain(each) for each in super().get_params(ctx)]


def _plain(parameter: Any) -> Any:
    if isinstance(parameter, TyperArgument):
        return _Argument(parameter)
    if isinstance(parameter, TyperOption) and parameter.is_flag:
        parameter.metavar = ""
    return parameter
