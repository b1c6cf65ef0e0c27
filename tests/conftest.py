"""What every test can ask for, and in which order and company tests run on several workers."""

from collections import Counter

import pytest

pytest_plugins = ("tests.databases", "tests.nats", "tests.dovecot", "tests.parts")

STARTS_PROGRAMS = ("tests/faults/", "tests/flow/")


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares costly parts, and mix what waits with what computes.

    A group is run by one worker, and groups are started in this order. Tests of whole programs
    wait most, and the longest of them are few to a group: these come first.
    """
    groups = {item: _group(item) for item in items}
    sizes = Counter(groups.values())
    waiting = [name for name in sizes if _file(name).startswith(STARTS_PROGRAMS)]
    computing = [name for name in sizes if name not in set(waiting)]
    waiting.sort(key=lambda name: (sizes[name], name))
    computing.sort(key=lambda name: (-sizes[name], name))
    place = {
        name: (number / len(queue), name)
        for queue in (waiting, computing)
        for number, name in enumerate(queue)
    }
    items.sort(key=lambda item: place[groups[item]])
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item]))


def _group(item: pytest.Item) -> str:
    """A file's tests on one kind of database; all tests of the pages on it, which share a world."""
    file = item.nodeid.partition("::")[0]
    given = getattr(item, "callspec", None)
    values = given.params if given is not None else {}
    kind = values.get("world") or values.get("database_kind")
    if kind is None:
        return file
    return f"{'tests/web' if file.startswith('tests/web/') else file} {kind}"


def _file(group: str) -> str:
    return group.partition(" ")[0]
