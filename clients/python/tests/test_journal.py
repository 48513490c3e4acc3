"""The journal with real files and real processes."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from support import LEDGER, entry, journal, left_behind

from spend_ledger import JournalUnavailable
from spend_ledger._entry import interrupted

BODY = {"amount": "0.31"}


def spoil(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as sql:
        sql.execute(statement)
    sql.close()


def test_keeps_files_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal(folder).put(entry())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_makes_no_file_before_its_first_entry(tmp_path: Path) -> None:
    journal(tmp_path / "journal").adopt()
    assert not (tmp_path / "journal").exists()


def test_lets_go_what_was_taken_with_the_next_write(tmp_path: Path) -> None:
    own = journal(tmp_path)
    own.put(entry("a"), entry("b"))
    own.forget("a")
    assert own.get("a") is None
    assert own.counts() == {"admitted": 1}


def test_does_not_let_go_a_newer_report_of_the_call(tmp_path: Path) -> None:
    own = journal(tmp_path)
    released, spent = entry().released(), entry().spent(BODY)
    own.put(released)
    own.put(spent)
    own.done(released)
    assert own.get("e-1") == spent


def test_leaves_no_file_when_nothing_is_left(tmp_path: Path) -> None:
    own = journal(tmp_path)
    own.put(entry())
    own.forget("e-1")
    own.close()
    assert list(tmp_path.iterdir()) == []


def test_adopts_what_a_killed_process_left(tmp_path: Path) -> None:
    left_behind(tmp_path, entry("a", state="asked"), entry("b"), entry("c").spent(BODY), entry("d").buried("refused"))
    own = journal(tmp_path)
    assert own.adopt() == ["b", "c"]
    unknown = own.get("b")
    assert unknown is not None
    assert (unknown.state, unknown.body) == ("due", {"basis": "unknown", "time": "2026-11-30T10:00:00Z"})
    assert own.get("c") == entry("c").spent(BODY)
    assert own.counts() == {"due": 2, "dead": 1}
    assert len(list(tmp_path.glob("*.sqlite"))) == 1


@pytest.mark.parametrize(
    ("policy", "action", "body"),
    [
        ("unknown", "settle", {"basis": "unknown", "time": "2026-11-30T10:00:00Z"}),
        ("estimate", "settle", {"amount": "0.40", "basis": "estimated", "time": "2026-11-30T10:00:00Z"}),
        ("release", "release", {}),
    ],
)
def test_the_caller_says_what_an_interrupted_call_becomes(policy: Any, action: str, body: dict[str, str]) -> None:
    due = interrupted(entry(), policy)
    assert due is not None
    assert (due.state, due.action, due.body) == ("due", action, body)


def test_an_interrupted_call_without_a_hold_becomes_an_event() -> None:
    due = interrupted(entry(hold_id=None), "unknown")
    assert due is not None
    assert (due.action, due.body["id"], due.body["data"]["basis"]) == ("event", "e-1", "unknown")
    assert interrupted(entry(hold_id=None), "release") is None


def test_leaves_the_file_of_a_process_that_lives(tmp_path: Path) -> None:
    first = journal(tmp_path)
    first.put(entry().spent(BODY))
    assert journal(tmp_path).adopt() == []
    first.close()
    assert journal(tmp_path).adopt() == ["e-1"]


def test_of_several_processes_exactly_one_adopts(tmp_path: Path) -> None:
    left_behind(tmp_path, *(entry(f"e-{nth}").spent(BODY) for nth in range(50)))
    (start, go), (counts, count), (end, stop) = os.pipe(), os.pipe(), os.pipe()
    rivals = [os.fork() for _ in range(4) if is_parent()]
    if not is_parent():
        os.read(start, 1)
        own = journal(tmp_path)
        os.write(count, b"%03d" % len(own.adopt()))
        # Its own file would be next if it ended now.
        os.read(end, 1)
        os._exit(0)
    os.write(go, b"0123")
    adopted = sorted(int(os.read(counts, 3)) for _ in rivals)
    os.write(stop, b"0123")
    for rival in rivals:
        os.waitpid(rival, 0)
    assert adopted == [0, 0, 0, 50]


TEST_PROCESS = os.getpid()


def is_parent() -> bool:
    return os.getpid() == TEST_PROCESS


def test_leaves_another_ledgers_file_alone_and_says_so_once(tmp_path: Path) -> None:
    path = left_behind(tmp_path, entry().spent(BODY), ledger="staging.test")
    warnings: list[str] = []
    own = journal(tmp_path, warn=warnings.append)
    assert own.adopt() == own.adopt() == []
    assert path.exists()
    assert [("staging.test" in each, LEDGER in each) for each in warnings] == [(True, True)]
    assert journal(tmp_path, "staging.test").adopt() == ["e-1"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET payload = replace(payload, '0.31', '9.31') WHERE id = 'b'",
        "UPDATE entries SET payload = CAST(x'FF7B22' AS TEXT) WHERE id = 'b'",
        "UPDATE entries SET digest = '' WHERE id = 'b'",
        "UPDATE entries SET id = 'x' WHERE id = 'b'",
        "UPDATE entries SET state = 'dead' WHERE id = 'b'",
    ],
)
def test_puts_a_spoilt_entry_aside_and_sends_the_others(tmp_path: Path, statement: str) -> None:
    spoil(left_behind(tmp_path, *(entry(id).spent(BODY) for id in "abc")), statement)
    warnings: list[str] = []
    own = journal(tmp_path, warn=warnings.append)
    assert own.adopt() == ["a", "c"]
    assert own.counts() == {"due": 2, "spoilt": 1}
    assert len(warnings) == 1
    own.forget("a", "c")
    own.close()
    later = journal(tmp_path, warn=warnings.append)
    assert later.adopt() == []
    assert later.counts() == {"spoilt": 1}
    assert len(warnings) == 1


def test_a_folder_that_cannot_be_written_is_as_bad_as_a_ledger_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable, match="journal in"):
        journal(tmp_path / "file").put(entry())


@pytest.mark.parametrize("options", [{"max_entries": 100}, {"max_bytes": 64 * 4096}])
def test_has_a_limit_and_takes_the_cost_of_a_call_all_the_same(tmp_path: Path, options: dict[str, Any]) -> None:
    own = journal(tmp_path, **options)
    full = 0
    while own.try_put(entry(f"e-{full}", request_id="x" * 200)):
        full += 1
    assert 50 < full < 1000
    own.put(entry("e-0", request_id="x" * 200).spent(BODY))
    own.forget(*(f"e-{nth}" for nth in range(1, full)))
    own.flush()
    own.put(entry("later"))


def test_drops_the_oldest_refused_reports_beyond_its_limit(tmp_path: Path) -> None:
    warnings: list[str] = []
    own = journal(tmp_path, max_dead=2, warn=warnings.append)
    for id in "abc":
        own.put(entry(id).buried("no"))
    assert [each.id for each in own.entries("dead")] == ["b", "c"]
    assert len(warnings) == 1


def test_the_wait_that_the_ledger_asked_for_outlives_the_process(tmp_path: Path) -> None:
    first = journal(tmp_path, clock=lambda: 1000.0)
    first.put(entry().spent(BODY))
    first.pause(3.0)
    first.close()
    second = journal(tmp_path, clock=lambda: 1001.0)
    second.adopt()
    assert second.paused_until == 1003.0


def test_a_wait_is_bounded_when_the_clock_was_set_back(tmp_path: Path) -> None:
    first = journal(tmp_path, clock=lambda: 1e9)
    first.put(entry().spent(BODY))
    first.pause(3.0)
    first.close()
    second = journal(tmp_path, clock=lambda: 1000.0)
    second.adopt()
    assert second.paused_until == 1000.0 + 3600.0


def test_has_no_file_in_memory() -> None:
    own = journal(None)
    own.put(entry())
    assert own.counts() == {"admitted": 1}
    assert own.adopt() == []
