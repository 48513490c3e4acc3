"""What a call is for, by the operator's rules. The words and the values are those of the import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from .ids import fit_id

MOST_LABELS = 8
_KEY_MEMBERS = {"organization_id": ("organization_id", "org_id"), "project_id": ("project_id",)}
"""Under which names LiteLLM's `UserAPIKeyAuth` has them, in one version or another."""
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_SOURCE = re.compile(r"organization_id|project_id|metadata(\.[A-Za-z0-9_-]{1,64}){1,8}|tags\.[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class LabelSource:
    """Where a call says the value of a label."""

    name: str
    """Of the label."""
    origin: Literal["key", "metadata", "tags"]
    path: tuple[str, ...]
    """The member of the key, or the way into the metadata, or what a tag begins with."""


def parse_label_sources(text: str) -> tuple[LabelSource, ...] | None:
    """Reads `org=organization_id,env=metadata.spend_logs_metadata.env,job=tags.job`. None: it cannot be read."""
    sources = tuple(_sources_in(text)) if text else ()
    names = {source.name for source in sources if source is not None}
    if len(names) < len(sources) or len(sources) > MOST_LABELS:
        return None
    return tuple(source for source in sources if source is not None)


def labels_of(sources: tuple[LabelSource, ...], key: object, request: Mapping[str, object]) -> dict[str, str] | None:
    """The labels of a call. What the call does not say is left out. None: it says nothing of them.

    :param key: LiteLLM's `UserAPIKeyAuth`
    """
    found = {source.name: _text_of(source, key, request) for source in sources}
    return {name: fit_id(text) for name, text in found.items() if text} or None


def _sources_in(text: str) -> Iterator[LabelSource | None]:
    for part in text.split(","):
        name, _, source = part.strip().partition("=")
        if not (_NAME.fullmatch(name) and _SOURCE.fullmatch(source)):
            yield None
            continue
        origin, *path = source.split(".")
        if origin == "metadata":
            yield LabelSource(name, "metadata", tuple(path))
        elif origin == "tags":
            yield LabelSource(name, "tags", tuple(path))
        else:
            yield LabelSource(name, "key", (origin,))


def _text_of(source: LabelSource, key: object, request: Mapping[str, object]) -> str | None:
    if source.origin == "key":
        members = (getattr(key, member, None) for member in _KEY_MEMBERS[source.path[0]])
        return next((text for text in map(_text, members) if text), None)
    boxes = [box for name in ("metadata", "litellm_metadata") if isinstance(box := request.get(name), Mapping)]
    if source.origin == "tags":
        lists = [request.get("tags"), *(box.get("tags") for box in boxes)]
        return next((text for tags in lists if (text := _tag_of(tags, source.path[0]))), None)
    return next((text for box in boxes if (text := _text(_inside(box, source.path)))), None)


def _inside(value: object, path: tuple[str, ...]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _tag_of(tags: object, start: str) -> str | None:
    """The value of the first tag that is `<start>:<value>`."""
    texts = (tag for tag in (tags if isinstance(tags, list) else []) if isinstance(tag, str))
    return next((tag[len(start) + 1 :].strip() for tag in texts if tag.startswith(f"{start}:")), None)


def _text(value: object) -> str | None:
    """A text or a number; a bool is neither."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
