"""One answer, read by a dialect that is written for it."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from remint.dialect import WireAnswer, load
from remint.errors import Refusal
from tests.dialect.exchange import NOW_MS

NOW = NOW_MS // 1000
CALL = """
name = "x"
serve = false
[call.refresh_token]
path = "/x"
request.refresh_token = { in = "json" }
[answer]
"""


def reader(tmp_path, answer, served=False):
    file = tmp_path / "x.toml"
    file.write_text(CALL.replace("serve = false" if served else "\0", "") + answer)
    return load(file)


def read(tmp_path, answer, body, status=200):
    call = reader(tmp_path, answer).calls[0]
    found = call.decode(WireAnswer(status, [], body), now_ms=NOW_MS)
    return {k: v for k, v in msgspec.to_builtins(found).items() if v is not None}


def refused(tmp_path, answer, body, status=200):
    with pytest.raises(Refusal) as caught:
        read(tmp_path, answer, body, status)
    return caught.value


def jwt(claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"
