"""What a call is thought to cost before it is made."""

from __future__ import annotations

import sys
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from spend_ledger.litellm.estimate import estimate_of
from spend_ledger.litellm.prices import Price, is_free, price_of_deployment

PAID = Price(Decimal("0.000001"), Decimal("0.000002"))
FREE = Price(Decimal(0), Decimal(0))
UNPRICED = Price(None, None)


def estimated(*prices: Price, call_type: str = "acompletion", **request: Any) -> Decimal:
    body = {"messages": [{"role": "user", "content": "hi"}], **request}
    said = estimate_of(body, call_type, prices, output_tokens=1024, unpriced=Decimal("0.01"))
    return Decimal(said)


def test_characters_and_the_limit_of_the_answer_decide() -> None:
    # 6 characters are 2 tokens, and 8 more stand around them.
    assert estimated(PAID, max_tokens=100) == Decimal("0.00021")
    assert estimated(PAID, max_completion_tokens=50, max_tokens=100) == Decimal("0.00011")
    assert estimated(PAID) == Decimal("0.002058")
    assert estimated(PAID, max_tokens=100, n=3) == Decimal("0.00063")


def test_the_dearest_deployment_of_the_group_counts() -> None:
    dear = Price(Decimal("0.00001"), Decimal("0.00002"))
    assert estimated(PAID, dear, FREE, max_tokens=100) == Decimal("0.0021")


def test_only_a_group_that_is_free_as_a_whole_is_never_refused() -> None:
    assert estimated(FREE, FREE) == 0
    assert estimated(FREE, UNPRICED) == Decimal("0.01")
    assert estimated(UNPRICED) == Decimal("0.01")
    assert estimated() == Decimal("0.01")
    assert estimated(Price(Decimal("1e-15"), Decimal(0)), max_tokens=1) == Decimal("1e-12")


def test_an_embedding_has_no_output() -> None:
    price = Price(Decimal("0.000001"), None)
    assert estimated(price, call_type="aembedding", messages=None, input="x" * 30) == Decimal("0.000018")
    assert estimated(price, call_type="aembedding", messages=None, input=[[1, 2, 3]]) == Decimal("0.000011")
    assert estimated(price, max_tokens=10) == Decimal("0.01")


def test_a_picture_is_not_read_as_text() -> None:
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}]
    sound = [{"type": "input_audio", "input_audio": {"data": "A" * 10**6, "format": "wav"}}]
    for content in (picture, sound):
        assert estimated(PAID, messages=[{"role": "user", "content": content}], max_tokens=1) < Decimal("0.0012")


@pytest.mark.parametrize("odd", [None, "many", -1, 0, True, 1.5, [], {}])
def test_an_odd_limit_is_no_limit(odd: object) -> None:
    assert estimated(PAID, max_tokens=odd, n=odd) == Decimal("0.002058")


def test_an_amount_stays_one_the_ledger_can_read() -> None:
    assert estimated(Price(Decimal(10) ** 9, Decimal(10) ** 9), max_tokens=10**30) < 10**15


def test_a_deep_request_does_no_harm() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert estimated(PAID, messages=deep, max_tokens=1) > 0


def test_the_own_price_goes_before_the_list() -> None:
    known = {"gpt-5": {"input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06}}
    params: dict[str, object] = {"model": "openai/gpt-5"}
    assert price_of_deployment({"litellm_params": params}, known) == Price(Decimal("2E-6"), Decimal("9E-6"))
    own = {**params, "input_cost_per_token": "0.000003"}
    assert price_of_deployment({"litellm_params": own}, known) == Price(Decimal("0.000003"), Decimal("9E-6"))
    info = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    assert price_of_deployment({"litellm_params": own, "model_info": info}, known) == FREE
    assert price_of_deployment({"litellm_params": {"model": "openai/own"}}, known) == UNPRICED


def test_what_costs_something_else_than_tokens_is_not_free() -> None:
    rerank = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0, "input_cost_per_query": 0.002}
    known = {"rerank-v3.5": rerank, "dall-e-3": {"input_cost_per_image": 0.04}}
    params: dict[str, object] = {"model": "cohere/rerank-v3.5"}
    assert price_of_deployment({"litellm_params": params}, known) == UNPRICED
    assert price_of_deployment({"litellm_params": {"model": "dall-e-3"}}, known) == UNPRICED
    own = {"model": "whisper", "input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_second": 0.0001}
    assert price_of_deployment({"litellm_params": own}, known) == UNPRICED


def test_a_price_of_zero_that_the_operator_states_is_free_whatever_the_list_says() -> None:
    known = {"rerank-v3.5": {"input_cost_per_query": 0.002}}
    own: dict[str, object] = {"input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_query": 0}
    assert price_of_deployment({"litellm_params": {"model": "rerank-v3.5", **own}}, known) == FREE


def test_an_answer_of_what_costs_something_else_than_tokens_is_not_free() -> None:
    params = {"model": "cohere/rerank-v3.5"}
    router = SimpleNamespace(get_model_list=lambda group, team_id: [{"litellm_params": params}])
    sys.modules["litellm.proxy.proxy_server"].__dict__["llm_router"] = router
    known = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
    sys.modules["litellm"].__dict__["model_cost"] = {"rerank-v3.5": known}
    assert is_free({"model_group": "ranks"}, None)
    known["input_cost_per_query"] = 0.002
    assert not is_free({"model_group": "ranks"}, None)
