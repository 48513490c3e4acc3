"""Which of LiteLLM's calls ask a model for work."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEEPING = re.compile(
    r"(?:^|_)a?(?:get|list|retrieve|delete|cancel|file|files|batch|batches|fine|vector|assistants?|thread|threads"
    r"|messages?_list|container|containers|sandbox|ingest|pass_through|mcp|realtime_client_secret|realtime_calls"
    r"|realtime_transcription_session|video_status|video_content)(?:_|$)"
)
"""Calls that look after things, or whose cost comes with another call. Their rows, if any, are for the import."""


def is_model_call(request: Mapping[str, object], call_type: str) -> bool:
    """False for files, batches, lists and the like: they spend nothing, or LiteLLM learns much later what it was."""
    model = request.get("model")
    return isinstance(model, str) and model != "" and _KEEPING.search(call_type) is None


def asks_several_models(request: Mapping[str, object], call_type: str) -> bool:
    """Whether LiteLLM makes a call for each of the models in "a,b". It logs only one of them for a request."""
    return call_type in ("completion", "acompletion") and "," in str(request.get("model"))
