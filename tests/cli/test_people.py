"""Accounts, members, invitations and admin keys by command."""

from __future__ import annotations

import json
import re

import pytest

from remint.token.credentials import PATTERNS, looks_like
from tests.cli.conftest import running
from tests.cli.terminal import at_terminal

PASSWORD = "correct horse battery"
ADA = ("account", "create", "ada@example.com", "--name", "Ada", "--password-stdin")


@pytest.fixture
def ada(remint):
    """An operator, in an installation with the workspaces ``default`` and ``acme``."""
    for workspace in ("default", "acme"):
        done = remint("app", "create", "A", "--workspace", workspace)
        assert done.status == 0, done.err
    return remint(*ADA, "--operator", "--json", typed=f"{PASSWORD}\n").json()


def code_in(link):
    """The code of a link, which stands in its fragment."""
    page, _, code = link.partition("#")
    assert looks_like("invitation", code)
    return page, code


def test_an_account_is_made_listed_and_shown(remint, ada):
    """The password comes by standard input, and nothing of it is ever shown."""
    assert (ada["email"], ada["name"], ada["operator"]) == ("ada@example.com", "Ada", True)
    listed = remint("account", "list", "--json")
    assert listed.json() == [ada]
    assert "ada@example.com" in remint("account", "list").out
    assert remint("account", "list", "--after", ada["id"], "--json").json() == []
    shown = remint("account", "show", "Ada@example.com", "--json")
    assert shown.json() == {**ada, "roles": {}, "sessions": []}
    assert PASSWORD not in listed.out + shown.out
    assert "$argon2id$" not in listed.out + shown.out


def test_mistakes_are_told(remint, ada):
    """What was wrong, at which value, and what would do."""
    again = remint(*ADA, typed=f"{PASSWORD}\n")
    assert (again.status, "account for ada@example.com already" in again.err) == (1, True)
    short = remint(
        "account", "create", "b@x.org", "--name", "B", "--password-stdin", typed="short\n"
    )
    assert (short.status, "12 to 1024 characters" in short.err) == (1, True)
    assert remint("account", "change", "ada@example.com").status == 2
    assert remint(*ADA[:-1]).status == 2
    missing = remint("account", "show", "nobody@example.com")
    assert (missing.status, "nobody@example.com" in missing.err) == (1, True)


def test_a_password_is_asked_for_at_a_terminal(remint, ada):
    """Twice, and not shown."""
    command = ("account", "create", "bob@example.com", "--name", "Bob")
    with at_terminal(*command) as terminal:
        terminal.answer([("Password:", PASSWORD), ("Repeat for confirmation:", PASSWORD)])
        assert terminal.end() == 0
    assert "bob@example.com" in terminal.said
    assert PASSWORD not in terminal.said


def test_an_account_is_changed(remint, ada):
    """Name, rank and whether it is let in; the last operator stays."""
    changed = remint("account", "change", "ada@example.com", "--name", "Ada L.", "--json").json()
    assert changed == {**ada, "name": "Ada L."}
    last = remint("account", "change", "ada@example.com", "--no-operator")
    assert (last.status, "last operator" in last.err) == (1, True)
    remint("account", "create", "b@x.org", "--name", "B", "--password-stdin", typed=f"{PASSWORD}\n")
    off = remint("account", "change", "b@x.org", "--operator", "--disable", "--json").json()
    assert (off["operator"], bool(off["disabled_at"])) == (True, True)
    assert (
        remint("account", "change", "b@x.org", "--enable", "--json").json()["disabled_at"] is None
    )


def test_a_link_to_a_new_password(remint, ada):
    """It leads to the console; each ends the one before."""
    first = remint("account", "link", "ada@example.com", "--json").json()
    second = remint("account", "link", "ada@example.com")
    assert code_in(first["link"])[0] == "http://127.0.0.1:8080/console/password"
    assert "not shown again" in second.err
    assert remint("account", "log-out", "ada@example.com", "--json").json() == {
        "email": "ada@example.com",
        "sessions_ended": 0,
    }


def test_somebody_is_invited_and_uninvited(remint, ada):
    """The link is shown once; the list of open invitations has none."""
    invite = ("member", "invite", "Bob@example.com", "developer", "--workspace", "acme")
    made = remint(*invite, "--json").json()
    assert code_in(made["link"])[0] == "http://127.0.0.1:8080/console/invitation"
    assert (made["email"], made["role"], made["workspace"]) == (
        "bob@example.com",
        "developer",
        "acme",
    )
    listed = remint("invitation", "list", "--workspace", "acme", "--json")
    assert [each["id"] for each in listed.json()] == [made["id"]]
    assert not any(pattern.search(listed.out) for pattern in PATTERNS.values())
    assert remint("invitation", "list", "--json").json() == []
    assert remint("invitation", "revoke", made["id"]).status == 1
    assert remint("invitation", "revoke", made["id"], "--workspace", "acme").status == 0
    assert "no open invitation" in remint("invitation", "list", "--workspace", "acme").err
    wrong = remint("member", "invite", "bob@example.com", "admin")
    assert (wrong.status, "owner or developer or viewer" in wrong.err) == (1, True)


