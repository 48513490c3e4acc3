"""What the ledger keeps of a call beside its cost: ids and labels, never a prompt or an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .._secrets import is_secret

MOST_BYTES = 8 * 1024
MOST_TEXT = 256
MOST_TAGS = 50
MOST_TAG_LENGTH = 100
_TEXTS = {
    "call_type": "call_type",
    "model": "model",
    "custom_llm_provider": "custom_llm_provider",
    "status": "status",
    "model_id": "deployment",
    "litellm_call_id": "call_id",
}
_COUNTS = ("total_tokens", "prompt_tokens", "completion_tokens")


def details_of(payload: Mapping[str, object]) -> dict[str, object]:
    """The metadata of a spend, named as in the import's events.

    :param payload: LiteLLM's `standard_logging_object`
    """
    said: dict[str, object] = {}
    for name, kept_as in _TEXTS.items():
        _keep_text(said, kept_as, payload.get(name))
    labels = payload.get("metadata")
    if isinstance(labels, Mapping):
        _keep_text(said, "user_api_key_alias", labels.get("user_api_key_alias"))
    for name in _COUNTS:
        count = payload.get(name)
        said[name] = count if isinstance(count, int) else 0
    if payload.get("cache_hit") is True:
        said["cache_hit"] = True
    tags = _tags_of(payload.get("request_tags"))
    while tags and _size_of({**said, "request_tags": tags}) > MOST_BYTES:
        tags.pop()
    return {"litellm": {**said, **({"request_tags": tags} if tags else {})}}


def _keep_text(said: dict[str, object], name: str, text: object) -> None:
    if isinstance(text, str) and text and not is_secret(text):
        said[name] = _well_formed(text[:MOST_TEXT])


def _tags_of(tags: object) -> list[str]:
    if not isinstance(tags, list):
        return []
    texts = [tag for tag in tags if isinstance(tag, str) and len(tag) <= MOST_TAG_LENGTH]
    # LiteLLM adds what the client's program calls itself.
    kept = [tag for tag in texts if not tag.startswith("User-Agent") and not is_secret(tag)]
    return [_well_formed(tag) for tag in kept[:MOST_TAGS]]


def _well_formed(text: str) -> str:
    """The ledger refuses U+0000 and lone surrogates in any string."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _size_of(details: Mapping[str, object]) -> int:
    return len(json.dumps({"litellm": details}, ensure_ascii=False).encode())
