"""As much of LiteLLM as the hook asks for."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest


class ProxyException(Exception):
    """As LiteLLM has it."""

    def __init__(self, message: str, kind: str, param: object, code: int, **more: Any) -> None:
        super().__init__(message)
        self.kind, self.code, self.headers = kind, code, more["headers"]


@pytest.fixture(autouse=True)
def litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A LiteLLM with one model, which has no price."""
    modules = {name: ModuleType(name) for name in ("litellm", "litellm.proxy.proxy_server", "litellm.proxy._types")}
    modules["litellm"].__dict__.update(budget_exceeded_status_code=422, model_cost={})
    modules["litellm.proxy.proxy_server"].__dict__["llm_router"] = None
    modules["litellm.proxy._types"].__dict__["ProxyException"] = ProxyException
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
