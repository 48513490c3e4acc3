"""Calls that LiteLLM makes itself out of a client's, for a `silent_model`. They carry the mark of the client's call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from bench import Bench, Ledger, run, taken
from support import RECEIPT, SETTLED, reply


def bench_in(folder: Path) -> Bench:
    return Bench(folder, Ledger(holds=[taken], settle=[reply(SETTLED)], events=[reply(RECEIPT, 201)]))


def mirror_of(request: dict[str, Any]) -> dict[str, Any]:
    return {"litellm_params": {"metadata": {**request["metadata"], "is_silent_experiment": True}}}


def test_a_mirror_is_a_spend_of_its_own_and_leaves_the_hold_to_the_call(tmp_path: Path) -> None:
    async def work() -> None:
        bench = bench_in(tmp_path)
        request = await bench.before()
        await bench.answered(mirror_of(request), 0.5, "gpt-5-mini")
        assert await bench.settled() == ["holds", "events"]
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "events", "settle"]
        event, settle = (json.loads(each.content) for each in bench.ledger.requests[1:])
        assert (event["data"]["amount"], event["data"]["model"]) == ("0.5", "gpt-5-mini")
        assert event["id"] != request["metadata"]["spend_logs_metadata"]["spend_ledger"]["call"]
        assert settle["amount"] == "0.25"

    run(work())


def test_a_mirror_that_failed_leaves_the_call_as_it_is(tmp_path: Path) -> None:
    async def work() -> None:
        bench = bench_in(tmp_path)
        request = await bench.before()
        for cost in (0.0, 0.1):
            failure = {"standard_logging_object": {"response_cost": cost}}
            await bench.hook.attempt_failed({**mirror_of(request), **failure})
        await bench.answered(request, 0.25)
        await bench.settled()
        assert sorted(bench.ledger.asked) == ["events", "holds", "settle"]
        bodies = {each.url.path.rpartition("/")[2]: json.loads(each.content) for each in bench.ledger.requests}
        assert (bodies["settle"]["amount"], bodies["settle"]["basis"]) == ("0.25", "exact")
        assert bodies["events"]["data"]["amount"] == "0.1"

    run(work())


def test_a_client_cannot_say_that_its_call_is_a_mirror(tmp_path: Path) -> None:
    async def work() -> None:
        bench = bench_in(tmp_path)
        request = await bench.before(metadata={"user_api_key": "k", "is_silent_experiment": True})
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "settle"]

    run(work())


def test_what_another_event_loop_logs_is_sent_by_the_loop_of_the_worker(tmp_path: Path) -> None:
    async def work() -> None:
        bench = bench_in(tmp_path)
        request = await bench.before()
        courier = bench.worker._courier
        loop_before = courier._home
        await asyncio.to_thread(asyncio.run, bench.answered(mirror_of(request), 0.5))
        assert courier._home == loop_before
        assert await bench.settled() == ["holds", "events"]

    run(work())
