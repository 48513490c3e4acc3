"""The bodies that are sent: what a call cost, spends and corrections. Pure, apart from what is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

from ._ids import checked_id
from ._money import Money, money
from ._times import written_time

Basis = Literal["exact", "estimated", "unknown"]


class Cost(TypedDict, total=False):
    """What may be said of a cost besides its amount."""

    usage: Mapping[str, int] | None
    """Tokens in place of an amount, where the ledger has prices: `input`, `output` and so on."""
    model: str | None
    metadata: Mapping[str, Any] | None
    basis: Basis | None
    time: datetime | str | None


def filled(given: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """What is given, and the default of what is not. Raises TypeError for a name that has none: it is misspelt."""
    if unknown := given.keys() - defaults.keys():
        raise TypeError(f"There is no argument {min(unknown)!r}. There are: {', '.join(defaults)}.")
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def one_of(value: str, words: tuple[str, ...], field: str) -> None:
    """Raises ValueError for another word: what it would do cannot be said."""
    if value not in words:
        raise ValueError(f"{field} must be one of {', '.join(words)}, not {value!r}.")


def cost_body(
    amount: Money | None = None,
    *,
    usage: Mapping[str, int] | None = None,
    model: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    basis: Basis | None = None,
    time: datetime | str | None = None,
) -> dict[str, Any]:
    """What a call cost, as a settle says it: an amount, or tokens and a model. Neither: unknown, never zero."""
    if amount is not None and usage is not None:
        raise ValueError("Give amount or usage, not both.")
    if usage is not None and model is None:
        raise ValueError("usage needs a model, which says what a token costs.")
    if amount is not None and basis == "unknown":
        raise ValueError("An unknown cost has no amount: leave amount out, or basis.")
    if amount is None and usage is None:
        basis = "unknown"
    return present(
        amount=None if amount is None else money(amount, "amount"),
        usage=None if usage is None else _json(usage, "usage"),
        basis=basis,
        model=None if model is None else checked_id(model, "model"),
        metadata=None if metadata is None else _json(metadata, "metadata"),
        time=None if time is None else written_time(time),
    )


def spend_event(
    *,
    id: str,
    source: str,
    time: datetime | str,
    scope: Mapping[str, str],
    cost: Mapping[str, Any],
    request_id: str | None = None,
    labels: Mapping[str, str] | None = None,
    traceparent: str | None = None,
) -> dict[str, Any]:
    """A spend as a CloudEvent. `cost` is a `cost_body` without a time."""
    data = present(
        scope=dict(scope),
        **cost,
        requestId=None if request_id is None else checked_id(request_id, "request_id"),
        labels=None if labels is None else checked_labels(labels),
    )
    return _event("spendledger.spend.recorded.v1", id, source, time, data, traceparent)


def correction(
    *,
    id: str,
    source: str,
    time: datetime | str,
    adjusts: tuple[str, str],
    kind: Literal["amend", "reverse"],
    amount: Money | None,
    reason: str,
) -> dict[str, Any]:
    """A correction of the spend `adjusts` (source, id) as a CloudEvent."""
    corrected_source, corrected_id = adjusts
    data = present(
        adjusts={
            "source": checked_id(corrected_source, "adjusts.source"),
            "id": checked_id(corrected_id, "adjusts.id"),
        },
        kind=kind,
        amount=None if amount is None else money(amount, "amount"),
        reason=reason,
    )
    return _event("spendledger.spend.adjusted.v1", id, source, time, data, None)


def _event(
    type: str, id: str, source: str, time: datetime | str, data: dict[str, Any], traceparent: str | None
) -> dict[str, Any]:
    return present(
        specversion="1.0",
        id=checked_id(id, "id"),
        source=checked_id(source, "source"),
        type=type,
        time=written_time(time),
        data=data,
        traceparent=traceparent,
    )


def checked_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Names and values are ids here. The ledger says which names it takes."""
    if not isinstance(labels, Mapping):
        raise TypeError("labels must be a mapping of names to one value each.")
    return {
        checked_id(name, "a name in labels"): checked_id(value, f"labels[{name!r}]") for name, value in labels.items()
    }


def _json(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Before it is journaled: a report that cannot be written would be lost."""
    try:
        copied: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False, ensure_ascii=False).encode())
    except TypeError as error:
        raise TypeError(f"{field} must be JSON: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{field} must be JSON: {error}.") from error
    return copied


def present(**members: Any) -> dict[str, Any]:
    """Without the members that are None."""
    return {name: value for name, value in members.items() if value is not None}
