"""``remint grant`` and ``remint user``."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from remint.token.credentials import looks_like
from tests.cli.conftest import REMINT


@pytest.fixture
def app(remint):
    """An app."""
    remint("app", "create", "A", "--client-id", "a", "--scope", "openid read write")
    return "a"


def test_a_grant_and_its_token(remint, app):
    """The token is shown once; what is listed and shown afterwards has none."""
    issued = remint(
        *("grant", "issue", app, "--subject", "user-1", "--scope", "read"),
        *("--claim", "tier=gold", "--claim", "level=3", "--json"),
    ).json()
    token = issued.pop("refresh_token")
    assert looks_like("refresh_token", token)
    assert issued == {
        "grant_id": issued["grant_id"],
        "client_id": app,
        "subject": "user-1",
        "scope": "read",
        "expires_at": None,
    }
    (listed,) = remint("grant", "list", "--json").json()
    assert (
        listed.items()
        >= {
            "grant_id": issued["grant_id"],
            "subject": "user-1",
            "state": "active",
            "generation": 0,
            "imported": False,
        }.items()
    )
    shown = remint("grant", "show", issued["grant_id"], "--json")
    told = shown.json()
    assert told["claims"] == {"tier": "gold", "level": 3}
    assert [each["event"] for each in told["events"]] == ["grant_issued"]
    assert token not in shown.out


def test_a_scope_beyond_the_apps_is_refused(remint, app):
    """A grant covers no more than its app may have."""
    done = remint("grant", "issue", app, "--subject", "s", "--scope", "read admin")
    assert done.status == 1
    assert "asks for more than the app has" in done.err


def test_a_grant_has_what_its_dialect_always_sends(remint):
    """From the app or from the grant; else it could not be answered."""
    remint("app", "create", "G", "--client-id", "g", "--dialect", "genlogs")
    done = remint("grant", "issue", "g", "--subject", "s")
    assert done.status == 1
    assert "carries company_id" in done.err
    assert "expected a claim company_id: an integer" in done.err
    assert remint("grant", "issue", "g", "--subject", "s", "--claim", "company_id=1").status == 0
    remint(
        "app", "create", "H", "--client-id", "h", "--dialect", "genlogs", "--claim", "company_id=1"
    )
    assert remint("grant", "issue", "h", "--subject", "s").status == 0


def test_lists_go_on_where_they_ended(remint, app):
    """``--after`` the last one that was listed; by app and subject."""
    for subject in ("s", "s", "t"):
        remint("grant", "issue", app, "--subject", subject)
    first = remint("grant", "list", "--limit", 2, "--json").json()
    rest = remint("grant", "list", "--after", first[-1]["grant_id"], "--json").json()
    assert len({each["grant_id"] for each in first + rest}) == 3
    mine = remint("grant", "list", "--app", app, "--subject", "s", "--json").json()
    assert len(mine) == 2
    told = remint("grant", "list", "--limit", 2)
    assert told.err.strip() == f"There may be more: --after {first[-1]['grant_id']}"


def test_grants_are_listed_newest_first(remint, app):
    """Of one workspace, or of all; each says whether its answers get lost."""
    remint("app", "create", "B", "--client-id", "b", "--workspace", "two")
    for client_id in (app, "b", app):
        remint("grant", "issue", client_id, "--subject", "s")
    told = remint("grant", "list", "--json").json()
    assert len(told) == 3
    assert [each["created_at"] for each in told] == sorted(
        (each["created_at"] for each in told), reverse=True
    )
    assert [each["retry_streak"] for each in told] == [0, 0, 0]
    (mine,) = remint("grant", "list", "--workspace", "two", "--json").json()
    assert mine["client_id"] == "b"
    done = remint("grant", "list", "--workspace", "two", "--app", app)
    assert (done.status, done.err) == (1, "remint: there is no app with the client id 'a'\n")


def test_a_grant_is_told_from_beginning_to_end(remint, app):
    """What happened to it and what will, in order."""
    grant_id = remint("grant", "issue", app, "--subject", "s", "--json").json()["grant_id"]
    told = remint("grant", "show", grant_id, "--json").json()["timeline"]
    assert [(each["what"], each["ahead"]) for each in told] == [
        ("made", False),
        ("ends_idle", True),
    ]
    assert "Ends if it is not used before." in remint("grant", "show", grant_id).out
    remint("grant", "revoke", "--app", app)
    told = remint("grant", "show", grant_id, "--json").json()
    assert [each["what"] for each in told["timeline"]] == ["made", "revoked"]
    assert told["timeline"][1]["words"] == "Revoked with all grants of its app."
    assert told["timeline"][1]["actor"] == "command"


def states(remint):
    return sorted(
        (each["subject"], each["state"]) for each in remint("grant", "list", "--json").json()
    )


def test_one_grant_is_revoked(remint, app):
    """Once; again is no error, and says so."""
    grant_id = remint("grant", "issue", app, "--subject", "s", "--json").json()["grant_id"]
    remint("grant", "issue", app, "--subject", "t")
    told = remint("grant", "revoke", grant_id, "--json").json()
    assert told == {"grant_id": grant_id, "revoked": True, "was_revoked": False}
    assert remint("grant", "revoke", grant_id, "--json").json()["was_revoked"] is True
    assert states(remint) == [("s", "revoked"), ("t", "active")]
    shown = remint("grant", "show", grant_id, "--json").json()
    assert (shown["why"], shown["events"][-1]["actor"]) == ("asked", "command")


@pytest.mark.parametrize(
    "options, left",
    [
        (["--app", "a"], {"b/s", "c/s"}),
        (["--subject", "s"], {"a/t", "c/s"}),
        (["--workspace", "default"], {"c/s"}),
        (["--subject", "s", "--workspace", "two"], {"a/s", "a/t", "b/s"}),
    ],
)
def test_many_grants_are_revoked_at_once(remint, app, options, left):
    """All of an app, a subject or a workspace; a grant that is made afterwards lives."""
    remint("app", "create", "B", "--client-id", "b")
    remint("app", "create", "C", "--client-id", "c", "--workspace", "two")
    for client_id, subject in (("a", "s"), ("a", "t"), ("b", "s"), ("c", "s")):
        remint("grant", "issue", client_id, "--subject", subject)
    assert remint("grant", "revoke", *options).status == 0
    told = remint("grant", "list", "--json").json()
    live = {f"{each['client_id']}/{each['subject']}" for each in told if each["state"] == "active"}
    assert live == left
    remint("grant", "issue", "a", "--subject", "s")
    assert "active" in {each["state"] for each in remint("grant", "list", "--json").json()}


@pytest.mark.parametrize("options", [[], ["x", "--app", "a"], ["--app", "a", "--subject", "s"]])
def test_it_must_be_clear_what_to_revoke(remint, app, options):
    """Exactly one of the ways to say it."""
    assert remint("grant", "revoke", *options).status == 2


def test_what_is_no_grant_id_is_not_repeated(remint, app):
    """It may be a refresh token, mistaken for one."""
    for words in ("show", "revoke"):
        done = remint("grant", words, "remint_rt_secret")
        assert done.status == 1
        assert "that is no grant id" in done.err
        assert "remint_rt_secret" not in done.err
    assert "there is no grant" in remint("grant", "show", "00" * 16).err


def test_a_user_with_a_drawn_password(remint, app):
    """It is shown once."""
    told = remint("user", "create", "ada@example.com", "--generate", "--json").json()
    assert told["username"] == "ada@example.com"
    assert len(told["password"]) >= 20
    assert told["subject"]
    again = remint("user", "create", "ada@example.com", "--generate")
    assert again.err == "remint: a user named 'ada@example.com' exists already\n"


def test_a_user_with_a_given_password(remint, app, data_dir):
    """It comes by standard input, and is told nowhere."""
    done = remint(
        *("user", "create", "ada", "--subject", "u1", "--password-stdin"), typed="correct horse\n"
    )
    assert done.status == 0
    assert "correct horse" not in done.out + done.err
    assert "u1" in done.out
    for file in data_dir.iterdir():
        assert b"correct horse" not in file.read_bytes()


def test_a_password_is_asked_for_only_at_a_terminal(remint, app):
    """Elsewhere the command says how else to give it; and a short one will not do."""
    done = remint("user", "create", "ada")
    assert done.status == 2
    assert "--password-stdin" in done.err
    assert remint("user", "create", "ada", "--generate", "--password-stdin").status == 2
    short = remint("user", "create", "ada", "--password-stdin", typed="seven77\n")
    assert short.status == 1
    assert "8 to 1024 characters" in short.err
    assert "seven77" not in short.err


def test_a_password_is_typed_twice_unseen(app, data_dir):
    """At a real terminal: what is typed is not echoed."""
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [REMINT, "user", "create", "ada"], stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    said = b""
    for prompt in (b"Password", b"Repeat"):
        while prompt not in said:
            said += os.read(leader, 4096)
        time.sleep(0.2)
        os.write(leader, b"correct horse\n")
    assert process.wait(60) == 0
    try:
        while more := os.read(leader, 4096):
            said += more
    except OSError:
        pass
    os.close(leader)
    assert b"ada" in said
    assert b"correct horse" not in said


def test_a_user_has_what_a_log_in_answers(remint, app):
    """A claim that an app's dialect always sends is the user's or the app's."""
    remint("app", "create", "G", "--client-id", "g", "--dialect", "genlogs")
    done = remint("user", "create", "ada", "--generate")
    assert done.status == 1
    assert "neither the user nor the app g" in done.err
    assert remint("user", "create", "ada", "--generate", "--claim", "company_id=1").status == 0


def test_no_secret_is_in_the_process_list(app, remint, data_dir, tmp_path):
    """What is given is not among the arguments: there is no option that takes a secret."""
    secret = "a-secret-of-the-old-system"
    with subprocess.Popen(
        [REMINT, "app", "create", "B", "--existing-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(secret + "\n")
        listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.stdin.close()
        assert process.wait(60) == 0
    assert secret.encode() not in listed
