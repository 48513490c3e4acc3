"""The journal in processes that fork."""

from __future__ import annotations

import os
from pathlib import Path

from support import entry, in_child, journal

BODY = {"amount": "0.31"}


def test_a_forked_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    own = journal(tmp_path)
    own.put(entry("parent").spent(BODY))

    def child() -> bool:
        is_apart = own.get("parent") is None and own.adopt() == []
        own.put(entry("child").spent(BODY))
        return is_apart and own.counts() == {"due": 1}

    assert in_child(child)
    assert own.counts() == {"due": 1}
    assert own.adopt() == ["child"]


def test_a_child_that_lives_on_does_not_keep_its_parents_file(tmp_path: Path) -> None:
    own = journal(tmp_path)
    own.put(entry().spent(BODY))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    own.close()
    assert journal(tmp_path).adopt() == ["e-1"]
    os.close(write)
    os.waitpid(child, 0)
