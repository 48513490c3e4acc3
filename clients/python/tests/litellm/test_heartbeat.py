"""Holds live as long as their calls."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from bench import EXTENDED, LOST, Bench, Ledger, run, taken, until
from support import SETTLED, problem, reply


@pytest.mark.parametrize(
    "ended", [problem("hold_ended", 409, state="expired", holdId="h-1"), problem("not_found", 404)]
)
def test_the_hold_of_a_call_that_lasts_is_extended_until_it_has_ended(tmp_path: Path, ended: httpx.Response) -> None:
    async def work() -> None:
        ledger = Ledger(holds=[taken], extend=[LOST, reply(EXTENDED), ended], settle=[reply(SETTLED)])
        bench = Bench(tmp_path, ledger, hold_ttl=1)
        request = await bench.before()
        await until(lambda: bench.worker.heartbeat._beats == {})
        assert ledger.asked == ["holds", "extend", "extend", "extend"]
        await bench.answered(request, 0.25)
        assert (await bench.settled())[4:] == ["settle"]

    run(work())


@pytest.mark.parametrize("end", ["answered", "failed", "given up"])
def test_the_hold_of_a_call_that_is_over_is_not_extended(tmp_path: Path, end: str) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)], release=[reply({"released": "0.40"})]))
        request = await bench.before()
        assert list(bench.worker.heartbeat._beats) == ["h-1"]
        if end == "answered":
            await bench.answered(request, 0.25)
        elif end == "failed":
            await bench.hook.failed(request)
        else:
            bench.now = 25 * 3600.0
            bench.worker.give_up_silent_calls()
        assert bench.worker.heartbeat._beats == {}

    run(work())
