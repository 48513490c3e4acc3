"""`spend-ledger-litellm`: what an operator does to a LiteLLM when the ledger takes its limits over."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from .litellm_api import LitellmApi
from .unset_limits import NoReport, accounts_in, keep, kept_in, plan, restore, unset

_DONE, _PARTLY, _NOT_UNDERSTOOD = 0, 1, 2


def main() -> None:
    sys.exit(run(sys.argv[1:], os.environ))


def run(args: Sequence[str], environ: Mapping[str, str]) -> int:
    """Returns 0 if all is done, 1 if a limit was refused or not found, and 2 where a sentence says what is wrong."""
    asked = _parser().parse_args(args)
    key = environ.get("LITELLM_MASTER_KEY", "")
    if not key:
        print("Put LiteLLM's master key into LITELLM_MASTER_KEY.", file=sys.stderr)
        return _NOT_UNDERSTOOD
    api = LitellmApi(asked.litellm, key)
    try:
        if asked.restore is not None:
            return _PARTLY if restore(kept_in(asked.restore), api, print) else _DONE
        changes, missed = plan(accounts_in(asked.report), api, print)
        if asked.apply and changes:
            keep(changes, asked.keep)
            print(f"{asked.keep} has the limits as they were. Go back with: unset-limits --restore {asked.keep}")
            missed += unset(changes, api, print)
    except NoReport as wrong:
        print(wrong, file=sys.stderr)
        return _NOT_UNDERSTOOD
    return _PARTLY if missed else _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spend-ledger-litellm", description=__doc__)
    command = parser.add_subparsers(required=True).add_parser(
        "unset-limits", help="takes out of LiteLLM the limits that import-litellm has moved"
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--dry-run", action="store_true", help="say what --apply would do")
    what.add_argument("--apply", action="store_true", help="take the limits out, and keep them in a file")
    what.add_argument("--restore", type=Path, metavar="FILE", help="put back what --apply has kept")
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    command.add_argument("--report", type=Path, default=Path("report.json"), help="of import-litellm --json")
    command.add_argument("--keep", type=Path, metavar="FILE", default=Path(f"litellm-limits-{moment}.json"))
    command.add_argument("--litellm", default="http://127.0.0.1:4000", metavar="URL")
    return parser


if __name__ == "__main__":
    main()
