"""What a call will cost, as far as the request says it.

An estimate that is too low does no harm to the books: the ledger records the overrun. It lets that call past the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from .money import estimate_amount_of
from .prices import Price

CHARACTERS_A_TOKEN = 3
TOKENS_OF_A_FRAME = 8
CHARACTERS_OF_A_FILE = 3_000
"""A picture or a file costs a share of its size that only the provider knows."""
MOST_TOKENS = 10**9
_INPUT = ("messages", "input", "prompt", "instructions", "system", "tools", "functions", "query", "documents")
_OUTPUT = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_FILE = frozenset(("data", "file_data", "image_data", "b64_json"))
_NO_OUTPUT = ("embedding", "moderation", "rerank")


def estimate_of(
    request: Mapping[str, object],
    call_type: str,
    prices: Sequence[Price],
    *,
    output_tokens: int,
    unpriced: Decimal,
) -> str:
    """The amount to ask for: by the dearest deployment of the group.

    :param output_tokens: where the request has no limit of its own
    :param unpriced: where one deployment of the group has no price
    """
    tokens_in = -(-_characters_of(request) // CHARACTERS_A_TOKEN) + TOKENS_OF_A_FRAME
    has_output = not any(word in call_type for word in _NO_OUTPUT)
    tokens_out = _output_of(request, output_tokens) if has_output else 0
    costs = [_cost_of(price, min(tokens_in, MOST_TOKENS), tokens_out) for price in prices]
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        known.append(unpriced)
    times = _whole(request.get("n")) or 1
    return estimate_amount_of(max(known) * times)


def _cost_of(price: Price, tokens_in: int, tokens_out: int) -> Decimal | None:
    if price.input is None or (price.output is None and tokens_out > 0):
        return None
    return price.input * tokens_in + (price.output or Decimal(0)) * tokens_out


def _output_of(request: Mapping[str, object], default: int) -> int:
    said = (_whole(request.get(name)) for name in _OUTPUT)
    return next((tokens for tokens in said if tokens is not None), default)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return None
    return min(value, MOST_TOKENS)


def _characters_of(request: Mapping[str, object]) -> int:
    return sum(_sizes_within([request.get(name) for name in _INPUT]))


def _sizes_within(value: object) -> Iterator[int]:
    """Without recursion: how deep a request goes is the client's to say."""
    left: list[object] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield CHARACTERS_OF_A_FILE if one.startswith("data:") else len(one)
        elif isinstance(one, int):
            yield CHARACTERS_A_TOKEN
        elif isinstance(one, Mapping):
            for name, part in one.items():
                if name in _FILE and isinstance(part, str):
                    yield CHARACTERS_OF_A_FILE
                else:
                    left.append(part)
        elif isinstance(one, (list, tuple)):
            left.extend(one)
