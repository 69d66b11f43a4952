"""No secret is shown on any way through the keeper: in logs, events, errors, statuses, local variables."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time

import pytest

from remint import RemintError
from remint.keeper.store.opening import open_store
from remint.secret import Secret
from tests.keeper.provider import drop_after, drop_before, reply
from tests.keeper.secrecy import views
from tests.keeper.secrecy.conftest import ECHOES

JSON = {"Content_Type": "application/json"}


def test_the_search_finds_what_is_shown(canaries):
    """Each spelling would be found, in the middle of something, and so would a large piece."""
    secret = canaries.sing("one")
    for echo in ECHOES.values():
        assert canaries.found(f"x={echo(secret)}&y")
    assert canaries.found(f"{secret[8:40]!r}")
    assert not canaries.found(f"{secret[:6]} 0123456789")
    assert any(canaries.found(text) for _, text in views.of_object({"token": secret}))


def test_what_goes_well(watch, supplier, secrets, success):
    """Connecting, renewing, and all that is handed out."""
    base = {"base_url": supplier.base_url}
    supplier.do(success(1), success(2), success(3))
    watch.run("connect", "ada", "oauth2", **base, **secrets)
    watch.run("renew", "ada")
    token = watch.run("token", "ada")
    access = watch.run("access", "ada")
    watch.look("access", views.of_object(access.headers))
    for method in ("headers", "status"):
        watch.run(method, "ada")
    watch.run("replaced", "ada", str(token))
    held = watch.keeper.around.store.load("ada")
    for part in (held, held.setup, held.tokens, watch.keeper.around.store.listing("", 9)):
        watch.look("held", views.of_object(part))
        watch.look("held", iter([("str", f"{part}")]))
    watch.run("forget", "ada")


@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code", "password"])
def test_first_grants(watch, supplier, secrets, success, canaries, grant):
    """One that succeeds, one that is refused with its own words, and one that reaches nobody."""
    given = {key: secrets[key] for key in ("client_id", "client_secret")} | {"grant": grant}
    if grant == "authorization_code":
        given |= {"code": canaries.token("code"), "code_verifier": canaries.token("verifier")}
    if grant == "password":
        given |= {"username": "ada", "password": canaries.sing("password")}
    echo = {
        "error": "invalid_grant",
        "error_description": f"no: {given.get('code') or given['client_secret']}",
    }
    supplier.do(success(1), reply(400, json.dumps(echo).encode(), **JSON), drop_after)
    for name in ("ada", "bob", "eve"):
        watch.run("connect", name, "oauth2", base_url=supplier.base_url, **given)
    watch.run("connect", "zoe", "oauth2", base_url="http://127.0.0.1:1", **given)


def test_what_is_given_wrong(watch, supplier, secrets, success, canaries):
    """A name that is taken, a value too much or too little, addresses that will not do."""
    supplier.do(success(1))
    base = {"base_url": supplier.base_url}
    watch.run("connect", "ada", "oauth2", **base, **secrets)
    watch.run("connect", "ada", "oauth2", **base, **secrets)
    watch.run("connect", "bob", "oauth2", **base, **secrets, password=canaries.sing("password"))
    watch.run("connect", "bob", "oauth2", **base, **{**secrets, "client_id": None})
    watch.run("connect", "bob", "oauth2", **base, **secrets, extras={"pin": canaries.sing("pin")})
    watch.run("connect", "bob", "oauth2", base_url="http://far.invalid", **secrets)
    watch.run("connect", "bob", "nowhere", **base, **secrets)
    watch.run("token", "nobody")


@pytest.mark.parametrize("address", ["https://me:{}@host", "https://me:7{}@host/x"])
def test_an_address_with_a_password(watch, secrets, canaries, address):
    """It is refused, whatever letters the password has, and not repeated."""
    error = None
    try:
        given = {**secrets, "base_url": address.format(canaries.sing("password"))}
        watch.keeper.connect("bob", "oauth2", **given).close()
    except Exception as raised:
        error = raised
    if error is not None:
        assert canaries.found(str(error)) == []
    assert list(watch.keeper.statuses()) == []


@pytest.mark.parametrize("watch", ["sync"], indirect=True)
@pytest.mark.parametrize("spelling", ECHOES)
def test_a_provider_that_repeats_what_it_refuses(
    watch, supplier, secrets, success, canaries, spelling
):
    """As a description, and as a code."""
    secret = ECHOES[spelling](secrets["client_secret"])
    token = ECHOES[spelling](canaries.token("refresh 1"))
    answers = [
        (400, {"error": "invalid_grant", "error_description": f"unknown token {token}!"}),
        (400, {"error": token}),
        (401, {"error": "invalid_client", "error_description": secret}),
    ]
    for number, (status, body) in enumerate(answers):
        step = reply(status, json.dumps(body).encode(), **JSON)
        supplier.script.clear()
        supplier.do(success(1))
        watch.run("connect", f"c{number}", "oauth2", base_url=supplier.base_url, **secrets)
        supplier.do(step, step, step, step)
        watch.run("renew", f"c{number}")
        watch.run("status", f"c{number}")


def test_a_page_that_repeats_it(watch, supplier, secrets, success, canaries):
    """HTML, at any status."""
    for status in (200, 400, 500):
        name = f"s{status}"
        page = f"<p>{canaries.token('refresh 1')} {secrets['client_secret']}</p>".encode()
        supplier.script.clear()
        supplier.do(success(1), *[reply(status, page, Content_Type="text/html")] * 5)
        watch.run("connect", name, "oauth2", base_url=supplier.base_url, **secrets)
        watch.run("renew", name)
        watch.run("status", name)


@pytest.mark.parametrize("step", [drop_before, drop_after], ids=["before", "after"])
def test_a_line_that_drops(watch, supplier, secrets, success, step):
    """Before and after the provider did its work."""
    supplier.do(success(1), *[step] * 20)
    watch.run("connect", "ada", "oauth2", base_url=supplier.base_url, **secrets)
    watch.run("renew", "ada")
    watch.run("status", "ada")


def functions_of(thread):
    """What a thread is in the midst of, by name."""
    frame, found = sys._current_frames().get(thread), set()
    while frame is not None:
        found.add(frame.f_code.co_name)
        frame = frame.f_back
    return found


@pytest.mark.parametrize("watch", ["sync"], indirect=True)
def test_somebody_interrupts_a_call(watch, supplier, secrets, success):
    """Control-C while the provider takes its time.

    Once the request is out: until then the HTTP library's own frames hold what they send.
    """
    main = threading.main_thread().ident or 0

    def interrupt(_provider, _call):
        while "_receive_response_headers" not in functions_of(main):
            time.sleep(0.005)
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.3)

    supplier.do(success(1), interrupt)
    watch.run("connect", "ada", "oauth2", base_url=supplier.base_url, **secrets)
    assert isinstance(watch.run("renew", "ada"), KeyboardInterrupt)


def test_another_key(watch, supplier, secrets, success, canaries, tmp_path):
    """A store that does not open tells neither key nor contents."""
    supplier.do(success(1))
    watch.run("connect", "ada", "oauth2", base_url=supplier.base_url, **secrets)
    right = (tmp_path / "store" / "keeper.key").read_text().strip()
    canaries.known["root key"] = right
    canaries.known["wrong key"] = wrong = right[::-1]
    for key in (wrong, f"{wrong}x"):
        with pytest.raises(RemintError) as error:
            open_store(tmp_path / "store", key=Secret(key))
        watch.look("another key", views.of_exception(error.value))


def test_a_database_that_is_away(watch, canaries):
    """Its address has a password in it."""
    pytest.importorskip("psycopg")
    password = canaries.token("password")
    with pytest.raises(RemintError) as error:
        open_store(f"postgresql://me:{password}@127.0.0.1:1/keeper").load("ada")
    assert canaries.found(f"{error.value!r} {error.value}") == []
    watch.look("away", iter([("words", "".join(map(str, views.chain(error.value))))]))
