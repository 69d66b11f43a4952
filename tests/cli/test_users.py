"""``remint user``."""

from __future__ import annotations

import pytest

from remint.issuer.installation import Installation
from remint.issuer.people.passwords import is_password
from remint.issuer.settings import load_settings
from remint.secret import Secret


@pytest.fixture
def ada(remint):
    """A user of the company 7713, in the default workspace."""
    remint("workspace", "create", "default")
    remint("company", "create", 7713, "Acme Freight")
    return remint(
        *("user", "create", "ada@example.com", "--generate", "--company", 7713),
        *("--claim", "level=2", "--json"),
    ).json()


def stored(name):
    """The user as the database has it."""
    installation = Installation(load_settings())
    try:
        home = installation.workspaces.named("default")
        return installation.people.find(home.id, name)
    finally:
        installation.close()


def test_a_user_is_shown_with_what_tokens_carry(remint, ada):
    """The user's own claims, and the company's beside them; never the password."""
    shown = remint("user", "show", "ada@example.com", "--json").json()
    assert shown["token_claims"] == {
        "level": 2, "company_id": 7713, "customer_name": "Acme Freight"
    }  # fmt: skip
    assert (shown["subject"], shown["claims"]) == (ada["subject"], {"level": 2})
    assert ada["password"] not in remint("user", "show", "ada@example.com").out
    assert "no user named 'ben'" in remint("user", "show", "ben").err


def test_only_what_is_given_changes(remint, ada):
    """Claims are replaced or taken away, the company too; the user is switched off and on."""
    changed = remint("user", "change", "ada@example.com", "--disable", "--json").json()
    assert (changed["disabled"], changed["company_id"], changed["claims"]) == (
        True, 7713, {"level": 2}
    )  # fmt: skip
    changed = remint(
        *("user", "change", "ada@example.com", "--enable", "--no-company", "--claim", "a=b"),
        "--json",
    ).json()
    assert (changed["disabled"], changed["company_id"], changed["claims"]) == (
        False, None, {"a": "b"}
    )  # fmt: skip
    changed = remint(
        "user", "change", "ada@example.com", "--company", 7713, "--no-claims", "--json"
    ).json()
    assert (changed["company_id"], changed["claims"]) == (7713, {})
    for options in (["--claim", "a=1", "--no-claims"], ["--company", 1, "--no-company"]):
        assert remint("user", "change", "ada@example.com", *options).status == 2


def test_a_new_password_is_read_or_drawn(remint, ada):
    """One that was drawn is shown once; one that was read is not."""
    drawn = remint("user", "set-password", "ada@example.com", "--generate", "--json").json()
    assert is_password(stored("ada@example.com").password_hash, Secret(drawn["password"]))
    done = remint(
        "user", "set-password", "ada@example.com", "--password-stdin", typed="a-new-password\n"
    )
    assert (done.status, "a-new-password" in done.out + done.err) == (0, False)
    assert is_password(stored("ada@example.com").password_hash, Secret("a-new-password"))
    both = ("--generate", "--password-stdin")
    assert remint("user", "set-password", "ada@example.com", *both).status == 2


def test_users_are_listed_in_parts(remint, ada):
    """Oldest first, and on from the last one; or those of a name."""
    remint("user", "create", "ben@example.com", "--generate")
    first = remint("user", "list", "--limit", 1)
    assert "ada@example.com" in first.out
    (told,) = remint("user", "list", "--limit", 1, "--json").json()
    assert f"--after {told['id']}" in first.err
    (second,) = remint("user", "list", "--after", told["id"], "--json").json()
    assert second["username"] == "ben@example.com"
    assert remint("user", "list", "--query", "BEN", "--json").json() == [second]
    assert "No users." in remint("user", "list", "--query", "zz").err
