"""Whose money a call is. The import's specs have the same cases for rows."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import pytest

from spend_ledger.litellm.ids import fit_id
from spend_ledger.litellm.scope import scope_of_key

TOKEN = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"


@dataclass
class Key:
    """As much of LiteLLM's `UserAPIKeyAuth` as decides."""

    token: str | None = TOKEN
    user_id: str | None = None
    team_id: str | None = None
    api_key: str | None = None


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("key", "scope"),
    [
        (Key(user_id="alice"), {"type": "user", "userId": "alice", "keyId": TOKEN}),
        (Key(user_id="alice", team_id="ml"), {"type": "team", "teamId": "ml", "userId": "alice", "keyId": TOKEN}),
        (Key(team_id="ml"), {"type": "team", "teamId": "ml", "keyId": TOKEN}),
        (Key(user_id="alice", team_id=""), {"type": "user", "userId": "alice", "keyId": TOKEN}),
        (Key(user_id="a", team_id="litellm-dashboard"), {"type": "user", "userId": "a", "keyId": TOKEN}),
        (Key(), {"type": "key", "keyId": TOKEN}),
        (Key(token=None, api_key="litellm_proxy_master_key"), {"type": "key", "keyId": "litellm_proxy_master_key"}),
        (Key(token="sk-short"), {"type": "key", "keyId": hashed("sk-short")}),
        (Key(token=None), {"type": "key", "keyId": "unattributed"}),
        (object(), {"type": "key", "keyId": "unattributed"}),
    ],
)
def test_the_key_alone_decides(key: object, scope: dict[str, str]) -> None:
    assert scope_of_key(key) == scope


@pytest.mark.parametrize("fine", ["auth0|7f3", "josé@x.org", "a b", "x" * 256, "é" * 128])
def test_an_id_stays_as_it_is(fine: str) -> None:
    assert fit_id(fine) == fine


@pytest.mark.parametrize("bad", [" alice", "alice\n", "a\x00b", "a\x85b", "x" * 257, "é" * 129, "*", "\ufeffalice"])
def test_what_is_no_id_becomes_its_hash(bad: str) -> None:
    assert fit_id(bad) == f"sha256:{hashed(bad)}"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-1",
        "sk-0123456789abcdefXY",
        "ghp_" + "a" * 36,
        "slt_" + "b" * 24,
        "eyJhbGciOiJI.eyJzdWIiOiIx.",
        "AKIA" + "A" * 16,
    ],
)
def test_a_secret_becomes_the_hash_that_litellm_has_for_keys(secret: str) -> None:
    assert fit_id(secret) == hashed(secret)


def test_an_account_with_a_secret_in_it_is_one() -> None:
    account = "user:sk-0123456789abcdefXY"
    assert fit_id(account) == hashed(account)


def test_half_a_character_does_no_harm() -> None:
    assert fit_id("a\ud800").startswith("sha256:")
