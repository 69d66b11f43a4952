"""Answers that are kept for a day: found, taken once, and dropped."""

from __future__ import annotations

import pytest

from remint.errors import Conflict
from remint.store.idempotency import KEPT_SECONDS, Idempotency, Kept

NAME, OTHER = b"n" * 32, b"o" * 32
FIRST = Kept(b"r" * 32, 201, b"sealed")
SECOND = Kept(b"s" * 32, 201, b"sealed too")


@pytest.fixture
def answers(store) -> Idempotency:
    """Without any answer."""
    return Idempotency(store.database)


def test_a_kept_answer_is_found(answers):
    """By its name, and by no other."""
    answers.put(NAME, FIRST)
    assert answers.find(NAME) == FIRST
    assert answers.find(OTHER) is None


def test_a_name_is_taken_once(answers):
    """The second to keep an answer is told that somebody was quicker."""
    answers.put(NAME, FIRST)
    with pytest.raises(Conflict):
        answers.put(NAME, SECOND)
    assert answers.find(NAME) == FIRST


def test_a_day_is_the_end_of_it(store, answers):
    """After a day it is not found, another takes its place, and what is left is purged step by step."""
    answers.put(NAME, FIRST)
    answers.put(OTHER, FIRST)
    assert answers.purge(limit=10) == 0
    store.clock.step(KEPT_SECONDS * 1000)
    assert answers.find(NAME) is None
    answers.put(NAME, SECOND)
    assert answers.find(NAME) == SECOND
    assert answers.purge(limit=10) == 1
    assert answers.purge(limit=10) == 0
    assert answers.find(NAME) == SECOND
