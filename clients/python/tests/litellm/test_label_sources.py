"""What a call is for, by the operator's rules."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bench import Bench, Ledger, run, taken
from support import DECISION, reply

from spend_ledger.litellm.labels import labels_of, parse_label_sources

SECRET = "sk-not-a-real-key-0000000000"
SOURCES = "org=organization_id, project=project_id,env=metadata.spend_logs_metadata.env,job=tags.job"


def labels(key: dict[str, Any], request: dict[str, Any], sources: str = SOURCES) -> dict[str, str] | None:
    read = parse_label_sources(sources)
    assert read is not None
    return labels_of(read, SimpleNamespace(**key), request)


def test_they_are_of_the_key_its_metadata_and_its_tags() -> None:
    metadata = {"spend_logs_metadata": {"env": 7}, "tags": ["x", "job: n:1", "job:2"]}
    said = {"org": "acme", "project": "p", "env": "7", "job": "n:1"}
    assert labels({"org_id": "acme", "project_id": "p"}, {"metadata": metadata}) == said
    assert labels({"organization_id": "acme", "project_id": "p"}, {"litellm_metadata": metadata}) == said


def test_what_a_call_does_not_say_it_has_no_label_of() -> None:
    odd = {"spend_logs_metadata": {"env": True}, "tags": "job:1"}
    assert labels({"org_id": None, "project_id": ""}, {"metadata": odd, "tags": ["jobs:1", 7]}) is None
    assert labels({}, {"metadata": None}) is None
    assert labels({}, {"metadata": {"spend_logs_metadata": "env"}}) is None


def test_a_value_that_is_no_id_is_its_hash_as_in_the_import() -> None:
    hashed = sha256(SECRET.encode()).hexdigest()
    assert labels({"org_id": SECRET}, {}) == {"org": hashed}


@pytest.mark.parametrize(
    "text",
    [
        "org",
        "Org=organization_id",
        "org=api_key",
        "org=metadata.",
        "org=tags",
        "org=organization_id,",
        "org=organization_id,org=project_id",
        ",".join(f"l{n}=organization_id" for n in range(9)),
    ],
)
def test_sources_that_cannot_be_read(text: str) -> None:
    assert parse_label_sources(text) is None


@pytest.mark.parametrize(("mode", "door"), [("hold", "holds"), ("check", "authorize")])
def test_a_call_is_asked_for_with_them_and_the_journal_keeps_them(tmp_path: Path, mode: str, door: str) -> None:
    async def work() -> None:
        sources = parse_label_sources("job=tags.job")
        replies: dict[str, Any] = {"holds": [taken], "authorize": [reply(DECISION)]}
        bench = Bench(tmp_path, Ledger(**replies), mode=mode, labels=sources)
        await bench.before(tags=["job:7"])
        await bench.before()
        first, second = (json.loads(each.content) for each in bench.ledger.requests)
        assert bench.ledger.asked == [door, door]
        assert first["labels"] == {"job": "7"}
        assert "labels" not in second
        assert [each.labels for each in bench.worker.journal.entries("admitted")] == [{"job": "7"}, None]

    run(work())
