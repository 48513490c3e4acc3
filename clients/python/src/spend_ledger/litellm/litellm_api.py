"""LiteLLM's doors for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

SECONDS_MAX = 30.0


class LitellmRefused(Exception):
    """LiteLLM did not do what was asked. The message never has the key."""


class LitellmApi:
    def __init__(self, url: str, master_key: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {master_key}"},
            timeout=SECONDS_MAX,
            transport=transport,
        )

    def get(self, path: str, **query: str) -> Any:
        return self._asked("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._asked("POST", path, json=dict(body))

    def _asked(self, method: str, path: str, **how: Any) -> Any:
        try:
            answer = self._client.request(method, path, **how)
        except httpx.HTTPError as error:
            raise LitellmRefused(f"{path}: LiteLLM gave no answer ({type(error).__name__}).") from None
        if not answer.is_success:
            raise LitellmRefused(f"{path}: LiteLLM answered {answer.status_code}. {answer.text[:300]}")
        return answer.json()
