"""Whatever is logged, no credential is in it."""

from __future__ import annotations

import base64
import json
import logging

import pytest
import structlog

from remint.clock import system_entropy
from remint.errors import StoreUnavailable
from remint.issuer.logs import MASK, configure_logs, redact, told_exception
from remint.secret import Secret
from remint.token.credentials import (
    mint_admin_key,
    mint_api_key,
    mint_client_secret,
    mint_invitation,
    mint_session,
)
from tests.house.tree import ROOT

REFRESH_TOKEN = "remint_rt_" + base64.urlsafe_b64encode(bytes(range(54))).decode()
CLIENT_SECRET = mint_client_secret(system_entropy).reveal()
API_KEY = mint_api_key(system_entropy).reveal()
PEOPLES = [
    each(system_entropy).reveal() for each in (mint_admin_key, mint_invitation, mint_session)
]
JWT = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwOi8vYSJ9.c2lnbmF0dXJlLWJ5dGVz"
BASIC = "Basic " + base64.b64encode(b"app:a-secret-of-another-kind").decode()
BEARER = "Bearer a-token-of-another-kind.0123456789"
CREDENTIALS = [REFRESH_TOKEN, CLIENT_SECRET, API_KEY, JWT, BASIC.split()[1], BEARER.split()[1]]
CREDENTIALS += PEOPLES
SAID = f"token={REFRESH_TOKEN}&s={CLIENT_SECRET},{API_KEY};{JWT} {BASIC} {BEARER} {PEOPLES}"


class Quoting:
    """Something that shows what it was given."""

    def __repr__(self) -> str:
        return f"Quoting({SAID!r})"


@pytest.fixture
def log(capsys):
    """``log()`` gives what was logged since, line by line, and checks that no credential is in it."""
    configure_logs()

    def read():
        text = capsys.readouterr().err
        for credential in CREDENTIALS:
            assert credential not in text
        return [json.loads(line) for line in text.splitlines()]

    yield read
    structlog.reset_defaults()
    logging.basicConfig(force=True)


@pytest.mark.parametrize(
    "value",
    [
        SAID,
        SAID.encode(),
        bytearray(SAID.encode()),
        {"deep": [{"er": (SAID, {SAID})}], SAID: 1},
        Quoting(),
        ValueError(SAID),
    ],
    ids=["text", "bytes", "bytearray", "nested", "object", "exception"],
)
def test_credentials_are_masked_wherever_they_stand(log, value):
    """In text, in bytes, deep inside, as a key, and in what an object says of itself."""
    structlog.get_logger("remint").warning("seen", value=value)
    (line,) = log()
    assert line["event"] == "seen"
    assert line["level"] == "warning"
    assert line["at"].endswith("Z")


def test_the_kind_stays(log):
    """What was masked can still be told apart."""
    event = redact(None, "", {"event": f"{REFRESH_TOKEN} {BASIC}"})
    assert event == {"event": f"remint_rt_{MASK} Basic {MASK}"}
    assert log() == []


def test_a_secret_is_masked_whatever_it_holds(log):
    """A password looks like nothing in particular; its type tells."""
    structlog.get_logger("remint").info("seen", password=Secret("correct horse"), count=3, on=True)
    (line,) = log()
    assert (line["password"], line["count"], line["on"]) == (MASK, 3, True)


def test_a_fault_is_told_without_values(log):
    """A traceback names places and types, never local variables or a library's words."""
    password = "correct horse"
    try:
        try:
            dict[str, int]()[password]
        except KeyError as error:
            raise ValueError(f"cannot use {password} or {REFRESH_TOKEN}") from error
    except ValueError:
        structlog.get_logger("remint").error("fault", exc_info=True)
    (line,) = log()
    assert password not in json.dumps(line)
    assert [each["type"] for each in line["exception"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "test_a_fault_is_told_without_values" in line["exception"][0]["trace"][-1]


def test_our_own_errors_keep_their_words(log):
    """They never hold a secret, and an operator needs them; so with what the system says."""
    for error in (StoreUnavailable("the disk is full"), OSError(28, "No space left", "/a/path")):
        structlog.get_logger("remint").error("fault", exc_info=error)
    assert [line["exception"][0]["message"] for line in log()] == [
        "the disk is full",
        "No space left",
    ]


def test_libraries_log_the_same_way(log):
    """What a library logs comes out as JSON too, masked, its exceptions without their messages."""
    logging.getLogger("uvicorn.error").warning("got %s", SAID)
    try:
        raise RuntimeError("correct horse")
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    first, second = log()
    assert first["logger"] == "uvicorn.error"
    assert "correct horse" not in json.dumps(second)
    assert second["exception"][0]["type"] == "builtins.RuntimeError"


def test_a_library_that_says_less_is_not_heard(log):
    """Only our own events are logged at info; a library's begin at warning."""
    logging.getLogger("uvicorn.error").info("Started server process")
    structlog.get_logger("remint").info("serving")
    assert [line["event"] for line in log()] == ["serving"]


def test_a_mounted_issuer_hands_no_exception_to_a_log_that_is_not_ours():
    """A host's log may show local variables of an exception that it is given: ours are told instead."""
    servers = {"logs.py", "uvicornserver.py"}
    for path in (ROOT / "src/remint/issuer").rglob("*.py"):
        assert path.name in servers or "exc_info=" not in path.read_text("utf-8"), path


def test_what_is_told_of_an_exception_has_no_values():
    """Types and places, and messages only where they are ours."""
    try:
        raise ValueError("remint_cs_secret")
    except ValueError as error:
        told = told_exception(error)
    assert "secret" not in repr(told)
    assert told[0]["type"] == "builtins.ValueError"
