"""What the pages name is there: commands, options, variables, settings, metrics, make targets."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import Any

import pytest
import typer

from remint.cli import app
from remint.cli.inputs import variable_of
from remint.cli.rekey import NEW_KEY_VARIABLE
from remint.issuer.metrics import Metrics
from remint.issuer.settings import CONFIG_VARIABLE, PREFIX, Settings
from remint.keeper.agent.metrics import Gauges
from remint.keeper.agent.metrics import Metrics as AgentMetrics
from remint.keeper.agent.settings import KEY_VARIABLE
from remint.keeper.store.keysource import KEEPER_KEY_VARIABLE
from remint.keeper.store.opening import DIALECTS_VARIABLE, STORE_VARIABLE
from remint.keeper.store.postgres.schema import SCHEMA
from remint.token.rootkey import ROOT_KEY_VARIABLE
from tests.docs.page import Page, pages
from tests.house.tree import ROOT

COMMAND: Any = typer.main.get_command(app)
#: Made from the code, or about files of another kind.
WRITTEN = [page for page in pages() if page.path != "docs/cli.md"]
_CALL = re.compile(r"(?:^|[\s|(`])remint ([^|>&#)\n`]*)")
_CREDENTIALS = tuple(f"remint_{kind}_" for kind in ("cs", "ak", "rt", "mk", "iv", "se"))


def calls(page: Page) -> list[list[str]]:
    """Every ``remint …`` of a page's code, as words."""
    code = [block.code.replace("\\\n", " ") for block in page.blocks]
    found = [match[1] for text in (*code, *page.spans) for match in _CALL.finditer(text)]
    return [_words(text) for text in found if re.match(r"[a-z-]", text)]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def resolve(words: list[str]) -> Any:
    """The command that these words call. Fails where there is none."""
    command = COMMAND
    for word in words:
        children = getattr(command, "commands", None)
        if children is None or word.startswith("-"):
            break
        assert word in children, f"there is no command {' '.join(words)!r}"
        command = children[word]
    return command


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.path)
def test_commands_and_options_exist(page):
    """Each command that a page shows is one, and has the options that it is shown with."""
    for words in calls(page):
        command = resolve(words)
        known = {name for option in command.params for name in option.opts} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in known, f"{page.path}: {' '.join(words)}"


def test_a_command_that_is_not_there_is_found():
    """The test above can fail."""
    with pytest.raises(AssertionError):
        resolve(["grant", "forget"])


def test_every_command_is_told_of():
    """Each noun of the command is shown on some page that people wrote."""
    told = {words[0] for page in WRITTEN for words in calls(page)}
    assert set(COMMAND.commands) <= told


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.path)
def test_variables_and_metrics_exist(page):
    """Each ``REMINT_…`` is a setting's variable, and each ``remint_…`` a metric, or the schema of a store."""
    variables = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    variables |= {ROOT_KEY_VARIABLE, CONFIG_VARIABLE, KEY_VARIABLE}
    variables |= {STORE_VARIABLE, DIALECTS_VARIABLE, KEEPER_KEY_VARIABLE, NEW_KEY_VARIABLE}
    variables |= {variable_of(meaning) for meaning in ("client_secret", "refresh_token")}
    named = set(re.findall(r"\bREMINT_[A-Z_]+\b", page.text))
    assert named <= variables
    expositions = (Metrics().exposition(), AgentMetrics().exposition(Gauges(states={})))
    measured = set(re.findall(r"^# TYPE (\S+)", b"".join(expositions).decode(), re.MULTILINE))
    measured |= {f"{name}_total" for name in measured}
    shown = set(re.findall(r"(?<![\w/-])remint_[a-z_]+", page.text))
    assert {each for each in shown if not each.startswith(_CREDENTIALS)} <= measured | {SCHEMA}


@pytest.mark.parametrize("path", ["README.md", "docs/operations.md", "docs/configuration.md"])
def test_settings_exist(path):
    """Each TOML block of these pages is a configuration file."""
    for block in Page(path).blocks:
        if block.language == "toml":
            assert set(tomllib.loads(block.code)) <= set(Settings.__struct_fields__)


def test_make_targets_exist():
    """Each ``make …`` is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for page in pages() for word in re.findall(r"`make ([a-z]+)", page.text)}
    assert {"serve", "test", "bench"} <= named <= targets
