"""What becomes of a call that was let pass."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from bench import EXTENDED, LOST, Bench, Ledger, run, taken
from support import DECISION, RECEIPT, SETTLED, Reply, problem, reply

from spend_ledger.litellm.calls import Call
from spend_ledger.litellm.ids import fit_id
from spend_ledger.litellm.mark import call_of_request


def test_a_failed_call_is_released_unless_the_provider_billed_it(tmp_path: Path) -> None:
    async def work() -> None:
        released = reply({"released": "0.40"})
        bench = Bench(tmp_path, Ledger(holds=[taken], release=[released], settle=[reply(SETTLED)]))
        request = await bench.before()
        await bench.hook.attempt_failed({**request, "standard_logging_object": {"response_cost": 0.0}})
        assert await bench.settled() == ["holds"]
        await bench.hook.failed(request)
        assert await bench.settled() == ["holds", "release"]
        billed = (SimpleNamespace(response_cost=0.1),)
        await bench.hook.failed({**await bench.before(), "response_cost": 0.2, "billed_failed_attempts": billed})
        assert (await bench.settled())[2:] == ["holds", "settle"]
        body = bench.ledger.requests[-1].content
        assert b'"amount": "0.3"' in body
        assert b'"basis": "estimated"' in body

    run(work())


def test_an_attempt_that_was_billed_counts_beside_the_answer(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        request = await bench.before()
        await bench.hook.attempt_failed({**request, "standard_logging_object": {"response_cost": 0.1}})
        await bench.answered(request, 0.2)
        await bench.settled()
        assert b'"amount": "0.3"' in bench.ledger.requests[-1].content

    run(work())


def test_a_cost_counts_more_than_a_release_before_it(tmp_path: Path) -> None:
    async def work() -> None:
        gone = problem("hold_ended", 409, state="released", holdId="h-1")
        ledger = Ledger(
            holds=[taken], release=[reply({"released": "0.40"})], settle=[gone], events=[reply(RECEIPT, 201)]
        )
        bench = Bench(tmp_path, ledger)
        request = await bench.before()
        await bench.hook.failed(request)
        await bench.settled()
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "release", "settle", "events"]
        event = bench.ledger.requests[-1].read()
        assert str(call_of_request(request)) in event.decode()
        assert b'"source": "litellm-hook/litellm"' in event

    run(work())


def test_a_cost_that_comes_after_an_unknown_one_is_settled_again(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        request = await bench.before()
        await bench.answered(request, None)
        await bench.settled()
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["holds", "settle", "settle"]
        assert b'"basis": "unknown"' in bench.ledger.requests[1].content
        assert b'"amount": "0.25"' in bench.ledger.requests[2].content

    run(work())


def test_without_a_hold_a_cost_after_an_unknown_one_corrects_the_event(tmp_path: Path) -> None:
    async def work() -> None:
        on_record = {"data": {"basis": "unknown"}}
        unknown = problem("event_conflict", 409, recordedHash="a", givenHash="b", onRecord=on_record)
        events: list[Reply] = [reply(RECEIPT, 201), unknown, reply(RECEIPT, 201)]
        bench = Bench(tmp_path, Ledger(authorize=[reply(DECISION)], events=events), mode="check")
        request = await bench.before()
        await bench.answered(request, None)
        await bench.settled()
        await bench.answered(request, 0.25)
        assert await bench.settled() == ["authorize", "events", "events", "events"]
        assert b"spendledger.spend.adjusted.v1" in bench.ledger.requests[-1].content
        assert bench.worker.journal.counts() == {}

    run(work())


def test_a_call_of_which_nothing_more_is_heard_is_given_up(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        await bench.before()
        bench.now = 25 * 3600.0
        bench.worker.give_up_silent_calls()
        assert await bench.settled() == ["holds", "settle"]
        assert b'"basis": "unknown"' in bench.ledger.requests[-1].content

    run(work())


def test_a_stream_that_broke_off_has_an_unknown_cost(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)], extend=[reply(EXTENDED)]))
        broken = {"stream": True, "exception": LOST, "standard_logging_object": {"response_cost": 0.0}}
        request = await bench.before()
        await bench.hook.attempt_failed({**request, **broken})
        await bench.hook.failed(request)
        assert await bench.settled() == ["holds", "settle"]
        await bench.hook.attempt_failed({**await bench.before(), **broken})
        bench.now = 601.0
        bench.worker.give_up_silent_calls()
        assert (await bench.settled())[2:] == ["holds", "settle"]
        assert {b'"basis": "unknown"' in bench.ledger.requests[at].content for at in (1, 3)} == {True}

    run(work())


@pytest.mark.parametrize(
    "id",
    ["ghp_" + "a" * 20, "ghp_" + "a" * 36, "sk-1", "user:sk-0123456789abcdef0", "eyJabcdefgh.abcdefgh.", " x", "*"],
)
def test_an_id_that_a_client_has_chosen_stops_no_report(tmp_path: Path, id: str) -> None:
    async def work() -> None:
        ledger = Ledger(holds=[LOST], events=[reply(RECEIPT, 201)])
        bench = Bench(tmp_path, ledger, outage="open")
        await bench.answered(await bench.before(litellm_call_id=id), 0.25)
        assert (await bench.settled())[-1] == "events"
        assert json.loads(ledger.requests[-1].content)["data"]["requestId"] == fit_id(id)

    run(work())


def test_a_call_that_cannot_be_given_up_leaves_the_others_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        first, second = [str(call_of_request(await bench.before())) for _ in range(2)]
        give_up = bench.worker.reports.give_up

        def fail(call: Call) -> None:
            if call.entry.id == first:
                raise KeyError(first)
            give_up(call)

        bench.worker.reports.give_up = fail  # type: ignore[method-assign]
        bench.now = 25 * 3600.0
        for _ in range(2):
            bench.worker.give_up_silent_calls()
        assert await bench.settled() == ["holds", "holds", "settle"]
        assert (bench.worker.calls.all_open(), bench.worker.journal.get(second)) == ([], None)
        assert bench.worker.journal.counts() == {"admitted": 1}

    run(work())
    assert len([each for each in caplog.messages if "cannot be reported" in each]) == 1
