# Written by scripts/write_sync.py from _async: do not edit.
"""What all views of one client share: connections, the journal and the workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._answers import A
from .._journal import Journal
from .._positions import Positions
from .._requests import Request
from .._synchronization import can_start_sync, sync_home
from ._courier import SyncCourier
from ._heartbeat import SyncHeartbeat
from ._http import SyncHttp


@dataclass(frozen=True)
class Options:
    timeout: float | None = None
    max_retries: int | None = None
    positions: Positions | None = None

    def min_position(self, given: str | None) -> str | None:
        return given if self.positions is None else self.positions.joined(given)

    def remember(self, position: str | None) -> None:
        if self.positions is not None and position is not None:
            self.positions.remember(position)


class SyncCore:
    def __init__(
        self, http: SyncHttp, journal: Journal, *, source: str, outage: str, warn: Callable[[str], None]
    ) -> None:
        self.http = http
        self.journal = journal
        self.source = source
        self.outage = outage
        self.warn = warn
        self.courier = SyncCourier(http, journal, warn=warn)
        self.heartbeat = SyncHeartbeat(http, warn=warn)
        self._home: Any = None
        self._lock = threading.Lock()

    def wake_soon(self) -> None:
        """At the start, so that what a dead process left is sent without waiting for the first call."""
        if can_start_sync():
            self.wake()

    def wake(self) -> None:
        """Starts what runs in the background, once in each process and event loop."""
        if (home := sync_home()) != self._home:
            with self._lock:
                if self._home is not None and home != self._home:
                    self.http.forget_connections()
                self._home = home
                self.courier.start()

    def send(self, request: Request[A], options: Options, timeout: float | None = None) -> A:
        self.wake()
        return self.http.send(request, timeout=timeout or options.timeout, max_retries=options.max_retries)

    def close(self, within: float) -> None:
        self.heartbeat.close()
        self.courier.close(within)
        self.journal.close()
        self.http.close()
        self._home = None
