"""What a page asks of the database: a handful of questions, however much there is of everything.

Each is a round trip where the database is on a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from remint.issuer.actor import COMMAND
from remint.issuer.app import Issuer
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.apps.installations import install, install_in_development
from remint.issuer.console.cookies import SESSION
from remint.issuer.installation import Installation
from remint.issuer.people.accounts import find_account
from remint.issuer.people.sessions import start_session
from remint.issuer.tenants.workspaces import create_workspace
from tests.console.tour import names, stop

_MOST = 12
_MANY = 8


@pytest.fixture(scope="module")
def installation(workshop) -> Iterator[Installation]:
    """The workshop, with many of what a page might ask for one by one."""
    with contextlib.closing(Installation(workshop.settings)) as opened:
        crowd(opened, int(workshop.places["workspace"]))
        yield opened


def crowd(installation: Installation, number: int) -> None:
    """Workspaces beside it and below it, apps that are installed in each of those, and their grants."""
    here = installation.workspaces.numbered(number)
    drafts = [AppDraft(name=f"App {n}", dialect="eshopbox", workspace=here) for n in range(_MANY)]
    apps = [create_app(installation, draft, actor=COMMAND).app for draft in drafts]
    for each in range(_MANY):
        create_workspace(installation, f"Beside {each}", actor=COMMAND)
        below = install_in_development(installation, apps[0], f"Below {each}", actor=COMMAND)
        for app in apps[1:]:
            install(installation, app, below.workspace, actor=COMMAND)
    for app in apps:
        install(installation, app, here, actor=COMMAND)


class Asked:
    """The statements that were sent from the threads of the console."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, _connection, _cursor, statement: str, *_: object) -> None:
        if threading.current_thread().name.startswith("remint-console") and statement != "BEGIN":
            self.statements.append(statement)


@pytest.fixture(scope="module")
def counted(installation, workshop) -> dict[str, list[str]]:
    """What each page asked, once it had been shown before; the apps of a development workspace too."""
    asked = Asked()
    event.listen(Engine, "before_cursor_execute", asked)
    try:
        return asyncio.run(walk(installation, workshop, asked))
    finally:
        event.remove(Engine, "before_cursor_execute", asked)


async def walk(installation, workshop, asked: Asked) -> dict[str, list[str]]:
    ada = find_account(installation, workshop.owner.email)
    session = start_session(installation, ada, origin="127.0.0.1", agent="a test")
    headers = {"Cookie": f"{SESSION}={session.cookie.reveal()}"}
    issuer = Issuer(installation=installation)
    transport = httpx2.ASGITransport(app=issuer)
    found = {}
    async with (
        issuer.lifespan(),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        for name in (*names(), "apps below", "grants below"):
            page, _, is_below = name.partition(" ")
            places = workshop.places_of(page) | ({"workspace": "3"} if is_below else {})
            where = stop(page, places)
            for _ in range(2):
                asked.statements.clear()
                answer = await client.get(where.path, headers={} if where.public else headers)
            assert answer.status_code in (200, 303), (name, answer.status_code)
            found[name] = list(asked.statements)
    return found


@pytest.mark.parametrize("name", [*names(), "apps below", "grants below"])
def test_a_page_asks_a_handful_of_questions(counted, name):
    """No page asks one by one for what there are many of."""
    told = "\n".join(counted[name])
    assert len(counted[name]) <= _MOST, told
