"""What the hook has to report while the journal takes nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import pytest
from bench import LOST, Bench, Ledger, run, taken, until
from support import SETTLED, reply

from spend_ledger.litellm.sigterm import drain_on_sigterm


class Server:
    """Handles SIGTERM as uvicorn does."""

    is_stopped = False

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        self.is_stopped = True


Server.__module__ = "uvicorn.server"


def test_a_cost_is_sent_out_of_memory(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[LOST, reply(SETTLED)]))
        request = await bench.before()
        bench.fill_the_disk()
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "settle", "settle"]
        assert b'"amount": "0.25"' in bench.ledger.requests[-1].content

    run(work())


@pytest.mark.parametrize("is_freed", [True, False])
def test_a_cost_takes_the_place_of_an_unknown_one_that_waits(tmp_path: Path, is_freed: bool) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        request = await bench.before()
        put = bench.worker.journal.put
        bench.fill_the_disk()
        await bench.answered(request, None)
        if is_freed:
            bench.worker.journal.put = put  # type: ignore[method-assign]
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "settle"]
        assert b'"amount": "0.25"' in bench.ledger.requests[1].content

    run(work())


@pytest.mark.parametrize(("settle", "lost"), [(LOST, 1), (reply(SETTLED), 0)])
def test_sigterm_sends_what_is_due_and_says_what_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settle: object, lost: int
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[settle]))  # type: ignore[list-item]
        request = await bench.before()
        bench.fill_the_disk()
        await bench.answered(request, 0.25)
        server = Server()
        before = signal.signal(signal.SIGTERM, server.handle_exit)
        try:
            drain_on_sigterm(bench.worker, within=1.0)
            os.kill(os.getpid(), signal.SIGTERM)
            await until(lambda: server.is_stopped)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert bench.ledger.asked[:2] == ["holds", "settle"]

    run(work())
    assert [each for each in caplog.messages if each.startswith("Costs are lost")] == [
        "Costs are lost (1): neither the ledger nor the journal took them."
    ] * lost
