"""What the hook does with each call of LiteLLM, from before it until its report is in the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import uuid4

from .._entry import Entry
from .._errors import JournalUnavailable, LedgerError
from .._times import now, written_time
from .calls import Call
from .estimate import estimate_of
from .gate import Refused
from .ids import fit_id
from .labels import labels_of
from .mark import call_of_request, can_be_marked, is_mirror, mark_request, remove_claims
from .outcome import Outcome, cost_of_attempts, cost_of_failure, is_broken_stream, outcome_of_answer
from .prices import is_free, prices_of_group
from .refusal import budget_refusal, outage_refusal, several_models_refusal
from .routes import asks_several_models, is_model_call
from .scope import scope_of_key
from .settings import HookSettings
from .worker import Worker

log = logging.getLogger("spend_ledger.litellm")


class Hook:
    """One for each worker process of the proxy."""

    def __init__(self, settings: HookSettings, worker: Worker) -> None:
        self._settings = settings
        self._worker = worker
        self._is_lenient = settings.mode == "shadow" or settings.outage == "open"
        self.would_refuse = 0
        """How many calls a shadow has let through that a budget refuses."""

    async def before(self, key: object, request: dict[str, object], call_type: str) -> None:
        """Lets the call pass, and marks it, or raises what the client sees."""
        if self._worker.calls.is_open(call_of_request(request)):
            return
        remove_claims(request)
        # Nothing would lead from the logs of what has no mark back to its hold.
        if not is_model_call(request, call_type) or not can_be_marked(request):
            return
        if asks_several_models(request, call_type):
            return self._refuse_several_models()
        try:
            verdict = await self._verdict(self._asked(key, request, call_type))
        except Exception:
            # What is no refusal would be a 500 for the client.
            log.exception("The hook could not ask for a call.")
            verdict = None if self._is_lenient else outage_refusal()
        if isinstance(verdict, Exception):
            raise verdict
        if verdict is not None:
            self._worker.begin(Call(verdict, _team_of(key), self._worker.monotonic()))
            mark_request(request, verdict.id, verdict.hold_id)

    async def answered(self, logged: Mapping[str, object]) -> None:
        """LiteLLM has an answer, or the beginning of one that broke off."""
        call, payload = self._worker.calls.find(call_of_request(logged)), _payload_of(logged)
        if call is not None and payload:
            outcome = outcome_of_answer(payload, lambda: is_free(payload, call.team_id))
            reports = self._worker.reports
            (reports.mirrored if is_mirror(logged) else reports.spent)(call, outcome, payload)

    async def attempt_failed(self, logged: Mapping[str, object]) -> None:
        """An attempt has failed. Others may follow, and of those LiteLLM may say nothing."""
        call, cost = self._worker.calls.find(call_of_request(logged)), cost_of_failure(_payload_of(logged))
        has_broken = is_broken_stream(logged)
        if call is not None and is_mirror(logged):
            if cost > 0:
                self._worker.reports.mirrored(call, Outcome("estimated", cost), _payload_of(logged))
        elif call is not None and (cost > 0 or has_broken):
            call.attempts += cost
            call.has_broken = call.has_broken or has_broken
            call.failed = self._worker.monotonic()

    async def failed(self, request: Mapping[str, object]) -> None:
        """The call has failed in the end, or something refused it after the hook had let it pass."""
        call = self._worker.calls.find(call_of_request(request))
        if call is not None:
            cost = cost_of_failure(request) + cost_of_attempts(request.get("billed_failed_attempts"))
            self._worker.reports.failed(call, cost, _payload_of(request))

    def _refuse_several_models(self) -> None:
        if self._settings.mode != "shadow":
            raise several_models_refusal()
        self._count_refusal("the request names several models. Its rows are left to the import.")

    def _count_refusal(self, why: object) -> None:
        self.would_refuse += 1
        log.warning("Would refuse (%d so far): %s", self.would_refuse, why)

    def _asked(self, key: object, request: Mapping[str, object], call_type: str) -> Entry:
        settings, said = self._settings, request.get("litellm_call_id")
        prices = prices_of_group(str(request.get("model")), _team_of(key))
        return Entry(
            id=str(uuid4()),
            state="asked",
            source=settings.source,
            scope=scope_of_key(key),
            time=written_time(now()),
            estimate=estimate_of(
                request,
                call_type,
                prices,
                output_tokens=settings.output_tokens,
                unpriced=settings.unpriced_hold,
            ),
            request_id=fit_id(said) if isinstance(said, str) and said else None,
            labels=labels_of(settings.labels, key, request),
            made_by="hook",
        )

    async def _verdict(self, entry: Entry) -> Entry | Exception | None:
        """The call as it was let pass, or what the client sees. None: it passes, and its row is left to the import."""
        try:
            await self._worker.start()
            return await self._worker.gate.admit(entry)
        except Refused as refused:
            if self._settings.mode != "shadow":
                return budget_refusal(refused.decision, refused.headers, self._settings.refusal_status)
            self._count_refusal(refused.decision.get("message"))
        except LedgerError as error:
            log.warning("The ledger could not be asked: %s", error)
            if not self._is_lenient:
                return outage_refusal()
        try:
            return self._worker.gate.admit_unasked(entry)
        except JournalUnavailable as error:
            log.warning("A call is left to the import, because the journal takes nothing: %s", error)
            return None


def _team_of(key: object) -> str | None:
    team = getattr(key, "team_id", None)
    return team if isinstance(team, str) else None


def _payload_of(logged: Mapping[str, object]) -> Mapping[str, object]:
    payload = logged.get("standard_logging_object")
    return payload if isinstance(payload, Mapping) else {}
