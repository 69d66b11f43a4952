"""What has to be given before a call can be made; and the calls of first grants."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

import pytest

from remint.dialect import Input, TokenRequest, WireAnswer, builtin, check, load, openapi
from remint.errors import ConfigurationError, Refusal
from tests.dialect.exchange import BASE_URL, NOW_MS, every_dialect

FILE = """\
name = "vendor"
[call.refresh_token]
path = "/renew"
[call.refresh_token.request]
refresh_token = { in = "json" }
[answer.fields]
access_token = {}
"""

CALLS = [
    pytest.param(call, id=f"{dialect.name}-{call.grant}")
    for dialect in every_dialect()
    for call in dialect.calls
]


@pytest.fixture
def dialect_of(tmp_path):
    def make(more, text=FILE):
        file = tmp_path / "vendor.toml"
        file.write_text(text.replace("[answer.fields]", f"{more}\n[answer.fields]"))
        assert check(file) == []
        return load(file)

    return make


def test_inputs_are_what_is_neither_known_nor_made(dialect_of):
    """Constants, generated values and the grant type are nobody's to give."""
    dialect = dialect_of(
        'grant_type = { in = "json" }\n'
        'client_number = { in = "header", title = "Partner number" }\n'
        'client_secret = { in = "json", required = false }\n'
        'extras.mode = { in = "json", value = "fast" }\n'
        'extras.nonce = { in = "json", generate = "uuid" }\n'
        'extras.shop_id = { in = "json", type = "int64" }\n'
        'extras.pin = { in = "json", secret = true }\n'
    )
    assert dialect.call("refresh_token").inputs == (
        Input("refresh_token", "", "Refresh token", True, True, "string"),
        Input("client_number", "", "Partner number", False, True, "int32"),
        Input("client_secret", "", "Client secret", True, False, "string"),
        Input("extras.shop_id", "shop_id", "Shop id", False, True, "int64"),
        Input("extras.pin", "pin", "Pin", True, True, "string"),
    )


@pytest.mark.parametrize("call", CALLS)
def test_inputs_are_enough(call):
    """Who gives them all can make the call, and who leaves out a required one cannot."""
    given = {each.meaning: 7 if each.type == "int32" else "x" for each in call.inputs}
    if not call.inputs:
        return

    def encode(values):
        request = TokenRequest(call.grant, **values)
        return call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)

    assert encode(given).method == call.method
    for each in call.inputs:
        rest = {key: value for key, value in given.items() if key != each.meaning}
        if each.required:
            with pytest.raises(ConfigurationError, match=f"^{each.meaning}: "):
                encode(rest)
        else:
            encode(rest)


@pytest.mark.parametrize("call", CALLS)
def test_what_opens_doors_is_secret(call):
    """Tokens, passwords and keys; not names."""
    secret = {each.meaning for each in call.inputs if each.secret}
    asked = {each.meaning for each in call.inputs}
    opens = {"refresh_token", "client_secret", "api_key", "password", "code", "code_verifier"}
    assert secret == asked & opens


@pytest.mark.parametrize(
    "text, message",
    [
        ('client_secret = { in = "json", secret = false }', "client_secret is never anything else"),
        ('extras.a = { in = "json", value = "x", secret = true }', "this file is no secret"),
        ('extras.a = { in = "json", secret = "yes" }', "'yes' is neither true nor false"),
    ],
)
def test_a_secret_stays_one(tmp_path, text, message):
    """And what everybody can read in the file is none."""
    file = tmp_path / "vendor.toml"
    file.write_text(FILE.replace("[answer.fields]", f"{text}\n[answer.fields]"))
    (error,) = check(file)
    assert error.line == 6
    assert (error.key or "").endswith(".secret")
    assert message in error.message


