"""What a call has come to, out of what LiteLLM logs."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from spend_ledger.litellm.details import details_of
from spend_ledger.litellm.mark import call_of_request, mark_request
from spend_ledger.litellm.outcome import cost_of_attempts, outcome_of_answer
from spend_ledger.litellm.routes import is_model_call

GONE = {"error_class": "ClientDisconnected"}


def outcome(*, free: bool = False, **payload: Any) -> tuple[str, str | None]:
    found = outcome_of_answer({"total_tokens": 15, **payload}, lambda: free)
    return found.basis, found.amount


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"response_cost": 1.9999999999999998e-05}, ("exact", "0.00002")),
        ({"response_cost": 2.0666666566199997e-05}, ("exact", "0.000020666667")),
        ({"response_cost": 5e-13}, ("exact", "0.000000000001")),
        ({"response_cost": 7.5e-05, "error_information": GONE}, ("estimated", "0.000075")),
        ({"response_cost": 7.5e-05, "error_information": {"error_class": ""}}, ("exact", "0.000075")),
        ({"response_cost": None}, ("unknown", None)),
        ({}, ("unknown", None)),
        ({"response_cost": float("nan")}, ("unknown", None)),
        ({"response_cost": float("inf")}, ("unknown", None)),
        ({"response_cost": -1.0}, ("unknown", None)),
        ({"response_cost": 1e15}, ("unknown", None)),
        ({"response_cost": "0.5"}, ("exact", "0.5")),
        ({"response_cost": 0.0}, ("unknown", None)),
        ({"response_cost": 0.0, "free": True}, ("exact", "0")),
        ({"response_cost": 0.0, "cache_hit": True}, ("exact", "0")),
        ({"response_cost": 0.0, "total_tokens": 0}, ("exact", "0")),
        ({"response_cost": 0.0, "total_tokens": 0, "error_information": GONE}, ("unknown", None)),
    ],
)
def test_unknown_is_not_zero(payload: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert outcome(**payload) == expected


def test_attempts_that_were_billed_are_added_up() -> None:
    attempts = (SimpleNamespace(response_cost=0.1), SimpleNamespace(response_cost=0.2), SimpleNamespace())
    assert cost_of_attempts(attempts) == Decimal("0.3")
    assert cost_of_attempts(None) == 0


def test_the_mark_goes_only_where_the_proxy_keeps_its_own() -> None:
    request: dict[str, Any] = {
        "metadata": {"a": "of the client"},
        "litellm_metadata": {"user_api_key": "x", "spend_logs_metadata": {"job": "7"}},
    }
    mark_request(request, "c-1", "h-1")
    assert request["metadata"] == {"a": "of the client"}
    own = {"job": "7", "spend_ledger": {"call": "c-1", "hold": "h-1"}}
    assert request["litellm_metadata"]["spend_logs_metadata"] == own
    assert call_of_request(request) == "c-1"
    assert call_of_request({"litellm_params": request}) == "c-1"


@pytest.mark.parametrize("odd", [{}, {"metadata": None}, {"metadata": {"spend_logs_metadata": {"spend_ledger": 7}}}])
def test_no_mark_is_no_call(odd: dict[str, Any]) -> None:
    assert call_of_request(odd) is None


def test_a_mark_of_the_client_is_replaced() -> None:
    forged = {"spend_ledger": {"call": "of another"}}
    request: dict[str, Any] = {"metadata": {"user_api_key": "x", "spend_logs_metadata": forged}}
    mark_request(request, "c-1", None)
    assert call_of_request(request) == "c-1"


def test_details_have_labels_and_no_words() -> None:
    payload = {
        "call_type": "acompletion",
        "model": "openai/gpt-5",
        "messages": [{"content": "a secret plan"}],
        "response": "an answer",
        "metadata": {"user_api_key_alias": "sk-0123456789abcdefXY", "requester_ip_address": "10.0.0.1"},
        "request_tags": ["User-Agent: curl", "team-a", "sk-0123456789abcdefXY", "x" * 101, 7, "b\x00\ud800"],
        "total_tokens": 15,
    }
    assert details_of(payload)["litellm"] == {
        "call_type": "acompletion",
        "model": "openai/gpt-5",
        "total_tokens": 15,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "request_tags": ["team-a", "b?"],
    }


def test_details_stay_within_what_the_ledger_takes() -> None:
    tags = [f"{n:02}" + "é" * 98 for n in range(60)]
    size = len(json.dumps(details_of({"request_tags": tags, "model": "m" * 500}), ensure_ascii=False).encode())
    assert 7 * 1024 < size <= 8 * 1024


@pytest.mark.parametrize(
    "call_type",
    ["acompletion", "aembedding", "aresponses", "anthropic_messages", "atext_completion", "aspeech", "arerank"],
)
def test_what_asks_a_model_is_held(call_type: str) -> None:
    assert is_model_call({"model": "gpt-5"}, call_type)


@pytest.mark.parametrize(
    "call_type",
    [
        "aget_responses",
        "adelete_responses",
        "acreate_batch",
        "aretrieve_batch",
        "acreate_file",
        "afile_content",
        "alist_batches",
    ],
)
def test_what_keeps_house_is_not(call_type: str) -> None:
    assert not is_model_call({"model": "gpt-5"}, call_type)


def test_a_call_without_a_model_is_not() -> None:
    assert not is_model_call({}, "pass_through_endpoint")
