"""What an address of a ledger may be, and which ledger it is."""

from __future__ import annotations

import pytest

from spend_ledger._urls import ledger_name, ledger_urls


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:8080", "localhost:8080"),
        ("http://LOCALHOST:8080/", "localhost:8080"),
        ("http://[::1]:8080", "localhost:8080"),
        ("http://127.0.0.1:9090", "localhost:9090"),
        ("https://Gateway.Test/prod/", "gateway.test/prod"),
        ("http://gateway.test:80/prod", "gateway.test/prod"),
        ("https://gateway.test:443/staging", "gateway.test/staging"),
        ("https://gateway.test:80", "gateway.test:80"),
        ("http://[fd00::7]:8080", "[fd00::7]:8080"),
    ],
)
def test_a_ledger_is_named_by_host_port_and_path(url: str, name: str) -> None:
    assert ledger_name(url) == name


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("http://a:8083/, http://b:8081/x/", ("http://a:8083", "http://b:8081/x")),
        (" http://a ", ("http://a", "http://a")),
    ],
)
def test_auth_and_ingest_may_be_apart(text: str, urls: tuple[str, str]) -> None:
    assert ledger_urls(text, "url") == urls


@pytest.mark.parametrize("text", ["", "http://a,", "http://a,http://b,http://c", "http://me:secret@a"])
def test_other_addresses_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(ValueError, match=r"^url must be ") as caught:
        ledger_urls(text, "url")
    assert "secret" not in str(caught.value)
