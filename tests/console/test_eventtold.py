"""Events in a sentence each."""

from __future__ import annotations

import pytest

from remint.issuer.console.eventtold import SENTENCES, told
from remint.issuer.upkeep.audit import EVENTS
from remint.store.protocols import AuditEvent


def test_every_event_has_a_sentence():
    """What can be in the trail has words of its own, and nothing else has."""
    assert set(SENTENCES) == set(EVENTS)


@pytest.mark.parametrize(
    "name, detail, sentence",
    [
        ("invited", {"account": "a@b.example", "role": "viewer"}, "Invited a@b.example as viewer."),
        (
            "admin_key_created",
            {"id": 3, "name": "Report", "scopes": ["apps:read", "audit:read"]},
            "Made the admin key 3 (Report), which may apps:read, audit:read.",
        ),
        (
            "company_created",
            {"company": {"number": 7, "name": "Northwind"}},
            "Made the company Northwind, number 7.",
        ),
        ("user_created", {}, "Made the user \N{EN DASH}."),
        ("not_known_yet", {"x": 1}, "Not known yet."),
    ],
)
def test_details_become_words(name, detail, sentence):
    """Details stand in the sentence; one that is missing is a dash; an unknown event says its name."""
    assert told(AuditEvent(0, name, detail=detail)).sentence == sentence


def test_an_alarm_looks_like_one():
    """A replay is told as a danger, what somebody did is not."""
    assert told(AuditEvent(0, "reuse_detected")).kind == "danger"
    assert told(AuditEvent(0, "app_created")).kind == ""


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_no_brace_is_left(name):
    """Without any details every sentence still reads as one."""
    sentence = told(AuditEvent(0, name)).sentence
    assert "{" not in sentence
    assert sentence.endswith(".")
