"""What works behind the hook in one process of the proxy: the journal, what sends it, and what keeps holds alive."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from .._async._courier import AsyncCourier
from .._async._http import AsyncHttp
from .._errors import HoldEnded, LedgerError
from .._journal import Journal
from .._requests import extend_request
from .._urls import ledger_name
from .calls import Call, Calls
from .gate import Gate
from .reports import Reports
from .settings import HookSettings

LONGEST_CALL = 24 * 3600.0
"""Of a call that is older nothing will be heard. It is reported as an interrupted one."""
LONGEST_TICK = 30.0
EXTENDED_AT_ONCE = 8
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
        self.calls = Calls()
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
        self._courier = AsyncCourier(self._http, self.journal, warn=log.warning)
        self.reports = Reports(self.journal, self.calls, settings, self._hand_over)
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
        self.run(self._keep_alive())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """In the background. A task without a reference to it may be collected before its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self, within: float) -> bool:
        """False: something is still due after so many seconds."""
        return await self._courier.drain(within)

    async def look_after_calls(self) -> None:
        """Gives up those that are over, and extends the holds of those that last."""
        self.reports.write_again()
        self._give_up_silent_ones()
        await self._extend_old_ones()

    def _hand_over(self, id: str) -> None:
        """Also from another loop: LiteLLM makes the calls for a `silent_model` in one of their own."""
        loop = self._loop
        if loop is None or loop.is_closed() or loop is _running_loop():
            self._courier.hand_over(id)
        else:
            loop.call_soon_threadsafe(self._courier.hand_over, id)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(min(self._settings.hold_ttl / 8, LONGEST_TICK))
            try:
                await self.look_after_calls()
            except Exception:
                log.exception("The hook could not look after its open calls.")

    def _give_up_silent_ones(self) -> None:
        now = self.monotonic()
        for call in self.calls.all_open():
            # LiteLLM may say nothing after a stream that broke off.
            is_over = call.failed is not None and now - call.failed > self._settings.hold_ttl
            if is_over or now - call.began > LONGEST_CALL:
                self.reports.give_up(call)

    async def _extend_old_ones(self) -> None:
        now, half = self.monotonic(), self._settings.hold_ttl / 2
        old = [call for call in self.calls.all_open() if call.entry.hold_id and now - call.extended >= half]
        for at in range(0, len(old), EXTENDED_AT_ONCE):
            await asyncio.gather(*(self._extend(call) for call in old[at : at + EXTENDED_AT_ONCE]))

    async def _extend(self, call: Call) -> None:
        began = self.monotonic()
        try:
            await self._http.send(extend_request(call.entry.hold_id or "", self._settings.hold_ttl), max_retries=0)
            call.extended = began
        except HoldEnded:
            # It expired. The settle counts all the same.
            call.extended = float("inf")
        except LedgerError as error:
            log.warning("The hold of a call that runs could not be extended: %s", error)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
