"""What works behind the hook in one process of the proxy: the journal, what sends it, and what keeps holds alive."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from .._async._courier import AsyncCourier
from .._async._heartbeat import AsyncHeartbeat
from .._async._http import AsyncHttp
from .._entry import Entry
from .._journal import Journal
from .._urls import ledger_name
from .calls import Call, Calls
from .gate import Gate
from .reports import Reports
from .settings import HookSettings

LONGEST_CALL = 24 * 3600.0
"""Of a call that is older nothing will be heard. It is reported as an interrupted one."""
LONGEST_TICK = 30.0
log = logging.getLogger("spend_ledger.litellm")


class Worker:
    """Belongs to the event loop in which it was started last."""

    def __init__(
        self,
        settings: HookSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.monotonic = monotonic
        self.calls = Calls(on_end=self._stop_heartbeat)
        self._settings = settings
        self._http = AsyncHttp(
            settings.auth_url, ingest_url=settings.ingest_url, token=settings.token, transport=transport
        )
        self.journal = Journal(
            settings.journal,
            ledger_name(settings.auth_url),
            on_interrupted=settings.on_interrupted,
            synchronous=settings.sync,
            warn=log.warning,
        )
        self.gate = Gate(self._http, self.journal, settings)
        self.heartbeat = AsyncHeartbeat(self._http, warn=log.warning)
        self._courier = AsyncCourier(self._http, self.journal, warn=log.warning)
        self.reports = Reports(self.journal, self.calls, settings, self._send_soon)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Adopts what processes that died have left, and begins to send it. Once in a loop."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop = loop
        self._http.forget_connections()
        self._courier.start()
        self.run(self._look_after_calls())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """In the background. A task without a reference to it may be collected before its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self, within: float) -> bool:
        """False: something is still due after so many seconds."""
        return await self._courier.drain(within)

    async def end(self, within: float) -> None:
        """Sends what is due for so many seconds, and says what is lost with the process."""
        await self.drain(within)
        self._courier.unwritten.tell_what_is_lost()

    def begin(self, call: Call) -> None:
        """The call runs from now on, and its hold is kept alive."""
        self.calls.add(call)
        if call.entry.hold_id is not None:
            self.heartbeat.watch(call.entry.hold_id, self._settings.hold_ttl)

    def give_up_silent_calls(self) -> None:
        """Those of which nothing more will be heard. What goes wrong with one leaves the others alone."""
        now = self.monotonic()
        for call in self.calls.all_open():
            # LiteLLM may say nothing after a stream that broke off.
            is_over = call.failed is not None and now - call.failed > self._settings.hold_ttl
            if is_over or now - call.began > LONGEST_CALL:
                self._give_up(call)

    def _give_up(self, call: Call) -> None:
        try:
            self.reports.give_up(call)
        except Exception:
            log.exception("Call %s cannot be reported. The journal has it for the next process.", call.entry.id)
            self.calls.end(call, "unknown")

    def _stop_heartbeat(self, call: Call) -> None:
        if call.entry.hold_id is not None:
            self.heartbeat.unwatch(call.entry.hold_id)

    def _send_soon(self, entry: Entry) -> None:
        """Also from another loop: LiteLLM makes the calls for a `silent_model` in one of their own."""
        if not self._courier.unwritten.keep(entry):
            return
        loop = self._loop
        if loop is None or loop.is_closed() or loop is _running_loop():
            self._courier.hand_over(entry.id)
        else:
            loop.call_soon_threadsafe(self._courier.hand_over, entry.id)

    async def _look_after_calls(self) -> None:
        while True:
            await asyncio.sleep(min(self._settings.hold_ttl / 8, LONGEST_TICK))
            self.give_up_silent_calls()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
