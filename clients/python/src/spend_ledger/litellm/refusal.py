"""What a client sees of a refusal: LiteLLM's own body, and why in headers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

RETRY_SECONDS = 5
_PASSED = ("retry-after", "x-should-retry")
_SHOWN = {
    "decisionId": "decision",
    "blockedBy": "blocked-by",
    "resetsAt": "resets-at",
    "remaining": "remaining",
}


def budget_refusal(decision: Mapping[str, object], headers: Mapping[str, str], status: int | None) -> Exception:
    """A budget refuses: the same type and status that LiteLLM's own budgets have.

    :param headers: of the ledger's answer
    :param status: None for LiteLLM's own
    """
    shown = {name: decision.get(name) for name in _SHOWN if decision.get(name) is not None}
    return _proxy_exception(
        str(decision.get("message") or "Budget has been exceeded!"),
        "budget_exceeded",
        _own_status() if status is None else status,
        {
            **{name: headers[name] for name in _PASSED if name in headers},
            **{f"x-spend-ledger-{_SHOWN[name]}": str(value) for name, value in shown.items()},
        },
        {"spend_ledger": shown},
    )


def outage_refusal() -> Exception:
    """The ledger cannot be asked, and calls must not pass unasked."""
    return _proxy_exception(
        "The budget could not be checked, so the call was not made. Try again in a few seconds.",
        "budget_check_unavailable",
        503,
        {"retry-after": str(RETRY_SECONDS)},
        None,
    )


def several_models_refusal() -> Exception:
    """LiteLLM would make a call for each model, and log only one of them."""
    return _proxy_exception(
        "model names several models, and one budget check is for one of them. Ask each model in a request of its own.",
        "invalid_request_error",
        400,
        {},
        None,
    )


def _own_status() -> int:
    """422 in LiteLLM 1.108; versions before it was a setting answered 429."""
    status = getattr(import_module("litellm"), "budget_exceeded_status_code", 429)
    return status if isinstance(status, int) else 429


def _proxy_exception(
    message: str, kind: str, status: int, headers: dict[str, str], fields: dict[str, object] | None
) -> Exception:
    make = import_module("litellm.proxy._types").ProxyException
    try:
        refusal = make(message, kind, None, status, headers=headers, provider_specific_fields=fields)
    except TypeError:
        # Older versions know no fields of ours.
        refusal = make(message, kind, None, status, headers=headers)
    if not isinstance(refusal, Exception):
        raise TypeError("LiteLLM's ProxyException is no exception.")
    return refusal
