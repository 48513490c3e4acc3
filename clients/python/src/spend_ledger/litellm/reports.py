"""After a call: reports what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

from .._bodies import cost_body
from .._entry import Entry, interrupted
from .._journal import Journal
from .calls import Call, Calls
from .details import details_of
from .ids import fit_id
from .outcome import UNKNOWN, Outcome
from .settings import HookSettings


class Reports:
    """The first outcome of a call counts, but a cost counts more than a release or an unknown cost."""

    def __init__(
        self,
        journal: Journal,
        calls: Calls,
        settings: HookSettings,
        send_soon: Callable[[Entry], None],
    ) -> None:
        self._journal = journal
        self._calls = calls
        self._settings = settings
        self._send_soon = send_soon

    def spent(self, call: Call, outcome: Outcome, logged: Mapping[str, object]) -> None:
        """The call was answered, as a whole or up to a break."""
        unreported = call.attempts - call.reported
        if outcome.cost is not None and unreported > 0:
            outcome = Outcome("estimated", outcome.cost + unreported)
        self._report(call, outcome, logged)

    def mirrored(self, call: Call, outcome: Outcome, logged: Mapping[str, object]) -> None:
        """LiteLLM has made another call out of this one. It is a spend of its own, which leaves the hold alone."""
        beside = replace(call.entry, id=str(uuid4()), hold_id=None)
        self._send_soon(beside.spent(_body_of(outcome, logged)))

    def failed(self, call: Call, cost: Decimal, logged: Mapping[str, object]) -> None:
        """No attempt was answered as a whole.

        :param cost: what the provider billed all the same, for all attempts
        """
        billed = max(cost, call.attempts) - call.reported
        if billed > 0:
            self._report(call, Outcome("estimated", billed), logged)
            call.reported += billed
        elif call.has_broken:
            self._report(call, UNKNOWN, logged)
        elif call.end is None:
            self._release(call)

    def give_up(self, call: Call) -> None:
        """Nothing more was heard of the call."""
        left = interrupted(call.entry, self._settings.on_interrupted)
        if call.attempts > 0:
            self.failed(call, call.attempts, {})
            call.is_given_up = True
        elif call.has_broken:
            self._report(call, UNKNOWN, {})
        elif left is None or left.action == "release":
            self._release(call)
        else:
            self._send_soon(left)
            self._calls.end(call, "unknown")

    def _report(self, call: Call, outcome: Outcome, logged: Mapping[str, object]) -> None:
        if call.is_given_up and outcome.amount is not None:
            # Its first failed attempts have been reported already, and the hold with them.
            call.is_given_up = False
            again = replace(call.entry, id=str(uuid4()), hold_id=None)
            self._send_soon(again.spent(_body_of(outcome, logged)))
        elif call.end != "costed" and (call.end != "unknown" or outcome.amount is not None):
            self._send_soon(call.entry.spent(_body_of(outcome, logged)))
            self._calls.end(call, "unknown" if outcome.amount is None else "costed")

    def _release(self, call: Call) -> None:
        if call.entry.hold_id is None:
            self._journal.forget(call.entry.id)
            # At once: of a call that is left in the file, an adopter would say that its cost is unknown.
            self._journal.flush()
        else:
            self._send_soon(call.entry.released())
        self._calls.end(call, "released")


def _body_of(outcome: Outcome, logged: Mapping[str, object]) -> dict[str, Any]:
    """:param logged: LiteLLM's `standard_logging_object`; empty where there is none"""
    group, ended = logged.get("model_group") or logged.get("model"), logged.get("endTime")
    return cost_body(
        amount=outcome.amount,
        basis=None if outcome.amount is None else outcome.basis,
        model=fit_id(group) if isinstance(group, str) and group else None,
        metadata=details_of(logged) if logged else None,
        time=datetime.fromtimestamp(ended, timezone.utc) if isinstance(ended, (int, float)) and ended > 0 else None,
    )
