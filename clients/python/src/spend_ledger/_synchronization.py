"""What differs between tasks and threads. All else in `_sync` is equal to `_async`."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from inspect import isawaitable
from typing import Any, TypeVar

T = TypeVar("T")
async_sleep = asyncio.sleep
sync_sleep = time.sleep


class AsyncSignal:
    """Wakes the one who waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        # Before Python 3.12 `wait_for` loses a cancellation that comes with the signal, and the loop never ends.
        wakes = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({wakes}, timeout=seconds)
        finally:
            wakes.cancel()
        self._event.clear()


class SyncSignal:
    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self._event.clear()


class AsyncWorker:
    """Runs beside the caller, and never keeps the process alive."""

    def __init__(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        self._task = asyncio.ensure_future(run())

    async def join(self, seconds: float) -> None:
        await asyncio.wait({self._task}, timeout=seconds)
        self._task.cancel()


class SyncWorker:
    def __init__(self, run: Callable[[], None], name: str) -> None:
        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)


async def async_together(calls: Iterable[Callable[[], Awaitable[None]]]) -> None:
    await asyncio.gather(*(call() for call in calls))


def sync_together(calls: Iterable[Callable[[], None]]) -> None:
    for call in calls:
        call()


@asynccontextmanager
async def async_closing(parts: T) -> AsyncIterator[T]:
    """Closes them at the end, if they can be: what they do at their end belongs to the block."""
    try:
        yield parts
    finally:
        close = getattr(parts, "aclose", None) or getattr(parts, "close", None)
        closed = None if close is None else close()
        if isawaitable(closed):
            await closed


@contextmanager
def sync_closing(parts: T) -> Iterator[T]:
    try:
        yield parts
    finally:
        if (close := getattr(parts, "close", None)) is not None:
            close()


def async_home() -> Any:
    """Where connections and workers live: not in another process after a fork, and not in another event loop."""
    return os.getpid(), asyncio.get_running_loop()


def sync_home() -> Any:
    return os.getpid()


def can_start_async() -> bool:
    """Tasks need a loop that runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def can_start_sync() -> bool:
    return True
