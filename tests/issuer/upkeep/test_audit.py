"""The audit trail: found by what it is about, taken along, and each event documented."""

from __future__ import annotations

import json
import re
import tracemalloc

import pytest
import sqlalchemy

from remint.errors import ConfigurationError
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.issuer.upkeep.audit import EVENTS, Search, export, search
from remint.store.protocols import AuditEvent
from remint.store.trail import Query, matching
from tests.docs.page import Page
from tests.house.tree import ROOT
from tests.issuer.conftest import make_client

AT_MS = 1_700_000_000_000


@pytest.fixture
def empty(tmp_path):
    """An installation of its own."""
    made = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    yield made
    made.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """An installation that is only looked at."""
    folder = tmp_path_factory.mktemp("audit") / "data"
    made = Installation(Settings(data_dir=folder), environ={})
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(installation):
    """An app, and twenty events of it and of others."""
    found = make_client(installation).app
    names = ("grant_issued", "grant_issued", "reuse_detected", "app_changed")
    installation.trail.record(
        [
            AuditEvent(
                AT_MS + number,
                names[number % 4],
                app_id=found.id if number % 2 else None,
                grant_id=bytes([number]) * 16,
                actor="ada@example.com" if number % 4 == 3 else "",
                detail={"number": number},
                workspace_id=found.workspace_id if number % 2 else 99,
                origin="192.0.2.1",
            )
            for number in range(20)
        ]
    )
    return found


def numbers(installation, query, **options):
    """Which of the twenty events are found, in order."""
    found = search(installation, query, **options)
    return [event.detail["number"] for _, event in found if "number" in event.detail]


@pytest.mark.parametrize(
    "query, expected",
    [
        ({}, range(20)),
        ({"workspace_id": 99}, range(0, 20, 2)),
        ({"event": "reuse_detected"}, range(2, 20, 4)),
        ({"event": "reuse_detected", "workspace_id": 99}, range(2, 20, 4)),
        ({"event": "app_changed", "workspace_id": 99}, []),
        ({"event": "grant_issued", "workspace_id": 99}, range(0, 20, 4)),
        ({"event": "grant_issued", "client_id": "app"}, range(1, 20, 4)),
        ({"client_id": "app"}, range(1, 20, 2)),
        ({"actor": "ada@example.com"}, range(3, 20, 4)),
        ({"actor": "ada@example.com", "event": "app_changed", "client_id": "app"}, range(3, 20, 4)),
        ({"actor": "bob@example.com"}, []),
        ({"grant": "07" * 16}, [7]),
        ({"grant": "07" * 16, "workspace_id": 99}, []),
        ({"since_ms": AT_MS + 5, "until_ms": AT_MS + 9}, range(5, 9)),
        ({"workspace_id": 99, "since_ms": AT_MS + 5, "until_ms": AT_MS + 9}, [6, 8]),
    ],
)
def test_events_are_found_by_what_they_are_about(installation, app, query, expected):
    """Newest first, page by page, and the same in an export, oldest first."""
    wanted = list(expected)
    # The events that came with making the app are of another time.
    asked = Search(**{"since_ms": AT_MS, "until_ms": AT_MS + 100, **query})
    assert numbers(installation, asked, limit=100) == wanted[::-1]
    found, before = [], None
    while page := search(installation, asked, before=before, limit=3):
        found += [event.detail["number"] for _, event in page]
        before = page[-1][0]
    assert found == wanted[::-1]
    lines = b"".join(export(installation, asked)).splitlines()
    assert [json.loads(line)["detail"]["number"] for line in lines] == wanted


def test_events_of_one_moment_are_each_told_once(empty):
    """A page may end between them."""
    empty.trail.record(
        [AuditEvent(AT_MS, "app_changed", detail={"number": number}) for number in range(7)]
    )
    found, before = [], None
    while page := search(empty, Search(), before=before, limit=2):
        found += [event.detail["number"] for _, event in page]
        before = page[-1][0]
    assert found == [6, 5, 4, 3, 2, 1, 0]


def test_an_event_that_went_meanwhile_had_none_before_it(installation, app):
    """The oldest go first, so nothing is left beyond the one that a page ended with."""
    assert search(installation, Search(), before=10**9, limit=5) == []


