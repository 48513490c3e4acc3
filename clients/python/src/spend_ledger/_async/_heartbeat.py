"""Keeps holds alive while their calls run. It never stops a call."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._errors import HoldEnded, LedgerError, NotFound
from .._requests import extend_request
from .._retry import FIRST_WAIT, backoff
from .._synchronization import AsyncSignal, AsyncWorker, async_home, async_together
from ._http import AsyncHttp

LONGEST_REST = 30.0
log = logging.getLogger("spend_ledger")


@dataclass
class _Beat:
    ttl: int
    due: float
    failures: int = 0


class AsyncHeartbeat:
    """Extends each hold that it watches at a third of its lifetime; after a failure sooner."""

    def __init__(
        self,
        http: AsyncHttp,
        *,
        warn: Callable[[str], None],
        at_once: int = 16,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._warn = warn
        self._at_once = at_once
        self._clock = clock
        self._beats: dict[str, _Beat] = {}
        self._home: Any = None

    def watch(self, hold_id: str, ttl: int) -> None:
        home = async_home()
        is_new = home != self._home
        if is_new:
            self._beats.clear()
        self._beats[hold_id] = _Beat(ttl, self._clock() + ttl / 3)
        if is_new:
            self._home = home
            self._signal = AsyncSignal()
            self._worker = AsyncWorker(self._run, "spend-ledger-heartbeat")
        elif ttl / 3 < LONGEST_REST:
            self._signal.set()

    def unwatch(self, hold_id: str) -> None:
        self._beats.pop(hold_id, None)

    async def close(self) -> None:
        self._beats.clear()
        if self._home == async_home():
            self._home = None
            self._signal.set()
            await self._worker.join(1.0)

    async def _run(self) -> None:
        home = self._home
        while home == self._home:
            now = self._clock()
            due = [hold_id for hold_id, beat in list(self._beats.items()) if beat.due <= now][: self._at_once]
            await async_together([partial(self._beat, hold_id) for hold_id in due])
            if not due:
                earliest = min((beat.due for beat in list(self._beats.values())), default=now + LONGEST_REST)
                await self._signal.wait(max(0.0, min(earliest - now, LONGEST_REST)))

    async def _beat(self, hold_id: str) -> None:
        beat = self._beats.get(hold_id)
        if beat is None:
            return
        try:
            await self._http.send(extend_request(hold_id, beat.ttl), max_retries=0)
        except (HoldEnded, NotFound):
            self.unwatch(hold_id)
            self._warn("A hold has ended before its call. The call goes on, and its cost is reported.")
        except LedgerError as error:
            beat.failures += 1
            beat.due = self._clock() + backoff(beat.failures, max(FIRST_WAIT, beat.ttl / 12))
            self._warn(f"A hold was not extended. It is tried again. {error}")
        except Exception:
            beat.due = self._clock() + beat.ttl / 3
            log.exception("The heartbeat has met an error that it does not know. It goes on.")
        else:
            beat.failures = 0
            beat.due = self._clock() + beat.ttl / 3
