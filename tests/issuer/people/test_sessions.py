"""Logging in, being known and logging out."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from remint.errors import ConfigurationError, NotFound, Refusal, Unauthenticated
from remint.issuer.people import passwords
from remint.issuer.people.accounts import change_account, change_password
from remint.issuer.people.sessions import (
    IDLE_SECONDS,
    LIFETIME_SECONDS,
    LogIn,
    end_others,
    end_session,
    log_out,
    sessions_of,
    start_session,
    visitor,
)
from remint.secret import Secret
from remint.token.credentials import mint_session
from tests.issuer.people.conftest import BY_ADA, PASSWORD, account, told, trail
from tests.store.stores import NOW

RIGHT, WRONG = Secret(PASSWORD), Secret("wrong horse battery")


@pytest.fixture
def door(installation) -> LogIn:
    """Where one logs in."""
    return LogIn(installation)


def enter(door, email="ada@example.com", password=RIGHT, origin="192.0.2.7"):
    return door.log_in(email, password, origin=origin, agent="Firefox " * 100)


def ended(installation, cookie):
    try:
        visitor(installation, cookie.reveal())
    except Unauthenticated:
        return True
    return False


def test_who_knows_the_password_is_known_by_the_cookie(installation, door, ada, workspace):
    """The session says when and from where; the principal, who it is and what their roles are."""
    installation.members.add(workspace.id, ada.id, "viewer")
    made = enter(door, " ADA@example.com")
    seen = visitor(installation, made.cookie.reveal(), origin="192.0.2.8")
    assert seen.account == ada == made.account
    assert seen.session == made.session
    assert (made.session.origin, made.session.created_at) == ("192.0.2.7", NOW)
    assert len(made.session.agent) == 200
    principal = seen.principal
    assert (principal.actor.name, principal.actor.origin) == ("ada@example.com", "192.0.2.8")
    assert (principal.account_id, principal.is_operator) == (ada.id, True)
    assert principal.roles == {workspace.id: "viewer"}
    assert visitor(installation, made.cookie.reveal()).principal.actor.origin == "192.0.2.7"
    assert told(installation)[-1] == "logged_in"


def test_each_log_in_has_a_cookie_of_its_own(installation, door, ada):
    """Nothing that was there before a log-in is good for one after it."""
    cookies = {enter(door).cookie.reveal() for _ in range(3)}
    assert len(cookies) == 3
    assert len(sessions_of(installation, ada)) == 3


@pytest.mark.parametrize(
    "email", ["ada@example.com", "nobody@example.com", "off@example.com", "", "\udc80"]
)
def test_a_refusal_is_the_same_for_everybody(installation, door, ada, monkeypatch, email):
    """Unknown, disabled, a wrong password: one password is looked at, one event written, same words."""
    off = account(installation, "off@example.com", "Off")
    change_account(installation, off, disabled=True, actor=BY_ADA)
    look = Mock(wraps=passwords._verify)
    monkeypatch.setattr(passwords, "_verify", look)
    before = len(told(installation))
    password = RIGHT if email == "off@example.com" else WRONG
    with pytest.raises(Unauthenticated) as caught:
        enter(door, email, password)
    assert str(caught.value) == "the e-mail address or the password is wrong"
    assert look.call_count == 1
    assert told(installation)[before:] == ["log_in_refused"]


def test_what_was_typed_for_an_unknown_address_is_not_kept(installation, door, ada):
    """It may well be a password."""
    for typed, known in (("hunter2 hunter2", ""), ("ada@example.com", "ada@example.com")):
        with pytest.raises(Unauthenticated):
            enter(door, typed, WRONG)
        assert trail(installation)[0].actor == known
    assert "hunter2" not in repr(trail(installation))


def test_guesses_at_an_account_are_slowed_down(installation, door, ada, clock, monkeypatch):
    """After ten failures from wherever no password is looked at for a while, not even the right one."""
    for number in range(10):
        with pytest.raises(Unauthenticated):
            enter(door, password=WRONG, origin=f"192.0.2.{number}")
    monkeypatch.setattr(passwords, "_verify", lambda *_: pytest.fail("a password was looked at"))
    with pytest.raises(Refusal) as caught:
        enter(door)
    assert (caught.value.code, caught.value.retry_after_seconds) == ("slow_down", 90)
    monkeypatch.undo()
    clock.step(90_000)
    assert enter(door).account == ada


def test_guesses_from_an_address_are_slowed_down(installation, door, ada):
    """A hundred failures, at whatever accounts."""
    limit = installation.settings.password_attempts_per_address
    for number in range(limit):
        door._charge(f"{number}@example.com", "192.0.2.7")
    with pytest.raises(Refusal):
        enter(door)
    assert enter(door, origin="192.0.2.8").account == ada


def test_logging_in_costs_nothing(door, ada):
    """Who knows the password may come as often as they like."""
    for _ in range(12):
        enter(door)


def test_a_session_that_was_left_open_is_no_way_to_guess(installation, door, ada):
    """The password that is asked for again counts as a log-in does."""
    door.confirm(ada, RIGHT, origin="192.0.2.7")
    for _ in range(10):
        with pytest.raises(ConfigurationError) as caught:
            door.confirm(ada, WRONG, origin="192.0.2.7")
        assert caught.value.key == "old"
    with pytest.raises(Refusal):
        door.confirm(ada, RIGHT, origin="192.0.2.7")
    with pytest.raises(Refusal):
        enter(door)


def test_a_password_that_is_replaced_meanwhile_does_not_let_in(installation, ada, door):
    """The session of a log-in that was under way would outlive the change."""
    change_password(installation, ada, WRONG, keep=None, actor=BY_ADA)
    with pytest.raises(Unauthenticated):
        start_session(installation, ada, origin="", agent="")
    assert sessions_of(installation, ada) == []


@pytest.mark.parametrize("cookie", ["", "x", "\udc80", "remint_se_" + "0" * 49])
def test_what_is_no_cookie_is_not_looked_up(installation, monkeypatch, cookie):
    """Its form tells."""
    monkeypatch.setattr(installation.sessions, "find", lambda _: pytest.fail("it was looked up"))
    with pytest.raises(Unauthenticated):
        visitor(installation, cookie)


def test_a_cookie_of_nobody_is_refused(installation):
    """Though it has the form."""
    with pytest.raises(Unauthenticated):
        visitor(installation, mint_session(installation.entropy).reveal())


def test_a_session_ends_when_nobody_uses_it(installation, door, ada, clock):
    """Twelve hours after it was last seen, and not before."""
    cookie = enter(door).cookie
    clock.step((IDLE_SECONDS - 1) * 1000)
    assert not ended(installation, cookie)
    clock.step((IDLE_SECONDS - 1) * 1000)
    assert not ended(installation, cookie)
    clock.step(IDLE_SECONDS * 1000)
    assert ended(installation, cookie)
    assert sessions_of(installation, ada) == []


def test_a_session_ends_after_a_week_in_any_case(installation, door, ada, clock):
    """However often it is used."""
    cookie = enter(door).cookie
    hours = 0
    while not ended(installation, cookie):
        clock.step(3_600_000)
        hours += 1
    assert hours * 3600 == LIFETIME_SECONDS


def test_use_is_written_down_once_a_minute(installation, door, ada, clock, monkeypatch):
    """Not with every page."""
    cookie = enter(door).cookie
    see = Mock(wraps=installation.sessions.see)
    monkeypatch.setattr(installation.sessions, "see", see)
    for _ in range(9):
        clock.step(15_000)
        visitor(installation, cookie.reveal())
    assert [call.args[1] for call in see.call_args_list] == [NOW + 60, NOW + 120]


@pytest.mark.parametrize(
    "hours, over", [(-1, False), (-11, False), (-13, True), (11, False), (13, True)]
)
def test_a_clock_that_jumps_lengthens_no_session(installation, door, ada, clock, hours, over):
    """A small jump disturbs nobody; a large one, either way, ends the session."""
    cookie = enter(door).cookie
    clock.jump(hours * 3_600_000)
    assert ended(installation, cookie) is over
    if not over:
        assert visitor(installation, cookie.reveal()).session.seen_at == NOW + hours * 3600


def test_a_disabled_account_is_known_no_more(installation, door, ada):
    """Also by a session that was put back from a copy."""
    bob = account(installation, "bob@example.com", "Bob")
    made = enter(door, bob.email)
    change_account(installation, bob, disabled=True, actor=BY_ADA)
    installation.sessions.create(made.session)
    assert ended(installation, made.cookie)


def test_logging_out_ends_the_session_for_good(installation, door, ada):
    """In the database, not in the browser alone; a second time is no error and no event."""
    made, other = enter(door), enter(door)
    for _ in range(2):
        log_out(installation, made.session, actor=BY_ADA)
    assert ended(installation, made.cookie)
    assert not ended(installation, other.cookie)
    assert told(installation).count("logged_out") == 1


def test_sessions_are_ended_by_their_owner(installation, door, ada):
    """One of them, or all but this one; not somebody else's."""
    bob = account(installation, "bob@example.com", "Bob")
    first, second, third = (enter(door) for _ in range(3))
    with pytest.raises(NotFound):
        end_session(installation, bob, first.session.sha256, actor=BY_ADA)
    end_session(installation, ada, first.session.sha256, actor=BY_ADA)
    assert [ended(installation, each.cookie) for each in (first, second, third)] == [
        True,
        False,
        False,
    ]
    assert end_others(installation, ada, third.session.sha256, actor=BY_ADA) == 1
    assert sessions_of(installation, ada) == [third.session]


def test_of_two_sessions_that_end_each_other_none_stays_by_chance(installation, door, ada):
    """Each ends the other if it is still there; the second finds out that it has ended."""
    first, second = enter(door), enter(door)
    assert end_others(installation, ada, first.session.sha256, actor=BY_ADA) == 1
    assert ended(installation, second.cookie)
    assert end_others(installation, ada, second.session.sha256, actor=BY_ADA) == 1
    assert ended(installation, first.cookie)


def test_cookies_are_kept_as_fingerprints(installation, door, ada):
    """Neither the database nor a repr has one."""
    made = enter(door)
    cookie = made.cookie.reveal()
    assert cookie not in repr([made, visitor(installation, cookie), trail(installation)])
    installation.close()
    for file in installation.settings.data_dir.iterdir():
        assert cookie.encode() not in file.read_bytes(), file
