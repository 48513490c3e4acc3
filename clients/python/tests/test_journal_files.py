"""Which files a journal takes for its own, and what it does with a corrupt one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import entry, journal, left_behind

from spend_ledger._journal_file import files_in

BODY = {"amount": "0.31"}


def test_renames_a_corrupt_file_that_a_process_left(tmp_path: Path) -> None:
    path = left_behind(tmp_path, entry().spent(BODY))
    path.write_bytes(b"rotten" * 1000)
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    warnings: list[str] = []
    assert journal(tmp_path, warn=warnings.append).adopt() == []
    assert not path.exists()
    assert path.with_name(f"{path.name}.corrupt").read_bytes().startswith(b"rotten")
    assert len(warnings) == 1


@pytest.mark.parametrize("name", ["ledger.1-1-abc.0.journal", "app.sqlite", "7-0123456789ab.sqlite.corrupt"])
def test_leaves_what_is_no_file_of_its_own(tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name
    foreign.write_bytes(b"a live file of somebody else\n" * 1000)
    warnings: list[str] = []
    own = journal(tmp_path, warn=warnings.append)
    own.put(entry())
    assert own.adopt() == []
    assert foreign.read_bytes().startswith(b"a live file")
    assert {each.name for each in files_in(tmp_path)} == {str(own._file and own._file.path and own._file.path.name)}
    assert warnings == []


def test_replaces_its_own_file_when_that_is_corrupt(tmp_path: Path) -> None:
    warnings: list[str] = []
    own = journal(tmp_path, warn=warnings.append)
    own.put(*(entry(f"e-{nth}", request_id="x" * 200) for nth in range(100)))
    assert own._file is not None
    own._file._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    own._file._sql.execute("PRAGMA shrink_memory")
    (path,) = tmp_path.glob("*.sqlite")
    rotten = path.stat().st_size - 8 * 4096
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * rotten)
    own.put(*(entry(f"e-{nth}").spent(BODY) for nth in range(100)))
    assert len(list(tmp_path.glob("*.corrupt"))) == 1
    assert len(warnings) == 1
    assert own.counts() == {"due": 100}
