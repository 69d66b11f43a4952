"""``multipart/form-data`` (RFC 7578) both ways, beside the names of one field in several carriers."""

from __future__ import annotations

import email.parser
import email.policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import TokenRequest, load
from tests.dialect.exchange import BASE_URL, NOW_MS, Arrival, arrival, refusal_of

FILE = """
name = "parts"
[call.refresh_token]
path = "/token"
[call.refresh_token.request]
refresh_token = { in = "multipart" }
client_id = { in = ["multipart", "header"], name = { multipart = "app", header = "X-App" } }
scope = { in = "multipart", required = false }
extras.number = { in = "multipart", type = "int64" }
extras.kind = { in = "multipart", value = "renew" }
[answer.fields]
access_token = {}
"""
BOUNDARY = "remint-" + "0" * 32
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def dialect(tmp_path_factory):
    file = tmp_path_factory.mktemp("dialects") / "parts.toml"
    file.write_text(FILE)
    return load(file)


def wire_of(dialect, request):
    return dialect.calls[0].encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)


@settings(max_examples=60)
@given(
    request=st.builds(
        TokenRequest,
        st.just("refresh_token"),
        refresh_token=text,
        client_id=text,
        scope=st.none() | text,
        extras=st.fixed_dictionaries({"number": st.integers(-(2**63), 2**63 - 1)}),
    )
)
def test_a_request_arrives_as_it_was_sent(dialect, request):
    """decode∘encode is the identity, for any text that a field may hold."""
    assert arrival(wire_of(dialect, request)).at(dialect.endpoints[0]) == request


def decoded(part):
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode()


def test_another_parser_reads_the_same(dialect):
    """The standard library's, which knows nothing of us."""
    request = TokenRequest(
        "refresh_token", refresh_token="r ü", client_id="i", extras={"number": 7}
    )
    wire = wire_of(dialect, request)
    head = f"Content-Type: {dict(wire.headers)['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + wire.body)
    found = {
        part.get_param("name", header="content-disposition"): decoded(part)
        for part in message.iter_parts()
    }
    assert found == {"refresh_token": "r ü", "app": "i", "number": "7", "kind": "renew"}


def body(*parts, end="--\r\n"):
    return "".join(
        [*(f"--b\r\n{head}\r\n\r\n{value}\r\n" for head, value in parts), "--b" + end]
    ).encode()


def part(name, value, more=""):
    return f'Content-Disposition: form-data; name="{name}"{more}', value


GOOD = [part("refresh_token", "r"), part("number", "7"), part("kind", "renew")]


def at(dialect, content, content_type=b"multipart/form-data; boundary=b"):
    return Arrival("/token", b"", ((b"content-type", content_type), (b"x-app", b"i")), content)


@pytest.mark.parametrize(
    "content, content_type",
    [
        (body(*GOOD), b"multipart/form-data; boundary=b"),
        (body(*GOOD), b'Multipart/Form-Data; charset=utf-8; boundary="b"'),
        (body(*GOOD, part("other", "x"), part("other", "y")), b"multipart/form-data; boundary=b"),
        (b"\r\n" + body(*GOOD), b"multipart/form-data; boundary=b"),
        (body(*GOOD, part("f", "x", '; filename="a.txt"')), b"multipart/form-data; boundary=b"),
    ],
)
def test_what_others_write_is_read(dialect, content, content_type):
    """Quoted boundaries, blanks, fields that nobody asked for; the client in the header by its name there."""
    request = at(dialect, content, content_type).at(dialect.endpoints[0])
    assert (request.refresh_token, request.client_id, request.extras) == ("r", "i", {"number": 7})


@pytest.mark.parametrize(
    "content, content_type, kind",
    [
        (body(*GOOD), b"multipart/form-data", "media"),
        (body(*GOOD), b"application/x-www-form-urlencoded", "media"),
        (body(*GOOD), b"multipart/form-data; boundary=c", "syntax"),
        (body(*GOOD, end=""), b"multipart/form-data; boundary=b", "syntax"),
        (body(*GOOD)[:-20], b"multipart/form-data; boundary=b", "syntax"),
        (b"x" + body(*GOOD), b"multipart/form-data; boundary=b", "syntax"),
        (body(*GOOD, ("X: y", "z")), b"multipart/form-data; boundary=b", "syntax"),
        (b"--b\r\nno head--b--", b"multipart/form-data; boundary=b", "syntax"),
        (body(*GOOD).replace(b"renew", b"\xff"), b"multipart/form-data; boundary=b", "syntax"),
        (body(*GOOD, part("number", "7")), b"multipart/form-data; boundary=b", "duplicate"),
        (body(*GOOD, part("app", "i")), b"multipart/form-data; boundary=b", "duplicate"),
        (body(*GOOD[1:]), b"multipart/form-data; boundary=b", "missing"),
        (body(part("refresh_token", ""), *GOOD[1:]), b"multipart/form-data; boundary=b", "missing"),
    ],
)
def test_what_is_broken_is_refused(dialect, content, content_type, kind):
    """Each with the word for what is wrong with it."""
    refusal = refusal_of(dialect.endpoints[0], at(dialect, content, content_type))
    assert (refusal.code, refusal.kind) == ("invalid_request", kind)


@settings(max_examples=150)
@given(content=st.binary(max_size=200) | st.text('-b\r\n:;= "name', max_size=120).map(str.encode))
def test_noise_is_refused_and_nothing_else(dialect, content):
    """No body makes the reader raise anything but a refusal."""
    assert refusal_of(dialect.endpoints[0], at(dialect, content)).code == "invalid_request"
