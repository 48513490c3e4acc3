"""LiteLLM checks its own limits before it asks any hook, so a limit that is left there goes on refusing falsely."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from importlib import import_module
from typing import Any

MOST_NAMED = 20
CONNECTED_WITHIN = 120
_WINDOWS = "budget_limits IS NOT NULL AND budget_limits::text NOT IN ('null', '[]')"
"""Prisma has no filter for a null in JSON, so LiteLLM itself asks in SQL."""
_HAVE_WINDOWS = {
    "team": f'SELECT team_id AS id FROM "LiteLLM_TeamTable" WHERE {_WINDOWS} LIMIT {MOST_NAMED + 1}',
    "key": f'SELECT token AS id FROM "LiteLLM_VerificationToken" WHERE {_WINDOWS} LIMIT {MOST_NAMED + 1}',
}
_TABLES = {
    "user": ("litellm_usertable", "user_id"),
    "team": ("litellm_teamtable", "team_id"),
    "key": ("litellm_verificationtoken", "token"),
    "budget": ("litellm_budgettable", "budget_id"),
}
log = logging.getLogger("spend_ledger.litellm")


async def warn_of_limits() -> None:
    """Names each that LiteLLM still limits, up to a number of them."""
    try:
        database = await _database()
        if database is not None:
            for kind, (table, id_column) in _TABLES.items():
                found = await getattr(database, table).find_many(
                    where={"NOT": [{"max_budget": None}]}, take=MOST_NAMED + 1
                )
                _warn(kind, [str(getattr(row, id_column, "?")) for row in found])
            for kind, statement in _HAVE_WINDOWS.items():
                _warn(kind, [str(row["id"]) for row in await database.query_raw(statement)])
    except Exception:
        # It only warns: a LiteLLM that keeps its tables otherwise runs all the same.
        log.warning("LiteLLM could not be asked for limits that are still set.", exc_info=True)


async def _database() -> Any:
    """LiteLLM connects to it while it starts. None for a proxy that has none."""
    server = import_module("litellm.proxy.proxy_server")
    for _ in range(CONNECTED_WITHIN):
        client = getattr(server, "prisma_client", None)
        if client is not None and client.db.is_connected():
            return client.db
        await asyncio.sleep(1)
    return None


def _warn(kind: str, ids: Iterable[str]) -> None:
    for number, name in enumerate(ids):
        if number == MOST_NAMED:
            log.warning("LiteLLM has more limits of the kind %s.", kind)
            return
        log.warning(
            "LiteLLM still has a limit of its own for the %s %s, and refuses by it before the ledger is asked. "
            "Take it out: spend-ledger-litellm unset-limits.",
            kind,
            name,
        )
