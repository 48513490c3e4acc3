"""What a `spend` sends, by what its block does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import HOLD, RELEASE, SETTLE, SETTLED, TAKEN, Answers, AsyncAnswers, client, granting, problem, reply

from spend_ledger import AsyncSpendLedger, Call, SpendLedger, team, user
from spend_ledger._context import current_trace


def test_holds_then_settles(tmp_path: Path) -> None:
    ledger = granting(reply(SETTLED))
    with (
        client(ledger, tmp_path) as spend_ledger,
        spend_ledger.spend(team("ml", user="alice"), estimate="0.40", model="gpt-5", request_id="r-1") as call,
    ):
        assert (call.hold_id, call.remaining, call.survives_crash) == ("h-1", Decimal("9.50"), True)
        call.cost(Decimal("0.0123"), metadata={"region": "eu"})
    assert ledger.asked == [HOLD, SETTLE]
    assert ledger.body(0)["requestId"] == "r-1"
    body = ledger.body(1)
    # The ledger's own time: when it answered, and what has passed since.
    assert body.pop("time").startswith("2026-11-30T10:")
    assert body == {"amount": "0.0123", "model": "gpt-5", "metadata": {"region": "eu"}}
    assert list(tmp_path.iterdir()) == []


def test_writes_the_journal_twice_for_a_call(tmp_path: Path) -> None:
    replies = [reply(TAKEN, 201), reply(SETTLED)] * 3
    with client(Answers(*replies), tmp_path) as spend_ledger:
        writes = counted(spend_ledger)
        for _ in range(3):
            with spend_ledger.spend(user("alice"), estimate="0.40") as call:
                call.cost("0.01")
        assert writes() == 6


def counted(spend_ledger: SpendLedger) -> Callable[[], int]:
    """Counts transactions of the journal from now on."""
    spend_ledger.journal.counts()
    file = spend_ledger.journal._file
    assert file is not None
    seen: list[str] = []
    file._sql.set_trace_callback(seen.append)
    return lambda: seen.count("COMMIT")


def test_a_call_without_a_cost_is_unknown_and_never_free() -> None:
    ledger = granting(reply(SETTLED))
    with client(ledger) as spend_ledger, spend_ledger.spend(user("alice"), estimate="0.40"):
        pass
    assert ledger.body(1)["basis"] == "unknown"
    assert "amount" not in ledger.body(1)


def test_a_block_that_raises_gives_the_hold_back(tmp_path: Path) -> None:
    ledger = granting(reply({"released": "0.40"}))
    with (
        client(ledger, tmp_path) as spend_ledger,
        pytest.raises(KeyError),
        spend_ledger.spend(user("alice"), estimate="0.40"),
    ):
        raise KeyError
    assert ledger.asked == [HOLD, RELEASE]


def test_a_cost_that_was_told_counts_though_the_block_raises() -> None:
    ledger = granting(reply(SETTLED))
    with (
        client(ledger) as spend_ledger,
        pytest.raises(KeyError),
        spend_ledger.spend(user("alice"), estimate="0.40") as call,
    ):
        tell_and_raise(call)
    assert (ledger.asked, ledger.body(1)["amount"]) == ([HOLD, SETTLE], "0.31")


def tell_and_raise(call: Call) -> None:
    call.cost("0.31")
    raise KeyError


def test_a_float_is_refused_and_the_call_that_was_made_is_unknown() -> None:
    ledger = granting(reply(SETTLED))
    with (
        client(ledger) as spend_ledger,
        pytest.raises(TypeError, match="amount"),
        spend_ledger.spend(user("alice"), estimate="0.40") as call,
    ):
        call.cost(0.31)  # type: ignore[arg-type]
    assert (ledger.asked, ledger.body(1)["basis"]) == ([HOLD, SETTLE], "unknown")


def test_a_float_estimate_is_refused_before_anything_is_sent() -> None:
    ledger = granting()
    with (
        client(ledger) as spend_ledger,
        pytest.raises(TypeError, match="estimate"),
        spend_ledger.spend(
            user("alice"),
            estimate=0.4,  # type: ignore[arg-type]
        ),
    ):
        pytest.fail("the block ran")
    assert ledger.asked == []


def test_a_metered_function_is_a_spend() -> None:
    ledger = granting(reply(SETTLED))
    with client(ledger) as spend_ledger:

        @spend_ledger.metered(scope=user, estimate=lambda name: "0.40", cost=lambda result: result)
        def ask(name: str) -> str:
            return "0.02"

        assert ask("alice") == "0.02"
    assert (ledger.asked, ledger.body(1)["amount"]) == ([HOLD, SETTLE], "0.02")


def test_what_runs_inside_inherits_request_and_trace_only() -> None:
    ledger = granting(reply(TAKEN, 201), reply(SETTLED))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with client(ledger) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40", request_id="r-1", traceparent=parent) as outer:
            assert outer.headers == {"traceparent": parent}
            with spend_ledger.spend(user("alice"), estimate="0.10") as inner:
                inner.cost("0.01")
            outer.cost("0.02")
        assert current_trace.get() == (None, None)
    assert [ledger.body(nth)["requestId"] for nth in (0, 1)] == ["r-1", "r-1"]
    assert {each.headers["traceparent"] for each in ledger.requests} == {parent}
    assert ledger.requests[0].headers["idempotency-key"] != ledger.requests[1].headers["idempotency-key"]


def test_a_failed_heartbeat_is_told_and_does_not_stop_the_call() -> None:
    extended = threading.Event()

    def extend(request: httpx.Request) -> httpx.Response:
        extended.set()
        return reply({"amount": "0.40", "expiresAt": TAKEN["expiresAt"], "remainingTtlMs": 1000})

    warnings: list[str] = []
    busy = problem("unavailable", 503)
    ledger = granting(busy, busy, extend, reply(SETTLED))
    with (
        client(ledger, on_warning=warnings.append) as spend_ledger,
        spend_ledger.spend(user("alice"), estimate="0.40", ttl=1) as call,
    ):
        assert extended.wait(20)
        call.cost("0.01")
    assert len(warnings) == 2
    assert ledger.asked.count(SETTLE) == 1


def test_a_cancelled_task_gives_the_hold_back(tmp_path: Path) -> None:
    ledger = granting(reply({"released": "0.40"}))

    async def cancelled() -> None:
        async with AsyncSpendLedger("http://ledger.test", journal=tmp_path, transport=AsyncAnswers(ledger)) as client:

            async def call() -> None:
                async with client.spend(user("alice"), estimate="0.40"):
                    begun.set()
                    await asyncio.sleep(60)

            begun = asyncio.Event()
            task = asyncio.create_task(call())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancelled())
    assert ledger.asked == [HOLD, RELEASE]


@pytest.mark.parametrize("name", ["modle", "amount"])
def test_a_misspelt_argument_is_refused(name: str) -> None:
    ledger = granting()
    with client(ledger) as spend_ledger, pytest.raises(TypeError, match=name):
        spend_ledger.spend(user("alice"), estimate="0.40", **{name: "gpt-5"})  # type: ignore[arg-type]
    assert ledger.asked == []


@pytest.mark.parametrize(
    ("terms", "error", "named"),
    [
        ({"metadata": {"price": Decimal("0.1")}}, TypeError, "metadata must be JSON"),
        ({"metadata": {"price": float("nan")}}, ValueError, "metadata must be JSON"),
        ({"metadata": {"name": "\ud800"}}, ValueError, "metadata must be JSON"),
        ({"model": ""}, ValueError, "model"),
        ({"outage": "opne"}, ValueError, "outage must be one of closed, open"),
    ],
)
def test_terms_that_cannot_be_reported_are_refused_before_the_hold(terms: Any, error: Any, named: str) -> None:
    ledger = granting()
    with client(ledger) as spend_ledger, pytest.raises(error, match=named):
        spend_ledger.spend(user("alice"), estimate="0.40", **terms)
    assert ledger.asked == []


def test_metadata_is_what_it_was_before_the_call() -> None:
    metadata: dict[str, Any] = {"region": "eu"}
    ledger = granting(reply(SETTLED))
    with client(ledger) as spend_ledger, spend_ledger.spend(user("alice"), estimate="0.40", metadata=metadata) as call:
        metadata["price"] = Decimal("0.1")
        call.cost("0.31")
    assert ledger.body(1)["metadata"] == {"region": "eu"}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"on_interrupted": "unkown"}, "on_interrupted must be one of unknown, estimate, release"),
        ({"outage": "opne"}, "outage must be one of closed, open"),
    ],
)
def test_a_misspelt_option_is_refused(options: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        client(granting(), **options)


def test_a_cost_after_the_end_is_no_second_report(tmp_path: Path) -> None:
    ledger = granting(reply(SETTLED))
    with client(ledger, tmp_path) as spend_ledger:
        with spend_ledger.spend(user("alice"), estimate="0.40") as call:
            call.cost("0.31")
        with pytest.raises(RuntimeError, match="has ended"):
            call.cost("0.32")
        assert spend_ledger.journal.counts() == {}
    assert ledger.asked == [HOLD, SETTLE]


def test_usage_that_is_no_json_is_refused_at_once() -> None:
    ledger = granting(reply(SETTLED))
    with client(ledger) as spend_ledger, spend_ledger.spend(user("alice"), estimate="0.40", model="gpt-5") as call:
        with pytest.raises(TypeError, match="usage must be JSON"):
            call.cost(usage={"input": Decimal(12)})  # type: ignore[dict-item]
        call.cost("0.31")
    assert ledger.body(1)["amount"] == "0.31"
