"""What a process keeps is left out of the collector's rounds; what is made later is not."""

import gc
import weakref

from shared.garbage import keep_what_is_loaded


class Node:
    """Something that can hold on to itself."""

    itself: "Node"


def test_cycles_made_after_the_start_are_still_collected() -> None:
    usual = gc.get_threshold()
    try:
        keep_what_is_loaded()
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold()[0] > usual[0]
        node = Node()
        node.itself = node
        gone = weakref.ref(node)
        del node
        gc.collect()
        assert gone() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
