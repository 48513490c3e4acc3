from decimal import Decimal
from typing import Any

import pytest

from spend_ledger._bodies import cost_body
from spend_ledger._money import money


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("0.40", "0.40"),
        (Decimal("0.40"), "0.40"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0"), "0"),
        (Decimal("1E-400"), "0.000000000000"),
        (Decimal("0.0000000000005"), "0.000000000001"),
        (Decimal(1) / Decimal(3), "0.333333333333"),
        (3, "3"),
    ],
)
def test_writes_amounts_exactly(given: Any, written: str) -> None:
    assert money(given, "amount") == written


@pytest.mark.parametrize("given", [0.1, 1.0, float("nan"), True, None, b"0.1", 1j])
def test_refuses_what_is_not_exact(given: Any) -> None:
    with pytest.raises(TypeError, match="estimate"):
        money(given, "estimate")


@pytest.mark.parametrize(
    "given",
    ["", "-1", "+1", "1e3", "01", ".5", "1.", " 1", "1\n", "٣", "0.1234567890123", "1" * 16]
    + [Decimal(text) for text in ("NaN", "Infinity", "-0.01", "1E+16", "1E+1000000")]
    + [10**15 * 10],
)
def test_refuses_what_is_no_amount(given: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        money(given, "amount")


def test_a_cost_that_is_not_said_is_unknown_and_never_zero() -> None:
    assert cost_body() == {"basis": "unknown"}
    assert cost_body("0") == {"amount": "0"}


@pytest.mark.parametrize(
    "given",
    [
        {"amount": "1", "usage": {"input": 1, "output": 1}},
        {"usage": {"input": 1, "output": 1}},
        {"amount": "1", "basis": "unknown"},
    ],
)
def test_refuses_a_cost_that_says_two_things(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"amount|model"):
        cost_body(**given)
