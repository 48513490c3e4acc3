"""The mark that a call carries through LiteLLM: it leads from the logs back to the call, and into the row of SpendLogs.

`import-litellm` skips a row that has it, for the hook has reported the call. LiteLLM's own id of a call is no identity:
the client chooses it.
"""

from __future__ import annotations

from collections.abc import Mapping

_LOGGED = "spend_logs_metadata"
_OURS = "spend_ledger"
_BOXES = ("litellm_metadata", "metadata")
_PROXY_ONLY = "user_api_key"
"""Only the metadata of the proxy has it; the other one is the client's, and goes to the provider."""
_MIRROR = "is_silent_experiment"


def can_be_marked(request: Mapping[str, object]) -> bool:
    """Whether LiteLLM has metadata of its own there, by which the logs of the call are found again."""
    return any(_PROXY_ONLY in box for box in _boxes_of(request))


def remove_claims(request: Mapping[str, object]) -> None:
    """Takes out what the client has made up: with a mark the import would skip the row of the call."""
    for box in _boxes_of(request):
        box.pop(_MIRROR, None)
        logged = box.get(_LOGGED)
        if isinstance(logged, Mapping) and _OURS in logged:
            box[_LOGGED] = {name: value for name, value in logged.items() if name != _OURS}


def mark_request(request: dict[str, object], call: str, hold: str | None) -> None:
    """Writes the mark into the metadata of the proxy."""
    for box in _boxes_of(request):
        if _PROXY_ONLY not in box:
            continue
        logged = box.get(_LOGGED)
        own = {"call": call, **({"hold": hold} if hold else {})}
        box[_LOGGED] = {**(logged if isinstance(logged, Mapping) else {}), _OURS: own}


def call_of_request(request: Mapping[str, object]) -> str | None:
    """Which call of ours it is: out of a request, or out of what LiteLLM logs. A client may claim anything here."""
    payload = request.get("standard_logging_object")
    boxes = [*_logged_boxes_of(request), *(_boxes_of(payload) if isinstance(payload, Mapping) else [])]
    return next((call for call in map(_call_in, boxes) if call is not None), None)


def is_mirror(logged: Mapping[str, object]) -> bool:
    """Whether LiteLLM has made the call itself out of one of a client, for a `silent_model`: it has the same mark."""
    return any(box.get(_MIRROR) is True for box in _logged_boxes_of(logged))


def _logged_boxes_of(logged: Mapping[str, object]) -> list[dict[str, object]]:
    params = logged.get("litellm_params")
    return [*_boxes_of(logged), *(_boxes_of(params) if isinstance(params, Mapping) else [])]


def _boxes_of(place: Mapping[str, object]) -> list[dict[str, object]]:
    boxes = (place.get(name) for name in _BOXES)
    return [box for box in boxes if isinstance(box, dict)]


def _call_in(box: Mapping[str, object]) -> str | None:
    logged = box.get(_LOGGED)
    own = logged.get(_OURS) if isinstance(logged, Mapping) else None
    call = own.get("call") if isinstance(own, Mapping) else None
    return call if isinstance(call, str) else None