@pytest.mark.parametrize(
    "query, key",
    [
        ({"event": "nothing"}, "event"),
        ({"client_id": "nobody"}, "client_id"),
        ({"client_id": "app", "workspace_id": 99}, "client_id"),
        ({"grant": "remint_rt_secret"}, "grant"),
    ],
)
def test_what_cannot_be_is_refused_by_field(installation, app, query, key):
    """Before an export begins, too; and what may be a token is not repeated."""
    for use in (lambda q: search(installation, q), lambda q: export(installation, q)):
        with pytest.raises(ConfigurationError) as caught:
            use(Search(**query))
        assert caught.value.key == key
        assert "remint_rt_secret" not in str(caught.value)


def test_an_export_is_as_the_page_says(installation, app):
    """Every field, by name."""
    (line,) = b"".join(export(installation, Search(grant="07" * 16))).splitlines()
    told = json.loads(line)
    assert isinstance(told.pop("id"), int)
    assert told == {
        "at": "2023-11-14T22:13:20.007Z",
        "event": "app_changed",
        "workspace": app.workspace_id,
        "client_id": "app",
        "grant": "07" * 16,
        "actor": "ada@example.com",
        "origin": "192.0.2.1",
        "detail": {"number": 7},
    }


def test_an_export_ends_and_takes_little_memory_while_others_write(empty):
    """It tells of what there was when it began, in order, however many there are."""
    many = [AuditEvent(AT_MS, "app_changed", detail={"text": "x" * 500}) for _ in range(5_000)]
    empty.trail.record(many)
    tracemalloc.start()
    try:
        count = 0
        for chunk in export(empty, Search()):
            count += len(chunk.splitlines())
            later = AuditEvent(empty.clock.now_ms() + 1, "app_changed")
            empty.trail.record([later] * 500)
            assert count < 6_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 5_000
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "query, index",
    [
        (Query(), "audit_at_ms"),
        (Query(workspace_id=1), "audit_workspace_id"),
        (Query(workspace_id=1, since_ms=1, until_ms=2), "audit_workspace_id"),
        (Query(event="reuse_detected"), "audit_event"),
        (Query(event="reuse_detected", workspace_id=1, app_id=1), "audit_event"),
        (Query(event="grant_issued", workspace_id=1), "audit_workspace_id"),
        (Query(event="grant_issued", app_id=1, workspace_id=1), "audit_app_id"),
        (Query(actor="ada"), "audit_actor"),
        (Query(actor="ada", workspace_id=1, since_ms=1), "audit_actor"),
        (Query(actor="ada", event="logged_in"), "audit_event"),
        (Query(app_id=1, workspace_id=1), "audit_app_id"),
        (Query(grant_id=b"g" * 16, workspace_id=1, event="rewound"), "audit_grant_id"),
    ],
)
def test_every_search_walks_an_index_in_order(installation, query, index):
    """The one that leaves least, so that a million events take no longer; only a grant's few are sorted."""
    from remint.store.schema import audit

    statement = matching(query).order_by(audit.c.at_ms.desc(), audit.c.id.desc()).limit(50)
    with installation.database.read() as connection:
        explained = sqlalchemy.text("EXPLAIN QUERY PLAN " + _as_sent(connection, statement))
        plan = [row[3] for row in connection.execute(explained)]
    assert f"USING INDEX {index}" in plan[0]
    assert len(plan) == (2 if query.grant_id else 1), plan


def _as_sent(connection, statement):
    compiled = statement.compile(connection.engine)
    text = str(compiled)
    for name in compiled.positiontup:
        value = compiled.params[name]
        shown = f"x'{value.hex()}'" if isinstance(value, bytes) else repr(value)
        text = text.replace("?", shown, 1)
    return text


def test_every_event_is_documented():
    """The page has each event with its meaning, as the code has it, and no other."""
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \|$", Page("docs/operations.md").section("Events"), re.MULTILINE
    )
    assert dict(rows) == EVENTS


def test_every_event_that_the_code_leaves_is_known():
    """One that is left out here would be found by nobody."""
    text = "".join(path.read_text() for path in (ROOT / "src/remint/issuer").rglob("*.py"))
    left = set(re.findall(r'\b_?(?:note|event|left|leave)\(\s*[\w.]+,\s*"([a-z_]+)"', text))
    left |= set(re.findall(r'"(app_\w+abled)"', text))
    assert left <= set(EVENTS)
    assert len(left) > len(EVENTS) / 2


def test_the_trail_is_never_changed(installation, app):
    """The database itself refuses."""
    with (
        pytest.raises(sqlalchemy.exc.IntegrityError, match="never changed"),
        installation.database.write() as connection,
    ):
        connection.execute(sqlalchemy.text("UPDATE audit SET actor = 'eve'"))
