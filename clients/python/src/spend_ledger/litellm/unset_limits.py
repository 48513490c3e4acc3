"""Takes out of LiteLLM the limits that the ledger has now, and puts them back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .limited import Limit, Limited, limit_of, limited_by
from .litellm_api import LitellmApi, LitellmRefused

Tell = Callable[[str], None]


class NoReport(ValueError):
    """The file is not what it should be. The message says what to do."""


@dataclass(frozen=True)
class Change:
    """A limit of LiteLLM's, as it is and as it is to be."""

    limited: Limited
    before: Limit


def accounts_in(report: Path) -> list[str]:
    """The accounts whose limits the import has moved, each once."""
    said = _read(report)
    budgets = said.get("budgets") if isinstance(said, Mapping) else None
    if not isinstance(budgets, list):
        raise NoReport(f"{report} is no report of an import: make one with import-litellm --json.")
    if said.get("dryRun") is not False:
        raise NoReport(f"{report} is of a dry run, which moved no limit: import without --dry-run first.")
    if left_out := said.get("leftOut", {}).get("budgets"):
        raise NoReport(f"{report} leaves {left_out} budgets out, so LiteLLM would keep those limits.")
    moved = (one for one in budgets if one.get("outcome") != "refused")
    return list(dict.fromkeys(str(one["account"]) for one in moved))


def plan(accounts: Iterable[str], api: LitellmApi, tell: Tell) -> tuple[list[Change], int]:
    """What there is to change, and how many limits are left, because they need a hand or were not found."""
    changes, missed = [], 0
    for account in accounts:
        limited = limited_by(account)
        try:
            if limited is None:
                raise LitellmRefused("The import has renamed it: take its limit out by hand.")
            before = limit_of(limited, api)
        except LitellmRefused as error:
            missed += 1
            tell(f"{account}: left. {error}")
            continue
        if before == limited.none:
            tell(f"{account}: no limit in LiteLLM")
        else:
            tell(f"{account}: {_printed(before)} -> none")
            changes.append(Change(limited, before))
    return changes, missed


def keep(changes: Iterable[Change], path: Path) -> None:
    """Writes what goes back with `--restore`, before anything is changed. Never over a file."""
    text = json.dumps({"limits": [asdict(change) for change in changes]}, indent=2)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NoReport(f"{path} is there already: name another file with --keep.") from None
    with os.fdopen(file, "w") as kept:
        kept.write(f"{text}\n")
        kept.flush()
        os.fsync(kept.fileno())


def kept_in(path: Path) -> list[Change]:
    said = _read(path)
    try:
        return [Change(Limited(**one["limited"]), one["before"]) for one in said["limits"]]
    except (TypeError, KeyError):
        raise NoReport(f"{path} is no file that unset-limits has kept.") from None


def unset(changes: Iterable[Change], api: LitellmApi, tell: Tell) -> int:
    """Returns how many LiteLLM has refused."""
    return _set(((change.limited, change.limited.none) for change in changes), api, tell)


def restore(changes: Iterable[Change], api: LitellmApi, tell: Tell) -> int:
    return _set(((change.limited, change.before) for change in changes), api, tell)


def _set(limits: Iterable[tuple[Limited, Limit]], api: LitellmApi, tell: Tell) -> int:
    refused = 0
    for limited, limit in limits:
        try:
            api.post(limited.door, {**limited.ids, **limit})
            tell(f"{limited.account}: {_printed(limit)}")
        except LitellmRefused as error:
            refused += 1
            tell(f"{limited.account}: refused. {error}")
    return refused


def _printed(limit: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name} {json.dumps(value)}" for name, value in limit.items() if value not in (None, []))
    return said or "none"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise NoReport(f"{path} cannot be read ({type(error).__name__}).") from None
