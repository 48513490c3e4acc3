"""How far a session has come: the newest position of each partition that its own writes reached."""

from __future__ import annotations


class Positions:
    def __init__(self) -> None:
        self._offsets: dict[str, int] = {}

    def remember(self, position: str) -> None:
        for part in filter(None, position.split(",")):
            partition, offset = part.split(":")
            self._offsets[partition] = max(int(offset), self._offsets.get(partition, 0))

    def joined(self, given: str | None) -> str | None:
        """All of it, and what the caller gives besides. The ledger takes the higher one of what stands twice."""
        own = ",".join(f"{partition}:{offset}" for partition, offset in list(self._offsets.items()))
        return ",".join(filter(None, [own, given])) or None
