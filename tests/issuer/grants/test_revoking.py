"""Revoking everything of an app, a subject or a workspace: at once, however much it is, and for good."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from remint.errors import ConfigurationError, NotFound
from remint.grant import Terms
from remint.issuer.actor import Actor
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.apps.installations import (
    install,
    install_in_development,
    new_refresh_token,
)
from remint.issuer.grants.grants import (
    count_up_to,
    cursor_after,
    find_grant,
    grant_in,
    issue_for,
    revoke_app,
    revoke_subject,
    revoke_workspace,
    search_in,
    state_of,
)
from remint.issuer.grants.issuing import new_grant
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.listing import place_of
from remint.store.records import App
from tests.issuer.conftest import Line, make_client

ADA = Actor("ada@example.com", "192.0.2.1")
MANY = 3_000


@pytest.fixture
def installation(tmp_path):
    """An installation."""
    made = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    yield made
    made.close()


def crowd(installation: Installation, app: App, count: int, subject: str = "crowd") -> None:
    """So many grants more, of one subject."""
    terms = Terms(app.policy, app.scope)
    made = [new_grant(installation, app, subject, terms) for _ in range(count)]
    installation.ledger.bring_in(made, [terms] * count)


def word(installation: Installation, issued) -> str:
    """What a grant's state is now."""
    found = installation.ledger.find(issued.held.grant.id)
    assert found is not None
    return state_of(found, installation.clock.now_ms()).word


@pytest.mark.parametrize("what", ["app", "subject", "workspace"])
def test_everything_is_revoked_from_the_next_renewal_on(serve, tmp_path, what):
    """Thousands of grants by one write; none of their rows is touched, and no other app minds.

    The server learns of it within a second, though another process did it.
    """
    installation = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    client = make_client(installation, 3)
    crowd(installation, client.app, MANY, "user-1")
    server = serve()
    line = Line(server.port)
    newest = line.ask(client.request(client.tokens[1])).json()["refresh_token"]
    workspace = installation.workspaces.numbered(client.app.workspace_id)
    before = _rows(installation)
    if what == "app":
        revoke_app(installation, client.app, actor=ADA)
    elif what == "subject":
        revoke_subject(installation, workspace, "user-1", actor=ADA)
    else:
        revoke_workspace(installation, workspace, actor=ADA)
    assert _rows(installation) == before
    time.sleep(1)
    answer = line.ask(client.request(newest))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    others = line.ask(client.request(client.tokens[2])).status
    assert others == (200 if what == "subject" else 400)
    # What is granted afterwards lives.
    later = issue_for(installation, client.app, "user-1").refresh_token.reveal()
    assert line.ask(client.request(later)).status == 200
    line.close()
    (event,) = installation.trail.latest(2)[1:]
    assert (event.event, event.actor, event.origin) == (f"{what}_revoked", ADA.name, ADA.origin)
    assert event.workspace_id == workspace.id
    installation.close()


def _rows(installation: Installation) -> set[tuple[object, ...]]:
    from sqlalchemy import select

    from remint.store.schema import grants

    columns = (grants.c.key, grants.c.epoch, grants.c.revoked_at)
    with installation.database.read() as connection:
        return {tuple(row) for row in connection.execute(select(*columns))}


def test_a_development_workspace_revokes_what_is_installed_in_it(installation):
    """Its own apps' grants, and what its parent's app may do there; not what that may do elsewhere."""
    app = make_client(installation).app
    parent = installation.workspaces.numbered(app.workspace_id)
    at_home = install(installation, app, parent)
    there = install_in_development(installation, app, "trial")
    elsewhere = install_in_development(installation, app, "another trial")
    of_person = issue_for(installation, app, "ada")
    revoke_workspace(installation, there.workspace, actor=ADA)
    assert word(installation, there.issued) == "revoked"
    for lives in (at_home.issued, elsewhere.issued, of_person):
        assert word(installation, lives) == "active"
    told = {(event.event, event.workspace_id) for event in installation.trail.latest(2)}
    assert told == {
        ("workspace_revoked", there.workspace.id),
        ("subject_revoked", parent.id),
    }


def test_a_development_workspace_has_what_its_parents_apps_may_do_there(installation):
    """Such grants are found there, among its own: by list, by app, by subject and by id; no others are."""
    app = make_client(installation).app
    parent = installation.workspaces.numbered(app.workspace_id)
    there = install_in_development(installation, app, "trial")
    elsewhere = install_in_development(installation, app, "another trial")
    place = there.workspace
    draft = AppDraft(name="Own", dialect="oauth2", workspace=place)
    own = create_app(installation, draft).app
    mine = [issue_for(installation, own, f"user-{number}").held.grant.id for number in range(5)]
    theirs = [there.issued, new_refresh_token(installation, app, there.installation.id)]
    both = {*mine, *(each.held.grant.id for each in theirs)}

    def ids(**asked) -> list[bytes]:
        found, cursor = [], None
        while True:
            page = search_in(installation, place, cursor=cursor, limit=2, **asked)
            found += page.grants
            cursor = page.next_cursor
            if cursor is None:
                assert found == sorted(found, key=place_of, reverse=True)
                return [held.grant.id for held in found]

    assert (len(ids()), set(ids())) == (7, both)
    assert set(ids(app=app)) == set(ids(subject=place.subject)) == both - set(mine)
    assert set(ids(app=own)) == set(mine)
    assert ids(app=app, subject="user-1") == ids(app=own, subject=place.subject) == []
    held, its_app = grant_in(installation, place, there.issued.held.grant.id.hex())
    assert (held.grant.subject, its_app.id) == (place.subject, app.id)
    with pytest.raises(NotFound):
        grant_in(installation, place, elsewhere.issued.held.grant.id.hex())
    with pytest.raises(NotFound):
        grant_in(installation, parent, mine[0].hex())