def test_the_whole_way_of_a_person(remint, data_dir, ada):
    """Invited by command, joined, given another role by command, and removed; the last owner stays."""
    from remint.issuer.installation import Installation
    from remint.issuer.people.acceptance import accept
    from remint.issuer.settings import Settings
    from remint.secret import Secret

    for email, role in (("bob@example.com", "owner"), ("eve@example.com", "viewer")):
        link = remint("member", "invite", email, role, "--json").json()["link"]
        installation = Installation(Settings(data_dir=data_dir))
        code = Secret(code_in(link)[1])
        accept(installation, code, name=email[:3], password=Secret(PASSWORD), origin="")
        installation.close()
    assert [each["role"] for each in remint("member", "list", "--json").json()] == [
        "owner",
        "viewer",
    ]
    assert remint("account", "show", "eve@example.com", "--json").json()["roles"] == {
        "default": "viewer"
    }
    changed = remint("member", "set-role", "Eve@example.com", "developer", "--json").json()
    assert (changed["email"], changed["role"]) == ("eve@example.com", "developer")
    assert remint("member", "remove", "eve@example.com", "--json").json()["removed"]
    assert "no member" in remint("member", "remove", "eve@example.com").err
    last = remint("member", "remove", "bob@example.com")
    assert (last.status, "last owner" in last.err) == (1, True)
    assert "bob@example.com" in remint("member", "list").out


def test_an_admin_key_is_shown_once(remint, ada):
    """For a workspace or for the installation; each is listed and revoked where it belongs."""
    create = ("admin-key", "create", "deploy", "--scope", "apps:write", "--scope", "apps:read")
    made = remint(*create, "--workspace", "acme", "--days", 30, "--json").json()
    assert looks_like("admin_key", made["admin_key"])
    assert made["scopes"] == ["apps:read", "apps:write"]
    wide = remint("admin-key", "create", "all", "--scope", "keys:write")
    assert "not shown again" in wide.err
    listed = remint("admin-key", "list", "--workspace", "acme", "--json")
    assert listed.json() == [{key: made[key] for key in made if key != "admin_key"}]
    assert not any(pattern.search(listed.out) for pattern in PATTERNS.values())
    assert "keys:write" in remint("admin-key", "list").out
    assert remint("admin-key", "revoke", made["id"]).status == 1
    assert remint("admin-key", "revoke", made["id"], "--workspace", "acme").status == 0
    assert remint("admin-key", "list", "--workspace", "acme", "--json").json()[0]["revoked_at"]
    for wrong in (("--scope", "apps"), ("--scope", "keys:read", "--workspace", "acme")):
        done = remint("admin-key", "create", "x", *wrong)
        assert (done.status, "workspaces:read" in done.err) == (1, True)


def test_the_trail_says_that_it_was_a_command(remint, data_dir, ada):
    """And holds no code and no key, though links and keys were made."""
    remint("account", "link", "ada@example.com")
    remint("admin-key", "create", "x", "--scope", "apps:read")
    for file in data_dir.iterdir():
        text = file.read_bytes().decode("latin-1")
        assert not any(pattern.search(text) for pattern in PATTERNS.values()), file


@pytest.mark.parametrize("demo", [("--demo",), ()])
def test_the_first_start_prints_a_link_that_sets_the_console_up(data_dir, remint, demo):
    """A later start prints another as long as nobody has an account, and none after that."""
    last = "curl " if demo else '"event":"serving"'
    links = []
    for _ in range(2):
        with running("serve", *demo, "--port", 0, ready=last) as (_process, said):
            links += re.findall(r"(http://127\.0\.0\.1:\d+/console/setup)#(\S+)", "\n".join(said))
    assert len(links) == 2
    assert len({code for _, code in links}) == 2
    assert all(looks_like("invitation", code) for _, code in links)
    assert remint(*ADA, typed=f"{PASSWORD}\n").status == 0
    with running("serve", *demo, "--port", 0, ready=last) as (_process, said):
        text = "\n".join(said)
    assert "/console/setup" not in text
    assert not PATTERNS["invitation"].search(text)


def test_json_is_one_document(remint, ada):
    """Each of the commands prints what a machine can read."""
    for command in (
        ("account", "list"),
        ("account", "show", "ada@example.com"),
        ("member", "list"),
        ("invitation", "list"),
        ("admin-key", "list"),
    ):
        json.loads(remint(*command, "--json").out)
