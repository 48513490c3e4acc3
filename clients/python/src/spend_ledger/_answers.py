"""Reads answers of the ledger into the classes of `_types`.

Unknown members, and unknown values of an enumeration, are kept.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from ._times import read_time

A = TypeVar("A", bound="Answer")


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Misfit(ValueError):
    """An answer that has not the shape it should have. It does not say what the ledger did."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    extra: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Members that this version of the client does not know, by their name in JSON."""
    raw: Raw | None = field(default=None, compare=False, repr=False)
    """Status, headers and body. None in what is only a part of an answer."""


def read_answer(kind: type[A], raw: Raw) -> A:
    """Raises Misfit where a member is missing or has another JSON type."""
    answer = _object(kind, raw.body)
    object.__setattr__(answer, "raw", raw)
    return answer


def _object(kind: type[A], body: Any) -> A:
    if not isinstance(body, Mapping):
        raise Misfit(f"{kind.__name__} is no object")
    known = _members(kind)
    values = {name: _value(hint, body[member]) for member, (name, hint, _) in known.items() if member in body}
    missing = [member for member, (name, _, is_required) in known.items() if is_required and name not in values]
    if missing:
        raise Misfit(f"{kind.__name__} lacks {', '.join(missing)}")
    return kind(**values, extra={member: value for member, value in body.items() if member not in known})


def _value(hint: Any, value: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(args, value)
    if hint is Any or origin is Literal:
        return value
    if origin is list and isinstance(value, list):
        return [_value(args[0], each) for each in value]
    if origin is dict and isinstance(value, dict):
        return {name: _value(args[1], each) for name, each in value.items()}
    if isinstance(hint, type) and issubclass(hint, Answer):
        return _object(hint, value)
    if hint in (Decimal, datetime) and isinstance(value, str):
        return _parsed(hint, value)
    if hint in (int, str, bool, dict) and type(value) is hint:
        return value
    raise Misfit(f"a member is a {type(value).__name__} where {hint} was expected")


def _one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    """The first kind that fits. An object of a kind that did not exist yet stays as it came."""
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if isinstance(value, Mapping) and not _says_its(kind, value):
            continue
        try:
            return _value(kind, value)
        except Misfit:
            continue
    if isinstance(value, Mapping):
        return dict(value)
    raise Misfit(f"a member is a {type(value).__name__}")


def _says_its(kind: Any, value: Mapping[str, Any]) -> bool:
    """False where a member such as `type` names another kind."""
    if not (isinstance(kind, type) and issubclass(kind, Answer)):
        return False
    hints = ((member, hint) for member, (_, hint, is_required) in _members(kind).items() if is_required)
    return all(value.get(member) in get_args(hint) for member, hint in hints if get_origin(hint) is Literal)


def _parsed(kind: type[Decimal] | type[datetime], text: str) -> Decimal | datetime:
    try:
        return Decimal(text) if kind is Decimal else read_time(text)
    except (InvalidOperation, ValueError) as error:
        raise Misfit(f"a member is no {kind.__name__}") from error


def _members(kind: Any) -> dict[str, tuple[str, Any, bool]]:
    return _members_of(kind)


@cache
def _members_of(kind: Any) -> dict[str, tuple[str, Any, bool]]:
    """By the name in JSON: the name in Python, the type, whether it must be there."""
    hints = get_type_hints(kind)
    own = [each for each in fields(kind) if each.name not in ("extra", "raw")]
    return {_camel(each.name): (each.name, hints[each.name], each.default is MISSING) for each in own}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name.rstrip("_"))
