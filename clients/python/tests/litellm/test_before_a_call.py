"""Whether a call may be made."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import httpx
import pytest
from bench import LOST, REFUSED, Bench, Ledger, run, taken
from conftest import ProxyException
from support import SETTLED, Reply, problem, reply

from spend_ledger import SpendLedger
from spend_ledger._entry import Entry
from spend_ledger._errors import JournalUnavailable
from spend_ledger._journal_file import files_in, peek
from spend_ledger.litellm.mark import call_of_request


def test_a_call_is_held_marked_and_settled_once(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], settle=[reply(SETTLED)]))
        request = await bench.before()
        call = call_of_request(request)
        assert request["metadata"]["spend_logs_metadata"]["spend_ledger"] == {"call": call, "hold": "h-1"}
        assert str(UUID(call)) == bench.ledger.requests[0].headers["idempotency-key"]
        await bench.answered(request, 0.25)
        await bench.answered(request, 0.5)
        await bench.hook.failed(request)
        assert await bench.settled() == ["holds", "settle"]
        assert b'"amount": "0.25"' in bench.ledger.requests[1].content
        assert bench.worker.journal.counts() == {}

    run(work())


def test_the_journal_has_nothing_of_a_call_that_is_not_allowed_yet(tmp_path: Path) -> None:
    async def work() -> None:
        seen: list[dict[str, int]] = []

        def look_and_take(request: httpx.Request) -> httpx.Response:
            seen.append(bench.worker.journal.counts())
            return taken(request)

        bench = Bench(tmp_path, Ledger(holds=[look_and_take]))
        await bench.before()
        assert (seen, bench.worker.journal.counts()) == ([{}], {"admitted": 1})

    run(work())


def test_a_lost_answer_is_asked_for_once_more_with_the_same_key(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[LOST, taken]))
        await bench.before()
        keys = {each.headers["idempotency-key"] for each in bench.ledger.requests}
        assert (bench.ledger.asked, len(keys)) == (["holds", "holds"], 1)

    run(work())


def test_a_refusal_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        refusal = reply({"code": "budget_exceeded", "decision": REFUSED}, 429, Retry_After="30", X_Should_Retry="false")
        bench = Bench(tmp_path, Ledger(holds=[refusal]))
        with pytest.raises(ProxyException) as refused:
            await bench.before()
        assert (refused.value.kind, refused.value.code) == ("budget_exceeded", 422)
        shown = {"x-spend-ledger-blocked-by": "own", "x-spend-ledger-remaining": "0.10"}
        assert refused.value.headers == {"retry-after": "30", "x-should-retry": "false", **shown}
        assert bench.ledger.asked == ["holds"]
        assert bench.worker.journal.counts() == {}

    run(work())


def test_what_is_held_may_be_the_clients_last_call(tmp_path: Path) -> None:
    async def work() -> None:
        budgets = [{"budgetId": "own", "held": "0.60"}]
        refusal = reply({"code": "budget_exceeded", "decision": {**REFUSED, "budgets": budgets}}, 429)
        bench = Bench(tmp_path, Ledger(holds=[refusal, taken]))
        await bench.before()
        assert bench.ledger.asked == ["holds", "holds"]

    run(work())


@pytest.mark.parametrize("fault", [LOST, problem("unavailable", 503), problem("unauthenticated", 401), reply("<html>")])
def test_a_ledger_that_cannot_be_asked_stops_calls_or_lets_them_pass(tmp_path: Path, fault: Reply) -> None:
    async def work() -> None:
        closed = Bench(tmp_path / "closed", Ledger(holds=[fault]))
        with pytest.raises(ProxyException) as refused:
            await closed.before()
        assert (refused.value.kind, refused.value.code) == ("budget_check_unavailable", 503)
        assert refused.value.headers == {"retry-after": "5"}
        opened = Bench(tmp_path / "open", Ledger(holds=[fault]), outage="open")
        assert call_of_request(await opened.before()) is not None
        assert opened.worker.journal.counts() == {"admitted": 1}

    run(work())


def test_a_journal_that_cannot_be_written_is_like_a_ledger_that_is_down(tmp_path: Path) -> None:
    async def work() -> None:
        file = tmp_path / "file"
        file.write_text("")
        ledger = Ledger(holds=[taken], release=[reply({"released": "0.40"})])
        with pytest.raises(ProxyException) as refused:
            await Bench(file, ledger).before()
        assert (refused.value.code, ledger.asked) == (503, ["holds", "release"])
        opened = Bench(file, ledger, outage="open")
        # Without a mark the import takes the call's row.
        assert call_of_request(await opened.before()) is None

    run(work())


@pytest.mark.parametrize("answer", [reply({"released": "0.40"}), LOST])
def test_a_hold_that_the_journal_does_not_take_is_released(tmp_path: Path, answer: Reply) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken], release=[answer]))
        put = bench.worker.journal.put

        def put_before_the_hold(*entries: Entry) -> None:
            if any(entry.state == "admitted" for entry in entries):
                raise JournalUnavailable("The disk is full.")
            put(*entries)

        bench.worker.journal.put = put_before_the_hold  # type: ignore[method-assign]
        with pytest.raises(ProxyException) as refused:
            await bench.before()
        assert (refused.value.code, bench.ledger.asked) == (503, ["holds", "release"])

    run(work())


def test_a_call_of_another_process_is_not_ours(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        forged = {"metadata": {"spend_logs_metadata": {"spend_ledger": {"call": "made up"}}}}
        await bench.hook.answered({**forged, "standard_logging_object": {"response_cost": 1.0}})
        await bench.hook.failed(forged)
        assert await bench.settled() == []

    run(work())


def test_a_request_to_several_models_is_refused_because_litellm_logs_one_of_them(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        with pytest.raises(ProxyException, match="Ask each model in a request of its own") as refused:
            await bench.before(model="gpt-5,gpt-5-mini")
        assert (refused.value.kind, refused.value.code) == ("invalid_request_error", 400)
        shadow = Bench(tmp_path, Ledger(holds=[taken]), mode="shadow")
        # Without a mark the import takes its rows.
        assert call_of_request(await shadow.before(model="gpt-5,gpt-5-mini")) is None
        assert (shadow.hook.would_refuse, shadow.ledger.asked, bench.ledger.asked) == (1, [], [])

    run(work())


def test_the_journal_is_of_the_same_ledger_as_the_clients(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        await bench.before()
        (file,) = files_in(tmp_path)
        assert peek(file)[0] == SpendLedger("http://ledger.test/", journal=False).journal.ledger

    run(work())
