"""A fault at every statement of a use case, and two who change one thing at once."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, event

from remint.errors import Conflict, NotFound, StaleVersion, StoreUnavailable
from remint.issuer.apps.apps import AppDraft, create_app, switch
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.apps.credentials import add_api_key, end_secret, rotate_secret
from remint.issuer.apps.installations import (
    install,
    install_in_development,
    installations_of,
    new_refresh_token,
    uninstall,
)
from remint.issuer.apps.saleschannels import end_sales_channel, turn_into_sales_channel
from remint.issuer.installation import Installation
from remint.issuer.tenants.companies import change_company, create_company
from remint.issuer.tenants.users import change_user, create_user, set_user_password
from remint.issuer.tenants.workspaces import close_workspace, create_workspace, rename_workspace
from remint.store.records import App
from tests.issuer.apps.conftest import again, digest, made
from tests.issuer.people.conftest import opened


class Setting:
    """What the use cases work on."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.home = installation.workspaces.ensure("acme")
        self.app = made(installation, self.home)
        self.placed = install_in_development(installation, self.app, "acme-test")
        self.carrier = made(installation, self.home, "Carrier", dialect="genlogs")
        self.company = create_company(installation, self.home, 7713, "Acme")
        self.user = create_user(
            installation, "ada", workspace=self.home, company=self.company.id
        ).user
        self.app = again(installation, self.app)

    def channel(self) -> App:
        """The app as a sales channel."""
        return turn_into_sales_channel(self.installation, self.app, "sku")


USE_CASES: dict[str, Callable[[Setting], object]] = {
    "create an app": lambda s: create_app(
        s.installation, AppDraft(name="B", dialect="eshopbox", workspace="new")
    ),
    "create an app with a key": lambda s: create_app(
        s.installation, AppDraft(name="B", dialect="genlogs", workspace=s.home)
    ),
    "change an app": lambda s: change_app(s.installation, s.app, AppChanges(name="B")),
    "switch an app off": lambda s: switch(s.installation, s.app, on=False),
    "rotate a secret": lambda s: rotate_secret(s.installation, s.app),
    "end a secret": lambda s: end_secret(s.installation, s.app, s.app.secrets[0].id),
    "add an API key": lambda s: add_api_key(s.installation, s.carrier),
    "install": lambda s: install(s.installation, s.app, s.home),
    "install in development": lambda s: install_in_development(s.installation, s.app, "two"),
    "uninstall": lambda s: uninstall(s.installation, s.app, s.placed.installation.id),
    "renew by a new token": lambda s: new_refresh_token(
        s.installation, s.app, s.placed.installation.id
    ),
    "turn into a channel": lambda s: s.channel(),
    "create a workspace": lambda s: create_workspace(s.installation, "new"),
    "rename a workspace": lambda s: rename_workspace(s.installation, s.home, "new"),
    "close a workspace": lambda s: close_workspace(s.installation, s.placed.workspace),
    "create a company": lambda s: create_company(s.installation, s.home, 1, "B"),
    "change a company": lambda s: change_company(s.installation, s.company, name="B"),
    "create a user": lambda s: create_user(
        s.installation, "ben", workspace=s.home, company=s.company.id
    ),
    "change a user": lambda s: change_user(s.installation, s.user, disabled=True),
    "set a password": lambda s: set_user_password(s.installation, s.user),
}


@contextlib.contextmanager
def failing(at: int) -> Iterator[list[str]]:
    """The statement of that number fails as on a full disk; gives what was executed."""
    executed: list[str] = []

    def before(_connection, _cursor, statement, *_rest):
        executed.append(statement)
        if len(executed) == at:
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield executed
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@pytest.mark.parametrize("name", USE_CASES)
def test_a_fault_anywhere_leaves_nothing_behind(installation, tmp_path, clock, name):
    """At each statement of it in turn; then the same use case succeeds."""
    use = USE_CASES[name]
    setting = Setting(installation)
    before = digest(installation)
    for at in range(1, 200):
        with failing(at) as executed:
            try:
                use(setting)
            except StoreUnavailable:
                assert len(executed) == at
            else:
                break
        assert digest(installation) == before, (at, executed[-1])
    assert at > 3
    assert digest(installation) != before
    after = digest(installation)
    installation.close()
    restarted = opened(tmp_path / "data", clock)
    assert digest(restarted) == after
    restarted.close()


