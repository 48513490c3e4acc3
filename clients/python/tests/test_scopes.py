from collections.abc import Callable
from typing import Any

import pytest

from spend_ledger import key, team, user
from spend_ledger._scopes import scope_of


def test_makes_the_scopes_of_the_ledger() -> None:
    assert scope_of(team("ml", user="alice", key="k1")) == {
        "type": "team",
        "teamId": "ml",
        "userId": "alice",
        "keyId": "k1",
    }
    assert scope_of(user("alice")) == {"type": "user", "userId": "alice"}
    assert scope_of(key("k1")) == {"type": "key", "keyId": "k1"}


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (key, "key_id"),
        (user, "user_id"),
        (lambda id: user("alice", key=id), "key"),
        (team, "team_id"),
        (lambda id: team("ml", user=id), "user"),
        (lambda id: team("ml", key=id), "key"),
    ],
)
@pytest.mark.parametrize("id", ["", " alice", "a\x00b", "x" * 257, "sk-0123456789abcdef0", "slt_0123456789abcdef0123"])
def test_refuses_a_bad_id_by_the_name_of_its_field_and_without_the_id(
    make: Callable[[str], Any], field: str, id: str
) -> None:
    with pytest.raises(ValueError, match=f"^{field} ") as caught:
        make(id)
    assert id == "" or id not in str(caught.value)


def test_refuses_a_scope_that_was_made_by_hand() -> None:
    with pytest.raises(TypeError, match="user"):
        scope_of({"type": "user", "userId": "alice"})  # type: ignore[arg-type]
