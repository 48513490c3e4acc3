"""The requests that the client makes: where they go, what they carry, how long they may take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from . import _types as types
from ._answers import Answer
from ._bodies import present

A = TypeVar("A", bound=Answer)
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Request(Generic[A]):
    method: str
    path: str
    answer: type[A]
    body: Any = None
    door: Literal["auth", "ingest"] = "auth"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 5.0
    """Seconds for one try."""
    most_timeouts: int | None = None
    """After so many time-outs it is not sent again."""


def check_request(
    scope: Mapping[str, str],
    estimate: str | None,
    min_position: str | None = None,
    labels: Mapping[str, str] | None = None,
    model: str | None = None,
) -> Request[types.Decision]:
    body = present(scope=dict(scope), estimate=estimate, labels=labels, model=model, minPosition=min_position)
    return Request("POST", "/v1/check", types.Decision, body, timeout=2.0)


def authorize_request(
    scope: Mapping[str, str],
    estimate: str | None,
    labels: Mapping[str, str] | None = None,
    model: str | None = None,
) -> Request[types.Decision]:
    """As a check, but a "no" is a refusal: 429."""
    return replace(check_request(scope, estimate, labels=labels, model=model), path="/v1/authorize")


def hold_request(
    scope: Mapping[str, str],
    amount: str,
    ttl: int,
    key: str,
    request_id: str | None = None,
    on_expiry: str | None = None,
    min_position: str | None = None,
    labels: Mapping[str, str] | None = None,
    model: str | None = None,
) -> Request[types.TakenHold]:
    """A hold whose answer is late may be granted all the same. It is asked for once more, and then left to expire."""
    body = present(
        scope=dict(scope),
        amount=amount,
        ttlSeconds=ttl,
        requestId=request_id,
        onExpiry=on_expiry,
        labels=labels,
        model=model,
        minPosition=min_position,
    )
    headers = {"idempotency-key": key}
    return Request("POST", "/v1/holds", types.TakenHold, body, headers=headers, timeout=2.0, most_timeouts=2)


def settle_request(hold_id: str, body: Mapping[str, Any]) -> Request[types.SettledHold]:
    return Request("POST", _hold(hold_id, "/settle"), types.SettledHold, dict(body))


def release_request(hold_id: str) -> Request[types.ReleasedHold]:
    return Request("POST", _hold(hold_id, "/release"), types.ReleasedHold, {})


def extend_request(hold_id: str, ttl: int | None = None, amount: str | None = None) -> Request[types.ExtendedHold]:
    body = present(ttlSeconds=ttl, amount=amount)
    return Request("POST", _hold(hold_id, "/extend"), types.ExtendedHold, body, timeout=2.0)


def get_hold_request(hold_id: str) -> Request[types.Hold]:
    return Request("GET", _hold(hold_id, ""), types.Hold)


def event_request(event: Mapping[str, Any]) -> Request[types.Receipt]:
    headers = {"content-type": "application/cloudevents+json"}
    return Request("POST", "/v1/events", types.Receipt, dict(event), "ingest", headers)


def batch_request(events: Sequence[Mapping[str, Any]]) -> Request[types.BatchResults]:
    return Request("POST", "/v1/events", types.BatchResults, list(events), "ingest", {"content-type": BATCH})


def read_request(path: str, answer: type[A], **params: str | None) -> Request[A]:
    return Request("GET", path, answer, params=present(**params))


def _hold(hold_id: str, action: str) -> str:
    return f"/v1/holds/{quote(hold_id, safe='')}{action}"
