"""What the package promises beside its rules."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from support import DECISION, RECEIPT, Answers, client, entry, in_child, left_behind, reply

import spend_ledger
from spend_ledger import SpendLedger, user

PACKAGE = Path(__file__).parents[1]


@pytest.mark.parametrize("script", ["write_sync.py", "write_types.py"])
@pytest.mark.skipif(importlib.util.find_spec("unasync") is None, reason="The tools are for one version of Python.")
def test_what_is_generated_is_as_its_source_says(script: str) -> None:
    command = [sys.executable, str(PACKAGE / "scripts" / script), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(importlib.util.find_spec("unasync") is None, reason="The tools are for one version of Python.")
def test_what_has_no_source_any_more_is_removed(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("write_sync", PACKAGE / "scripts/write_sync.py")
    assert spec is not None
    assert spec.loader is not None
    write_sync = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write_sync)
    (tmp_path / "_stale.py").touch()
    write_sync.write({"_new.py": "text"}, tmp_path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("_new.py", "text")]


def test_has_one_version() -> None:
    assert f'version = "{spend_ledger.__version__}"' in (PACKAGE / "pyproject.toml").read_text()


def test_says_who_asks_and_shows_the_token() -> None:
    ledger = Answers(reply(DECISION))
    with client(ledger, token="a-token") as spend_ledger_client:
        spend_ledger_client.check(user("alice"), estimate="0.40")
    headers = ledger.requests[0].headers
    assert headers["authorization"] == "Bearer a-token"
    assert headers["user-agent"].startswith(f"spend-ledger-python/{spend_ledger.__version__} (")


def test_gives_status_headers_and_body() -> None:
    with client(Answers(reply(DECISION, x_request_id="r-1"))) as ledger:
        raw = ledger.raw("GET", "/v1/decisions/d-1")
    assert (raw.status, raw.headers["x-request-id"], raw.body) == (200, "r-1", DECISION)


@pytest.mark.parametrize(
    "url", ["", "ledger.test", "ftp://ledger.test", "http://", "http://me:secret@ledger.test", "http://ledger.test?a=1"]
)
def test_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url must") as caught:
        SpendLedger(url, journal=False)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("source", ["", "sk-0123456789abcdef0"])
def test_refuses_a_source_that_no_event_can_have(source: str) -> None:
    with pytest.raises(ValueError, match=r"^source "):
        SpendLedger("http://ledger.test", journal=False, source=source)


def test_keeps_neither_token_nor_secret_in_the_journal(tmp_path: Path) -> None:
    down = reply({"code": "unavailable", "detail": "No."}, 503)
    ledger = client(Answers(down), tmp_path, token="slt_a-token-of-a-test", max_retries=0)
    with pytest.raises(spend_ledger.LedgerUnavailable):
        ledger.events.record(scope=user("alice"), amount="0.02")
    with pytest.raises(ValueError, match=r"^id looks like a secret"):
        ledger.events.record(id="sk-0123456789abcdef0", scope=user("alice"), amount="0.02")
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"alice" in kept
    assert b"slt_" not in kept
    assert b"sk-" not in kept
    ledger.close(within=0)


def test_an_error_in_on_warning_is_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    def broken(message: str) -> None:
        raise KeyError(message)

    left_behind(tmp_path, entry().spent({"amount": "0.31"}), ledger="another.test")
    with (
        caplog.at_level(logging.WARNING, "spend_ledger"),
        client(Answers(reply(RECEIPT, 201)), tmp_path, on_warning=broken) as ledger,
    ):
        assert ledger.drain(within=5)
    assert "on_warning has raised an error." in caplog.messages


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_asks_over_its_own_connections(tmp_path: Path) -> None:
    ledger = client(Answers(reply(RECEIPT, 201)), tmp_path)
    ledger.events.record(scope=user("alice"), amount="0.02")
    parents = ledger._core.http._client

    def child() -> bool:
        ledger.events.record(scope=user("alice"), amount="0.02")
        return ledger._core.http._client is not parents and ledger.drain(within=5)

    assert in_child(child)
    ledger.close()
    assert list(tmp_path.glob("*.sqlite")) == []


def test_a_closed_client_can_be_used_again(tmp_path: Path) -> None:
    ledger = client(Answers(reply(RECEIPT, 201)), tmp_path)
    for _ in range(2):
        ledger.events.record(scope=user("alice"), amount="0.02")
        ledger.close()
    assert list(tmp_path.iterdir()) == []
