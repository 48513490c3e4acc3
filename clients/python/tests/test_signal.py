"""How what works in the background is woken, and ended."""

from __future__ import annotations

import asyncio

import pytest

from spend_ledger._synchronization import AsyncSignal


@pytest.mark.parametrize("turns", range(8))
def test_a_task_that_is_woken_and_cancelled_ends(turns: int) -> None:
    """So many turns of the event loop lie between the two."""

    async def work() -> None:
        signal = AsyncSignal()

        async def go_on() -> None:
            while True:
                await signal.wait(60.0)

        task = asyncio.create_task(go_on())
        await asyncio.sleep(0.01)
        signal.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        ended, _ = await asyncio.wait({task}, timeout=1.0)
        task.cancel()
        assert ended == {task}
        assert task.cancelled()

    asyncio.run(work())


def test_a_signal_wakes_at_once_and_silence_after_its_time() -> None:
    async def work() -> None:
        signal = AsyncSignal()
        waits = asyncio.create_task(signal.wait(60.0))
        await asyncio.sleep(0)
        signal.set()
        await asyncio.wait_for(waits, 5.0)
        await signal.wait(0.01)

    asyncio.run(work())
