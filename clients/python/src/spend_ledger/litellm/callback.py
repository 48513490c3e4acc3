"""The hook as LiteLLM knows it: a callback with the names that LiteLLM calls."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from .hook import Hook
from .limits_still_set import warn_of_limits
from .settings import HookSettings, read_settings
from .sigterm import drain_on_sigterm
from .worker import Worker

log = logging.getLogger("spend_ledger.litellm")
CustomLogger: Any = import_module("litellm.integrations.custom_logger").CustomLogger


class SpendLedger(CustomLogger):  # type: ignore[misc]  # LiteLLM's types are not there where the package is checked.
    """Reads the `SPEND_LEDGER_` variables unless it is given settings."""

    def __init__(self, settings: HookSettings | None = None) -> None:
        super().__init__()
        _show_warnings()
        settings = settings or read_settings(os.environ)
        self.worker = Worker(settings)
        self.hook = Hook(settings, self.worker)
        self._settings = settings
        self._starting: asyncio.Task[None] | None = None
        # LiteLLM may make it before its loop runs. Then the first call starts it.
        with suppress(RuntimeError):
            self._start_once(asyncio.get_running_loop())

    async def async_pre_call_hook(
        self, user_api_key_dict: object, cache: object, data: dict[str, Any], call_type: str
    ) -> None:
        self._start_once(asyncio.get_running_loop())
        await self.hook.before(user_api_key_dict, data, str(call_type))

    async def async_log_success_event(
        self, kwargs: Mapping[str, Any], response_obj: object, start_time: object, end_time: object
    ) -> None:
        await self.hook.answered(kwargs)

    async def async_log_failure_event(
        self, kwargs: Mapping[str, Any], response_obj: object, start_time: object, end_time: object
    ) -> None:
        await self.hook.attempt_failed(kwargs)

    async def async_post_call_failure_hook(
        self,
        request_data: Mapping[str, Any],
        original_exception: Exception,
        user_api_key_dict: object,
        traceback_str: str | None = None,
    ) -> None:
        await self.hook.failed(request_data)

    def _start_once(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._starting is None:
            self._starting = loop.create_task(self._start())

    async def _start(self) -> None:
        await self.worker.start()
        drain_on_sigterm(self.worker)
        if self._settings.mode != "shadow":
            await warn_of_limits()


# A client that says `"no-log": true` silences all callbacks but those with this in the name of their class.
SpendLedger.__name__ = "_PROXY_SpendLedger"


def _show_warnings() -> None:
    """A proxy without a logging configuration would keep from its operator what the hook has to say."""
    if not logging.getLogger().handlers and not log.handlers:
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter("%(asctime)s - spend-ledger:%(levelname)s: %(message)s"))
        log.addHandler(shown)
