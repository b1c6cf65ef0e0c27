"""`make bench-reading`: read thousands of forms filled in and scanned badly, and print figures.

    python -m tests.bench.forms.run --documents 600 --seed 1
    python -m tests.bench.forms.run --only 1:47 --save /tmp/case
    python -m tests.bench.forms.run --sum one.json two.json

A case is made again from its seed and index alone. Exit code 1 if a gate fails.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.console.reading_line import to_read_json
from tests.bench.forms import peers, report
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS
from tests.bench.forms.generator.case import (
    DOMAINS,
    OTHER_BY_HAND,
    OTHER_TYPED,
    SENDER,
    Case,
    other_form_case,
    own_form_case,
    screen_case,
)
from tests.bench.forms.generator.devices import Device
from tests.bench.forms.other_form import Blank, learned, weighed
from tests.bench.forms.peers import Cost
from tests.bench.forms.product import Product, Read
from tests.bench.forms.score import Result, Tally, score, tallied
from tests.unit.reading.signing import root

CHANNELS: dict[str, Callable[[int, int], Case]] = {
    f"own_{device.value}": (lambda seed, index, d=device: own_form_case(seed, index, d))
    for device in Device
}
CHANNELS |= {"other_scanner": other_form_case, "screen": screen_case}
ORDER = (
    "own_scanner", "own_rough", "own_fax", "own_scanner", "own_phone", "other_scanner",
    "own_scanner", "own_fax", "own_scanner", "own_rough", "own_phone", "own_scanner",
    "other_scanner", "own_fax", "own_scanner", "own_rough", "own_phone", "own_scanner",
    "other_scanner", "screen",
)  # fmt: skip
"""The channel of a case is that of its index in this round."""

_worker: Product | None = None


def case_of(seed: int, index: int, channel: str | None = None) -> Case:
    """Return a case; its channel follows from its index unless given."""
    return CHANNELS[channel or ORDER[index % len(ORDER)]](seed, index)


def main() -> None:
    """Run as asked on the command line."""
    asked = _asked()
    console = Console(stderr=True)
    if asked.only:
        _show_one(asked)
        return
    costs: list[Cost] = []
    if asked.sum:
        tallies = _summed(asked.sum)
    else:
        results = list(_results(asked, console))
        tallies = tallied(results)
        costs = _peers(results, asked, console)
        if asked.json:
            asked.json.write_text(json.dumps(_as_json(asked, tallies, costs, results)))
    for line in (*report.lines(tallies, costs), "", *report.details(tallies)):
        print(line)
    sys.exit(any(gate.holds is False for gate in report.gates(tallies)))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 2))
    parser.add_argument("--channel", choices=sorted(CHANNELS), help="this one only")
    parser.add_argument("--peers", type=int, default=4, help="pages to give to the peers too")
    parser.add_argument("--json", type=Path, help="write the figures and every case here")
    parser.add_argument("--sum", type=Path, nargs="+", help="add up runs written with --json")
    parser.add_argument("--only", metavar="SEED:INDEX", help="make and read one case")
    parser.add_argument("--save", type=Path, help="with --only: write its file to this folder")
    return parser.parse_args()


def _results(asked: argparse.Namespace, console: Console) -> Iterator[Result]:
    with (
        Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=console,
        ) as progress,
        # Not forked: a fork would take over half of the progress bar's thread.
        ProcessPoolExecutor(asked.workers, get_context("spawn"), _start_worker) as pool,
    ):  # fmt: skip
        task = progress.add_task("reading", total=asked.documents)
        work = ((asked.seed, index, asked.channel) for index in range(asked.documents))
        for result in pool.map(_one, work, chunksize=2):
            progress.advance(task)
            if result.wrong or result.signed_wrongly:
                what = "WRONG" if result.wrong else "UNSIGNED TAKEN AS SIGNED"
                progress.console.print(f"{what}: {result.channel} {result.case} {result.what}")
            yield result


def _start_worker() -> None:
    global _worker
    _worker = _product()


def _product() -> Product:
    others = [learned(blank) for blank in Blank]
    return Product(INITIATIVE, OPTIONS, KEY, others=others, trusted_roots=(root().pem,))


def _one(work: tuple[int, int, str | None]) -> Result:
    assert _worker is not None
    case = case_of(*work)
    return score(case, _read(_worker, case), INITIATIVE, MUNICIPALITY)


def _read(product: Product, case: Case) -> Read:
    """Read a case; of a form without a code, the registry weighs whose it is."""
    read = product.read(case.data, case.filename)
    if case.channel not in (OTHER_TYPED, OTHER_BY_HAND):
        return read
    documents = [weighed(one, DOMAINS, sender_hosts=(SENDER,)) for one in read.documents]
    return replace(read, documents=tuple(documents))


def _show_one(asked: argparse.Namespace) -> None:
    """Make one case, read it, and print all there is to know."""
    seed, _, index = asked.only.partition(":")
    case = case_of(int(seed), int(index), asked.channel)
    with _product() as product:
        read = _read(product, case)
        if asked.save:
            asked.save.mkdir(parents=True, exist_ok=True)
            stem = f"{seed}-{index}-{case.channel}-{case.what}"
            (asked.save / f"{stem}{Path(case.filename).suffix}").write_bytes(case.data)
            for document in read.documents:
                product.draw(document, asked.save, f"{stem}-read")
    found: dict[str, Any] = {
        "case": case.name, "channel": case.channel, "what": case.what,
        "truth": asdict(case.truth), "drawn": case.drawn,
        "read": [to_read_json(d, case.filename, n) for n, d in enumerate(read.documents, 1)],
        "marks": [m.model_dump(exclude={"area"}) for d in read.documents for m in d.marks],
        "cpu_s": round(read.cpu_s, 3), "memory_mib": read.memory_mib,
    }  # fmt: skip
    print(json.dumps(found, ensure_ascii=False, indent=1))


def _peers(results: Sequence[Result], asked: argparse.Namespace, console: Console) -> list[Cost]:
    """Give a few pages to the peers, and to ourselves again, one after the other."""
    wanted = [
        r for r in results
        if r.channel == report.OWN_SCANNER and (r.drawn["mode"], r.drawn["dpi"]) == ("grey", 300)
    ][: asked.peers]  # fmt: skip
    if not wanted:
        return []
    cases = [
        case_of(int(r.case.partition(":")[0]), int(r.case.partition(":")[2]), r.channel)
        for r in wanted
    ]
    with _product() as product:
        reads = [_read(product, case) for case in cases]
    n = len(reads)
    costs = [Cost("handslag", n, sum(r.wall_s for r in reads) / n, sum(r.cpu_s for r in reads) / n)]
    for name in peers.available():
        with console.status(f"{name} on {n} pages"):
            costs.append(peers.measure(name, cases))
    return costs


def _as_json(
    asked: argparse.Namespace,
    tallies: dict[str, Tally],
    costs: Sequence[Cost],
    results: Sequence[Result],
) -> dict[str, Any]:
    return {
        "seed": asked.seed,
        "documents": asked.documents,
        "tallies": {channel: tally.to_json() for channel, tally in tallies.items()},
        "peers": [asdict(cost) for cost in costs],
        "gates": [asdict(gate) for gate in report.gates(tallies)],
        "results": [asdict(result) for result in results],
    }


def _summed(files: Sequence[Path]) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for file in files:
        for channel, read in json.loads(file.read_text())["tallies"].items():
            tallies.setdefault(channel, Tally()).merge(Tally.from_json(read))
    return tallies


if __name__ == "__main__":
    main()
