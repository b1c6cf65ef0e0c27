"""Stopping a task that loops, though what it awaits may swallow the order to stop."""

import asyncio


def end_if_cancelled() -> None:
    """Raise CancelledError if the running task has been told to stop.

    To be called in every turn of an endless loop that awaits the NATS client: its wait_for, on
    Python 3.11, loses a cancellation that meets an answer or an error (gh-86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
