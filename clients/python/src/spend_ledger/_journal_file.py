"""One file of a journal: SQLite, and a lock beside it that the owner holds while it lives."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from ._entry import Entry

_NAME = re.compile(r"[0-9]+-[0-9a-f]{12}\.sqlite")
"""The folder may have the files of other clients, too, and whatever else somebody keeps there."""
SPOILT = "spoilt"
"""The state of a row that is not what was written. It is kept as it is."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries
  (id TEXT PRIMARY KEY, state TEXT NOT NULL, payload TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_PAGE = 4096


class Row(NamedTuple):
    id: str
    state: str
    payload: str
    digest: str


class JournalFile:
    """`path` None: in memory."""

    def __init__(self, path: Path | None, lock: int | None, synchronous: str, max_bytes: int) -> None:
        self.path = path
        self._lock = lock
        # Readers of the command line may open the file at the same time.
        self._sql = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=2.0)
        self._sql.text_factory = _lenient
        try:
            self._sql.execute("PRAGMA journal_mode=WAL")
            self._sql.execute(f"PRAGMA synchronous={'FULL' if synchronous == 'full' else 'NORMAL'}")
            self._sql.execute(f"PRAGMA max_page_count={max(max_bytes // _PAGE, 16)}")
            self._sql.executescript(_SCHEMA)
        except sqlite3.Error:
            self._sql.close()
            raise

    def write(self, rows: Iterable[Row], gone: Iterable[str] = ()) -> None:
        """One transaction."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            self._sql.executemany("DELETE FROM entries WHERE id = ?", [(each,) for each in gone])
            self._sql.executemany(
                "INSERT INTO entries VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET state = excluded.state, payload = excluded.payload, digest = excluded.digest",
                rows,
            )
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise

    def row(self, id: str) -> Row | None:
        found = self._sql.execute("SELECT id, state, payload, digest FROM entries WHERE id = ?", (id,)).fetchone()
        return None if found is None else Row(*found)

    def rows(self, at_once: int = 500) -> Iterator[Row]:
        """The oldest first."""
        after = -1
        query = "SELECT rowid, id, state, payload, digest FROM entries WHERE rowid > ? ORDER BY rowid LIMIT ?"
        while page := self._sql.execute(query, (after, at_once)).fetchall():
            after = page[-1][0]
            for _, *row in page:
                yield Row(*row)

    def counts(self) -> dict[str, int]:
        return dict(self._sql.execute("SELECT state, count(*) FROM entries GROUP BY state").fetchall())

    def oldest(self, state: str, count: int) -> list[str]:
        query = "SELECT id FROM entries WHERE state = ? ORDER BY rowid LIMIT ?"
        return [id for (id,) in self._sql.execute(query, (state, count)).fetchall()]

    def fact(self, name: str) -> str | None:
        found = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def number(self, name: str) -> float:
        """A fact. Zero where it is not there, or spoilt."""
        try:
            return float(self.fact(name) or 0)
        except ValueError:
            return 0.0

    def set_fact(self, name: str, value: str) -> None:
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def readable(self) -> tuple[list[Row], bool]:
        """All rows, or those before the first corrupt page; whether they are all."""
        rows: list[Row] = []
        try:
            rows.extend(self.rows())
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            return rows, False
        return rows, True

    def close(self, *, and_remove: bool = False) -> None:
        self._sql.close()
        if and_remove and self.path is not None:
            # The lock goes last, so that no process adopts a half of it.
            for name in [*_names(self.path), lock_of(self.path)]:
                name.unlink(missing_ok=True)
        self._unlock()

    def set_aside(self) -> Path | None:
        """Renames a file that cannot be read: its owner may want to look at it."""
        self._sql.close()
        aside = None if self.path is None else move_aside(self.path)
        self._unlock()
        return aside

    def leave_to_parent(self) -> None:
        """In the child after a fork. The connection is not closed: that would end the parent's."""
        _LEFT_OPEN.append(self._sql)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _unlock(self) -> None:
        if self._lock is not None:
            # A child that was forked a moment ago may have it open still.
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            os.close(self._lock)
            self._lock = None


_LEFT_OPEN: list[sqlite3.Connection] = []


def create(folder: Path | None, synchronous: str, max_bytes: int) -> JournalFile:
    if folder is None:
        return JournalFile(None, None, synchronous, max_bytes)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{os.getpid()}-{uuid.uuid4().hex[:12]}.sqlite"
    lock = take_lock(path)
    if lock is None:
        raise OSError(f"{path} is locked")
    # SQLite gives the files beside it the same permissions.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    return JournalFile(path, lock, synchronous, max_bytes)


def files_in(folder: Path) -> list[Path]:
    """The files of a journal, and no others."""
    return sorted(path for path in folder.glob("*.sqlite") if _NAME.fullmatch(path.name))


def is_owned(path: Path) -> bool:
    """Whether a process that lives has it."""
    lock = take_lock(path)
    if lock is None:
        return True
    if not path.exists():
        # Its owner has removed it, and the lock, too: this one is new.
        lock_of(path).unlink(missing_ok=True)
    os.close(lock)
    return False


def peek(path: Path) -> tuple[str | None, list[Row]]:
    """The ledger of a file and its rows, without owning or changing it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)) as sql:
        sql.text_factory = _lenient
        ledger = sql.execute("SELECT value FROM facts WHERE name = 'ledger'").fetchone()
        rows = sql.execute("SELECT id, state, payload, digest FROM entries ORDER BY rowid").fetchall()
    return (None if ledger is None else str(ledger[0])), [Row(*row) for row in rows]


def is_corrupt(error: Exception) -> bool:
    """SQLite has classes of their own for a full disk, a busy file and the like."""
    return type(error) is sqlite3.DatabaseError


def take_lock(path: Path) -> int | None:
    """The descriptor that holds the lock of a journal file. None: somebody who lives has it."""
    beside = lock_of(path)
    lock = os.open(beside, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its last owner may have removed it between the two calls. Then another file has the name now, or none.
        if os.stat(beside).st_ino == os.fstat(lock).st_ino:
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def move_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.corrupt")
    for name in _names(path):
        if name.exists():
            name.rename(name.with_name(name.name.replace(path.name, aside.name)))
    lock_of(path).unlink(missing_ok=True)
    return aside


def lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _names(path: Path) -> list[Path]:
    return [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]


def encode(entry: Entry) -> Row:
    payload = json.dumps(entry.members(), ensure_ascii=False, separators=(",", ":"))
    return Row(entry.id, entry.state, payload, _digest(payload))


def decode(row: Row) -> Entry | None:
    """None: what is written is not what was written."""
    if _digest(row.payload) != row.digest:
        return None
    try:
        entry = Entry(**json.loads(row.payload))
    except (ValueError, TypeError):
        return None
    return entry if (entry.id, entry.state) == (row.id, row.state) else None


def _lenient(value: bytes) -> str:
    """Spoilt text can be read, too: its digest then says that it is spoilt."""
    return value.decode(errors="replace")


def _digest(payload: str) -> str:
    return hashlib.blake2b(payload.encode(errors="replace"), digest_size=8).hexdigest()
