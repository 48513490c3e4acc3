"""What is taken for a secret: the same as in the ledger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spend_ledger import _secrets
from spend_ledger._secrets import is_secret, without_secrets

TRUTH = Path(__file__).parents[3] / "libs/ledger/src/secret.ts"
KEY = "sk-0123456789abcdef0"
JWT = "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"


@pytest.mark.skipif(not TRUTH.exists(), reason="The package is not in a clone.")
def test_the_ledger_has_the_same_patterns() -> None:
    truth = TRUTH.read_text()
    listed = re.search(r"SECRETS: readonly string\[\] = \[(.*?)\];", truth, re.DOTALL)
    assert listed is not None
    assert list(_secrets.SECRETS) == re.findall(r"^\s*'(.*)',$", listed[1], re.MULTILINE)
    for name in ("JSON_WEB_TOKEN", "TOKEN_BEGIN", "BEGIN", "BLANK"):
        said = re.search(rf"^const {name} = '(.*)';$", truth, re.MULTILINE)
        assert said is not None
        assert getattr(_secrets, name) == said[1].replace("\\\\", "\\")
    assert f"const ACCOUNT = /^{_secrets.ACCOUNT}/;" in truth


@pytest.mark.parametrize("text", [KEY, JWT, f"user:{KEY}", f"member:ml/{KEY}", f"key:%73{KEY[1:]}", "hf_" + "a" * 30])
def test_knows_secrets_and_accounts_that_have_one(text: str) -> None:
    assert is_secret(text)


@pytest.mark.parametrize("text", ["", "alice", f"the {KEY}", f"project:{KEY}", "hf_" + "a" * 29, "sk-short"])
def test_leaves_other_texts_alone(text: str) -> None:
    assert not is_secret(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"no token my-token for {KEY}", "no token (secret) for (secret)"),
        (f"/v1/balances?account=user%3A{KEY}", "/v1/balances?account=user%3A(secret)"),
        (f"cut off: {JWT[:20]}", "cut off: (secret)"),
        (f"user:%73{KEY[1:]}", "(secret)"),
        (f"task-{KEY[3:]}", f"task-{KEY[3:]}"),
    ],
)
def test_leaves_secrets_out_of_messages(text: str, shown: str) -> None:
    assert without_secrets(text, "my-token", None) == shown
