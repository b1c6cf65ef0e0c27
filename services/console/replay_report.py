"""What `handslag replay` prints: a bar while it works, then the differences and their counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from services.console.differences import Change, Difference
from services.console.replay import Advance, Comparison

_HEADINGS = {
    Change.DIFFERENT_ANSWER: "DIFFERENT ANSWER",
    Change.NO_LONGER_AUTO: "no longer without a person",
    Change.GONE: "no longer a document of its own",
    Change.NEW: "a new document",
    Change.OTHERWISE: "otherwise different",
    Change.NOW_AUTO: "now without a person",
    Change.SAME: "same",
}
_STYLES = {Change.DIFFERENT_ANSWER: "bold red", Change.SAME: "dim", Change.NOW_AUTO: "green"}


@contextmanager
def progress(shown: bool) -> Iterator[Advance]:
    """A bar on standard error, so that the report can be piped."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
    )
    with bars:
        task = bars.add_task("mails read", total=None)

        def advance(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield advance


def report(found: Comparison, console: Console) -> None:
    """Print every difference, the worst first, and the counts."""
    for change in Change:
        which = [one for one in found.differences if one.change is change]
        if change is not Change.SAME and which:
            console.print(_table(change, which))
    for mail_id in found.unreadable:
        console.print(f"The original of {mail_id} is missing or damaged: run `handslag verify`.")
    sums = Table(title="In all", title_justify="left", show_header=False)
    sums.add_row("mails", str(found.mails))
    if found.not_registered:
        sums.add_row("not registered yet, left out", str(found.not_registered))
    sums.add_row("documents", str(len(found.differences)))
    for change in Change:
        style = _STYLES.get(change, "") if found.count(change) else "dim"
        sums.add_row(Text(_HEADINGS[change], style), Text(str(found.count(change)), style))
    console.print(sums)


def _table(change: Change, which: list[Difference]) -> Table:
    table = Table("document", "before", "now", title_justify="left")
    table.title = Text(f"{_HEADINGS[change]} ({len(which)})", _STYLES.get(change, "bold"))
    for one in which:
        before, now = _both(one)
        table.add_row(one.document_id, before, now)
    return table


def _both(one: Difference) -> tuple[str, str]:
    aspects = list(one.aspects())
    recorded = f"recorded {one.recorded[2]} by {one.recorded_by}; " if one.recorded else ""
    if aspects:
        before = "\n".join(f"{name}: {was}" for name, was, _ in aspects)
        return f"{recorded}{before}", "\n".join(f"{name}: {now}" for name, _, now in aspects)
    lone = one.before or one.now
    assert lone is not None
    summary = f"{lone.kind}, {lone.outcome}"
    return (f"{recorded}{summary}", "–") if one.now is None else (recorded or "–", summary)
