"""Signatures: the vectors that providers publish, every algorithm, and what a template may say."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import TokenRequest, load
from remint.dialect.signature import ALGORITHMS, PRIVATE, in_order, make_signature
from remint.errors import ConfigurationError
from tests.dialect.exchange import BASE_URL, NOW_MS

CALL = """
name = "x"
serve = false
[answer.fields]
access_token = {}
[call.refresh_token]
"""


def made(tmp_path, text, base_url=BASE_URL, now_ms=NOW_MS, **given):
    """The request that a call says, made."""
    file = tmp_path / "x.toml"
    file.write_text(CALL + text)
    request = TokenRequest("refresh_token", **given)
    return load(file).calls[0].encode(request, base_url=base_url, now_ms=now_ms, random=bytes)


TUYA = """
method = "GET"
path = "/v1.0/token"
[call.refresh_token.request]
client_id = { in = "header" }
client_secret = { in = "nowhere" }
extras.nonce = { in = "header", name = "nonce" }
extras.t = { in = "header", name = "t", generate = "epoch-ms" }
extras.area = { in = "header", name = "area_id" }
extras.call = { in = "header", name = "call_id" }
extras.kind = { in = "query", name = "grant_type", type = "positive", value = 1 }
[call.refresh_token.request.extras.sign]
in = "header"
generate = "signature"
[call.refresh_token.request.extras.sign.signature]
algorithm = "hmac-sha256"
key = "{client_secret}"
over = "{client_id}{extras.t}{extras.nonce}{method}\\n{body_sha256}\\narea_id:{extras.area}\\ncall_id:{extras.call}\\n\\n{path}?{query}"
encoding = "HEX"
"""  # noqa: E501 - as such a file is written


def test_tuyas_own_example(tmp_path):
    """The worked example of Tuya's page on signing requests: a token call with two signed headers."""
    wire = made(
        tmp_path,
        TUYA,
        now_ms=1588925778000,
        client_id="1KAD46OrT9HafiKdsXeg",
        client_secret="4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC",
        extras={
            "nonce": "5138cc3a9033d69856923fd07b491173",
            "area": "29a33e8796834b1efa6",
            "call": "8afdb70ab2ed11eb85290242ac130003",
        },
    )
    assert (
        dict(wire.headers)["sign"]
        == "9E48A3E93B302EEECC803C7241985D0A34EB944F40FB573C7B5C2A82158AF13E"
    )
    assert "client_secret" not in dict(wire.headers)


def test_tuyas_older_example():
    """The same page, as it was before: client and time alone."""
    signed = make_signature(
        "hmac-sha256",
        "4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC",
        "1KAD46OrT9HafiKdsXeg1588925778000",
        "HEX",
    )
    assert signed == "CEAAFB5CCDC2F723A9FD3E91D3D2238EE0DD9A6D7C3C365DEB50FC2AF277AA83"


LONGPORT = """
method = "GET"
path = "/v1/socket/token"
[call.refresh_token.request]
access_token = { in = "header", name = "Authorization" }
client_id = { in = "header", name = "X-Api-Key" }
client_secret = { in = "nowhere" }
extras.t = { in = "header", name = "X-Timestamp", generate = "epoch-ms" }
[call.refresh_token.request.extras.sign]
in = "header"
generate = "signature"
[call.refresh_token.request.extras.sign.signature]
algorithm = "hmac-sha256"
key = "{client_secret}"
over = "HMAC-SHA256|{parts.canonical}"
[call.refresh_token.request.extras.sign.signature.parts.canonical]
algorithm = "sha1"
over = "{method}|{path}|{query}|authorization:{access_token}\\nx-api-key:{client_id}\\nx-timestamp:{extras.t}\\n|authorization;x-api-key;x-timestamp|"
"""  # noqa: E501 - as such a file is written


