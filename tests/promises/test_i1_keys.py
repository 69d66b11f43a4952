"""I1 against key rotation: whatever happens to the keys between a renewal and its retry."""

from __future__ import annotations

import base64
import json
import struct
import time

import jwt
import pytest

from remint.token.refresh import PREFIX
from remint.token.rotation import Changes
from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.line import Line, get

_ALL = Changes(mac=True, signing=(("ES256", None),))


def key_id(token: str) -> int:
    """The MAC key that a refresh token was minted with: the first characters of its head."""
    (number,) = struct.unpack_from(">I", base64.urlsafe_b64decode(token[len(PREFIX) :]), 1)
    return int(number)


def rotate(estate: Estate, *, emergency: bool) -> None:
    """A new MAC key and a new signing key, made as the command makes them, and both in use."""
    with estate.opened() as installation:
        installation.ring_file.rotate(
            estate.clock.now_ms(), installation.schedule, _ALL, emergency=emergency
        )
        seconds = installation.schedule.mac_delay + 1
        if not emergency:
            seconds += installation.schedule.publish_ahead
    # What a running server knows of: the retry window stands still meanwhile.
    estate.clock.jump(seconds)


def verified(estate: Estate, access_token: str) -> dict[str, object]:
    """The claims of an access token, checked as a resource server would."""
    line = Line(estate.server.port)
    keys = jwt.PyJWKSet.from_dict(json.loads(line.ask(get("/.well-known/jwks.json")).body))
    line.close()
    key = keys[jwt.get_unverified_header(access_token)["kid"]]
    claims: dict[str, object] = jwt.decode(
        access_token, key.key, algorithms=["ES256"], options={"verify_aud": False}, leeway=200_000
    )
    return claims


@pytest.fixture
def client(estate: Estate) -> Client:
    """A client whose access tokens outlive the test's jumps."""
    return estate.client(access_lifetime_seconds=30 * 86_400)


@ON_BOTH
@pytest.mark.parametrize("emergency", [False, True], ids=["scheduled", "emergency"])
@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_I1_keys_rotated_between_a_renewal_and_its_retry(
    estate: Estate, client: Client, *, emergency: bool, restart: bool
):
    """The retry gets the identical successor, under the old key; the next renewal is under the new one."""
    (token,) = estate.grants(client)
    estate.server.start()
    for _ in range(2):
        first = estate.renew(client, token)
        if restart:
            estate.server.kill()
        rotate(estate, emergency=emergency)
        if restart:
            estate.server.start()
        else:
            # A running server looks at its key ring four times a second.
            time.sleep(1)
        again = estate.renew(client, token)
        assert again.token == first.token
        old = jwt.get_unverified_header(first.json["access_token"])["kid"]
        new = jwt.get_unverified_header(again.json["access_token"])["kid"]
        assert old != new
        assert verified(estate, again.json["access_token"])["sub"] == "user-0"
        if not emergency:
            assert verified(estate, first.json["access_token"])["sub"] == "user-0"
        successor = estate.renew(client, again.token).token
        assert key_id(successor) != key_id(again.token)
        assert estate.renew(client, again.token).token == successor
        token = successor
    assert not estate.audit("reuse_detected")
