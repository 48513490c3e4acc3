"""The variables of the hook."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from spend_ledger.litellm.labels import LabelSource
from spend_ledger.litellm.settings import HookSettings, SettingsError, read_settings

URL = "http://ledger:8080"


def read(**variables: str) -> HookSettings:
    return read_settings({f"SPEND_LEDGER_{name}": value for name, value in {"URL": URL, **variables}.items()})


def test_the_address_is_enough() -> None:
    assert read() == HookSettings(URL, URL)
    assert read().source == "litellm-hook/litellm"


def test_each_variable_is_read() -> None:
    settings = read(
        URL="http://auth:8083/, http://ingest:8081",
        TOKEN="slt_x",
        NAME="eu",
        JOURNAL="/var/hook",
        MODE="shadow",
        OUTAGE="open",
        HOLD_TTL="60",
        OUTPUT_TOKENS="10",
        UNPRICED_HOLD="0.5",
        ON_INTERRUPTED="estimate",
        REFUSAL_STATUS="429",
        SYNC="full",
        SETTLE_WAIT="1.5",
        LABELS="org=organization_id",
    )
    assert settings == HookSettings(
        "http://auth:8083",
        "http://ingest:8081",
        token="slt_x",
        name="eu",
        journal=Path("/var/hook"),
        mode="shadow",
        outage="open",
        hold_ttl=60,
        output_tokens=10,
        unpriced_hold=Decimal("0.5"),
        on_interrupted="estimate",
        refusal_status=429,
        sync="full",
        settle_wait=1.5,
        labels=(LabelSource("org", "key", ("organization_id",)),),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", ""),
        ("URL", "ledger:8080"),
        ("URL", "http://a,http://b,http://c"),
        ("URL", "http://user:password@ledger"),
        ("NAME", "a b"),
        ("MODE", "on"),
        ("OUTAGE", "half"),
        ("HOLD_TTL", "0"),
        ("HOLD_TTL", "1e3"),
        ("OUTPUT_TOKENS", "-1"),
        ("UNPRICED_HOLD", "0.0000000000001"),
        ("UNPRICED_HOLD", "nan"),
        ("ON_INTERRUPTED", "drop"),
        ("REFUSAL_STATUS", "200"),
        ("SYNC", "off"),
        ("SETTLE_WAIT", "inf"),
        ("LABELS", "org=api_key"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SPEND_LEDGER_{name} must be") as refused:
        read(**{name: value})
    assert "password" not in str(refused.value)
