"""The live hook for LiteLLM's proxy.

>>> from spend_ledger.litellm import SpendLedger
>>> ledger = SpendLedger()  # in ledger_callback.py, beside config.yaml
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .settings import HookSettings, SettingsError, read_settings

if TYPE_CHECKING:
    from .callback import SpendLedger

__all__ = ["HookSettings", "SettingsError", "SpendLedger", "read_settings"]


def __getattr__(name: str) -> Any:
    """Only the callback itself needs LiteLLM, whose import takes seconds."""
    if name != "SpendLedger":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .callback import SpendLedger  # noqa: PLC0415

    return SpendLedger
