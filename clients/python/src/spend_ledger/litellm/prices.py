"""What LiteLLM knows of the prices of a model group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module

from .money import decimal_of


@dataclass(frozen=True)
class Price:
    """What a token of one deployment costs; None where no price is stated."""

    input: Decimal | None
    output: Decimal | None


_INPUT, _OUTPUT = "input_cost_per_token", "output_cost_per_token"
_NOTHING: Mapping[str, object] = {}
_UNPRICED = Price(None, None)


def prices_of_group(group: str, team_id: str | None) -> list[Price]:
    """The prices of every deployment that may answer for the group. Empty if the proxy has none of that name."""
    known = import_module("litellm").model_cost
    return [price_of_deployment(one, known) for one in _deployments_of(group, team_id)]


def is_free(payload: Mapping[str, object], team_id: str | None) -> bool:
    """Whether the price of what answered is stated as 0.

    :param payload: LiteLLM's `standard_logging_object`
    """
    group, answered_by = payload.get("model_group"), payload.get("model_id")
    deployments = _deployments_of(group, team_id) if isinstance(group, str) else []
    own = [one for one in deployments if _mapping(one.get("model_info")).get("id") == answered_by]
    known = import_module("litellm").model_cost
    prices = [price_of_deployment(one, known) for one in own or deployments]
    has_output = bool(payload.get("completion_tokens"))
    return bool(prices) and all(
        price.input == 0 and (price.output == 0 or (price.output is None and not has_output)) for price in prices
    )


def _deployments_of(group: str, team_id: str | None) -> list[Mapping[str, object]]:
    router = getattr(import_module("litellm.proxy.proxy_server"), "llm_router", None)
    return [] if router is None else router.get_model_list(group, team_id) or []


def price_of_deployment(deployment: Mapping[str, object], known: Mapping[str, object]) -> Price:
    """The price of one deployment: its own, else that of LiteLLM's list for its model."""
    params = _mapping(deployment.get("litellm_params"))
    info = _mapping(deployment.get("model_info"))
    listed = next(_entries_of(params, info, known), _NOTHING)
    own, every = (info, params), (info, params, listed)
    price = Price(_first(every, _INPUT), _first(every, _OUTPUT))
    is_own = _first(own, _INPUT) is not None and _first(own, _OUTPUT) is not None
    costs_tokens = any(each is not None and each > 0 for each in (price.input, price.output))
    if not costs_tokens and _costs_otherwise(own if is_own else every):
        return _UNPRICED
    return price


def _entries_of(
    params: Mapping[str, object], info: Mapping[str, object], known: Mapping[str, object]
) -> Iterator[Mapping[str, object]]:
    for name in (info.get("base_model"), params.get("base_model"), params.get("model")):
        if not isinstance(name, str):
            continue
        for spelled in (name, name.partition("/")[2]):
            entry = known.get(spelled)
            if isinstance(entry, Mapping):
                yield entry


def _costs_otherwise(sources: Iterable[Mapping[str, object]]) -> bool:
    """Whether a query, a picture, a second or the like has a price: of those a request does not say how many."""
    costs = (
        decimal_of(cost)
        for source in sources
        for name, cost in source.items()
        if "cost_per" in name and name not in (_INPUT, _OUTPUT)
    )
    return any(cost is not None and cost > 0 for cost in costs)


def _first(sources: Iterable[Mapping[str, object]], name: str) -> Decimal | None:
    numbers = (decimal_of(source.get(name)) for source in sources)
    return next((number for number in numbers if number is not None and number >= 0), None)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
