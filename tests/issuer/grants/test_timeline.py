"""A grant's life in order, from its row and what the audit trail has on it."""

from __future__ import annotations

import msgspec
import pytest

from remint.grant import Grant, Policy, Revocation, Terms
from remint.issuer.actor import Actor
from remint.issuer.grants.grants import issue_for, revoke_app, revoke_grant, revoke_subject
from remint.issuer.grants.timeline import events_of, timeline
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.protocols import AuditEvent, Held
from tests.issuer.conftest import make_client

DAY = 86_400
MADE = 1_700_000_000
ADA = Actor("ada@example.com", "192.0.2.1")


def held(policy: Policy | None = None, **changed) -> Held:
    """A grant that was made at ``MADE``."""
    fields = {
        "id": b"g" * 16,
        "app_id": 1,
        "subject": "s",
        "terms_id": 1,
        "salt": b"s" * 16,
        "generation": 0,
        "key_id": 1,
        "created_at": MADE,
        "expires_at": 0,
        "advanced_at_ms": MADE * 1000,
    }
    return Held(Grant(**{**fields, **changed}), Terms(policy or Policy()))


def event(name, at=MADE, **detail):
    """An event of the grant."""
    return AuditEvent(at * 1000, name, grant_id=b"g" * 16, detail=detail)


MADE_ = ("made", False)
IDLE = ("ends_idle", True)


@pytest.mark.parametrize(
    "grant, events, now, expected",
    [
        (held(), [], MADE, [MADE_, IDLE]),
        (held(imported=1), [], MADE, [MADE_, IDLE]),
        (held(Policy(idle_lifetime_seconds=None)), [], MADE, [MADE_]),
        (held(expires_at=MADE + DAY), [], MADE, [MADE_, ("ends", True), IDLE]),
        (held(expires_at=MADE + DAY), [], MADE + DAY, [MADE_, ("ended", False)]),
        (held(), [], MADE + 31 * DAY, [MADE_, ("ended", False)]),
        (
            held(generation=7, advanced_at_ms=(MADE + 50) * 1000, retries=3),
            [],
            MADE + 60,
            [MADE_, ("renewed", False), ("retried", False), IDLE],
        ),
        (
            held(Policy(rotation="keep"), advanced_at_ms=(MADE + 7200) * 1000),
            [],
            MADE + 7201,
            [MADE_, ("renewed", False), IDLE],
        ),
        (held(Policy(rotation="keep")), [], MADE + 7201, [MADE_, IDLE]),
        (
            held(revoked_at=MADE + 9, revoked_why=int(Revocation.REUSE), generation=5),
            [event("reuse_detected", MADE + 9, presented=1, newest=5)],
            MADE + 10,
            [MADE_, ("renewed", False), ("reuse_detected", False)],
        ),
        (
            held(revoked_at=MADE + 9, revoked_why=int(Revocation.SUPERSEDED)),
            [],
            MADE + 10,
            [MADE_, ("revoked", False)],
        ),
        (
            held(revoked_at=MADE + 9, revoked_why=int(Revocation.ASKED)),
            [event("grant_revoked", MADE + 9)],
            MADE + 10,
            [MADE_, ("revoked", False)],
        ),
        (held(current_epoch=1), [], MADE + 10, [MADE_, ("revoked", False)]),
        (
            held(generation=3, advanced_at_ms=(MADE + 30) * 1000),
            [
                event("rewound", MADE + 20, presented=2, newest=1),
                event("retry_streak", MADE + 25, generations=5),
                event("orphaned", MADE + 10),
                event("something_new", MADE + 11),
            ],
            MADE + 40,
            [
                MADE_,
                ("orphaned", False),
                ("rewound", False),
                ("retry_streak", False),
                ("renewed", False),
                IDLE,
            ],
        ),
    ],
)
def test_a_life_is_told_in_order(grant, events, now, expected):
    """What happened by its time, then what is ahead; each once, and nothing that will not come."""
    moments = timeline(grant, events, now * 1000)
    assert [(each.what, each.is_ahead) for each in moments] == expected
    assert all(each.words.endswith(".") and each.symbol for each in moments)
    dated = [each.at_ms for each in moments if each.at_ms is not None]
    assert dated == sorted(dated)
    assert [each.at_ms is None for each in moments].count(True) == (grant.grant.current_epoch == 1)


def test_words_say_how_often_and_which():
    """Of renewals and of tokens that came at the wrong time."""
    grant = held(generation=1200, revoked_at=MADE + 9, revoked_why=int(Revocation.REUSE))
    words = [
        each.words
        for each in timeline(grant, [event("reuse_detected", presented=7, newest=1200)], MADE)
    ]
    assert "Renewed 1,200 times" in words[1]
    assert words[2] == "Token 7 was replayed; the newest is 1200. Revoked."
    once = timeline(held(generation=1), [], MADE)
    assert once[1].words.startswith("Renewed once")
    assert {each.kind for each in once} <= {"", "good", "info", "warn", "danger"}


@pytest.fixture
def installation(tmp_path):
    """An installation."""
    made = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    yield made
    made.close()


@pytest.mark.parametrize("by", ["grant", "app", "subject", "other subject"])
def test_who_revoked_it_is_told(installation, by):
    """Whether it was one grant, or all of its app or subject; what was done to others is not told."""
    app = make_client(installation).app
    issued = issue_for(installation, app, "s", actor=ADA, how="admin API")
    workspace = installation.workspaces.numbered(app.workspace_id)
    if by == "grant":
        revoke_grant(installation, issued.held, actor=ADA)
    elif by == "app":
        revoke_app(installation, app, actor=ADA)
    else:
        subject = "s" if by == "subject" else "another"
        revoke_subject(installation, workspace, subject, actor=ADA)
    found = installation.ledger.find(issued.held.grant.id)
    moments = timeline(found, events_of(installation, found), installation.clock.now_ms())
    assert (moments[0].words, moments[0].actor) == ("Made by admin API.", ADA.name)
    if by == "other subject":
        assert [each.what for each in moments] == ["made", "ends_idle"]
        return
    assert [each.what for each in moments] == ["made", "revoked"]
    assert (moments[1].actor, moments[1].origin) == (ADA.name, ADA.origin)


def test_other_subjects_revocations_are_not_told(installation):
    """Also where the grant itself ended with its app."""
    app = make_client(installation).app
    issued = issue_for(installation, app, "s")
    workspace = installation.workspaces.numbered(app.workspace_id)
    revoke_subject(installation, workspace, "another", actor=ADA)
    revoke_app(installation, app, actor=ADA)
    found = installation.ledger.find(issued.held.grant.id)
    assert [each.event for each in events_of(installation, found)] == [
        "grant_issued",
        "app_revoked",
    ]
    assert msgspec.structs.asdict(found.grant)["revoked_at"] == 0
