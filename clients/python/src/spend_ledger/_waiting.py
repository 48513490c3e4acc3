"""Which reports wait to be sent, and when each is sent at the earliest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ._retry import backoff

LONGEST_WAIT = 30.0


class Waiting:
    """By the id of the report."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moments: dict[str, float] = {}
        self._tries: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._moments)

    def __contains__(self, id: str) -> bool:
        return id in self._moments

    def add(self, ids: Iterable[str]) -> None:
        """They may be sent at once."""
        self._moments.update(dict.fromkeys(ids, 0.0))

    def postpone(self, id: str) -> None:
        """After each try for longer."""
        self._tries[id] = self._tries.get(id, 0) + 1
        self._moments[id] = self._clock() + backoff(self._tries[id], LONGEST_WAIT)

    def drop(self, id: str) -> None:
        self._moments.pop(id, None)
        self._tries.pop(id, None)

    def ready(self, most: int) -> list[str]:
        now = self._clock()
        return [id for id, moment in list(self._moments.items()) if moment <= now][:most]

    def earliest(self, default: float) -> float:
        return min(list(self._moments.values()), default=default)
