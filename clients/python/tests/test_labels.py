"""What a call is for, where its spend is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from support import RECEIPT, Answers, client, reply

from spend_ledger import user

SECRET = "sk-0123456789abcdef0"


def test_an_event_says_its_labels() -> None:
    ledger = Answers(reply(RECEIPT, 201))
    with client(ledger) as spend_ledger:
        labels = {"org": "acme", "project": "search"}
        spend_ledger.events.record(id="call-1", source="gw", scope=user("alice"), amount="0.02", labels=labels)
        spend_ledger.events.record(id="call-1", source="gw", scope=user("alice"), amount="0.02")
    assert ledger.body(0)["data"]["labels"] == labels
    assert "labels" not in ledger.body(1)["data"]


def test_each_event_of_a_batch_says_its_own() -> None:
    results = [{"status": 201, **RECEIPT}]
    ledger = Answers(reply({"results": results}))
    with client(ledger) as spend_ledger:
        spend_ledger.events.record_all([{"scope": user("alice"), "amount": "0.02", "labels": {"org": "acme"}}])
    assert [event["data"]["labels"] for event in ledger.body(0)] == [{"org": "acme"}]


@pytest.mark.parametrize(
    ("labels", "error", "said"),
    [
        (["org"], TypeError, "labels must be a mapping"),
        ({"org": 7}, TypeError, r"labels\['org'\] must be a str"),
        ({7: "acme"}, TypeError, "a name in labels must be a str"),
        ({"org": ""}, ValueError, r"labels\['org'\] must not be empty"),
        ({"org": SECRET}, ValueError, r"labels\['org'\] looks like a secret"),
        ({SECRET: "acme"}, ValueError, "a name in labels looks like a secret"),
    ],
)
def test_bad_labels_are_refused_before_anything_is_sent(labels: Any, error: type[Exception], said: str) -> None:
    ledger = Answers(reply(RECEIPT, 201))
    with client(ledger) as spend_ledger:
        with pytest.raises(error, match=said) as caught:
            spend_ledger.events.record(scope=user("alice"), amount="0.02", labels=labels)
        assert SECRET not in str(caught.value)
    assert ledger.requests == []
