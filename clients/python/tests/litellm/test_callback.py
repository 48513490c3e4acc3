"""The hook as LiteLLM calls it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from spend_ledger.litellm.settings import HookSettings


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that needs a LiteLLM when it is imported."""
    custom_logger = ModuleType("litellm.integrations.custom_logger")
    custom_logger.__dict__["CustomLogger"] = type("CustomLogger", (), {})
    monkeypatch.setitem(sys.modules, "litellm.integrations.custom_logger", custom_logger)
    monkeypatch.delitem(sys.modules, "spend_ledger.litellm.callback", raising=False)
    from spend_ledger.litellm import callback  # noqa: PLC0415

    return callback


def made(callback: ModuleType, folder: Path, **settings: Any) -> Any:
    return callback.SpendLedger(HookSettings("http://ledger.test", "http://ledger.test", journal=folder, **settings))


def test_its_class_has_the_name_that_no_client_can_silence(callback: ModuleType, tmp_path: Path) -> None:
    assert "_PROXY_" in type(made(callback, tmp_path)).__name__


@pytest.mark.parametrize("is_made_first", [True, False])
def test_it_starts_once_in_the_loop_or_with_the_first_call(
    callback: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_made_first: bool
) -> None:
    started: list[str] = []

    async def warned() -> None:
        started.append("warned of limits")

    monkeypatch.setattr(callback, "warn_of_limits", warned)
    monkeypatch.setattr(callback, "drain_on_sigterm", lambda worker: started.append("drains on SIGTERM"))
    made_first = made(callback, tmp_path) if is_made_first else None

    async def work() -> None:
        ledger = made_first or made(callback, tmp_path)
        for _ in range(2):
            await ledger.async_pre_call_hook(None, None, {}, "acompletion")
        await ledger._starting
        assert started == ["drains on SIGTERM", "warned of limits"]

    asyncio.run(work())
