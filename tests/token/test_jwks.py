"""The JWKS document: public halves, ahead of use, and never an HS256 key."""

from __future__ import annotations

import json
from dataclasses import replace

import jwt
import pytest
from joserfc.jwk import KeySet

from remint.token.access import AccessSigner
from remint.token.schedule import Schedule
from remint.token.succession import with_new_signing_key, with_signing_key
from tests.token.conftest import NOW_MS

PUBLIC = {
    "ES256": {"kty", "crv", "x", "y"},
    "RS256": {"kty", "n", "e"},
    "EdDSA": {"kty", "crv", "x"},
}


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_public_key_has_its_members_and_no_private_one(make_key, ring, algorithm):
    """RFC 7518 §6 and RFC 8037 §2, with ``kid``, ``use`` and ``alg``."""
    key = make_key(algorithm)
    [jwk] = replace(ring, signing_keys=(key,)).jwks(NOW_MS)["keys"]
    assert set(jwk) == PUBLIC[algorithm] | {"kid", "use", "alg"}
    assert (jwk["kid"], jwk["use"], jwk["alg"]) == (key.kid, "sig", algorithm)


def test_hs256_keys_are_never_published(ring, entropy):
    """Nor is anything that an HS256 key consists of."""
    ring = with_signing_key(ring, "HS256", "api", now_ms=NOW_MS, entropy=entropy)
    assert [jwk["alg"] for jwk in ring.jwks(NOW_MS)["keys"]] == ["ES256"]


def test_a_key_is_published_before_it_signs_and_after_it_retired(ring, entropy):
    """The successor is there from its making; the predecessor until its last token has expired."""
    schedule = Schedule(publish_ahead=100, longest_access_token=50, leeway=5)
    [old] = ring.signing_keys
    ring = with_new_signing_key(ring, "ES256", now_ms=NOW_MS, schedule=schedule, entropy=entropy)
    new = next(key for key in ring.signing_keys if key.kid != old.kid)

    def published(after_seconds: int) -> list[str]:
        return [jwk["kid"] for jwk in ring.jwks(NOW_MS + after_seconds * 1000)["keys"]]

    assert published(0) == [old.kid, new.kid]
    assert published(99) == [old.kid, new.kid]
    assert published(100) == [new.kid, old.kid]
    assert published(154) == [new.kid, old.kid]
    assert published(155) == [new.kid]


def test_the_document_is_what_libraries_read(make_key, ring):
    """PyJWT and joserfc load it as it stands, and PyJWT verifies a token with the key that it finds in it."""
    keys = (make_key("ES256"), make_key("RS256"), make_key("EdDSA"))
    document = json.loads(json.dumps(replace(ring, signing_keys=keys).jwks(NOW_MS)))
    assert len(KeySet.import_key_set(document).keys) == 3
    for key in keys:
        found = jwt.PyJWKSet.from_dict(document)[key.kid]
        token = AccessSigner(key).sign(b'{"a":1}')
        assert jwt.decode(token, found) == {"a": 1}
