"""spend-ledger journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import LEDGER, RECEIPT, Answers, entry, left_behind, reply

from spend_ledger import SpendLedger, _cli
from spend_ledger._cli import main
from spend_ledger._journal_file import is_owned

CALL = entry("a", hold_id=None)


def test_the_command_line_shows_a_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = left_behind(tmp_path, entry("a").spent({"amount": "0.31"}), entry("b").buried("Conflict: no"))
    assert printed(capsys, "status", tmp_path) == [
        {"file": path.name, "ledger": LEDGER, "owned": False, "entries": {"due": 1, "dead": 1}}
    ]
    assert printed(capsys, "dead", tmp_path) == [{"file": path.name, "id": "b", "reason": "Conflict: no", "report": {}}]
    assert path.exists()


def printed(capsys: pytest.CaptureFixture[str], verb: str, folder: Path) -> list[Any]:
    assert main(["journal", verb, "--journal", str(folder)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What the command sends its reports to."""
    answers = Answers(reply(RECEIPT, 201))
    monkeypatch.setattr(_cli, "SpendLedger", lambda url, **how: SpendLedger(url, transport=answers, **how))
    return answers


def drain(folder: Path, *more: str) -> int:
    return main(["journal", "drain", "--journal", str(folder), "--within", "20", *more])


def test_a_drain_sends_reports_to_the_address_of_ingest(tmp_path: Path, ledger: Answers) -> None:
    left_behind(tmp_path, CALL.spent({"amount": "0.31"}))
    assert drain(tmp_path, "--url", f"http://{LEDGER}, http://ingest.test") == 0
    assert [each.url.host for each in ledger.requests] == ["ingest.test"]


@pytest.mark.parametrize(("policy", "amount"), [("estimate", "0.40"), ("", None)])
def test_a_drain_takes_interrupted_calls_for_what_the_environment_says(
    tmp_path: Path, ledger: Answers, monkeypatch: pytest.MonkeyPatch, policy: str, amount: str | None
) -> None:
    monkeypatch.setenv("SPEND_LEDGER_ON_INTERRUPTED", policy)
    left_behind(tmp_path, CALL)
    assert drain(tmp_path, "--url", f"http://{LEDGER}") == 0
    assert ledger.body(0)["data"].get("amount") == amount


def test_a_drain_refuses_a_policy_that_there_is_not(tmp_path: Path, ledger: Answers) -> None:
    with pytest.raises(SystemExit, match="must be unknown or estimate or release"):
        drain(tmp_path, "--url", f"http://{LEDGER}", "--on-interrupted", "forget")


def test_a_drain_names_what_is_left_for_another_ledger(
    tmp_path: Path, ledger: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    path = left_behind(tmp_path, CALL.spent({"amount": "0.31"}), ledger="other.test")
    assert drain(tmp_path, "--url", f"http://{LEDGER}") == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {"drained": True, "left": {}, "ofOtherLedgers": {path.name: "other.test"}}
    assert f"{path.name} is for the ledger other.test." in err
    assert (path.exists(), ledger.requests) == (True, [])


def test_a_drain_sends_what_is_left_under_a_name(tmp_path: Path, ledger: Answers) -> None:
    left_behind(tmp_path, CALL.spent({"amount": "0.31"}), ledger="prod")
    assert drain(tmp_path, "--url", f"http://{LEDGER}", "--ledger", "prod") == 0
    assert len(ledger.requests) == 1


def test_a_drain_refuses_what_is_no_address(tmp_path: Path, ledger: Answers) -> None:
    with pytest.raises(SystemExit, match=r"^--url, or SPEND_LEDGER_URL, must be an address"):
        drain(tmp_path, "--url", "ledger.test")


@pytest.mark.parametrize("verb", ["status", "dead"])
def test_a_file_that_goes_while_it_is_looked_at_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    path = left_behind(tmp_path, entry("b").buried("Conflict: no"))
    gone = tmp_path / "1-0123456789ab.sqlite"
    monkeypatch.setattr(_cli, "files_in", lambda folder: [gone, path])
    assert [each["file"] for each in printed(capsys, verb, tmp_path)] == [path.name]


def test_a_file_that_is_just_being_made_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "1-0123456789ab.sqlite").touch()
    assert printed(capsys, "status", tmp_path) == []


def test_a_file_that_goes_before_its_owner_is_asked_for_leaves_no_lock(tmp_path: Path) -> None:
    assert not is_owned(tmp_path / "1-0123456789ab.sqlite")
    assert list(tmp_path.iterdir()) == []
