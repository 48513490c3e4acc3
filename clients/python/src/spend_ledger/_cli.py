"""spend-ledger journal status | dead | drain"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from ._journal_file import Row, decode, files_in, is_owned, peek
from ._policies import OnInterrupted
from ._sync._client import SpendLedger
from ._urls import ledger_urls

_POLICIES = " or ".join(get_args(OnInterrupted))


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    run: Any = given.run
    return int(run(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spend-ledger", description="Looks after the journal of a client.")
    commands = parser.add_subparsers(required=True).add_parser("journal", help="reports that the ledger has not taken")
    verbs = commands.add_subparsers(required=True)
    status = verbs.add_parser("status", help="counts the entries of each file, and says whether its process lives")
    status.set_defaults(run=_status)
    dead = verbs.add_parser("dead", help="lists the reports that the ledger has refused for good")
    dead.set_defaults(run=_dead)
    drain = verbs.add_parser("drain", help="sends what processes have left that live no more")
    drain.add_argument(
        "--url",
        default=os.environ.get("SPEND_LEDGER_URL"),
        help="the ledger's address, or those of auth and ingest with a comma; default: SPEND_LEDGER_URL",
    )
    drain.add_argument(
        "--on-interrupted",
        default=os.environ.get("SPEND_LEDGER_ON_INTERRUPTED") or "unknown",
        metavar="WHAT",
        help=f"what a call of a killed process becomes: {_POLICIES}; default: SPEND_LEDGER_ON_INTERRUPTED, or unknown",
    )
    drain.add_argument("--ledger", metavar="NAME", help="the name that the clients give the ledger; default: by --url")
    drain.add_argument("--within", type=float, default=60.0, metavar="SECONDS", help="default: 60")
    drain.add_argument("--dead", action="store_true", help="sends the refused ones again, too")
    drain.set_defaults(run=_drain)
    for verb in (status, dead, drain):
        folder = os.environ.get("SPEND_LEDGER_JOURNAL", ".spend-ledger-hook")
        verb.add_argument("--journal", default=folder, metavar="FOLDER", help=f"default: {folder}")
    return parser


def _status(given: argparse.Namespace) -> int:
    for path, ledger, rows in _peeked(given.journal):
        counts = dict(Counter(row.state for row in rows))
        _print({"file": path.name, "ledger": ledger, "owned": is_owned(path), "entries": counts})
    return 0


def _dead(given: argparse.Namespace) -> int:
    for path, _, rows in _peeked(given.journal):
        for row in rows:
            entry = decode(row)
            if entry is not None and entry.state == "dead":
                _print({"file": path.name, "id": entry.id, "reason": entry.reason, "report": entry.body})
    return 0


def _drain(given: argparse.Namespace) -> int:
    if not given.url:
        sys.exit("Give --url, or set SPEND_LEDGER_URL. The token is read from SPEND_LEDGER_TOKEN.")
    if given.on_interrupted not in get_args(OnInterrupted):
        sys.exit(f"--on-interrupted, or SPEND_LEDGER_ON_INTERRUPTED, must be {_POLICIES}.")
    try:
        auth, ingest = ledger_urls(given.url, "--url, or SPEND_LEDGER_URL,")
    except ValueError as wrong:
        sys.exit(str(wrong))
    ledger = SpendLedger(
        auth,
        ingest_url=ingest,
        token=os.environ.get("SPEND_LEDGER_TOKEN"),
        journal=given.journal,
        ledger=given.ledger,
        on_interrupted=given.on_interrupted,
    )
    try:
        is_drained = ledger.drain(within=given.within)
        if given.dead:
            ledger.send_dead_again()
            is_drained = ledger.drain(within=given.within)
        others = _of_others(given.journal, ledger.journal.ledger)
        more = {"ofOtherLedgers": others} if others else {}
        _print({"drained": is_drained, "left": ledger.journal.counts(), **more})
    finally:
        ledger.close(within=0)
    for name, other in others.items():
        print(f"{name} is for the ledger {other}. Drain it with its --url, or say --ledger.", file=sys.stderr)
    return 0 if is_drained and not others else 1


def _of_others(folder: str, ledger: str) -> dict[str, str]:
    """The files that processes have left for other ledgers, each with its ledger."""
    return {
        path.name: other
        for path, other, _ in _peeked(folder)
        if other is not None and other != ledger and not is_owned(path)
    }


def _peeked(folder: str) -> Iterator[tuple[Path, str | None, list[Row]]]:
    for path in files_in(Path(folder).expanduser()):
        try:
            yield path, *peek(path)
        except sqlite3.OperationalError as error:
            # A file may go while it is looked at, since another process adopts it. A new one has no tables at first.
            if path.exists() and "no such table" not in str(error):
                raise


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
