"""One deadline for all that an exchange waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

CONNECT_TIMEOUT = 1.0
_PHASES = ("pool", "connect", "write", "read")
_LEAST = 0.001
"""Zero would be no time-out for some transports."""


class TimeLeft(Mapping[str, float]):
    """The `timeout` extension of a request: each phase may take what is left of the deadline when it begins.

    Numbers that are fixed at the start would add up: a late connection and a late answer would take twice the time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = clock() + seconds

    @property
    def seconds(self) -> float:
        """Below zero: the deadline is over."""
        return self._deadline - self._clock()

    def __getitem__(self, phase: str) -> float:
        if phase not in _PHASES:
            raise KeyError(phase)
        left = max(self.seconds, _LEAST)
        return min(left, CONNECT_TIMEOUT) if phase == "connect" else left

    def __iter__(self) -> Iterator[str]:
        return iter(_PHASES)

    def __len__(self) -> int:
        return len(_PHASES)
