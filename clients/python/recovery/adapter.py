"""Does the steps of one recovery scenario with the installed package: see clients/README.md."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from spend_ledger import (
    AsyncHold,
    AsyncSpendLedger,
    BatchPartlyRefused,
    BudgetExceeded,
    LedgerError,
    RecordedEntry,
    RefusedEntry,
    user,
)

Step = dict[str, Any]
Result = dict[str, Any]


class FunctionFailed(Exception):
    """What the function inside a `spend` throws."""


class Adapter:
    def __init__(self, task: dict[str, Any], ledger: AsyncSpendLedger, line: Callable[[], Any]) -> None:
        self._ledger = ledger
        self._scope = user(task["user"])
        self._source = task["source"]
        self._line = line
        self._holds: dict[str, AsyncHold] = {}
        self._settled: dict[str, tuple[str, str]] = {}
        self.upstream = 0

    async def do(self, index: int, step: Step) -> Result:
        try:
            return await getattr(self, f"_{step['do']}")(step, index)  # type: ignore[no-any-return]
        except FunctionFailed:
            return {"result": "error", "error": "FunctionFailed"}
        except asyncio.CancelledError:
            return {"result": "error", "error": "Aborted"}
        except LedgerError as error:
            return failed(error)

    async def _take(self, step: Step, _: int) -> Result:
        hold = await self._ledger.holds.take(
            scope=self._scope, amount=step["amount"], ttl=step.get("ttl", 60), key=step.get("key")
        )
        self._holds[step.get("as", "hold")] = hold
        return {"result": "hold", "holdId": hold.hold_id, **printed(hold)}

    async def _settle(self, step: Step, _: int) -> Result:
        answer = await self._hold(step).settle(step.get("amount"), time=time_of(step))
        body = {} if answer.raw is None else answer.raw.body
        if "eventId" in body:
            self._settled[step.get("hold", "hold")] = (body["source"], body["eventId"])
        return {"result": "settled", **body}

    async def _amend(self, step: Step, _: int) -> Result:
        adjusts = self._settled[step.get("hold", "hold")]
        await self._ledger.events.amend(
            adjusts=adjusts, amount=step["amount"], reason=step["reason"], source=self._source
        )
        return {"result": "amended"}

    async def _release(self, step: Step, _: int) -> Result:
        await self._hold(step).release()
        return {"result": "released"}

    async def _extend(self, step: Step, _: int) -> Result:
        return {
            "result": "extended",
            **printed(await self._hold(step).extend(ttl=step.get("ttl"), amount=step.get("amount"))),
        }

    async def _spend(self, step: Step, index: int) -> Result:
        ttl = {"ttl": step["ttl"]} if "ttl" in step else {}
        async with self._ledger.spend(self._scope, estimate=step["estimate"], **ttl) as call:
            self.upstream += 1
            if "pause" in step:
                await self._paused(step["pause"])
            if step.get("abort"):
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await asyncio.sleep(60)
            if step.get("throw") == "before":
                raise FunctionFailed
            if "cost" in step:
                call.cost(step["cost"])
                tell({"cost": step["cost"], "step": index})
            if "pauseAfterCost" in step:
                await self._paused(step["pauseAfterCost"])
            if step.get("throw") == "after":
                raise FunctionFailed
        return {"result": "returned"}

    async def _record(self, step: Step, _: int) -> Result:
        receipt = await self._ledger.events.record(**self._event(step["event"]))
        return {"result": "recorded", "duplicate": receipt.duplicate}

    async def _recordAll(self, step: Step, _: int) -> Result:
        async def events() -> AsyncIterator[Any]:
            for event in step["events"]:
                yield self._event(event)

        try:
            results: Sequence[RecordedEntry | RefusedEntry] = await self._ledger.events.record_all(events())
        except BatchPartlyRefused as error:
            results = error.results
        return {"result": "results", "results": [{"status": each.status} for each in results]}

    async def _check(self, step: Step, _: int) -> Result:
        decision = await self._ledger.check(self._scope, estimate=step.get("estimate"))
        return {"result": "decision", "allowed": decision.allowed}

    async def _drain(self, step: Step, _: int) -> Result:
        if await self._ledger.drain(within=step["limitSeconds"]):
            return {"result": "drained"}
        return {"result": "undrained", "due": self._ledger.journal.counts().get("due", 0)}

    async def _pause(self, step: Step, _: int) -> Result:
        await self._paused(step["name"])
        return {"result": "resumed"}

    async def _paused(self, name: str) -> None:
        tell({"paused": name})
        await self._line()

    def _hold(self, step: Step) -> AsyncHold:
        return self._holds[step.get("hold", "hold")]

    def _event(self, event: dict[str, Any]) -> Any:
        known = {name: event[name] for name in ("id", "amount") if name in event}
        return {"scope": self._scope, "source": self._source, "time": time_of(event), **known}


def time_of(step: dict[str, Any]) -> Any:
    if "aheadSeconds" in step:
        return datetime.now(timezone.utc) + timedelta(seconds=step["aheadSeconds"])
    return step.get("time")


def printed(hold: Any) -> Result:
    return {"amount": f"{hold.amount:.2f}", "expiresAt": hold.expires_at.isoformat()}


def failed(error: LedgerError) -> Result:
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, LedgerError)]
    said = {"decision": error.raw.body["decision"]} if isinstance(error, BudgetExceeded) else {}
    return {"result": "error", "error": kinds[0], "kinds": kinds, "code": getattr(error, "code", None), **said}


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=sys.stderr, flush=True)


@asynccontextmanager
async def lines() -> AsyncIterator[Callable[[], Any]]:
    """Reads stdin without blocking the loop."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    yield reader.readline
    transport.close()


async def main() -> None:
    async with lines() as line:
        task = json.loads(await line())
        warnings: list[str] = []

        def warned(message: str) -> None:
            warnings.append(message)
            print(message, file=sys.stderr, flush=True)

        names = {"maxRetries": "max_retries", "outage": "outage", "timeoutSeconds": "timeout"}
        options = {names[name]: value for name, value in task.get("options", {}).items()}
        ledger = AsyncSpendLedger(
            task["url"],
            token=task["token"],
            journal=task["journal"],
            # Processes of R28 have a proxy each before the one ledger, and adopt from each other.
            ledger="recovery",
            source=task["source"],
            on_warning=warned,
            **options,
        )
        adapter = Adapter(task, ledger, line)
        steps = [await adapter.do(index, step) for index, step in enumerate(task["steps"])]
        counts = ledger.journal.counts()
        await ledger.close(within=5)
    report = {
        "steps": steps,
        "warnings": len(warnings),
        "upstream": adapter.upstream,
        "journal": {"due": counts.get("due", 0), "dead": counts.get("dead", 0)},
    }
    print(json.dumps(report), flush=True)


asyncio.run(main())
