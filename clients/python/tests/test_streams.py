"""A `spend` that lasts as long as its stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from support import HOLD, SETTLE, SETTLED, TAKEN, AsyncAnswers, client, granting, reply

from spend_ledger import AsyncCall, AsyncSpendLedger, Call, user


def test_a_stream_is_settled_though_its_reader_leaves() -> None:
    ledger = granting(reply(SETTLED))

    def parts(call: Call) -> Iterator[int]:
        yield from range(10)

    with client(ledger) as spend_ledger:
        stream = spend_ledger.stream(user("alice"), parts, estimate="0.40")
        for part in stream:
            if part == 3:
                break
        stream.close()  # type: ignore[attr-defined]
    assert (ledger.asked, ledger.body(1)["basis"]) == ([HOLD, SETTLE], "unknown")


def test_what_a_stream_says_when_its_reader_leaves_is_its_cost() -> None:
    ledger = granting(reply(SETTLED))

    def parts(call: Call) -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            call.cost("0.05")

    with client(ledger) as spend_ledger:
        stream = spend_ledger.stream(user("alice"), parts, estimate="0.40")
        assert next(stream) == 0
        stream.close()  # type: ignore[attr-defined]
    assert (ledger.asked, ledger.body(1)["amount"]) == ([HOLD, SETTLE], "0.05")


def test_an_async_stream_says_it_before_the_report(tmp_path: Path) -> None:
    ledger = granting(reply(SETTLED))

    async def parts(call: AsyncCall) -> AsyncIterator[int]:
        try:
            for nth in range(10):
                yield nth
        finally:
            call.cost("0.05")

    async def read_one() -> None:
        async with AsyncSpendLedger("http://ledger.test", journal=tmp_path, transport=AsyncAnswers(ledger)) as client:
            stream = client.stream(user("alice"), parts, estimate="0.40")
            assert await anext(stream) == 0
            await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(read_one())
    assert (ledger.asked, ledger.body(1)["amount"]) == ([HOLD, SETTLE], "0.05")


class Parts:
    """As the clients of models give them: they have a `close` of their own."""

    def __init__(self) -> None:
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        return 1

    async def close(self) -> None:
        self.is_closed = True


def test_closes_what_it_reads_from() -> None:
    parts, ledger = Parts(), granting(reply(SETTLED))

    async def read_one() -> None:
        async with AsyncSpendLedger("http://ledger.test", journal=False, transport=AsyncAnswers(ledger)) as client:
            stream = client.stream(user("alice"), lambda call: parts, estimate="0.40")
            assert await anext(stream) == 1
            await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(read_one())
    assert parts.is_closed


def test_one_client_serves_one_event_loop_after_the_other() -> None:
    ledger = granting(reply(SETTLED), reply(TAKEN, 201), reply(SETTLED))
    client = AsyncSpendLedger("http://ledger.test", journal=False, transport=AsyncAnswers(ledger))

    async def parts(call: object) -> AsyncIterator[int]:
        yield 1

    async def spend() -> list[int]:
        return [part async for part in client.stream(user("alice"), parts, estimate="0.40")]

    assert asyncio.run(spend()) == asyncio.run(spend()) == [1]
    assert ledger.asked == [HOLD, SETTLE, HOLD, SETTLE]
