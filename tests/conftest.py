"""What every test can ask for, and in which order and company tests run on several workers."""

import gc
import re
from collections import Counter
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ("tests.databases", "tests.nats", "tests.dovecot", "tests.parts")

STARTS_PROGRAMS = ("tests/faults/", "tests/flow/")
_KIND = re.compile(r"[\[-](sqlite|postgresql)[\]-]")


class Groups(LoadScopeScheduling):
    """Hands whole groups to workers, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    config.option.loadscopereorder = False
    return Groups(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: Python need not look there for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix what waits with what computes.

    Tests of whole programs wait most, and the longest of them are few to a group: these come first.
    """
    groups = {item: group(item.nodeid) for item in items}
    sizes = Counter(groups.values())
    waiting = [name for name in sizes if name.startswith(STARTS_PROGRAMS)]
    computing = [name for name in sizes if not name.startswith(STARTS_PROGRAMS)]
    waiting.sort(key=lambda name: (sizes[name], name))
    computing.sort(key=lambda name: (-sizes[name], name))
    place = {
        name: (number / len(queue), name)
        for queue in (waiting, computing)
        for number, name in enumerate(queue)
    }
    items.sort(key=lambda item: place[groups[item]])


def group(nodeid: str) -> str:
    """A file's tests on one kind of database; all tests of the pages on it, which share a world."""
    file, _, name = nodeid.partition("::")
    kind = _KIND.search(name)
    if kind is None:
        return file
    return f"{'tests/web' if file.startswith('tests/web/') else file} {kind[1]}"
