"""A proxy that gets SIGTERM sends what is due first, for a while. What is left goes out at the next start."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

from .worker import Worker

DRAINED_WITHIN = 5.0


def drain_on_sigterm(worker: Worker, within: float = DRAINED_WITHIN) -> None:
    """Only before uvicorn's own handler. Another program that handles SIGTERM keeps it to itself."""
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)
    owner = type(getattr(before, "__self__", None)).__module__
    if not callable(before) or not owner.startswith("uvicorn"):
        return
    loop = asyncio.get_running_loop()

    async def drain_then_stop(number: int, frame: FrameType | None) -> None:
        try:
            await worker.end(within)
        finally:
            before(number, frame)

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, before)
        loop.call_soon_threadsafe(worker.run, drain_then_stop(number, frame))

    signal.signal(signal.SIGTERM, on_sigterm)