def sent(grant, **values):
    wire = (
        builtin("oauth2")
        .call(grant)
        .encode(TokenRequest(grant, **values), base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    )
    assert (wire.method, wire.url) == ("POST", f"{BASE_URL}/oauth/token")
    authorization = dict(wire.headers).get("Authorization")
    return authorization, dict(parse_qsl(wire.body.decode(), strict_parsing=True))


def test_a_client_gets_a_token_for_itself():
    """RFC 6749 §4.4.2, the client in Basic."""
    authorization, form = sent(
        "client_credentials", client_id="a", client_secret="b c", scope="x y"
    )
    assert authorization == "Basic " + base64.b64encode(b"a:b+c").decode()
    assert form == {"grant_type": "client_credentials", "scope": "x y"}


def test_a_code_becomes_tokens():
    """RFC 6749 §4.1.3 with RFC 7636 §4.5: a confidential client by Basic, a public one by its name."""
    code = {"code": "c", "code_verifier": "v" * 43, "redirect_uri": "http://127.0.0.1:1/cb"}
    expected = {"grant_type": "authorization_code", **code}
    assert sent("authorization_code", client_id="a", **code) == (
        None,
        expected | {"client_id": "a"},
    )
    authorization, form = sent("authorization_code", client_id="a", client_secret="b", **code)
    assert authorization == "Basic " + base64.b64encode(b"a:b").decode()
    assert form == expected


def test_what_is_only_called_is_not_served():
    """No endpoint offers it, and no description tells of it."""
    dialect = builtin("oauth2")
    assert [call.grant for call in dialect.served] == ["refresh_token"]
    assert [(each.grants, each.paths) for each in dialect.endpoints] == [
        (frozenset({"refresh_token"}), ("/oauth/token",))
    ]
    text = str(openapi([dialect], server_url=BASE_URL, title="T", version="1"))
    assert "client_credentials" not in text and "authorization_code" not in text


def test_a_dialect_may_serve_any_grant(dialect_of):
    """Told apart by the grant type; what comes in is what was sent."""
    dialect = dialect_of(
        'grant_type = { in = "json" }\n'
        '[call.authorization_code]\npath = "/renew"\n[call.authorization_code.request]\n'
        'grant_type = { in = "json" }\ncode = { in = "json" }\nredirect_uri = { in = "json" }\n'
        'code_verifier = { in = "json" }\n'
        '[call.client_credentials]\npath = "/renew"\n[call.client_credentials.request]\n'
        'grant_type = { in = "json" }\nclient_id = { in = "json" }\nclient_secret = { in = "json" }\n'
    )
    (endpoint,) = dialect.endpoints
    assert endpoint.grants == {"refresh_token", "authorization_code", "client_credentials"}


def test_calls_that_are_only_made_may_share_an_address(dialect_of):
    """Nobody has to tell them apart."""
    more = '[call.password]\nserve = false\npath = "/renew"\nrequest.username = { in = "json" }\n'
    dialect = dialect_of(more)
    assert [call.served for call in dialect.calls] == [True, False]
    with pytest.raises(AssertionError, match="nothing tells them apart"):
        dialect_of(more.replace("serve = false\n", ""))


def test_a_call_that_cannot_be_made_is_found(tmp_path):
    """``check`` tries out also what no endpoint of ours would understand."""
    file = tmp_path / "vendor.toml"
    file.write_text(
        'name = "vendor"\nserve = false\n[call.refresh_token]\npath = "/renew"\n'
        'request.refresh_token = { in = "bearer", name = "Schlüssel" }\n'
        "[answer.fields]\naccess_token = {}\n"
    )
    (error,) = check(file)
    assert (error.line, error.key) == (3, "call.refresh_token")
    assert "a sample cannot be sent: refresh_token: " in error.message


def test_a_constant_can_stand_where_it_travels(tmp_path):
    """What no header can carry is found when the file is read."""
    file = tmp_path / "vendor.toml"
    mode = 'extras.mode = { in = "header", value = "schön" }'
    file.write_text(FILE.replace("[answer.fields]", f"{mode}\n[answer.fields]"))
    (error,) = check(file)
    assert (error.line, error.key) == (6, "call.refresh_token.request.extras.mode.value")
    assert (error.message, error.expected) == ("cannot stand in a header", "printable ASCII")


@pytest.mark.parametrize("body", [b'{"access_token":"a"}', b'{"access_token":"a","token_type":""}'])
def test_a_caller_does_without_what_it_does_not_miss(body):
    """Of a provider without ``expires_in`` or ``token_type``; ours sends both, and a false one is refused."""
    dialect = builtin("oauth2")
    call = dialect.call("refresh_token")
    answer = call.decode(WireAnswer(200, [], body), now_ms=NOW_MS)
    assert (answer.token_type, answer.expires_in, answer.access_expires_at) == (
        "Bearer",
        None,
        None,
    )
    assert dialect.endpoints[0].always_sends == {"access_token", "token_type", "expires_in"}
    with pytest.raises(Refusal, match="expires_in"):
        call.decode(
            WireAnswer(200, [], body.replace(b"}", b',"expires_in":"soon"}')), now_ms=NOW_MS
        )


@pytest.mark.parametrize(
    "field, message",
    [
        ("access_token = { missed = false }", "no answer without a token"),
        ("access_token = {}\nscope = { required = false, missed = false }", "is not missed"),
    ],
)
def test_what_is_missed_is_said_once(tmp_path, field, message):
    """A token always is, and what is optional never."""
    file = tmp_path / "vendor.toml"
    file.write_text(FILE.replace("access_token = {}", field))
    (error,) = check(file)
    assert (error.key or "").endswith(".missed")
    assert message in error.message


def test_a_caller_reads_what_providers_make_of_the_standard():
    """Digits in quotes, and scopes in an array."""
    body = b'{"access_token":"a","token_type":"bearer","expires_in":"3600","scope":["x","y"]}'
    answer = (
        builtin("oauth2").call("refresh_token").decode(WireAnswer(200, [], body), now_ms=NOW_MS)
    )
    assert (answer.expires_in, answer.scope) == (3600, "x y")
