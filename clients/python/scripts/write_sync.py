"""Writes src/spend_ledger/_sync from src/spend_ledger/_async: python scripts/write_sync.py [--check]"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import unasync

PACKAGE = Path(__file__).parents[1]
SOURCE = PACKAGE / "src/spend_ledger/_async"
TARGET = PACKAGE / "src/spend_ledger/_sync"
HEADER = "# Written by scripts/write_sync.py from _async: do not edit.\n"
# Other names that begin with Async begin with Sync here.
NAMES = {
    "AsyncSpendLedger": "SpendLedger",
    "AsyncHold": "Hold",
    "AsyncCall": "Call",
    "AsyncClient": "Client",
    "AsyncBaseTransport": "BaseTransport",
    # `Callable[..., Awaitable[R]]` becomes `Callable[..., R]`.
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "async_closing": "sync_closing",
    "async_home": "sync_home",
    "async_sleep": "sync_sleep",
    "async_together": "sync_together",
    "can_start_async": "can_start_sync",
}
AWAITABLE = re.compile(r"Awaitable\[(\w+)\]")


def written() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "_async"), Path(folder, "_sync")
        shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
        rule = unasync.Rule("/_async/", "/_sync/", NAMES)
        unasync.unasync_files([str(each) for each in source.glob("*.py")], [rule])
        for each in target.glob("*.py"):
            each.write_text(HEADER + AWAITABLE.sub(r"\1", each.read_text()))
        settings = ["--quiet", "--config", str(PACKAGE / "pyproject.toml"), str(target)]
        for command in (["check", "--fix", "--select", "I,F401"], ["format"]):
            subprocess.run([sys.executable, "-m", "ruff", *command, *settings], check=True)
        return {each.name: each.read_text() for each in sorted(target.glob("*.py"))}


def write(files: dict[str, str], folder: Path) -> None:
    """These, and no others: what has no source any more goes."""
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.py"):
        if file.name not in files:
            file.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    files = written()
    if "--check" not in sys.argv:
        write(files, TARGET)
    elif files != {each.name: each.read_text() for each in TARGET.glob("*.py")}:
        sys.exit("_sync differs from _async. Run: python scripts/write_sync.py")
