"""Which limits of LiteLLM are taken out, and which are named. test/litellm-hook has a real LiteLLM."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from spend_ledger.litellm.limits_still_set import warn_of_limits
from spend_ledger.litellm.litellm_api import LitellmApi
from spend_ledger.litellm.unset_limits import Change, keep, kept_in, plan, restore, unset

WINDOW = {"budget_duration": "1d", "max_budget": 4.0, "reset_at": "2026-12-01T00:00:00+00:00"}


class Litellm:
    """Its doors for administrators, as far as limits go."""

    def __init__(self, **found: Any) -> None:
        self._found = found
        self.changes: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.api = LitellmApi("http://litellm.test", "sk-x", httpx.MockTransport(self._answer))

    def plan(self, account: str) -> tuple[list[Change], int]:
        return plan([account], self.api, self.said.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.changes.append(json.loads(request.content))
            return httpx.Response(200, json={})
        return httpx.Response(200, json=self._found)


def test_a_limit_of_zero_is_a_limit() -> None:
    litellm = Litellm(user_info={"max_budget": 0.0})
    changes, left = litellm.plan("user:alice")
    assert ([change.before for change in changes], left) == ([{"max_budget": 0.0}], 0)
    assert litellm.said == ["user:alice: max_budget 0.0 -> none"]


@pytest.mark.parametrize(
    ("account", "found", "ids"),
    [
        ("team:ml", "team_info", {"team_id": "ml"}),
        ("key:abc", "info", {"key": "abc"}),
    ],
)
def test_windows_go_with_the_limit_and_come_back(tmp_path: Path, account: str, found: str, ids: dict[str, str]) -> None:
    litellm = Litellm(**{found: {"max_budget": None, "budget_limits": [WINDOW]}})
    changes, _ = litellm.plan(account)
    keep(changes, tmp_path / "kept.json")
    assert unset(changes, litellm.api, litellm.said.append) == 0
    assert restore(kept_in(tmp_path / "kept.json"), litellm.api, litellm.said.append) == 0
    none = {**ids, "max_budget": None}
    assert litellm.changes == [{**none, "budget_limits": []}, {**none, "budget_limits": [WINDOW]}]


def test_a_shared_budget_is_left_to_the_operator() -> None:
    shared = {"budget_id": "tier-1", "max_budget": 0.0}
    litellm = Litellm(info={"max_budget": None, "budget_limits": None, "litellm_budget_table": shared})
    assert litellm.plan("key:abc") == ([], 1)
    why = "The key is limited through the shared budget tier-1 (0.0): take its limits out by hand."
    assert litellm.said == [f"key:abc: left. {why}"]


def test_what_has_no_limit_is_said_to_have_none() -> None:
    unlimited = {"budget_id": "tier-0", "max_budget": None}
    litellm = Litellm(info={"max_budget": None, "budget_limits": None, "litellm_budget_table": unlimited})
    assert litellm.plan("key:abc") == ([], 0)
    assert litellm.said == ["key:abc: no limit in LiteLLM"]


class Database:
    """As much of LiteLLM's client of Prisma as the warning asks."""

    def __init__(self, windows: dict[str, list[str]]) -> None:
        self._windows = windows
        none = SimpleNamespace(find_many=self._none)
        self.litellm_usertable = self.litellm_teamtable = self.litellm_verificationtoken = none
        self.litellm_budgettable = none

    def is_connected(self) -> bool:
        return True

    async def query_raw(self, statement: str) -> list[dict[str, str]]:
        assert "budget_limits IS NOT NULL" in statement
        return [{"id": id} for table, ids in self._windows.items() if f'"{table}"' in statement for id in ids]

    async def _none(self, **how: Any) -> list[Any]:
        return []


def test_the_warning_at_the_start_also_names_what_has_windows_only(caplog: pytest.LogCaptureFixture) -> None:
    windows = {"LiteLLM_TeamTable": ["ml"], "LiteLLM_VerificationToken": ["abc"]}
    server = sys.modules["litellm.proxy.proxy_server"]
    server.__dict__["prisma_client"] = SimpleNamespace(db=Database(windows))
    with caplog.at_level(logging.WARNING):
        asyncio.run(warn_of_limits())
    named = [record.getMessage().partition(", and refuses")[0] for record in caplog.records]
    assert named == [f"LiteLLM still has a limit of its own for the {who}" for who in ("team ml", "key abc")]
