"""What a call has come to, out of what LiteLLM logs of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .._bodies import Basis
from .money import amount_of, decimal_of


@dataclass(frozen=True)
class Outcome:
    """What a call cost; no cost if LiteLLM does not know it."""

    basis: Basis
    cost: Decimal | None = None

    @property
    def amount(self) -> str | None:
        return None if self.cost is None else amount_of(self.cost)


UNKNOWN = Outcome("unknown")


def outcome_of_answer(payload: Mapping[str, object], is_free: Callable[[], bool]) -> Outcome:
    """The outcome of a call that was answered, as a whole or up to a break.

    Unknown is not zero: LiteLLM says 0 for a model without a price, and 1.108.7 also for a `/v1/responses` call of a
    model with a price of its own that follows a `/v1/completions` call.

    :param payload: LiteLLM's `standard_logging_object`
    :param is_free: whether the price of the deployment is stated as 0
    """
    cost = decimal_of(payload.get("response_cost"))
    if cost is None or cost < 0 or amount_of(cost) is None:
        return UNKNOWN
    is_broken = _is_broken(payload)
    if cost > 0:
        return Outcome("estimated" if is_broken else "exact", cost)
    was_metered = is_broken or (_tokens_of(payload) > 0 and payload.get("cache_hit") is not True)
    return UNKNOWN if was_metered and not is_free() else Outcome("exact", cost)


def cost_of_failure(payload: Mapping[str, object]) -> Decimal:
    """What LiteLLM says that a failed call or attempt cost; 0 if nothing."""
    cost = decimal_of(payload.get("response_cost"))
    return Decimal(0) if cost is None or cost < 0 else cost


def is_broken_stream(logged: Mapping[str, object]) -> bool:
    """Whether an attempt failed after its stream had begun. Of one of `/v1/messages` LiteLLM says nothing more.

    :param logged: what LiteLLM's callbacks call `kwargs`
    """
    error = logged.get("exception")
    # LiteLLM translates the errors of attempts, and passes those on that a stream meets.
    is_untranslated = isinstance(error, Exception) and not type(error).__module__.startswith("litellm")
    return logged.get("stream") is True and (is_untranslated or logged.get("completion_start_time") is not None)


def cost_of_attempts(attempts: object) -> Decimal:
    """What the provider billed for earlier attempts of a call that failed in the end."""
    if not isinstance(attempts, Iterable):
        return Decimal(0)
    costs = (decimal_of(getattr(attempt, "response_cost", None)) for attempt in attempts)
    return sum((cost for cost in costs if cost is not None and cost > 0), Decimal(0))


def _is_broken(payload: Mapping[str, object]) -> bool:
    """The stream broke off, or the client left it: LiteLLM has counted the tokens itself."""
    error = payload.get("error_information")
    return isinstance(error, Mapping) and bool(error.get("error_class"))


def _tokens_of(payload: Mapping[str, object]) -> int:
    tokens = payload.get("total_tokens")
    return tokens if isinstance(tokens, int) else 0
