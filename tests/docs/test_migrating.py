"""The page on moving here: "before" runs with the other library, hands over, and "after" goes on."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.acme import ACCOUNT, Acme, acme, run
from tests.docs.certificate import certified
from tests.docs.page import Block, Page
from tests.keeper.provider import access_token, make_server, refresh_token, reply

PAGE = Page("docs/migrating.md")
#: Both refuse plain HTTP unless they are told that this is a test.
INSECURE = {"OAUTHLIB_INSECURE_TRANSPORT": "1", "AUTHLIB_INSECURE_TRANSPORT": "1"}


def blocks_of(heading: str) -> list[Block]:
    """The blocks below a heading, in order."""
    lines = PAGE.text.splitlines()
    start = lines.index(f"## {heading}")
    end = next(n for n in range(start + 1, len(lines)) if lines[n].startswith("## "))
    return [block for block in PAGE.blocks if start < block.line < end]


def needs(package: str) -> None:
    """What people come from is no dependency of ours."""
    with contextlib.suppress(ModuleNotFoundError):
        if importlib.util.find_spec(package) is not None:
            return
    pytest.skip(f"needs {package}")


@pytest.fixture
def world() -> Iterator[Acme]:
    with acme() as world:
        yield world


def orders(block: Block) -> Block:
    """The block, made to print what it got."""
    return Block(block.words, f"{block.code}\nprint(orders)", block.line)


def token(number: int) -> str:
    return access_token(ACCOUNT, number)


@pytest.mark.parametrize("heading", ["From Authlib", "From requests-oauthlib"])
def test_a_token_file(world, tmp_path, heading):
    """The old library renews once more; the keeper renews what it left, and nobody sees a replay."""
    before, handing_over, after = blocks_of(heading)
    file = tmp_path / "token.json"
    old = {
        "access_token": "old",
        "token_type": "Bearer",
        "refresh_token": refresh_token(ACCOUNT),
        "expires_at": time.time() - 10,
        "expires_in": -10,
    }
    file.write_text(json.dumps(old))
    assert token(1) in run(orders(before), world, tmp_path, INSECURE).stdout
    run(handing_over, world, tmp_path)
    assert token(1) in run(orders(after), world, tmp_path).stdout
    assert world.provider.renewals == 1
    renewing = Block(("sh",), "remint renew acme", 0)
    run(renewing, world, tmp_path)
    assert token(2) in run(orders(after), world, tmp_path).stdout
    assert not world.provider.revoked


def test_google_auth(world, tmp_path):
    """The same with credentials as google-auth writes them, and with an object for its own libraries."""
    needs("google.auth")
    before, handing_over, after, kept = blocks_of("From google-auth")
    saved = {
        "type": "authorized_user",
        "refresh_token": refresh_token(ACCOUNT),
        "token_uri": f"{world.provider.base_url}/token",
        "client_id": "my-app",
        "client_secret": "s",
    }
    (tmp_path / "authorized_user.json").write_text(json.dumps(saved))
    world.provider.rotation = "keep"
    world.api.good = lambda: token(world.provider.renewals)
    assert token(1) in run(orders(before), world, tmp_path).stdout
    run(handing_over, world, tmp_path)
    assert token(2) in run(orders(after), world, tmp_path).stdout
    assert token(2) in run(orders(kept), world, tmp_path).stdout
    assert world.provider.renewals == 2


def test_msal(world, tmp_path):
    """A program of its own: client credentials. MSAL speaks to no provider without TLS."""
    needs("msal")
    before, after, _ = blocks_of("From MSAL")
    world.api.good = lambda: access_token("machine", world.provider.renewals)
    with over_tls(world, tmp_path) as (address, trusted):
        metadata = {
            "issuer": f"{address}/tenant",
            "token_endpoint": f"{address}/tenant/token",
            "authorization_endpoint": f"{address}/tenant/authorize",
        }
        answer = reply(200, json.dumps(metadata).encode(), Content_Type="application/json")
        world.provider.do(answer)
        code = orders(before).code.replace("https://id.acme.example", address)
        shown = run(Block(before.words, code, before.line), world, tmp_path, trusted).stdout
    assert access_token("machine", 1) in shown
    assert access_token("machine", 2) in run(orders(after), world, tmp_path).stdout


@contextlib.contextmanager
def over_tls(world: Acme, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The provider's address with TLS, and the environment that trusts it."""
    context, file = certified(folder)
    plain = world.provider.base_url
    server = make_server(world.provider)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    world.provider.base_url = plain
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", {"REQUESTS_CA_BUNDLE": str(file)}
    finally:
        server.shutdown()
        server.server_close()


def test_every_block_is_tried():
    """But for the one that logs in at Microsoft."""
    tried = [*blocks_of("From Authlib"), *blocks_of("From requests-oauthlib")]
    tried += [*blocks_of("From google-auth"), *blocks_of("From MSAL")]
    assert tried == PAGE.blocks
