"""The figures of a run, and the gates they must hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.forms.peers import Cost
from tests.bench.forms.score import Tally, bound_95, total

OWN_SCANNER = "own_scanner"
RELEASE_DOCUMENTS = 3_000
RELEASE_UNSIGNED = 1_000


@dataclass(frozen=True)
class Gate:
    """`holds` is None where the run cannot say."""

    name: str
    measured: str
    bound: str
    holds: bool | None


def gates(tallies: Mapping[str, Tally]) -> list[Gate]:
    """Return every gate and whether it holds.

    Letters are those typed in the contact fields of good forms that could be laid over the blank.
    Others' forms filled in by hand have a line of their own and no gate: a person has to look.
    """
    everything = total(tallies.values())
    scanner = tallies.get(OWN_SCANNER, Tally())
    return [
        Gate("wrong records", f"{len(everything.wrong)} of {everything.documents}", "0",
             not everything.wrong if everything.documents else None),
        Gate("unsigned taken as signed", f"{len(everything.signed_wrongly)} of "
             f"{everything.unsigned}", "0",
             not everything.signed_wrongly if everything.unsigned else None),
        *(
            _least(f"auto rate, {channel.replace('_', ' ')}", tallies.get(channel), least)
            for channel, least in (
                (OWN_SCANNER, 0.95), ("own_fax", 0.8), ("own_phone", 0.8), ("other_scanner", 0.8),
            )
        ),
        _most("contact CER, typed, own scanner", scanner.letters_wrong, scanner.letters, 0.01,
              "{:.2%}"),
        _most("CPU a page, own form, 300 dpi grey", scanner.grey_300_cpu_s, scanner.grey_300, 0.4,
              "{:.3f} s"),
    ]  # fmt: skip


def _least(name: str, tally: Tally | None, least: float) -> Gate:
    if tally is None or not tally.good:
        return Gate(name, "not measured", f"≥ {least:.0%}", None)
    rate = tally.good_auto / tally.good
    return Gate(name, f"{rate:.1%} of {tally.good}", f"≥ {least:.0%}", rate >= least)


def _most(name: str, amount: float, n: int, most: float, form: str) -> Gate:
    bound = f"≤ {form.format(most)}"
    if not n:
        return Gate(name, "not measured", bound, None)
    return Gate(name, form.format(amount / n), bound, amount / n <= most)


def lines(tallies: Mapping[str, Tally], costs: Sequence[Cost]) -> list[str]:
    """Return the report as Markdown."""
    rows = [
        ("channel", "documents", "good", "auto", "wrong (≤, 95 %)", "unsigned → signed",
         "returned wrongly", "CER typed", "s/page", "CPU s/page", "MiB")
    ]  # fmt: skip
    for channel, tally in (*sorted(tallies.items()), ("all", total(tallies.values()))):
        n = max(tally.documents, 1)
        rows.append(
            (
                channel.replace("_", " "),
                str(tally.documents),
                str(tally.good),
                f"{tally.good_auto / tally.good:.1%}" if tally.good else "–",
                f"{len(tally.wrong)} ({bound_95(len(tally.wrong), tally.documents):.2%})",
                f"{len(tally.signed_wrongly)} of {tally.unsigned}",
                str(len(tally.returned_wrongly)),
                f"{tally.letters_wrong / tally.letters:.2%}" if tally.letters else "–",
                f"{tally.wall_s / n:.2f}",
                f"{tally.cpu_s / n:.3f}",
                f"{tally.memory_mib:.0f}",
            )
        )
    report = _table(rows)
    if costs:
        own = next((cost for cost in costs if cost.name == "handslag"), None)
        report += ["", f"On the same {costs[0].pages} pages (own form, 300 dpi grey):", ""]
        peers = [("", "s/page", "CPU s/page", "times ours")]
        for cost in costs:
            times = f"{cost.cpu_s / own.cpu_s:.1f}" if own and own.cpu_s else "–"
            peers.append((cost.name, f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", times))
        report += _table(peers)
    report += ["", *_table([("gate", "measured", "bound", "")] + [
        (g.name, g.measured, g.bound, {True: "holds", False: "FAILS", None: "–"}[g.holds])
        for g in gates(tallies)
    ])]  # fmt: skip
    return report


def details(tallies: Mapping[str, Tally]) -> list[str]:
    """Return why good documents were held back, and every case that must be looked at."""
    found = []
    for channel, tally in sorted(tallies.items()):
        for reason, times in tally.held_back.most_common():
            found.append(f"{channel}: good held back: {reason} × {times}")
        listed: tuple[tuple[str, Callable[[Tally], list[str]]], ...] = (
            ("WRONG RECORD", lambda t: t.wrong),
            ("UNSIGNED TAKEN AS SIGNED", lambda t: t.signed_wrongly),
            ("doubtful hand taken as a signature", lambda t: t.doubtfully_signed),
            ("returned wrongly", lambda t: t.returned_wrongly),
        )
        for title, cases in listed:
            found += [f"{channel}: {title}: {case}" for case in cases(tally)]
    return found


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]]