def test_longports_signature(tmp_path):
    """A digest inside a digest: what a client of LongPort's expects of its own (a GET without a query)."""
    wire = made(
        tmp_path,
        LONGPORT,
        now_ms=1700000000000,
        access_token="test_access_token",
        client_id="test_app_key",
        client_secret="test_app_secret",
    )
    assert (
        dict(wire.headers)["sign"]
        == "6ee4f57c0b56dab539055910d2d41acb5358e07d977034c85ec9acb02ce44a5c"
    )


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"text", *PRIVATE}))
@settings(max_examples=20)
@given(key=st.text(max_size=90), over=st.text(max_size=200))
def test_every_algorithm_and_encoding(algorithm, key, over):
    """As the standard library has it."""
    name = algorithm.removeprefix("hmac-")
    digest = hashlib.new(name, over.encode(errors="ignore")).digest()
    key, over = (each.encode(errors="ignore").decode() for each in (key, over))
    if algorithm != name:
        digest = hmac.new(key.encode(), over.encode(), name).digest()
    spelled = {
        "hex": digest.hex(),
        "HEX": digest.hex().upper(),
        "base64": base64.b64encode(digest).decode(),
        "base64url": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }
    for encoding, text in spelled.items():
        assert make_signature(algorithm, key, over, encoding) == text


def test_parameters_are_put_in_order():
    """By name, without those that have no value; joined as the provider wants."""
    pairs = [("b", "2"), ("a", "1"), ("c", None), ("B", "")]
    assert in_order(pairs, "=", "&") == "B=&a=1&b=2"
    assert in_order(pairs, "", "") == "Ba1b2"


EVERYTHING = """
path = "/a/{refresh_token}"
[call.refresh_token.request]
refresh_token = { in = "path" }
client_secret = { in = "nowhere" }
client_id = { in = ["basic-user", "query"] }
scope = { in = "query", required = false }
api_key = { in = "json", name = ["auth", "key"] }
extras.flag = { in = "json", type = "boolean" }
extras.again = { in = "query", generate = "copy", of = "api_key" }
extras.sign = { in = "header", generate = "signature", signature = { algorithm = "sha256", over = "{method} {host} {url} {path} {query} {body} {body_sha256} {sorted} {extras.flag} {scope} {client_secret}", encoding = "base64", prefix = "v1=", sorted = { in = ["query", "json"], assign = ":", join = ";" } } }
"""  # noqa: E501 - as such a file is written


def test_every_place_can_be_signed(tmp_path):
    """Each placeholder holds what is sent."""
    wire = made(
        tmp_path,
        EVERYTHING,
        base_url="https://h.example:8443/base/",
        refresh_token="r/1",
        client_id="i",
        client_secret="s",
        api_key="k&",
        extras={"flag": True},
    )
    body = '{"auth":{"key":"k&"},"flag":true}'
    assert wire.body.decode() == body
    assert wire.url == "https://h.example:8443/base/a/r%2F1?again=k%26"
    over = (
        "POST h.example:8443 https://h.example:8443/base/a/r%2F1 /a/r%2F1 again=k%26 "
        f"{body} {hashlib.sha256(body.encode()).hexdigest()} again:k&;auth.key:k&;flag:true true  s"
    )
    signed = base64.b64encode(hashlib.sha256(over.encode()).digest()).decode()
    assert dict(wire.headers)["sign"] == f"v1={signed}"


def test_a_signature_in_the_query_is_not_over_itself(tmp_path):
    """Taobao's way: the secret before and after, in the middle every parameter but the signature."""
    wire = made(
        tmp_path,
        """
path = "/x"
[call.refresh_token.request]
refresh_token = { in = "query" }
client_secret = { in = "nowhere" }
extras.z = { in = "query", name = "z", value = 1, type = "int32" }
extras.sign = { in = "query", generate = "signature", signature = { algorithm = "md5", over = "{client_secret}{sorted}{client_secret}", encoding = "HEX", sorted = { in = "query", assign = "", join = "" } } }
""",  # noqa: E501 - as such a file is written
        refresh_token="r",
        client_secret="s",
    )
    signed = hashlib.md5(b"srefresh_tokenrz1s").hexdigest().upper()
    assert wire.url == f"{BASE_URL}/x?refresh_token=r&z=1&sign={signed}"


def test_a_secret_that_only_signs_is_needed_all_the_same(tmp_path):
    """What goes nowhere is missed when it is not there, and is in no part of the request."""
    with pytest.raises(ConfigurationError) as caught:
        made(tmp_path, TUYA, client_id="i", extras={"nonce": "n", "area": "a", "call": "c"})
    assert caught.value.key == "client_secret"
