"""What goes wrong is one line on standard error; nothing is made by accident."""

from __future__ import annotations

import re

import pytest

import remint as package
from remint.cli.help import taught
from remint.grant import PRESETS


def test_a_fault_is_one_line_and_status_1(process, data_dir):
    """Without a traceback, and it says what to do."""
    done = process("app", "list")
    assert (done.status, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"remint: {data_dir}: there is no installation here (expected ")
    assert "--data-dir" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        "app list",
        "app show x",
        "app rotate-secret x",
        "app disable x",
        "api-key create x",
        "grant list",
        "grant issue x --subject y",
        "grant revoke --app x",
        "user create x --generate",
        "key list",
        "key rotate",
        "grant import file.csv",
    ],
)
def test_a_command_makes_no_installation_by_accident(remint, data_dir, arguments):
    """A mistyped path is an error for all but ``serve`` and ``app create``."""
    done = remint(*arguments.split())
    assert done.status == 1
    assert "there is no installation here" in done.err
    assert not data_dir.exists()


def test_wrong_usage_is_status_2(process):
    """It names the option."""
    done = process("grant", "issue", "x", "--subject")
    assert (done.status, done.out) == (2, "")
    assert "--subject" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "arguments, said",
    [
        ("app create A --dialect nonsense", "there is no dialect named 'nonsense'; there are"),
        ("app create A --policy rotatoin=keep", "policy rotatoin: .*expected rotation"),
        ("app create A --policy rotation=never", "policy rotation: invalid enum value"),
        ("app create A --policy access_lifetime_seconds=2592001", "policy access_lifetime_seconds"),
        ("app create A --policy retry_window_seconds=x", "policy retry_window_seconds: expected"),
        ("app create A --public --policy rotation=keep", "policy rotation: .*RFC 9700"),
        ("app create A --preset none", "preset: .*expected one of rfc9700-public"),
        ("app create A --number 7", "does not know its clients by a number"),
        ("app create A --dialect partner --number 4294967296", "number: .*a whole number from"),
        ("app create A --dialect eshopbox --public", "carries a client secret"),
        ("app create A --dialect genlogs --public", "by an API key"),
        ("app create A --dialect genlogs --claim company_id=one", "claims.company_id: .*integer"),
        (
            "app create A --dialect genlogs --policy idle_lifetime_seconds=null",
            "when the refresh token ends",
        ),
        ('app create A --scope "ä"', "scope: .*RFC 6749 §3.3"),
    ],
)
def test_an_app_that_could_not_work_is_refused(remint, arguments, said):
    """The message names what is at fault and what would do; nothing is left behind."""
    import shlex

    done = remint(*shlex.split(arguments))
    assert done.status == 1
    assert re.search(said, done.err), done.err
    assert remint("app", "list", "--json").json() == []


@pytest.mark.parametrize("option", ["--claim", "--policy"])
@pytest.mark.parametrize("value", ["novalue", "=x"])
def test_a_pair_is_a_name_and_a_value(remint, option, value):
    """Anything else is wrong usage."""
    done = remint("app", "create", "A", option, value)
    assert done.status == 2
    assert "NAME=VALUE" in done.err


def test_a_wrong_setting_names_its_variable(remint, monkeypatch):
    """``REMINT_PORT`` is refused by that name."""
    monkeypatch.setenv("REMINT_PORT", "eighty")
    done = remint("app", "list")
    assert done.status == 1
    assert done.err.startswith("remint: REMINT_PORT: ")


@pytest.mark.parametrize(
    "name", ["KEEPER_STORE", "AGENT_KEY", "EXTRA_DC", "CLIENT_SECRET", "REFRESH_TOKEN", "SCOPE"]
)
def test_the_keeper_s_variables_are_no_settings(remint, monkeypatch, name):
    """Both halves may live in one environment; any other name is still a mistake."""
    monkeypatch.setenv(f"REMINT_{name}", "x")
    assert remint("dialect", "list").status == 0
    monkeypatch.setenv("REMINT_KEEPRE_STORE", "x")
    assert "REMINT_KEEPRE_STORE: there is no such setting" in remint("dialect", "list").err


def test_the_version_is_told(remint):
    """``--version`` says it and nothing else."""
    assert remint("--version").out == f"remint {package.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "app",
        "app create",
        "serve",
        "grant revoke",
        "grant import",
        "key rotate",
        "dialect check",
    ],
)
def test_help_teaches_by_example(remint, words, monkeypatch):
    """Each page shows how the command is used, whatever the terminal's width."""
    monkeypatch.setenv("COLUMNS", "80")
    done = remint(*words.split(), "--help")
    assert done.status == 0
    assert f"remint {words}".strip() in done.out
    assert "\\b" not in done.out


def test_help_names_every_preset(remint):
    """Those that there are, and no others."""
    page = " ".join(remint("app", "create", "--help").out.replace("│", " ").split())
    assert all(name in page for name in PRESETS)


def test_prose_is_joined_and_examples_keep_their_lines():
    """What is indented is an example."""
    shown = taught("One\n    line.\n\n        a\n        b\n")
    assert shown == "One line.\n\nFor example:\n\n    a\n    b"


def test_an_example_without_indentation_is_one_still():
    """Where a docstring has nothing but examples, a formatter dedents them."""
    shown = taught("One.\n\n    remint a\n    remint b  # c\n    ")
    assert shown == "One.\n\nFor example:\n\n    remint a\n    remint b  # c"
    shown = taught("One.\n\nA=b remint a")
    assert shown == "One.\n\nFor example:\n\n    A=b remint a"
