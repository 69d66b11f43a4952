"""What each command needs installed: tried with exactly what an install of each kind brings."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.cli.conftest import Done
from tests.house.tree import ROOT
from tests.keeper.provider import access_token, refresh_token

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_MAIN = "import sys; sys.path[:0] = {paths!r}; from remint.cli import main; main()"


def closure(requirements):
    """The distributions that installing ``requirements`` would bring, by their names."""
    found = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        wanted = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name not in found:
            found[name] = distribution(name)
            waiting += map(Requirement, found[name].requires or ())
    return found


def install(folder, requirements):
    """Links what those distributions have into ``folder``, and nothing else."""
    folder.mkdir()
    for each in closure(requirements).values():
        for top in {file.parts[0] for file in each.files or () if file.parts[0] != ".."}:
            target = Path(str(each.locate_file(top)))
            if top != "__pycache__" and not (folder / top).exists():
                (folder / top).symlink_to(target)


@pytest.fixture(scope="module", params=["base", "cli"])
def installed(request, tmp_path_factory):
    """The kind of install, and the command within it."""
    folder = tmp_path_factory.mktemp("installed") / request.param
    extra = PROJECT["optional-dependencies"]["cli"] if request.param == "cli" else []
    install(folder, PROJECT["dependencies"] + extra)
    code = _MAIN.format(paths=[str(ROOT / "src"), str(folder)])

    def run(*arguments):
        # Without ``site``: nothing else that this environment has can be found.
        done = subprocess.run(
            [sys.executable, "-S", "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return request.param, run


def test_without_the_command_s_parts_it_says_so_in_a_line(installed, connect):
    """And a token at hand is printed all the same."""
    kind, run = installed
    connect("acme")
    assert run("token", "acme").out == access_token("acme", 1) + "\n"
    done = run("status")
    if kind == "base":
        assert (done.status, done.out) == (1, "")
        assert done.err == "remint: this needs what `pip install 'remint[cli]'` adds\n"
    else:
        assert (done.status, "acme" in done.out) == (0, True)


def test_the_keeper_s_commands_need_no_more_than_cli(installed, supplier, tmp_path, monkeypatch):
    """From the first token to the last."""
    kind, run = installed
    if kind == "base":
        return
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", refresh_token("acme"))
    options = ("--base-url", supplier.base_url, "--client-id", "me")
    passphrase = tmp_path / "passphrase"
    passphrase.touch(0o600)
    passphrase.write_text("correct horse")
    file, others = tmp_path / "file", ("--passphrase-file", passphrase)
    for arguments in (
        ("--help",),
        ("connect", "acme", *options),
        ("token", "acme", "--header"),
        ("token", "acme", "--json"),
        ("status",),
        ("renew", "acme"),
        ("renew", "--all-due"),
        ("rekey",),
        ("export", "--to", file, *others),
        ("import", file, *others, "--store", tmp_path / "other"),
        ("forget", "acme", "--yes"),
        ("dialect", "list"),
        ("dialect", "show", "oauth2"),
    ):
        done = run(*arguments)
        assert done.status == 0, (arguments, done.err)


@pytest.mark.parametrize(
    "arguments, extra",
    [
        ("serve", "issuer"),
        ("serve --demo", "issuer"),
        ("app create Acme", "issuer"),
        ("grant list", "issuer"),
        ("agent", "agent"),
    ],
)
def test_what_needs_more_says_what(installed, connect, data_dir, arguments, extra):
    """In one line, with the name of the extra."""
    kind, run = installed
    if kind == "base":
        return
    connect("acme")
    data_dir.mkdir()
    (data_dir / "remint.db").touch()
    done = run(*arguments.split())
    assert done.status == 1
    assert f"pip install 'remint[{extra}]'" in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
