"""Due entries that the journal does not take, kept in memory until the ledger or the journal does."""

from __future__ import annotations

from ._entry import Entry
from ._journal import Journal


class Unwritten:
    """A crash loses them."""

    def __init__(self, journal: Journal, most: int = 10_000) -> None:
        self._journal = journal
        self._most = most
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> bool:
        """False: there are too many."""
        if len(self._entries) >= self._most:
            return False
        self._entries[entry.id] = entry
        return True

    def get(self, id: str) -> Entry | None:
        return self._entries.get(id)

    def drop(self, id: str) -> None:
        if self._entries.pop(id, None) is not None:
            # The journal may have what was known of the call before.
            self._journal.forget(id)

    def write_again(self) -> None:
        """One by one, as long as the journal takes them."""
        for id, entry in list(self._entries.items()):
            if not self._journal.try_put(entry):
                return
            self._entries.pop(id, None)
