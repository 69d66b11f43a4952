"""``remint app`` and ``remint api-key``."""

from __future__ import annotations

import stat

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import load_settings
from remint.token.credentials import fingerprint, looks_like


def test_an_app_and_its_secret(remint, data_dir):
    """The secret is shown once, and stored as its hash; the data directory is private."""
    made = remint("app", "create", "Acme orders", "--json").json()
    secret = made.pop("client_secret")
    assert looks_like("client_secret", secret)
    assert made == {
        "client_id": made["client_id"],
        "name": "Acme orders",
        "dialect": "oauth2",
        "authentication": "secret",
        "number": None,
        "workspace": "default",
        "sales_channel": None,
        "disabled": False,
    }
    assert remint("app", "list", "--json").json() == [made]
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for file in data_dir.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_person_reads_a_table_and_is_told_to_keep_the_secret(remint, data_dir):
    """What is told about the secret does not disturb what is piped; brackets in a name are no markup."""
    first = remint("app", "create", "First")
    assert first.err.startswith(f"Made a new installation in {data_dir}.\n")
    made = remint("app", "create", "Acme [bold]orders[/]")
    assert "client secret   remint_cs_" in made.out
    assert made.err.strip() == (
        "Keep the client secret now: it is not stored as such, and not shown again."
    )
    listed = remint("app", "list")
    assert "Acme [bold]orders[/]" in listed.out
    assert "remint_cs_" not in listed.out + listed.err


@pytest.mark.parametrize(
    "options, authentication, shown",
    [
        ([], "secret", "client_secret"),
        (["--public"], "none", None),
        (["--dialect", "eshopbox"], "secret", "client_secret"),
        (["--dialect", "partner"], "none", None),
        (["--dialect", "genlogs"], "api_key", "api_key"),
    ],
)
def test_authentication_follows_from_the_dialect(remint, options, authentication, shown):
    """What its calls carry is what an app has to show."""
    made = remint("app", "create", "A", *options, "--json").json()
    assert made["authentication"] == authentication
    assert {"client_secret", "api_key"} & made.keys() == ({shown} if shown else set())


def test_numbers_are_given_in_turn(remint):
    """A chosen one is kept, and those that are drawn go on from the highest."""
    numbers = [
        remint("app", "create", "P", "--dialect", "partner", *options, "--json").json()["number"]
        for options in ([], ["--number", 7], [])
    ]
    assert numbers == [numbers[0], 7, numbers[0] + 1]
    taken = remint("app", "create", "P", "--dialect", "partner", "--number", 7)
    assert taken.status == 1
    assert "number 7 exists already" in taken.err


def test_policy_is_the_dialects_unless_said(remint):
    """A preset replaces it, and a rule that is named replaces that one."""
    own = remint("app", "create", "A", "--client-id", "own", "--dialect", "eshopbox")
    preset = remint(
        *("app", "create", "B", "--client-id", "preset", "--preset", "fapi2-confidential"),
        *("--policy", 'budget={"renewals":2,"per_seconds":60}'),
        *("--policy", "access_algorithm=EdDSA"),
    )
    assert own.status == preset.status == 0
    policy = remint("app", "show", "own", "--json").json()["policy"]
    assert (policy["rotation"], policy["budget"]["renewals"]) == ("keep", 30)
    policy = remint("app", "show", "preset", "--json").json()["policy"]
    assert policy["rotation"] == "keep"
    assert policy["budget"] == {"renewals": 2, "per_seconds": 60}
    algorithms = {each["algorithm"] for each in remint("key", "list", "--json").json()}
    assert "EdDSA" in algorithms


def test_a_public_app_has_a_short_retry_window(remint):
    """What a client without a secret has lost, a thief may have found."""
    remint("app", "create", "A", "--client-id", "a", "--public")
    assert remint("app", "show", "a", "--json").json()["policy"]["retry_window_seconds"] == 15


def test_a_secret_from_before_is_taken_over(remint):
    """It comes by standard input, is not shown, and is one that cannot be guessed."""
    made = remint(
        "app", "create", "A", "--client-id", "a", "--existing-stdin", typed="the-secret-of-old\n"
    )
    assert made.status == 0
    assert "the-secret-of-old" not in made.out + made.err
    installation = Installation(load_settings())
    (secret,) = installation.catalogue.app("a").secrets
    installation.close()
    assert secret.sha256 == fingerprint("the-secret-of-old")
    for typed, status in (("short\n", 1), ("\n", 2)):
        refused = remint("app", "create", "B", "--existing-stdin", typed=typed)
        assert refused.status == status
        assert "short\n" not in refused.out


def test_a_new_secret_and_the_old_one(remint):
    """Two at a time: the old one ends after the overlap."""
    remint("app", "create", "A", "--client-id", "a")
    told = remint("app", "rotate-secret", "a", "--overlap", "60", "--json").json()
    assert looks_like("client_secret", told["client_secret"])
    new, old = remint("app", "show", "a", "--json").json()["secrets"]
    assert new["expires_at"] is None
    assert old["expires_at"] > old["created_at"]
    remint("app", "create", "P", "--client-id", "p", "--dialect", "partner")
    refused = remint("app", "rotate-secret", "p")
    assert refused.status == 1
    assert "it shows none" in refused.err


def test_disabled_and_enabled(remint):
    """It is told either way, and undone."""
    remint("app", "create", "A", "--client-id", "a")
    assert remint("app", "disable", "a", "--json").json() == {"client_id": "a", "disabled": True}
    assert remint("app", "list", "--json").json()[0]["disabled"] is True
    refused = remint("grant", "issue", "a", "--subject", "s")
    assert "is disabled" in refused.err
    assert remint("app", "enable", "a", "--json").json() == {"client_id": "a", "disabled": False}
    assert remint("app", "disable", "b").err == "remint: there is no app with the client id 'b'\n"


def test_apps_of_a_workspace(remint):
    """A workspace is made with its first app, and lists only its own."""
    remint("app", "create", "A", "--workspace", "one")
    remint("app", "create", "B", "--workspace", "two")
    (found,) = remint("app", "list", "--workspace", "two", "--json").json()
    assert (found["name"], found["workspace"]) == ("B", "two")
    assert "no workspace named 'three'" in remint("app", "list", "--workspace", "three").err


def test_api_keys_come_and_go(remint):
    """An app may have several; one that is revoked stays so; one of an app is no other's."""
    remint("app", "create", "G", "--client-id", "g", "--dialect", "genlogs")
    made = remint("api-key", "create", "g", "--json").json()
    assert looks_like("api_key", made["api_key"])
    taken = remint("api-key", "create", "g", "--existing-stdin", typed="the-api-key-of-before\n")
    assert taken.status == 0
    again = remint("api-key", "create", "g", "--existing-stdin", typed="the-api-key-of-before\n")
    assert "belongs to an app already" in again.err
    assert remint("api-key", "revoke", "g", made["id"]).status == 0
    listed = remint("api-key", "list", "g", "--json").json()
    assert [each["id"] for each in listed if each["revoked_at"]] == [made["id"]]
    assert len(listed) == 3
    assert "no API key number 99" in remint("api-key", "revoke", "g", 99).err
    remint("app", "create", "A", "--client-id", "a")
    assert "does not authenticate by an API key" in remint("api-key", "create", "a").err
