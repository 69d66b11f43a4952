"""Properties of any request at all: what the tables did not think of."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.contracts.badinput.draft import HEADER, JSON
from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.treasury import Treasury, fresh
from tests.contracts.wire import Answer, Message, Wire
from tests.contracts.workspace import Workspace

_FORMS = [(dialect, form) for dialect, forms in GOOD.items() for form in forms]
_IN_JSON = [
    ("eshopbox", "renewal"),
    ("partner", "renewal"),
    ("partner", "log-in"),
    ("genlogs", "renewal in JSON"),
]
_BOUNDED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
_NO_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def held(workspace: Workspace) -> dict[str, Treasury]:
    """Credentials for each dialect; whoever tries to log in is nobody."""
    return {dialect: fresh(dialect, workspace) for dialect in GOOD}


def _is_refused(dialect: str, answer: Answer) -> None:
    """Some 4xx in the dialect's shape (or what HTTP itself says to no HTTP); never a fault."""
    assert 400 <= answer.status < 500, answer
    if answer.headers["content-type"] == "application/json":
        key = "detail" if dialect == "genlogs" else "error"
        assert answer.json[key], answer


@pytest.mark.parametrize("dialect, form", _FORMS)
@_BOUNDED
@given(body=st.binary(max_size=300))
@example(body=b'{"refresh_token": "x"}')
def test_any_bytes_for_a_body(dialect: str, form: str, body: bytes, wire: Wire, held):
    """No body makes the server fail, or renews anything, but the right one."""
    message = GOOD[dialect][form](held[dialect]).message()
    if not message.body:
        message.headers.append(("Content-Type", b"application/json"))
        message.target = message.target.split(b"?")[0]  # type: ignore[arg-type]
    message.body = body
    _is_refused(dialect, wire.send(message))


@pytest.mark.parametrize("dialect, form", [each for each in _FORMS if each[0] == "genlogs"])
@_BOUNDED
@given(query=st.binary(max_size=100).map(lambda raw: raw.replace(b" ", b"").replace(b"\n", b"")))
def test_any_bytes_for_a_query(dialect: str, form: str, query: bytes, wire: Wire, held):
    """No query makes the server fail; one that is no HTTP is refused as such."""
    message = GOOD[dialect][form](held[dialect]).message()
    path = bytes(message.target).split(b"?")[0]  # type: ignore[arg-type]
    _is_refused(dialect, wire.send(Message("POST", path + b"?" + query, message.headers)))


@pytest.mark.parametrize("dialect", ["oauth2", "partner", "genlogs"])
@_BOUNDED
@given(value=st.binary(max_size=60).map(lambda raw: _NO_HEADER.sub(b"", raw)))
@example(value=b"Basic " + b"=" * 40)
def test_any_bytes_for_a_header(dialect: str, value: bytes, wire: Wire, held):
    """No header's value makes the server fail."""
    draft = GOOD[dialect]["renewal"](held[dialect])
    name = {"oauth2": "Authorization", "partner": "partnerId", "genlogs": "x-api-key"}[dialect]
    draft.set(HEADER, name, value)
    draft.put("refresh_token", "nothing")
    _is_refused(dialect, wire.send(draft.message()))


@pytest.mark.parametrize("dialect, form", _IN_JSON)
@_BOUNDED
@given(data=st.data())
def test_any_json_for_a_member(dialect: str, form: str, data: Any, wire: Wire, held):
    """No JSON value for any member makes the server fail."""
    draft = GOOD[dialect][form](held[dialect])
    names = sorted(str(each.name) for each in draft.fields if each.carrier == JSON)
    draft.set(JSON, data.draw(st.sampled_from(names)), json.dumps(data.draw(values)).encode())
    _is_refused(dialect, wire.send(draft.message()))


@pytest.mark.parametrize("dialect, form", _FORMS)
@_BOUNDED
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_good_request_with_one_byte_changed(
    dialect: str, form: str, place: float, byte: int, wire: Wire, held
):
    """One wrong byte anywhere in the body: refused, or none the worse; never a fault of ours."""
    message = GOOD[dialect][form](held[dialect]).message()
    at = int(place * len(message.body))
    message.body = message.body[:at] + bytes([byte]) + message.body[at + 1 :]
    assert wire.send(message).status in (200, 400, 401, 413, 422, 429)
