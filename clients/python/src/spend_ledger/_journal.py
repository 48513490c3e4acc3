"""Reports that the ledger has not taken yet, kept over a crash: a file for each process, which others adopt."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

from ._adoption import adopted, inherited
from ._bodies import one_of
from ._entry import Entry, State
from ._errors import JournalUnavailable
from ._forks import tell_of_forks
from ._journal_file import JournalFile, Row, create, decode, encode, files_in, is_corrupt
from ._policies import OnInterrupted, Synchronous

LONGEST_PAUSE = 3600.0
_MOST_FORGOTTEN = 1000


class _BegunAnew(JournalUnavailable):
    """The file was corrupt, and a new one has taken its place."""


class Journal:
    """Threads may share it. It opens its file at the first use, and another one after a fork.

    `ledger` names the ledger that the reports are for: files of another one are left alone.
    `folder` None keeps everything in memory, so that a crash loses it.
    """

    def __init__(
        self,
        folder: str | Path | None,
        ledger: str,
        *,
        on_interrupted: OnInterrupted = "unknown",
        synchronous: Synchronous = "normal",
        max_entries: int = 100_000,
        max_dead: int = 10_000,
        max_bytes: int = 256 * 2**20,
        warn: Callable[[str], None] = lambda message: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        one_of(on_interrupted, get_args(OnInterrupted), "on_interrupted")
        self.folder = None if folder is None else Path(folder).expanduser().absolute()
        self.ledger = ledger
        self.paused_until = 0.0
        """By the clock: nothing is sent before it. It outlives the process."""
        self._on_interrupted: OnInterrupted = on_interrupted
        self._synchronous = synchronous
        self._max_entries = max_entries
        self._max_dead = max_dead
        self._max_bytes = max_bytes
        self._warn = warn
        self._clock = clock
        self._file: JournalFile | None = None
        self.orphans = 0
        """How many files the last `adopt` could not take over."""
        self._live: dict[str, str] = {}
        """By id, the digest of what is written."""
        self._forgotten: set[str] = set()
        self._told: set[Path | None] = set()
        self._lock = threading.RLock()
        tell_of_forks(self)

    def put(self, *entries: Entry) -> None:
        """Writes what is not written yet, in one transaction. Raises JournalUnavailable."""
        rows = [row for row in map(encode, entries) if self._live.get(row.id) != row.digest]
        if rows or not entries:
            with suppress(_BegunAnew):
                return self._put(rows)
            self._put(rows)

    def _put(self, rows: Sequence[Row]) -> None:
        with self._open() as file:
            self._write(file, rows)

    def try_put(self, *entries: Entry) -> bool:
        """For what must go on without the journal: a call that was made, an answer that was given."""
        try:
            self.put(*entries)
        except JournalUnavailable as error:
            self._warn(str(error))
            return False
        return True

    def forget(self, *ids: str) -> None:
        """They leave with the next write: sending one again after a crash does no harm."""
        with self._lock:
            self._forgotten.update(id for id in ids if self._live.pop(id, None) is not None)
        if len(self._forgotten) >= _MOST_FORGOTTEN:
            self.flush()

    def done(self, entry: Entry) -> None:
        """Forgets it, unless there is another report of the same call by now."""
        if self._live.get(entry.id) == encode(entry).digest:
            self.forget(entry.id)

    def flush(self) -> None:
        if self._forgotten:
            self.try_put()

    def get(self, id: str) -> Entry | None:
        if id not in self._live:
            return None
        with self._open() as file:
            return None if (row := file.row(id)) is None else decode(row)

    def entries(self, state: State) -> list[Entry]:
        with self._open() as file:
            rows = [row for row in file.rows() if row.state == state and row.id in self._live]
        return [entry for entry in map(decode, rows) if entry is not None]

    def counts(self) -> dict[str, int]:
        self.flush()
        with self._open() as file:
            return file.counts()

    def pause(self, seconds: float) -> None:
        """The ledger has asked to wait so long. A process that starts meanwhile waits too."""
        self._pause_until(self._clock() + min(seconds, LONGEST_PAUSE))

    def adopt(self) -> list[str]:
        """Takes over the files of processes that have died. Gives the ids that are to be sent.

        A file that cannot be taken over now is warned of, and counted in `orphans`.
        """
        self.orphans = 0
        if self.folder is None or not self.folder.is_dir():
            return []
        with self._open() as own:
            paths = [path for path in files_in(self.folder) if path != own.path]
        due: list[str] = []
        for path in paths:
            try:
                due += self._adopt(path)
            except (JournalUnavailable, sqlite3.Error, OSError) as error:
                self.orphans += 1
                self._warn(f"{path} cannot be taken over now. It is tried again. {error}")
        return due

    def close(self) -> None:
        """What is left stays in its file, for the next process."""
        with self._lock:
            if self._file is None:
                return
            is_empty = False
            with suppress(JournalUnavailable):
                is_empty = not any(self.counts().values())
            if self._file is not None:
                self._file.close(and_remove=is_empty)
            self._file = None

    def leave_to_parent(self) -> None:
        """In the child after a fork: the file, its lock and its entries are the parent's."""
        self._lock = threading.RLock()
        if self._file is not None:
            self._file.leave_to_parent()
        self._file = None
        self._live.clear()
        self._forgotten.clear()

    @contextmanager
    def _open(self) -> Iterator[JournalFile]:
        with self._lock:
            try:
                if self._file is None:
                    self._file = self._created()
                yield self._file
            except (sqlite3.Error, OSError) as error:
                if is_corrupt(error):
                    self._begin_anew()
                    raise _BegunAnew("The journal was corrupt.") from error
                raise JournalUnavailable(
                    f"The journal in {self.folder} cannot be used ({error}). Free the disk, or mend its permissions."
                ) from error

    def _created(self) -> JournalFile:
        file = create(self.folder, self._synchronous, self._max_bytes)
        file.set_fact("ledger", self.ledger)
        return file

    def _write(self, file: JournalFile, rows: Sequence[Row]) -> None:
        written = {row.id: row.digest for row in rows}
        if rows and len(self._live.keys() | written.keys()) > max(self._max_entries, len(self._live)):
            raise JournalUnavailable(f"The journal in {self.folder} is full: it has {len(self._live)} entries.")
        file.write(rows, self._forgotten - written.keys())
        self._live.update(written)
        self._forgotten.clear()
        if any(row.state == "dead" for row in rows):
            self._limit_dead(file)

    def _limit_dead(self, file: JournalFile) -> None:
        over = file.counts().get("dead", 0) - self._max_dead
        if over > 0:
            self.forget(*file.oldest("dead", over))
            self._warn(f"The journal keeps {self._max_dead} refused reports. It drops the {over} oldest.")

    def _begin_anew(self) -> None:
        """What can be read of the corrupt file goes into a new one."""
        file, self._file = self._file, None
        if file is None:
            return
        rows, _ = file.readable()
        self._warn(f"The journal was corrupt. It is kept as {file.set_aside()}, and a new one has taken its place.")
        self._file = self._created()
        kept = [row for row in rows if row.id not in self._forgotten]
        self._file.write(kept)
        self._live = {row.id: row.digest for row in kept}

    def _adopt(self, path: Path) -> list[str]:
        orphan = adopted(path, self._synchronous, self._max_bytes, self._warn)
        if orphan is None:
            return []
        try:
            return self._take_over(orphan)
        finally:
            orphan.close()

    def _take_over(self, orphan: JournalFile) -> list[str]:
        if (ledger := orphan.fact("ledger")) not in (self.ledger, None):
            if orphan.path not in self._told:
                self._warn(f"{orphan.path} is for {ledger}, not for {self.ledger}. A client of that ledger sends it.")
            self._told.add(orphan.path)
            return []
        inheritance = inherited(orphan, self._on_interrupted)
        self._pause_until(orphan.number("paused_until"))
        with self._open() as own:
            self._write(own, [*inheritance.kept, *inheritance.spoilt])
        if inheritance.newly_spoilt:
            self._warn(f"{inheritance.newly_spoilt} entries of the journal are spoilt. They are kept, and not sent.")
        if inheritance.is_whole:
            orphan.close(and_remove=True)
        else:
            self._warn(f"A journal that a process left is corrupt. It is kept as {orphan.set_aside()}.")
        return inheritance.due

    def _pause_until(self, moment: float) -> None:
        moment = min(moment, self._clock() + LONGEST_PAUSE)
        if moment > self.paused_until:
            self.paused_until = moment
            with self._open() as file:
                file.set_fact("paused_until", repr(moment))
