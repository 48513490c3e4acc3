"""Due entries that the journal does not take, kept in memory until the ledger or the journal does."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ._entry import Entry
from ._forks import tell_of_forks
from ._journal import Journal


class Unwritten:
    """The newest report of each call. A crash loses them. Threads may share it."""

    def __init__(
        self, journal: Journal, most: int = 10_000, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        self._journal = journal
        self._most = most
        self._warn = warn
        self._entries: dict[str, Entry] = {}
        self._lock = threading.RLock()
        tell_of_forks(self)

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, entry: Entry) -> bool:
        """Keeps a due entry until it is sent: here, where the journal does not take it. False: it is lost."""
        if self.write(entry):
            return True
        is_kept = self.add(entry)
        told = "waits in memory, where a crash loses it" if is_kept else "is lost"
        self._warn(f"The report of call {entry.id} {told}: the journal takes nothing.")
        return is_kept

    def write(self, entry: Entry) -> bool:
        """Whether the journal takes it. Then an older report of the call need not wait here any more."""
        with self._lock:
            is_written = self._journal.try_put(entry)
            if is_written:
                self._entries.pop(entry.id, None)
            return is_written

    def add(self, entry: Entry) -> bool:
        """In the place of an older report of the call. False: there are too many."""
        with self._lock:
            if len(self._entries) >= self._most and entry.id not in self._entries:
                return False
            self._entries[entry.id] = entry
            return True

    def get(self, id: str) -> Entry | None:
        return self._entries.get(id)

    def drop(self, entry: Entry) -> bool:
        """False: it is not here, or a newer report of the call has taken its place."""
        with self._lock:
            is_here = self._entries.get(entry.id) == entry
            if is_here:
                del self._entries[entry.id]
            return is_here

    def taken(self, entry: Entry) -> None:
        """The ledger has it."""
        with self._lock:
            if self.drop(entry):
                # The journal may have what was known of the call before.
                self._journal.forget(entry.id)

    def write_again(self) -> None:
        """One by one, as long as the journal takes them."""
        with self._lock:
            for entry in list(self._entries.values()):
                if not self.write(entry):
                    return

    def tell_what_is_lost(self) -> None:
        """At the end of the process. What the journal takes now is not lost."""
        self.write_again()
        if self._entries:
            self._warn(f"Costs are lost ({len(self)}): neither the ledger nor the journal took them.")

    def leave_to_parent(self) -> None:
        """In the child after a fork: they are the parent's to send."""
        self._lock = threading.RLock()
        self._entries.clear()