def test_its_subject_is_revoked_in_both(installation):
    """Who revokes everything of that subject in a development workspace means its parent's apps too."""
    app = make_client(installation).app
    there = install_in_development(installation, app, "trial")
    elsewhere = install_in_development(installation, app, "another trial")
    revoke_subject(installation, there.workspace, "ada", actor=ADA)
    assert word(installation, there.issued) == "active"
    revoke_subject(installation, there.workspace, there.workspace.subject, actor=ADA)
    assert word(installation, there.issued) == "revoked"
    assert word(installation, elsewhere.issued) == "active"


def test_that_revocation_outlives_its_database(installation, tmp_path: Path):
    """A copy from before it, put back, keeps nothing of it alive."""
    app = make_client(installation).app
    there = install_in_development(installation, app, "trial")
    installation.close()
    folder = tmp_path / "data"
    for name in ("remint.db", "remint.db-wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, tmp_path / name)
    again = Installation(Settings(data_dir=folder), environ={})
    revoke_workspace(again, there.workspace)
    again.close()
    for name in ("remint.db-wal", "remint.db-shm"):
        (folder / name).unlink(missing_ok=True)
    for name in ("remint.db", "remint.db-wal"):
        if (tmp_path / name).exists():
            shutil.copy(tmp_path / name, folder / name)
    restored = Installation(Settings(data_dir=folder), environ={})
    assert word(restored, there.issued) == "revoked"
    restored.close()


def test_a_revocation_that_fails_half_way_says_nothing(installation, monkeypatch):
    """Neither half is in the database, nor an event of it."""
    app = make_client(installation).app
    there = install_in_development(installation, app, "trial")
    before = installation.trail.latest(1)

    def fails(*_arguments):
        raise OSError("no space left")

    monkeypatch.setattr(installation.ledger, "revoke_subject", fails)
    with pytest.raises(Exception, match="no space left"):
        revoke_workspace(installation, there.workspace, actor=ADA)
    assert installation.trail.latest(1) == before
    assert installation.workspaces.numbered(there.workspace.id).epoch == 0


def test_grants_are_found_page_by_page(installation):
    """Of a workspace, an app or a subject; a page says where the next begins, the last that it is that."""
    app = make_client(installation, grants=0).app
    workspace = installation.workspaces.numbered(app.workspace_id)
    crowd(installation, app, 25)
    issue_for(installation, app, "ada")
    for options, count in (({}, 26), ({"app": app}, 26), ({"subject": "ada"}, 1)):
        found, cursor = [], None
        while True:
            page = search_in(installation, workspace, cursor=cursor, limit=7, **options)
            found += [held.grant.id for held in page.grants]
            cursor = page.next_cursor
            if cursor is None:
                break
            assert cursor == cursor_after(page.grants[-1])
        assert (len(found), len(set(found))) == (count, count)
    assert search_in(installation, workspace, limit=26).next_cursor is None
    assert count_up_to(installation, app, 10) == 10
    assert count_up_to(installation, app, 100) == 26


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 21, "remint_rt_secret"])
def test_a_cursor_that_is_none_is_refused(installation, cursor):
    """By its field, and without repeating it."""
    with pytest.raises(ConfigurationError) as caught:
        search_in(installation, None, cursor=cursor)
    assert caught.value.key == "cursor"
    assert "remint_rt_secret" not in str(caught.value)


def test_a_grant_of_another_workspace_is_not_there(installation):
    """In the same words as one that there is none of."""
    app = make_client(installation).app
    issued = issue_for(installation, app, "ada")
    text = issued.held.grant.id.hex()
    mine = installation.workspaces.numbered(app.workspace_id)
    other = installation.workspaces.ensure("other")
    held, its_app = grant_in(installation, mine, text)
    assert (held.grant.id, its_app.id) == (issued.held.grant.id, app.id)
    with pytest.raises(NotFound) as caught:
        grant_in(installation, other, text)
    with pytest.raises(NotFound) as unknown:
        find_grant(installation, "00" * 16)
    assert str(caught.value).replace(text, "") == str(unknown.value).replace("00" * 16, "")
    with pytest.raises(NotFound):
        search_in(installation, other, app=app)
