"""Whose money a call is: what LiteLLM knows of the key decides, never the body of the request."""

from __future__ import annotations

from .ids import fit_id

Scope = dict[str, str]
"""A scope as the ledger reads it: `type` and the ids."""

DASHBOARD_TEAM = "litellm-dashboard"
"""Sessions of LiteLLM's own console; no team."""
UNATTRIBUTED = "unattributed"
"""The key of what names no key, no user and no team."""


def scope_of_key(key: object) -> Scope:
    """The scope of a call with this key.

    A team's call is the team's, also when the key belongs to a person (LiteLLM #26239).

    :param key: LiteLLM's `UserAPIKeyAuth`
    """
    team, user = _text_of(key, "team_id"), _text_of(key, "user_id")
    token = _text_of(key, "token") or _text_of(key, "api_key")
    ids = {
        **({"userId": fit_id(user)} if user else {}),
        **({"keyId": fit_id(token)} if token else {}),
    }
    if team and team != DASHBOARD_TEAM:
        return {"type": "team", "teamId": fit_id(team), **ids}
    if user:
        return {"type": "user", **ids}
    return {"type": "key", "keyId": ids.get("keyId", UNATTRIBUTED)}


def _text_of(key: object, name: str) -> str:
    value = getattr(key, name, None)
    return value if isinstance(value, str) else ""
