"""Tokens that come in a header are kept, and stay out of the logs of the libraries below."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from remint import Keeper, Timing
from remint.keeper.store.memory import MemoryStore
from tests.keeper.provider import Call, Provider, provider

DIALECT = """
name = "headed"
serve = false

[call.refresh_token]
method = "POST"
path = "/session"
request.refresh_token = { in = "json" }

[renewal]
rotation = "strict"

[answer.fields]
access_token = { in = "header", name = "X-Access" }
refresh_token = { in = "cookie", name = "refresh" }
expires_in = { value = 3600 }
"""


@pytest.fixture
def dialects(tmp_path):
    """A folder with the dialect in it."""
    (tmp_path / "headed.toml").write_text(DIALECT)
    return tmp_path


def test_a_token_in_a_header_is_kept(dialects, caplog):
    """Access token from a header, refresh token from a cookie; and neither in any log at any level."""
    numbers = iter(range(1, 10))

    def step(_provider: Provider, _call: Call) -> tuple[int, dict[str, str], bytes]:
        number = next(numbers)
        token, cookie = f"canary-access-{number}", f"refresh=canary-refresh-{number}"
        headers = {"X-Access": token, "Set-Cookie": cookie}
        return 200, headers, b"{}"

    caplog.set_level(logging.DEBUG)
    with provider() as made, Keeper(MemoryStore(), dialects=[dialects], timing=Timing()) as keeper:
        made.do(step, step)
        given: dict[str, Any] = {"base_url": made.base_url, "refresh_token": "canary-refresh-0"}
        keeper.connect("a", "headed", **given)
        assert str(keeper.token("a")) == "canary-access-1"
        assert str(keeper.renew("a")) == "canary-access-2"
        assert b"canary-refresh-1" in made.calls[1].body
    assert "canary" not in caplog.text
    assert any(record.name.startswith("httpcore2") for record in caplog.records)
