"""The sliding window that slows down guessing."""

from services.registry.web.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_waits_until_its_oldest_failure_has_left_the_window() -> None:
    clock = Clock()
    throttle = Throttle(2, 60, clock)
    throttle.failed(["a"])
    clock.now = 20
    throttle.failed(["a"])
    assert throttle.wait_s(["a"]) == 40
    clock.now = 60
    assert throttle.wait_s(["a"]) == 0


def test_other_keys_do_not_wait_and_the_longest_wait_counts() -> None:
    clock = Clock()
    throttle = Throttle(1, 60, clock)
    throttle.failed(["a"])
    assert throttle.wait_s(["b"]) == 0
    assert throttle.wait_s(["b", "a"]) == 60


def test_success_forgets() -> None:
    throttle = Throttle(1, 60, Clock())
    throttle.failed(["a"])
    throttle.succeeded(["a"])
    assert throttle.wait_s(["a"]) == 0
