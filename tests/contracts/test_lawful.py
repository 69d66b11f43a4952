"""Odd but lawful requests: what a strict server must still accept, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.contracts.badinput.draft import FORM, HEADER, JSON, QUERY, Draft
from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.treasury import Treasury, fresh
from tests.contracts.wire import Message, Wire
from tests.contracts.workspace import Workspace

_FORM_TYPE = b"application/x-www-form-urlencoded"
_PLACES = [(dialect, form) for dialect, forms in GOOD.items() for form in forms]


@pytest.fixture(scope="module")
def held(workspace: Workspace) -> dict[str, Treasury]:
    """Credentials for each dialect. A wide budget: all of these renew."""
    wide = {"budget": {"renewals": 1000, "per_seconds": 3600}, "rotation": "keep"}
    return {
        dialect: fresh(
            dialect,
            workspace,
            person=workspace.person(f"{dialect}@lawful.test", "ein gutes Paßwort ✓"),
            policy={**wide, "keep_unauthenticated": True},
        )
        for dialect in GOOD
    }


def _carrier(draft: Draft) -> str:
    return next(c for c in (JSON, FORM, QUERY) if c in {each.carrier for each in draft.fields})


def _add_to_carrier(name: str, value: object) -> Callable[[Draft], None]:
    return lambda draft: draft.add(_carrier(draft), name, value)


def _nested(draft: Draft) -> None:
    """The name of a parameter a level down is another name."""
    if _carrier(draft) == JSON:
        inner = dict.fromkeys(("grant_type", "refresh_token", "refreshToken", "password"), "x")
        draft.add(JSON, "context", inner)


def _pretty(draft: Draft) -> None:
    if _carrier(draft) == JSON:
        body = json.dumps(json.loads(draft.message().body), indent=2)
        draft.raw_body = b"\r\n\t " + body.encode() + b"\n\n"


def _escaped(draft: Draft) -> None:
    """Every character as an escape, of JSON or of a form."""
    if _carrier(draft) == JSON:
        members = json.loads(draft.message().body)
        spelled = ",".join(f'"{_in_json(n)}":"{_in_json(v)}"' for n, v in members.items())
        draft.raw_body = b"{" + spelled.encode() + b"}"


def _in_json(text: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in text)


def _without_type(draft: Draft) -> None:
    draft.content_type = b""


def _type(json_type: bytes, form_type: bytes) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        if _carrier(draft) != QUERY:
            draft.content_type = json_type if _carrier(draft) == JSON else form_type

    return change


def _shouted_headers(draft: Draft) -> None:
    for each in [each for each in draft.fields if each.carrier == HEADER]:
        draft.rename(HEADER, str(each.name), str(each.name).upper())


def _padded_headers(draft: Draft) -> None:
    for each in [each for each in draft.fields if each.carrier == HEADER]:
        value = each.value if isinstance(each.value, bytes) else str(each.value).encode()
        draft.set(HEADER, str(each.name), b"  \t" + value + b" \t ")


def _query(draft: Draft) -> None:
    draft.add(QUERY, "utm_source", "newsletter")


ODDITIES: dict[str, Callable[[Draft], None]] = {
    "as it should be": lambda _: None,
    "a parameter nobody knows": _add_to_carrier("state", "xyz"),
    "an empty parameter nobody knows": _add_to_carrier("state", ""),
    "the same unknown parameter twice": lambda d: (
        _add_to_carrier("resource", "a")(d),
        _add_to_carrier("resource", "b")(d),
    )[0],
    "known names a level down": _nested,
    "a stranger's query": _query,
    "JSON on many lines": _pretty,
    "JSON in escapes": _escaped,
    "no content type": _without_type,
    "charset=utf-8": _type(b"application/json; charset=utf-8", _FORM_TYPE + b"; charset=utf-8"),
    'charset="UTF-8"': _type(b'application/json;charset="UTF-8"', _FORM_TYPE + b';charset="UTF-8"'),
    "a content type in capitals": _type(b"APPLICATION/JSON", _FORM_TYPE.upper()),
    "a structured suffix": _type(b"application/vnd.api+json", _FORM_TYPE),
    "header names in capitals": _shouted_headers,
    "blanks round header values": _padded_headers,
}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("dialect, form", _PLACES)
def test_an_odd_request_is_served(dialect: str, form: str, oddity: str, wire: Wire, held):
    """RFC 6749 §3.2 (unknown parameters are ignored), RFC 8259 §2, RFC 9110 §5.5, §5.6.6, §8.3."""
    draft = GOOD[dialect][form](held[dialect])
    ODDITIES[oddity](draft)
    answer = wire.send(draft.message())
    assert answer.status == 200, answer


@pytest.mark.parametrize("dialect, form", _PLACES)
def test_a_body_in_chunks_is_served(dialect: str, form: str, wire: Wire, held):
    """RFC 9112 §7.1: a body may come in chunks, here of one byte each, with extensions and a trailer."""
    message = GOOD[dialect][form](held[dialect]).message()
    chunks = b"".join(b"1;note=x\r\n%c\r\n" % each for each in message.body)
    message.body = chunks + b"0\r\nX-Trailer: y\r\n\r\n"
    message.headers.append(("Transfer-Encoding", b"chunked"))
    assert wire.send(message).status == 200


@pytest.mark.parametrize("dialect, form", _PLACES)
def test_a_request_in_pieces_is_served(dialect: str, form: str, wire: Wire, held):
    """TCP keeps no boundaries: a request may arrive in pieces cut anywhere."""
    encoded = GOOD[dialect][form](held[dialect]).message().encoded()
    step = len(encoded) // 7 + 1
    pieces = [encoded[at : at + step] for at in range(0, len(encoded), step)]
    assert wire.exchange(pieces, pause_seconds=0.01).status == 200


@pytest.mark.parametrize("dialect, form", _PLACES)
def test_a_target_in_absolute_form_is_served(dialect: str, form: str, wire: Wire, held):
    """RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests", as proxies send it."""
    message = GOOD[dialect][form](held[dialect]).message()
    assert isinstance(message.target, bytes)
    message.target = b"http://issuer.test" + message.target
    assert wire.send(message).status == 200


def test_many_requests_on_one_connection(wire: Wire, held):
    """RFC 9112 §9.3: a refusal, whatever its reason, does not spoil the connection for what follows."""
    good = GOOD["eshopbox"]["renewal"](held["eshopbox"]).message()
    large = GOOD["eshopbox"]["renewal"](held["eshopbox"]).message()
    large.body = b"x" * 200_000
    wrong = GOOD["partner"]["renewal"](held["partner"]).message()
    wrong.method, wrong.body = "PUT", b"{" * 1000
    statuses = wire.talk([good, wrong, good, large, good, wrong, good])
    assert statuses == [200, 405, 200, 413, 200, 405, 200]


def test_expect_100_continue(wire: Wire, held):
    """RFC 9110 §10.1.1: curl asks before it sends a large body; the interim answer is skipped here."""
    message = GOOD["eshopbox"]["renewal"](held["eshopbox"]).message()
    message.headers.append(("Expect", b"100-continue"))
    assert wire.send(message).status == 200


def test_http_1_0(wire: Wire, held):
    """RFC 9112 §2.5: old load balancers speak HTTP/1.0."""
    message: Message = GOOD["oauth2"]["renewal"](held["oauth2"]).message()
    encoded = message.encoded().replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    assert wire.exchange([encoded]).status == 200
