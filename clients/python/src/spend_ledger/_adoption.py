"""What a process takes over from one that has died."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ._entry import interrupted
from ._errors import NoReport
from ._journal_file import SPOILT, JournalFile, Row, decode, encode, is_corrupt, lock_of, move_aside, take_lock
from ._policies import OnInterrupted


class Inheritance(NamedTuple):
    kept: list[Row]
    """As they go on."""
    spoilt: list[Row]
    """Not what was written, or no report can be made of it: kept as they are, and never sent."""
    newly_spoilt: int
    is_whole: bool
    """False: a part of the file is corrupt."""

    @property
    def due(self) -> list[str]:
        return [row.id for row in self.kept if row.state == "due"]


def inherited(orphan: JournalFile, on: OnInterrupted) -> Inheritance:
    rows, is_whole = orphan.readable()
    kept: list[Row] = []
    spoilt: list[Row] = []
    for row in rows:
        try:
            kept += _left_of(row, on)
        except NoReport:
            spoilt.append(row)
    return Inheritance(
        kept=kept,
        spoilt=[row._replace(state=SPOILT) for row in spoilt],
        newly_spoilt=sum(row.state != SPOILT for row in spoilt),
        is_whole=is_whole,
    )


def _left_of(row: Row, on: OnInterrupted) -> list[Row]:
    entry = decode(row)
    if entry is None:
        raise NoReport("The row is not what was written.")
    left = interrupted(entry, on)
    return [] if left is None else [encode(left)]


def adopted(path: Path, synchronous: str, max_bytes: int, warn: Callable[[str], None]) -> JournalFile | None:
    """The file of a process that has died. None: its process lives, another one has adopted it, or it is corrupt."""
    lock = take_lock(path)
    if lock is None:
        return None
    try:
        if path.exists():
            return JournalFile(path, lock, synchronous, max_bytes)
        lock_of(path).unlink(missing_ok=True)
    except sqlite3.DatabaseError as error:
        os.close(lock)
        if not is_corrupt(error):
            raise
        warn(f"A journal that a process left is corrupt. It is kept as {move_aside(path)}.")
        return None
    os.close(lock)
    return None
