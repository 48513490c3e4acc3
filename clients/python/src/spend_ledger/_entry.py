"""What the journal keeps of one call, and how it goes on from state to state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ._bodies import correction, spend_event
from ._errors import NoReport
from ._policies import OnInterrupted

State = Literal["asked", "admitted", "due", "dead"]
Action = Literal["settle", "release", "event"]


@dataclass(frozen=True)
class Entry:
    """One call, without a token and without a prompt.

    `asked`: a hold is asked for; the journal has nothing of it yet. `admitted`: the call may run.
    `due`: its report is to be sent. `dead`: its report was refused for good.
    """

    id: str
    """A UUID: the hold's `Idempotency-Key`, unless the caller gave one."""
    state: State
    source: str
    """Of the event where the spend has to be one."""
    scope: dict[str, str]
    time: str
    """When the call was made, RFC 3339."""
    estimate: str | None = None
    request_id: str | None = None
    hold_id: str | None = None
    action: Action = "settle"
    body: dict[str, Any] = field(default_factory=dict)
    """What is sent: a SettleRequest, or a CloudEvent."""
    labels: dict[str, str] | None = None
    """What the call is for. A settle does not say it, since the hold does; the event in its place has to."""
    model: str | None = None
    """That the hold was asked for. The cost may say another."""
    made_by: Literal["client", "hook"] = "client"
    """Decides which id the event has where the spend has to be one."""
    reason: str | None = None
    """Why it is dead."""

    def members(self) -> dict[str, Any]:
        """What a file has of it. Older versions may adopt that: what they do not know is left out where it is None."""
        later = ("labels", "model")
        return {name: value for name, value in asdict(self).items() if value is not None or name not in later}

    @property
    def event_id(self) -> str:
        """Of the event where the spend has to be one.

        A client's follows from the hold: two clients that took one hold with one key make the same event.
        The hook's is the entry's own, which stands in LiteLLM's row of the call. It never shares a hold.
        """
        return self.id if self.hold_id is None or self.made_by == "hook" else f"settle-{self.hold_id}"

    @property
    def is_of_a_call(self) -> bool:
        """False for an event that a caller has recorded under an id of its own: the caller says what is in it."""
        return self.action != "event" or self.body.get("id") in (self.event_id, self._amendment_id)

    @property
    def _amendment_id(self) -> str:
        return f"{self.event_id}-cost"

    def admitted(self, hold_id: str | None, time: str | None = None) -> Entry:
        return replace(self, state="admitted", hold_id=hold_id, time=time or self.time)

    def spent(self, body: dict[str, Any]) -> Entry:
        """Due with what the call cost, as a settle; as an event where there is no hold."""
        due = replace(self, state="due", action="settle", body=body, reason=None)
        return due if self.hold_id is not None else due.as_event()

    def released(self) -> Entry:
        return replace(self, state="due", action="release", body={})

    def as_event(self) -> Entry:
        """The spend as an event of its own. It does not name the hold, which has ended. Raises NoReport."""
        with _no_report():
            event = spend_event(
                id=self.event_id,
                source=self.source,
                time=self._spent_at,
                scope=self.scope,
                cost={"model": self.model, **{name: value for name, value in self.body.items() if name != "time"}},
                request_id=self.request_id,
                labels=self.labels,
            )
            return self.sending(event)

    def amending(self, unknown: tuple[str, str], amount: str) -> Entry:
        """The cost came after the call was reported as unknown: the event `unknown` (source, id) gets it.

        Raises NoReport.
        """
        with _no_report():
            amendment = correction(
                id=self._amendment_id,
                source=self.source,
                time=self._spent_at,
                adjusts=unknown,
                kind="amend",
                amount=amount,
                reason="The cost came after the call was reported as unknown.",
            )
            return self.sending(amendment)

    def sending(self, event: Mapping[str, Any]) -> Entry:
        return replace(self, state="due", action="event", body=dict(event))

    def buried(self, reason: str) -> Entry:
        return replace(self, state="dead", reason=reason)

    @property
    def _spent_at(self) -> str:
        return str(self.body.get("time", self.time))


@contextmanager
def _no_report() -> Iterator[None]:
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        raise NoReport(f"An entry of the journal cannot become a report: {error}") from error


def interrupted(entry: Entry, on: OnInterrupted) -> Entry | None:
    """What becomes of an entry whose process has died. None: nothing was spent, or it cannot be said. Raises NoReport.

    Whether a call that ran was answered cannot be known: its cost is unknown, unless the caller has decided otherwise.
    """
    if entry.state == "asked":
        return None
    if entry.state != "admitted":
        return entry
    if on == "release":
        return entry.released() if entry.hold_id is not None else None
    if on == "estimate" and entry.estimate is not None:
        return entry.spent({"amount": entry.estimate, "basis": "estimated", "time": entry.time})
    return entry.spent({"basis": "unknown", "time": entry.time})
