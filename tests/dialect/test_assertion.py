"""Assertions: what the caller signs is what a verifier reads (RFC 7523, RFC 7515)."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from remint.dialect import TokenRequest, load
from remint.dialect.jws import make_assertion, sample_key, sign_text
from remint.errors import ConfigurationError
from tests.dialect.exchange import BASE_URL, NOW_MS

NOW = NOW_MS // 1000
FILE = """
name = "x"
serve = false
[answer.fields]
access_token = {}
[call.refresh_token]
path = "/token"
[call.refresh_token.request]
grant_type = { in = "form" }
refresh_token = { in = "form" }
client_id = { in = "form" }
extras.private_key = { in = "nowhere", secret = true }
extras.key_id = { in = "nowhere", required = false }
extras.type = { in = "form", name = "client_assertion_type", value = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" }
[call.refresh_token.request.extras.assertion]
in = "form"
name = "client_assertion"
generate = "assertion"
[call.refresh_token.request.extras.assertion.assertion]
algorithm = "ALGORITHM"
key = "{extras.private_key}"
key_id = "{extras.key_id}"
lifetime_seconds = 120
claims = { iss = "{client_id}", sub = "{client_id}", aud = ["{url}", "{base_url}"], n = 7, ok = true }
"""  # noqa: E501 - as such a file is written
VERIFIERS: dict[str, Any] = {"ES256": ECKey, "RS256": RSAKey, "EdDSA": OKPKey}


def claims_of(token):
    return json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))


def sent(tmp_path, algorithm, key, **extras):
    file = tmp_path / "x.toml"
    file.write_text(FILE.replace("ALGORITHM", algorithm))
    request = TokenRequest(
        "refresh_token",
        refresh_token="r",
        client_id="i",
        extras={"private_key": key, **extras},
    )
    call = load(file).calls[0]
    wire = call.encode(request, base_url=BASE_URL + "/", now_ms=NOW_MS, random=bytes)
    return {name: value for name, (value,) in parse_qs(wire.body.decode()).items()}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
@pytest.mark.parametrize("algorithm", VERIFIERS)
def test_an_assertion_is_verified_by_another(tmp_path, algorithm):
    """joserfc, which knows nothing of us, finds the signature right and the claims complete."""
    key = sample_key(algorithm)
    form = sent(tmp_path, algorithm, key, key_id="k1")
    assert form["client_assertion_type"].endswith(":jwt-bearer")
    assert "private_key" not in form
    token = form["client_assertion"]
    verifier = VERIFIERS[algorithm].import_key(key)
    found = jws.deserialize_compact(token, verifier, algorithms=[algorithm])
    assert found.headers() == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert claims_of(token) == {
        "iss": "i",
        "sub": "i",
        "aud": [f"{BASE_URL}/token", BASE_URL],
        "n": 7,
        "ok": True,
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "00000000-0000-4000-8000-000000000000",
    }


def test_a_secret_may_sign():
    """HS256: client_secret_jwt of OpenID Connect."""
    token = make_assertion("HS256", "s" * 32, "", {"iss": "i"}, {})
    found = jws.deserialize_compact(token, OctKey.import_key("s" * 32), algorithms=["HS256"])
    assert found.headers() == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize("algorithm", VERIFIERS)
@pytest.mark.parametrize("key", ["", "no PEM", *VERIFIERS])
def test_a_key_of_another_kind_cannot_sign(tmp_path, algorithm, key):
    """The error says what would do, and not what was given."""
    if key == algorithm:
        return
    pem = sample_key(key) if key in VERIFIERS else key
    with pytest.raises(ConfigurationError) as caught:
        sent(tmp_path, algorithm, pem)
    assert caught.value.key == "private_key"
    assert "PEM" in str(caught.value)
    assert not pem or pem not in str(caught.value)


def test_cryptography_is_loaded_only_where_it_is_needed():
    """A caller whose providers want no assertion does not wait for it."""
    program = (
        "import sys, remint.dialect as d; [d.builtin(n) for n in d.provider_names()];"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    "algorithm", ["PS256", "ES384", "RS384", "PS384", "ES512", "RS512", "PS512"]
)
def test_longer_digests_verify(algorithm):
    """And headers of its own, as Microsoft wants a thumbprint of the certificate."""
    pem = sample_key(algorithm)
    token = make_assertion(algorithm, pem, "", {"iss": "i"}, {"x5t#S256": "t", "typ": "a+jwt"})
    kind = ECKey if algorithm.startswith("ES") else RSAKey
    found = jws.deserialize_compact(token, kind.import_key(pem), algorithms=[algorithm])
    assert found.headers() == {"alg": algorithm, "typ": "a+jwt", "x5t#S256": "t"}


@pytest.mark.parametrize(
    "algorithm", ["rsa-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "ed25519"]
)
def test_a_text_is_signed_with_a_private_key(algorithm):
    """In PEM, or as the Base64 of its DER; a key of another kind is refused without being shown."""
    pem = sample_key(algorithm)
    bare = "".join(pem.strip().splitlines()[1:-1])
    first, second = (sign_text(algorithm, key, "x", "base64") for key in (pem, bare))
    assert (first == second) is (algorithm != "ecdsa-sha256")
    other = sample_key("RS256" if algorithm in ("ecdsa-sha256", "ed25519") else "EdDSA")
    for key in (other, "no key"):
        with pytest.raises(ConfigurationError) as caught:
            sign_text(algorithm, key, "x", "hex")
        assert key not in str(caught.value)
