"""Money: an exact decimal on its way in and out, never a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TypeAlias

Money: TypeAlias = Decimal | str | int
"""A Decimal, a decimal string such as "0.40", or a whole number. A float is refused."""

_PATTERN = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?", re.ASCII)
_SMALLEST = Decimal("1e-12")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def money(value: Money, field: str) -> str:
    """Writes an amount as the ledger reads it. A Decimal is rounded to 12 digits after the point, half up.

    Raises TypeError for a float, ValueError for what is no amount.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, str, int)):
        raise TypeError(
            f"{field} must be a Decimal, a str or an int, not a {type(value).__name__}: a float is not exact."
        )
    text = value if isinstance(value, str) else _written(Decimal(value), field)
    if _PATTERN.fullmatch(text) is None:
        raise ValueError(
            f"{field} must be an amount such as '0.40': no sign, no exponent,"
            " at most 15 digits before the point and 12 after it."
        )
    return text


def _written(value: Decimal, field: str) -> str:
    if not value.is_finite():
        raise ValueError(f"{field} must be a finite number.")
    if value.adjusted() > 15:
        raise ValueError(f"{field} must have at most 15 digits before the point.")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -12:
        value = value.quantize(_SMALLEST, context=_EXACT)
    return format(abs(value) if value.is_zero() else value, "f")
