"""What comes after a call was given up, because nothing was heard of it for long after a failed attempt."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench import Bench, Ledger, run, taken
from support import RECEIPT, SETTLED, reply


def amount_of(bench: Bench, nth: int) -> str:
    body = json.loads(bench.ledger.requests[nth].content)
    return str(body.get("data", body)["amount"])


async def given_up(folder: Path) -> tuple[Bench, dict[str, Any]]:
    """A call with an attempt that was billed with 0.1, which is reported."""
    bench = Bench(folder, Ledger(holds=[taken], settle=[reply(SETTLED)], events=[reply(RECEIPT, 201)]))
    request = await bench.before()
    await bench.hook.attempt_failed({**request, **billed(0.1)})
    bench.now = 601.0
    bench.worker.give_up_silent_calls()
    assert await bench.settled() == ["holds", "settle"]
    assert amount_of(bench, 1) == "0.1"
    return bench, request


def billed(cost: float) -> dict[str, Any]:
    return {"standard_logging_object": {"response_cost": cost}}


def test_an_answer_is_a_spend_of_its_own(tmp_path: Path) -> None:
    async def work() -> None:
        bench, request = await given_up(tmp_path)
        await bench.answered(request, 0.2)
        assert await bench.settled() == ["holds", "settle", "events"]
        assert amount_of(bench, 2) == "0.2"

    run(work())


def test_attempts_that_are_reported_do_not_count_again_when_the_call_fails(tmp_path: Path) -> None:
    async def work() -> None:
        bench, request = await given_up(tmp_path)
        await bench.hook.failed({**request, "billed_failed_attempts": [SimpleNamespace(response_cost=0.1)]})
        assert await bench.settled() == ["holds", "settle"]

    run(work())


def test_only_what_was_billed_since_counts(tmp_path: Path) -> None:
    async def work() -> None:
        bench, request = await given_up(tmp_path)
        await bench.hook.attempt_failed({**request, **billed(0.3)})
        attempts = [SimpleNamespace(response_cost=cost) for cost in (0.1, 0.3)]
        await bench.hook.failed({**request, "billed_failed_attempts": attempts})
        assert await bench.settled() == ["holds", "settle", "events"]
        assert amount_of(bench, 2) == "0.3"

    run(work())


def test_what_was_billed_since_counts_beside_the_answer(tmp_path: Path) -> None:
    async def work() -> None:
        bench, request = await given_up(tmp_path)
        await bench.hook.attempt_failed({**request, **billed(0.3)})
        await bench.answered(request, 0.2)
        assert await bench.settled() == ["holds", "settle", "events"]
        assert amount_of(bench, 2) == "0.5"

    run(work())
