# Written by scripts/write_sync.py from _async: do not edit.
"""Sends the reports of the journal in the background, until the ledger has taken or refused each of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .. import _types as types
from .._entry import Entry
from .._errors import BatchPartlyRefused, LedgerError, is_last
from .._journal import Journal
from .._retry import backoff
from .._synchronization import SyncSignal, SyncWorker, sync_home, sync_together
from .._unwritten import Unwritten
from .._waiting import LONGEST_WAIT, Waiting
from ._delivery import Delivered, SyncDelivery, may_come_later
from ._http import SyncHttp

log = logging.getLogger("spend_ledger")


class SyncCourier:
    """It begins with `start()`, and again after a fork."""

    def __init__(
        self,
        http: SyncHttp,
        journal: Journal,
        *,
        warn: Callable[[str], None],
        at_once: int = 4,
        adopt_every: float = 5.0,
        most_unwritten: int = 10_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._delivery = SyncDelivery(http, journal, warn)
        self._journal = journal
        self._warn = warn
        self._at_once = at_once
        self._adopt_every = adopt_every
        self._clock = clock
        self.unwritten = Unwritten(journal, most_unwritten, warn)
        self._waiting = Waiting(clock)
        self._failures = 0
        self._paused_until = 0.0
        self._next_adoption = 0.0
        self._is_closing = False
        self._home: Any = None

    def start(self) -> None:
        home = sync_home()
        if home != self._home:
            self._home = home
            self._is_closing = False
            self._adopting = threading.Lock()
            self._signal, self._progress = SyncSignal(), SyncSignal()
            self._worker = SyncWorker(self._run, "spend-ledger-courier")

    def hand_over(self, *ids: str) -> None:
        """These due entries are sent from now on."""
        self.start()
        self._waiting.add(ids)
        self._signal.set()

    def send_soon(self, entry: Entry) -> bool:
        """Sends a due entry in the background. False: it is lost."""
        is_kept = self.unwritten.keep(entry)
        if is_kept:
            self.hand_over(entry.id)
        return is_kept

    def send(self, entry: Entry, *, timeout: float | None = None, max_retries: int | None = None) -> Delivered:
        """Sends a due entry at once. Where the ledger does not take it now, it is sent in the background.

        Raises LedgerUnavailable with `journaled`, or an ApiError.
        """
        is_journaled = self.unwritten.write(entry)
        try:
            answer = self._delivery.deliver(entry, timeout=timeout, max_retries=max_retries)
        except BaseException as error:
            if is_journaled and not is_last(error):
                self._send_later(entry.id)
                if isinstance(error, LedgerError):
                    error.journaled = True
            raise
        if not is_journaled:
            # The journal may have what was known of the call before.
            self._journal.forget(entry.id)
        return answer

    def send_batch(
        self, entries: Sequence[Entry], *, timeout: float | None = None, max_retries: int | None = None
    ) -> types.BatchResults:
        """The same for events, at once. Entries that are refused for good are dead; the error has the results."""
        is_journaled = self._journal.try_put(*entries)
        try:
            return self._delivery.deliver_batch(entries, timeout=timeout, max_retries=max_retries)
        except BaseException as error:
            left = [entry.id for entry in _left_due(entries, error)] if is_journaled else []
            if left:
                self._send_later(*left)
                if isinstance(error, LedgerError):
                    error.journaled = True
            raise

    def send_batch_later(self, entries: Sequence[Entry]) -> bool:
        """The same in the background. False: the journal does not take them."""
        is_journaled = self._journal.try_put(*entries)
        if is_journaled:
            self._send_later(*(entry.id for entry in entries))
        return is_journaled

    def drain(self, within: float) -> bool:
        """Sends what waits, also what dead processes left. False: some of it is left after so many seconds."""
        self.start()
        self._adopt()
        deadline = time.monotonic() + within
        while self._waiting or self._journal.orphans:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._journal.orphans:
                self._adopt()
            self._signal.set()
            self._progress.wait(min(left, 0.5))
        return True

    def close(self, within: float) -> None:
        if self._home == sync_home():
            self.drain(within)
            self._is_closing = True
            self._signal.set()
            self._worker.join(1.0)
            self.unwritten.tell_what_is_lost()
        self._home = None

    def _run(self) -> None:
        while not self._is_closing:
            try:
                if self._clock() >= self._next_adoption:
                    self.unwritten.write_again()
                    self._journal.flush()
                    self._adopt()
                self._round()
            except Exception:
                log.exception("The courier has met an error that it does not know. It goes on.")
                self._pause()
            self._signal.wait(self._rest())

    def _adopt(self) -> None:
        """One at a time: what is adopted is waiting when the lock is free again, so that `drain` sees all of it."""
        with self._adopting:
            self._next_adoption = self._clock() + self._adopt_every
            try:
                self._waiting.add(self._journal.adopt())
            except LedgerError as error:
                self._warn(str(error))

    def _round(self) -> None:
        while not self._is_closing and self._clock() >= self._opens_at():
            ready = self._waiting.ready(self._at_once)
            if not ready:
                return
            sync_together([partial(self._attempt, id) for id in ready])
            self._progress.set()

    def _attempt(self, id: str) -> None:
        """Whatever happens to one report, the others go on."""
        try:
            entry = self._due(id)
            if entry is None:
                self._waiting.drop(id)
            else:
                self._deliver(entry)
        except LedgerError as error:
            self._failed(id, error)
        except Exception:
            log.exception("The courier has met an error that it does not know. The report is tried again.")
            self._waiting.postpone(id)

    def _deliver(self, entry: Entry) -> None:
        try:
            self._delivery.deliver(entry, max_retries=0)
        except LedgerError as error:
            if not is_last(error):
                raise
            self._refused(entry, error)
        else:
            self._failures = 0
            self.unwritten.taken(entry)
            self._drop_unless_due(entry.id)

    def _refused(self, entry: Entry, error: LedgerError) -> None:
        self._failures = 0
        self.unwritten.drop(entry)
        self._drop_unless_due(entry.id)
        if entry.id in self._waiting:
            # There is a newer report of the call, or the journal could not be told.
            self._waiting.postpone(entry.id)
        if entry.action != "release":
            self._warn(f"A report can never be taken. It is kept in the journal as dead. {error}")

    def _failed(self, id: str, error: LedgerError) -> None:
        if self._failures == 0:
            self._warn(f"Reports wait for the ledger, and are sent when it takes them. {error}")
        self._failures += 1
        self._pause()
        self._waiting.postpone(id)

    def _pause(self) -> None:
        self._paused_until = self._clock() + backoff(max(self._failures, 1), LONGEST_WAIT)

    def _send_later(self, *ids: str) -> None:
        self.start()
        for id in ids:
            self._waiting.postpone(id)
        self._signal.set()

    def _drop_unless_due(self, id: str) -> None:
        """There may be another report of the call by now."""
        if self._due(id) is None:
            self._waiting.drop(id)

    def _due(self, id: str) -> Entry | None:
        entry = self.unwritten.get(id) or self._journal.get(id)
        return entry if entry is not None and entry.state == "due" else None

    def _opens_at(self) -> float:
        return max(self._paused_until, self._journal.paused_until)

    def _rest(self) -> float:
        """Seconds until there is something to do."""
        now = self._clock()
        next_report = max(self._waiting.earliest(now + self._adopt_every), self._opens_at())
        return max(0.01, min(next_report, self._next_adoption) - now)


def _left_due(entries: Sequence[Entry], error: BaseException) -> Sequence[Entry]:
    """The events of a batch that the ledger has neither taken nor refused for good."""
    if isinstance(error, BatchPartlyRefused):
        results = zip(entries, error.results, strict=True)
        return [entry for entry, result in results if may_come_later(result)]
    return [] if is_last(error) else entries
