"""What the journal keeps of one call, and how it goes on from state to state. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ._bodies import spend_event

State = Literal["asked", "admitted", "due", "dead"]
Action = Literal["settle", "release", "event"]
OnInterrupted = Literal["unknown", "estimate", "release"]


@dataclass(frozen=True)
class Entry:
    """One call, without a token and without a prompt.

    `asked`: a hold was asked for. `admitted`: the call may run. `due`: its report is to be sent.
    `dead`: its report was refused for good.
    """

    id: str
    """A UUID: the hold's `Idempotency-Key`, and the event's id where the spend has to be one without an `event_id`."""
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
    event_id: str | None = None
    """Follows from the hold, so that whoever settles the hold makes the same event."""
    reason: str | None = None
    """Why it is dead."""

    def admitted(self, hold_id: str | None, time: str | None = None) -> Entry:
        return replace(self, state="admitted", hold_id=hold_id, time=time or self.time)

    def spent(self, body: dict[str, Any]) -> Entry:
        """Due with what the call cost, as a settle; as an event where there is no hold."""
        due = replace(self, state="due", action="settle", body=body, reason=None)
        return due if self.hold_id is not None else due.as_event()

    def released(self) -> Entry:
        return replace(self, state="due", action="release", body={})

    def as_event(self) -> Entry:
        """The spend as an event of its own. It does not name the hold, which has ended."""
        event = spend_event(
            id=event_id_of(self),
            source=self.source,
            time=self.body.get("time", self.time),
            scope=self.scope,
            cost={name: value for name, value in self.body.items() if name != "time"},
            request_id=self.request_id,
        )
        return self.sending(event)

    def sending(self, event: dict[str, Any]) -> Entry:
        return replace(self, state="due", action="event", body=event)

    def buried(self, reason: str) -> Entry:
        return replace(self, state="dead", reason=reason)


def event_id_of(entry: Entry) -> str:
    """The id of the event where the spend has to be one."""
    return entry.event_id or entry.id


def interrupted(entry: Entry, on: OnInterrupted) -> Entry | None:
    """What becomes of an entry whose process has died. None: nothing was spent, or it cannot be said.

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
