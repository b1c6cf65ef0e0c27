"""Empties the queue into the relay: a few connections, patience, and a sign of life.

A connection stays open while there is mail for it. When the relay is away the mails wait where
they are, untouched, and one of them tries the door again and again, ever more slowly.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import uuid4

import structlog

from services.notifier import store
from services.notifier.notify import SETTLED, Notifier
from services.notifier.order import hold_back_stopped
from services.notifier.relay import Outcome, Refused, Relay, Unconfirmed, Unreachable
from services.notifier.store import QueueState
from services.notifier.tables import MessageRow
from shared import outbox
from shared.archive import ArchiveUnavailable
from shared.database import DatabaseUnavailable
from shared.errors import Permanent
from shared.events import MessageFate
from shared.failpoint import failpoint
from shared.telemetry import Metrics, about_mail

POLL_S: Final = 1.0
PROBE_AFTER_S: Final = 60.0
UNREACHABLE_DELAYS_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
MAILS_A_CONNECTION: Final = 100
FINISH_S: Final = 20.0
"""How long a mail in hand may take when the service is asked to stop."""
OLD_S: Final = 900.0

LENGTH = Metrics.gauge("handslag_queue_length", "Mails that wait for the relay")
AGE = Metrics.gauge("handslag_queue_age_seconds", "How long the oldest mail has waited")
log = structlog.get_logger()


class Sender:
    """The loops that send. `relay` opens a new connection object; nothing is connected yet."""

    def __init__(
        self,
        notifier: Notifier,
        relay: Callable[[], Relay],
        *,
        connections: int = 2,
        paused: bool = False,
        settled: Callable[[], None] = lambda: None,
        unreachable_delays_s: tuple[float, ...] = UNREACHABLE_DELAYS_S,
        poll_s: float = POLL_S,
    ) -> None:
        """`settled` is called, on the loop, when an event waits in the outbox."""
        self._notifier = notifier
        self._relay = relay
        self._connections = connections
        self._paused = paused
        self._settled = settled
        self._unreachable_delays_s = unreachable_delays_s
        self._poll_s = poll_s
        self._name = f"{socket.gethostname()}-{uuid4().hex[:12]}"
        self._stirred = asyncio.Event()
        self._stopping = False
        self._in_hand: set[int] = set()
        self._last_contact: datetime | None = None
        self._trouble: str | None = None
        self._queue = QueueState(0, None)

    async def run(self) -> None:
        """Send until cancelled; what is in hand then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_alive())
            tasks.create_task(self._probe_when_idle())
            for _ in range(0 if self._paused else self._connections):
                tasks.create_task(self._empty_queue())
            if self._paused:
                log.warning("sending_is_paused", setting="HANDSLAG_NOTIFIER__PAUSED")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                # A cancellation can drown in asyncio.wait_for, which the SMTP client uses: it
                # does when what is awaited comes at the same moment. A flag cannot.
                self._stopping = True

    def stir(self) -> None:
        """Say that something was queued."""
        self._stirred.set()

    def relay_fault(self) -> str | None:
        """What is wrong with the relay, as last seen; None if nothing."""
        return self._trouble

    def queue_fault(self) -> str | None:
        """What is wrong with the queue; None if nothing."""
        if self._paused or self._queue.oldest is None:
            return None
        age_s = (outbox.now() - self._queue.oldest).total_seconds()
        if age_s < OLD_S:
            return None
        return f"{self._queue.length} mails wait, the oldest for {age_s / 60:.0f} minutes"

    # --- One connection --------------------------------------------------------------------------

    async def _empty_queue(self) -> None:
        relay, failures = self._relay(), 0
        try:
            while not self._stopping:
                try:
                    reached = await self._send_backlog(relay)
                except DatabaseUnavailable as error:
                    log.warning("queue_unreadable", code=error.code, error=str(error))
                    reached = False
                except Exception as error:
                    # Sending must outlive what nobody thought of; the mail in hand is no longer
                    # renewed, and is taken over like a dead sender's.
                    log.error("sending_failed", exc_info=error)
                    await relay.close()
                    reached = False
                if reached:
                    failures = 0
                    await self._wait()
                else:
                    delays = self._unreachable_delays_s
                    await asyncio.sleep(delays[min(failures, len(delays) - 1)])
                    failures += 1
        finally:
            await relay.close()

    async def _send_backlog(self, relay: Relay) -> bool:
        """Send all that is due; False as soon as the relay cannot be reached."""
        sent = 0
        while not self._stopping and (relay.is_open or await asyncio.to_thread(self._has_due)):
            if sent and sent % MAILS_A_CONNECTION == 0:
                await relay.close()
            trouble = await relay.connect()
            self._note(trouble)
            if trouble is not None:
                return False
            outcome = await self._send_next(relay)
            if outcome is None:
                break
            sent += 1
            if isinstance(outcome, Unreachable | Unconfirmed):
                self._note(outcome)
                return False
        if sent:
            await relay.close()
        return True

    async def _send_next(self, relay: Relay) -> Outcome | None:
        """Take one mail and see it through, even if the service is asked to stop meanwhile."""
        work = asyncio.ensure_future(self._send_one(relay))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work], timeout=FINISH_S)
            work.cancel()
            raise

    async def _send_one(self, relay: Relay) -> Outcome | None:
        row = await asyncio.to_thread(self._notifier.take, self._name)
        if row is None:
            return None
        assert row.number is not None
        self._in_hand.add(row.number)
        try:
            with about_mail(row.mail_id or ""):
                return await self._see_through(relay, row)
        finally:
            self._in_hand.discard(row.number)

    async def _see_through(self, relay: Relay, row: MessageRow) -> Outcome:
        try:
            envelope = await asyncio.to_thread(self._notifier.envelope, row)
        except Permanent as error:
            outcome: Outcome = Refused(f"{error.code}: {error}")
        except ArchiveUnavailable as error:
            outcome = Unreachable(str(error))
        else:
            outcome = await relay.send(envelope)
            failpoint("notifier.after_250")
        await self._until_written(lambda: self._notifier.conclude(row, self._name, outcome))
        self._settled()
        return outcome

    async def _until_written(self, write: Callable[[], None]) -> None:
        """What the relay said must not be forgotten because the database is away."""
        while True:
            try:
                await asyncio.to_thread(write)
            except DatabaseUnavailable as error:
                log.error("outcome_not_yet_written", error=str(error))
                await asyncio.sleep(POLL_S)
            else:
                return

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await self._stirred.wait()
        self._stirred.clear()

    def _has_due(self) -> bool:
        with self._notifier.database.read() as session:
            return store.has_due(session, outbox.now())

    def _note(self, trouble: Unreachable | Unconfirmed | None) -> None:
        before, self._trouble = self._trouble, trouble.reason if trouble else None
        if trouble is None:
            self._last_contact = outbox.now()
        if self._trouble and not before:
            log.error(
                "relay_unreachable",
                reason=self._trouble,
                remedy="Check HANDSLAG_NOTIFIER__RELAY and that server. Mails wait; it goes on by "
                "itself.",
            )
        elif before and not self._trouble:
            log.info("relay_reached_again")

    # --- Beside it -------------------------------------------------------------------------------

    async def _keep_alive(self) -> None:
        """Renew our leases, put back what dead senders left, and measure the queue."""
        while not self._stopping:
            try:
                recovered = await asyncio.to_thread(self._keep_alive_once)
            except DatabaseUnavailable as error:
                log.warning("queue_unreadable", code=error.code, error=str(error))
            else:
                for row in recovered:
                    log.warning("message_recovered", message_id=row.message_id, state=row.state)
                if recovered:
                    self._settled()
                    self.stir()
            LENGTH.set(self._queue.length)
            oldest = self._queue.oldest
            AGE.set((outbox.now() - oldest).total_seconds() if oldest else 0)
            await asyncio.sleep(self._notifier.lease.total_seconds() / 3)

    def _keep_alive_once(self) -> list[MessageRow]:
        now = outbox.now()
        with self._notifier.database.write() as session:
            store.renew_leases(
                session, self._name, set(self._in_hand), now=now, lease=self._notifier.lease
            )
            recovered = list(store.recover(session, now))
            self._queue = store.queue_state(session, now)
        for row in recovered:
            if row.state == MessageFate.FAILED:
                SETTLED.labels(row.kind, MessageFate.FAILED).inc()
        hold_back_stopped(self._notifier)
        return recovered

    async def _probe_when_idle(self) -> None:
        """Ask the relay for a greeting when it has not been spoken with for a while."""
        while not self._stopping:
            seen = self._last_contact
            if seen is None or (outbox.now() - seen).total_seconds() >= PROBE_AFTER_S:
                relay = self._relay()
                self._note(await relay.connect())
                await relay.close()
            await asyncio.sleep(PROBE_AFTER_S / 2)
