"""LiteLLM reckons in floats, the ledger in decimals of 12 places."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

_PLACE = Decimal("1e-12")
_LIMIT = Decimal(10) ** 15
"""The ledger takes amounts below it."""
_MOST = _LIMIT - 1


def decimal_of(value: object) -> Decimal | None:
    """A number of LiteLLM's as the decimal that was meant, the shortest that is this double. None for no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def amount_of(cost: Decimal) -> str | None:
    """A cost as an amount, rounded half up to 12 places. None for what the ledger takes for no amount."""
    return _printed(cost, ROUND_HALF_UP) if 0 <= cost < _LIMIT else None


def estimate_amount_of(cost: Decimal) -> str:
    """An estimate as an amount, rounded up: only what is free is zero, for an estimate of zero is never refused."""
    return _printed(min(cost, _MOST), ROUND_CEILING)


def _printed(cost: Decimal, rounding: str) -> str:
    with localcontext() as context:
        # The default of 28 digits would round twice, or refuse, far inside the ledger's limit.
        context.prec = 60
        return format(cost.quantize(_PLACE, rounding=rounding).normalize(), "f")
