"""``remint dialect``."""

from __future__ import annotations

import shutil

import pytest

from remint.dialect import builtin_names, provider_names
from remint.dialect.catalogue import builtin

FILE = """
name = "acme"
[policy]
rotation = "rotate"
{policy}
[call.refresh_token]
path = "{path}"
[call.refresh_token.request]
refresh_token = {{ in = "json", name = "rt" }}
client_id = {{ in = "json", name = "cid" }}
[answer.fields]
access_token = {{}}
"""


@pytest.fixture
def acme(tmp_path):
    """``acme(path=…, policy=…)``: a dialect file in the folder ``dialects``."""

    def write(path="/acme/token", policy=""):
        folder = tmp_path / "dialects"
        folder.mkdir(exist_ok=True)
        file = folder / "acme.toml"
        file.write_text(FILE.format(path=path, policy=policy))
        return file

    return write


def test_the_dialects_are_listed_with_their_endpoints(remint, data_dir):
    """Those that come with Remint; no installation is needed, nor made."""
    told = remint("dialect", "list", "--json").json()
    assert {each["name"] for each in told} == {*builtin_names(), *provider_names()}
    served = {each["name"] for each in told if each["served"]}
    assert served == {each["name"] for each in told if each["endpoints"]} == {*builtin_names()}
    shown = remint("dialect", "list").out
    assert "/oauth/token" in shown
    assert "https://accounts.zoho.{dc}/oauth/v2/token" in shown
    assert not data_dir.exists()


def test_a_folder_of_the_settings_is_listed_too(remint, acme, monkeypatch):
    """By the environment or the configuration file."""
    monkeypatch.setenv("REMINT_DIALECT_FOLDERS", str(acme().parent))
    assert "acme" in {each["name"] for each in remint("dialect", "list", "--json").json()}
    assert remint("app", "create", "A", "--dialect", "acme").status == 0


@pytest.mark.parametrize("name", [*builtin_names(), "zoho", "directus", "tuya"])
def test_a_dialect_is_shown_field_by_field(remint, name):
    """What travels, where and under which name."""
    told = remint("dialect", "show", name, "--json").json()
    assert {call["grant"] for call in told["calls"]} >= {"refresh_token"}
    shown = remint("dialect", "show", name).out
    for call in told["calls"]:
        for field in call["request"]:
            assert field["name"] in shown


def test_what_is_known_of_a_provider_is_shown(remint):
    """Where it is, how that is known, and how it treats renewals."""
    shown = remint("dialect", "show", "zoho").out
    for words in ("https://accounts.zoho.{dc}", "documentation", "keep", "10 calls in 600 s"):
        assert words in shown
    assert "header Authorization" in shown
    assert "called, not served" in shown
    assert "/oauth/authorize" in remint("dialect", "show", "oauth2").out


def test_hooks_run_only_where_they_are_allowed(remint, tmp_path):
    """A file that names Python is refused until the command says that it may."""
    file = tmp_path / "hooked.toml"
    file.write_text(
        'name = "hooked"\nserve = false\n[call.refresh_token]\npath = "/x"\n'
        'answer_hook = "copy:copy"\nrequest.refresh_token = { in = "json" }\n'
        "[answer.fields]\naccess_token = {}\n"
    )
    assert "hooks are not allowed here" in remint("dialect", "check", file).err
    done = remint("dialect", "check", file, "--hooks")
    assert done.status == 0
    assert "can be called" in done.err


def test_an_unknown_dialect_is_told_from_those_there_are(remint):
    """The message lists them."""
    done = remint("dialect", "show", "acme")
    assert done.status == 1
    assert "there is no dialect named 'acme'; there are" in done.err


def test_a_sound_file(remint, acme):
    """Is said to be so."""
    done = remint("dialect", "check", acme())
    assert done.status == 0
    assert "It is sound" in done.err
    assert remint("dialect", "check", acme(), "--json").json()["ok"] is True


@pytest.mark.parametrize(
    "change, line, said",
    [
        ({"path": "acme"}, 7, "call.refresh_token.path"),
        ({"policy": "retry_window_seconds = 4000"}, 5, "policy.retry_window_seconds"),
        ({"policy": "access_lifetime_seconds = 99999999"}, 5, "policy.access_lifetime_seconds"),
        ({"policy": "rotaton = 1"}, 5, "did you mean 'rotation'"),
        ({"path": "/oauth/token"}, 7, "an address of the dialect 'oauth2' already"),
    ],
)
def test_an_error_names_file_line_and_expectation(remint, acme, change, line, said):
    """For people in one line, for machines in parts."""
    file = acme(**change)
    done = remint("dialect", "check", file)
    assert done.status == 1
    assert done.err.startswith(f"remint: {file}:{line}: ")
    assert said in done.err
    told = remint("dialect", "check", file, "--json")
    assert told.status == 1
    assert f'"line": {line}' in told.out
    assert '"ok": false' in told.out


def test_a_name_that_is_taken(remint, tmp_path):
    """A copy of a dialect that comes with Remint cannot be served beside it."""
    name = builtin_names()[0]
    copy = tmp_path / "copy.toml"
    shutil.copy(builtin(name).file, copy)
    done = remint("dialect", "check", copy)
    assert done.status == 1
    assert f"'{name}' is the name of" in done.err
    assert remint("dialect", "check", builtin(name).file).status == 0
