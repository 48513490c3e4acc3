"""The hook's settings, out of the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args

from .._policies import OnInterrupted, Outage, Synchronous
from .._urls import ledger_urls
from .labels import MOST_LABELS, LabelSource, parse_label_sources
from .money import decimal_of

Mode = Literal["hold", "check", "shadow"]
T = TypeVar("T")

LONGEST_TTL = 86_400
LONGEST_WAIT = 60.0
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SettingsError(ValueError):
    """A variable has a value that the hook cannot take. The message never has the value of a token."""


@dataclass(frozen=True)
class HookSettings:
    """What an operator decides about the hook."""

    auth_url: str
    ingest_url: str
    token: str | None = None
    name: str = "litellm"
    journal: Path = Path(".spend-ledger-hook")
    mode: Mode = "hold"
    outage: Outage = "closed"
    hold_ttl: int = 600
    output_tokens: int = 1024
    unpriced_hold: Decimal = Decimal("0.01")
    on_interrupted: OnInterrupted = "unknown"
    refusal_status: int | None = None
    sync: Synchronous = "normal"
    settle_wait: float = 0.25
    labels: tuple[LabelSource, ...] = ()

    @property
    def source(self) -> str:
        """Of the events that the hook records itself, where there is no hold to settle."""
        return f"litellm-hook/{self.name}"


def read_settings(environ: Mapping[str, str]) -> HookSettings:
    """Reads the `SPEND_LEDGER_` variables.

    :raises SettingsError: for the first one that is wrong
    """
    read = _Reader(environ)
    auth, ingest = read.urls("URL")
    return HookSettings(
        auth_url=auth,
        ingest_url=ingest,
        token=read.text("TOKEN") or None,
        name=read.matching("NAME", "litellm", _NAME, "1 to 64 letters, digits, dots or dashes"),
        journal=Path(read.text("JOURNAL") or ".spend-ledger-hook").expanduser(),
        mode=cast(Mode, read.choice("MODE", get_args(Mode))),
        outage=cast(Outage, read.choice("OUTAGE", get_args(Outage))),
        hold_ttl=read.whole("HOLD_TTL", 600, 1, LONGEST_TTL),
        output_tokens=read.whole("OUTPUT_TOKENS", 1024, 1, 10**9),
        unpriced_hold=read.money("UNPRICED_HOLD", "0.01"),
        on_interrupted=cast(OnInterrupted, read.choice("ON_INTERRUPTED", get_args(OnInterrupted))),
        refusal_status=read.whole("REFUSAL_STATUS", None, 400, 499),
        sync=cast(Synchronous, read.choice("SYNC", get_args(Synchronous))),
        settle_wait=read.seconds("SETTLE_WAIT", 0.25),
        labels=read.labels("LABELS"),
    )


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        return self._environ.get(f"SPEND_LEDGER_{name}", "").strip()

    def urls(self, name: str) -> tuple[str, str]:
        try:
            return ledger_urls(self.text(name), f"SPEND_LEDGER_{name}")
        except ValueError as error:
            # It does not have the value: an address may have a password in it.
            raise SettingsError(str(error)) from None

    def labels(self, name: str) -> tuple[LabelSource, ...]:
        said = self.text(name)
        sources = parse_label_sources(said)
        rule = f"must be at most {MOST_LABELS} labels with their sources, such as org=organization_id,job=tags.job"
        self._fitting(name, sources is not None, said, rule)
        return sources or ()

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        said = self.text(name).lower() or choices[0]
        return self._fitting(name, said in choices, said, f"must be {' or '.join(choices)}")

    def matching(self, name: str, default: str, pattern: re.Pattern[str], rule: str) -> str:
        said = self.text(name) or default
        return self._fitting(name, pattern.fullmatch(said) is not None, said, f"must be {rule}")

    def whole(self, name: str, default: T, least: int, most: int) -> int | T:
        rule = f"must be a whole number from {least} to {most}"
        return self._number(name, default, int, lambda number: least <= number <= most, rule)

    def seconds(self, name: str, default: float) -> float:
        rule = f"must be a number of seconds from 0 to {LONGEST_WAIT:.0f}, such as 0.25"
        return self._number(name, default, float, lambda number: 0 <= number <= LONGEST_WAIT, rule)

    def money(self, name: str, default: str) -> Decimal:
        said = self.text(name) or default
        number = decimal_of(said)
        is_money = number is not None and 0 <= number < 10**15 and number == round(number, 12)
        rule = "must be an amount with at most 12 digits after the point, such as 0.01"
        self._fitting(name, is_money, said, rule)
        return number or Decimal(0)

    def _number(
        self,
        name: str,
        default: T,
        parse: Callable[[str], float],
        fits: Callable[[float], bool],
        rule: str,
    ) -> int | T:
        said = self.text(name)
        if said == "":
            return default
        try:
            number = parse(said)
        except ValueError:
            number = float("nan")
        self._fitting(name, fits(number), said, rule)
        return cast("int | T", number)

    def _fitting(self, name: str, fits: bool, said: str, rule: str) -> str:
        if not fits:
            raise SettingsError(f'SPEND_LEDGER_{name} {rule}; it is "{said[:40]}".')
        return said
