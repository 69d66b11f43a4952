"""Accounts: made, changed and disabled, and never the last operator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.people.accounts import (
    accounts,
    change_account,
    change_password,
    create_account,
    find_account,
    is_account_password,
)
from remint.issuer.people.invitations import invitation_of, password_code
from remint.issuer.people.sessions import sessions_of, start_session
from remint.secret import Secret
from tests.issuer.people.conftest import BY_ADA, PASSWORD, account, told, trail
from tests.store.stores import NOW

NEW = "another horse battery"


@pytest.mark.parametrize("typed", ["ada@example.com", " Ada@EXAMPLE.com\n"])
def test_an_account_is_found_however_its_address_is_typed(installation, ada, typed):
    """Capitals and blanks do not make another person."""
    assert find_account(installation, typed) == ada
    with pytest.raises(Conflict):
        account(installation, typed, "Eve")
    with pytest.raises(NotFound, match="nobody"):
        find_account(installation, "nobody@example.com")
    assert accounts(installation) == [ada]


def test_what_is_made_is_told(installation, ada):
    """The audit trail says who, what, when and from where, in the same transaction."""
    event = trail(installation)[0]
    told_of = (event.event, event.actor, event.origin)
    assert told_of == ("account_created", BY_ADA.name, BY_ADA.origin)
    assert event.at_ms == NOW * 1000
    assert event.detail == {"account": "ada@example.com", "operator": True}


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "a@b@c",
        f"{'a' * 251}@b.c",
        "a@\u200b.c",
        "a\udc80@b.c",
    ],
)
def test_what_is_no_address_is_refused(installation, email):
    """It says what would do, and at which field."""
    with pytest.raises(ConfigurationError) as caught:
        create_account(installation, email, "Ada", Secret(PASSWORD), actor=BY_ADA)
    assert (caught.value.key, "ada@example.com" in str(caught.value)) == ("email", True)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a" * 201, "\x00", "\udc80"])
def test_a_name_that_cannot_be_shown_is_refused(installation, name):
    """An empty one, a long one, one with control characters in it."""
    with pytest.raises(ConfigurationError) as caught:
        create_account(installation, "ada@example.com", name, Secret(PASSWORD), actor=BY_ADA)
    assert caught.value.key == "name"


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "a" * 1025,
        "aaaaaaaaaaaabbbb",
        "ADA@example.com",
        "adas-long-name",
        "half a pair \udc80",
    ],
)
def test_a_password_that_will_not_do_is_refused(installation, password):
    """Too short, too long, one letter over and over, the address itself; the error does not repeat it."""
    address = "adas-long-name@example.com" if password == "adas-long-name" else "ada@example.com"
    with pytest.raises(ConfigurationError) as caught:
        create_account(installation, address, "Ada", Secret(password), actor=BY_ADA)
    assert caught.value.key == "password"
    assert not password or password not in str(caught.value)
    assert accounts(installation) == []


def test_a_password_is_the_same_from_every_keyboard(installation):
    """An accent may come as one character or as two; any language will do."""
    made = create_account(
        installation, "ada@example.com", "Ada", Secret("пароль déjà vu"), actor=BY_ADA
    )
    assert is_account_password(made, Secret("пароль de\u0301ja\u0300 vu"))
    assert not is_account_password(made, Secret("пароль deja vu"))
    assert not is_account_password(None, Secret("пароль déjà vu"))


def test_an_account_is_changed_by_who_saw_it(installation, ada):
    """The later of two writers is told, and nothing of theirs holds."""
    account(installation, "bob@example.com", "Bob", operator=True)
    changed = change_account(installation, ada, name=" Ada L. ", expected=ada.version, actor=BY_ADA)
    assert (changed.name, changed.operator) == ("Ada L.", True)
    before = told(installation)
    with pytest.raises(StaleVersion):
        change_account(
            installation, ada, operator=False, disabled=True, expected=ada.version, actor=BY_ADA
        )
    assert find_account(installation, ada.email) == changed
    assert told(installation) == before


def test_the_last_operator_stays(installation, ada):
    """Neither demoted nor disabled; one who is disabled does not count as another."""
    bob = account(installation, "bob@example.com", "Bob", operator=True)
    change_account(installation, bob, disabled=True, actor=BY_ADA)
    with pytest.raises(Conflict, match="last operator"):
        change_account(installation, ada, operator=False, actor=BY_ADA)
    with pytest.raises(Conflict, match="last operator"):
        change_account(installation, ada, disabled=True, actor=BY_ADA)
    change_account(installation, bob, disabled=False, actor=BY_ADA)
    assert not change_account(installation, ada, operator=False, actor=BY_ADA).operator


def test_two_operators_who_demote_each_other_leave_one(installation, ada):
    """However close they are."""
    bob = account(installation, "bob@example.com", "Bob", operator=True)

    def demote(whom):
        try:
            change_account(installation, whom, operator=False, actor=BY_ADA)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(demote, [ada, bob])) == [False, True]
    assert len(installation.accounts.operators()) == 1


def test_disabling_ends_sessions_and_links(installation, ada):
    """At once, and they stay ended when the account is enabled again."""
    bob = account(installation, "bob@example.com", "Bob")
    start_session(installation, bob, origin="", agent="")
    code = password_code(installation, bob, actor=BY_ADA)
    disabled = change_account(installation, bob, disabled=True, actor=BY_ADA)
    assert disabled.disabled_at == NOW
    assert not is_account_password(disabled, Secret(PASSWORD))
    with pytest.raises(Conflict, match="disabled"):
        password_code(installation, bob, actor=BY_ADA)
    enabled = change_account(installation, bob, disabled=False, actor=BY_ADA)
    assert enabled.disabled_at == 0
    assert sessions_of(installation, bob) == []
    with pytest.raises(NotFound):
        invitation_of(installation, code)


def test_a_new_password_ends_the_other_sessions(installation, ada):
    """The one it was chosen in goes on; links to a new password end, too."""
    kept = start_session(installation, ada, origin="", agent="").session
    start_session(installation, ada, origin="", agent="")
    code = password_code(installation, ada, actor=BY_ADA)
    change_password(installation, ada, Secret(NEW), keep=kept.sha256, actor=BY_ADA)
    changed = find_account(installation, ada.email)
    assert is_account_password(changed, Secret(NEW))
    assert not is_account_password(changed, Secret(PASSWORD))
    assert sessions_of(installation, ada) == [kept]
    with pytest.raises(NotFound):
        invitation_of(installation, code)
    with pytest.raises(ConfigurationError) as caught:
        change_password(installation, ada, Secret("short"), keep=None, actor=BY_ADA)
    assert caught.value.key == "new"
    assert told(installation)[-1] == "account_password_changed"


def test_nothing_secret_is_shown(installation, ada):
    """Neither a password nor its hash is in a repr, nor in what the trail says."""
    change_password(installation, ada, Secret(NEW), keep=None, actor=BY_ADA)
    changed = find_account(installation, ada.email)
    shown = repr([changed, ada, trail(installation)])
    for secret in (PASSWORD, NEW, ada.password_hash, changed.password_hash, "$argon2id$"):
        assert secret not in shown
