"""Where LiteLLM keeps a limit, by the account that the import has moved it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .litellm_api import LitellmApi, LitellmRefused

Limit = dict[str, Any]
"""The members of a limit as LiteLLM's doors name them, with their values."""


@dataclass(frozen=True)
class Limited:
    """Somebody who has a limit in LiteLLM. `ids` and the members of the limit make up the body that changes it."""

    account: str
    door: str
    ids: dict[str, str]
    none: Limit
    """No limit, as this door says it."""


def limited_by(account: str) -> Limited | None:
    """None where LiteLLM's name is not known: the import has put a SHA-256 in the place of what no id may be."""
    kind, _, rest = account.partition(":")
    ids = [unquote(part) for part in rest.split("/")]
    if any(one.startswith("sha256:") for one in ids):
        return None
    match kind, ids:
        case "user", [user]:
            return Limited(account, "/user/update", {"user_id": user}, {"max_budget": None})
        case "team", [team]:
            return Limited(account, "/team/update", {"team_id": team}, {"max_budget": None, "budget_limits": []})
        case "key", [key]:
            return Limited(account, "/key/update", {"key": key}, {"max_budget": None, "budget_limits": []})
        case "member", [team, "*"]:
            return Limited(account, "/team/update", {"team_id": team}, {"team_member_budget": None})
        case "member", [team, user]:
            ids_of_member = {"team_id": team, "user_id": user}
            return Limited(account, "/team/member_update", ids_of_member, {"max_budget_in_team": None})
        case _:
            return None


def limit_of(limited: Limited, api: LitellmApi) -> Limit:
    """What LiteLLM has now; the same members as `none`. A limit of 0 is one.

    :raises LitellmRefused: for what must be taken out by hand
    """
    ids = limited.ids
    match limited.door:
        case "/user/update":
            found = api.get("/user/info", user_id=ids["user_id"])["user_info"]
        case "/key/update":
            found = api.get("/key/info", key=ids["key"])["info"]
            _refuse_shared_budget(found)
        case "/team/member_update":
            found = {"max_budget_in_team": _budget_of_member(api.get("/team/info", team_id=ids["team_id"]), ids)}
        case _:
            found = dict(api.get("/team/info", team_id=ids["team_id"])["team_info"])
            found["team_member_budget"] = (found.get("team_member_budget_table") or {}).get("max_budget")
    return {name: none if found.get(name) is None else found[name] for name, none in limited.none.items()}


def _refuse_shared_budget(key: Mapping[str, Any]) -> None:
    """A budget that other keys may have, too. It limits a key that has no limit of its own."""
    budget = key.get("litellm_budget_table") or {}
    if budget.get("max_budget") is not None:
        shared = f"the shared budget {budget.get('budget_id')} ({budget['max_budget']})"
        raise LitellmRefused(f"The key is limited through {shared}: take its limits out by hand.")


def _budget_of_member(team: Mapping[str, Any], ids: Mapping[str, str]) -> object:
    for one in team.get("team_memberships") or []:
        if one.get("user_id") == ids["user_id"]:
            return (one.get("litellm_budget_table") or {}).get("max_budget")
    return None