RIVALS: dict[str, Callable[[Setting], object]] = {
    "name": lambda s: change_app(s.installation, s.app, AppChanges(name="B"), expected=2),
    "secret": lambda s: rotate_secret(s.installation, s.app, expected=2),
    "channel": lambda s: turn_into_sales_channel(s.installation, s.app, "ean", expected=2),
    "place": lambda s: install(s.installation, s.app, s.home, expected=2),
    "switch": lambda s: switch(s.installation, s.app, on=False, expected=2),
    "leave": lambda s: uninstall(s.installation, s.app, s.placed.installation.id, expected=2),
}


def test_of_many_who_saw_the_same_app_one_wins(installation):
    """However they change it: the others are told, and what they wanted is not there by half."""
    setting = Setting(installation)
    assert setting.app.version == 2
    barrier = threading.Barrier(len(RIVALS))
    outcomes: dict[str, str] = {}

    def change(name: str) -> None:
        barrier.wait()
        try:
            RIVALS[name](setting)
            outcomes[name] = "won"
        except StaleVersion:
            outcomes[name] = "told"

    threads = [threading.Thread(target=change, args=(name,)) for name in RIVALS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["told"] * (len(RIVALS) - 1) + ["won"]
    now = again(installation, setting.app)
    assert now.version == 3
    places = len(installations_of(installation, setting.app))
    changed = {
        "name": now.name != setting.app.name,
        "secret": len(now.secrets) == 2,
        "channel": now.sales_channel is not None,
        "place": places == 2,
        "switch": now.disabled_at > 0,
        "leave": places == 0,
    }
    winner = next(name for name, outcome in outcomes.items() if outcome == "won")
    assert [name for name, did in changed.items() if did] == [winner]


@pytest.mark.parametrize(
    "use",
    [
        lambda s: install(s.installation, s.app, s.home),
        lambda s: install_in_development(s.installation, s.app, "new"),
        lambda s: close_workspace(s.installation, s.placed.workspace),
        lambda s: uninstall(s.installation, s.app, s.placed.installation.id),
        lambda s: create_company(s.installation, s.home, 1, "B"),
        lambda s: create_workspace(s.installation, "new"),
    ],
)
def test_of_many_who_do_the_same_one_does_it(installation, use):
    """It is done once, and the others are told that it is done."""
    setting = Setting(installation)
    barrier = threading.Barrier(4)
    outcomes: list[str] = []

    def once() -> None:
        barrier.wait()
        try:
            use(setting)
            outcomes.append("done")
        except (Conflict, NotFound):
            outcomes.append("told")

    threads = [threading.Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "told", "told", "told"]


def test_a_code_is_drawn_once_however_many_draw(installation, workspace):
    """Each of the channels has its own."""
    found = [made(installation, workspace, "Acme") for _ in range(4)]
    barrier = threading.Barrier(4)

    def turn(app: App) -> None:
        barrier.wait()
        turn_into_sales_channel(installation, app, "sku")

    threads = [threading.Thread(target=turn, args=(app,)) for app in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = {again(installation, app).sales_channel for app in found}
    assert codes == {"ACME", "ACME-2", "ACME-3", "ACME-4"}


def test_ending_a_channel_survives_a_fault(installation):
    """The code stays where it was, until it is done."""
    setting = Setting(installation)
    channel = setting.channel()
    with failing(2), pytest.raises(StoreUnavailable):
        end_sales_channel(installation, channel)
    assert again(installation, channel) == channel
    assert end_sales_channel(installation, channel).sales_channel is None
