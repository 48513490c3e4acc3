"""Tells those who hold files that their process is a forked child now."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    def leave_to_parent(self) -> None:
        """In the child: what was open before the fork is the parent's."""


_OWNERS: weakref.WeakSet[Forkable] = weakref.WeakSet()


def tell_of_forks(owner: Forkable) -> None:
    """For as long as the owner lives."""
    _OWNERS.add(owner)


def _after_fork() -> None:
    for owner in _OWNERS:
        owner.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)
