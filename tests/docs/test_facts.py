"""What the pages say of formats, tables and rules is what the code says."""

from __future__ import annotations

import tomllib

from remint.dialect import builtin_names
from remint.grant import PRESETS, Outcome, Policy
from remint.grant.rules import STREAK_LIMIT
from remint.store.files import StoreFiles
from remint.store.groupcommit import MAX_BATCH
from remint.store.journal import DAYS
from remint.store.schema import grants, metadata
from remint.store.sqlite.connection import PAGE_BYTES
from remint.token.credentials import PATTERNS
from remint.token.refresh import LENGTH, PREFIX
from remint.token.ringfile import KEY_RING_FILE
from tests.docs.page import Page
from tests.house.tree import ROOT

README = Page("README.md")
ARCHITECTURE = Page("docs/architecture.md")
OPERATIONS = Page("docs/operations.md")
SECURITY = Page("docs/security.md")


def _named(page, heading, column=0):
    return {name for names in page.cells(heading, column) for name in names}


def test_patterns_for_secret_scanners():
    """The patterns on the page are those of the code."""
    told = {names[0] for names in SECURITY.cells("Credential formats", 1) if names}
    assert told == {pattern.pattern for pattern in PATTERNS.values()}


def test_every_table_is_accounted_for():
    """What is stored, and how, leaves out no table of the database."""
    told = set(metadata.tables) - _named(SECURITY, "What is stored, and how", 1)
    assert told == set()


def test_every_column_of_a_grant_is_told():
    """The table of a grant's columns has all of them and no other."""
    assert _named(ARCHITECTURE, "Storage") == {column.name for column in grants.columns}


def test_every_outcome_is_told():
    """The grant table has every outcome."""
    words = _named(ARCHITECTURE, "The grant table", 1) | _named(ARCHITECTURE, "The grant table", 2)
    assert {str(outcome) for outcome in Outcome} <= words


def test_policy_and_presets():
    """The page has every key of a policy, and every preset."""
    told = _named(ARCHITECTURE, "Policy, budget and scope")
    assert told == set(Policy.__struct_fields__) | set(PRESETS)


def test_the_refresh_token():
    """Length and layout are as told."""
    told = ARCHITECTURE.section("Refresh tokens are derived")
    assert f"{LENGTH} characters: the prefix `{PREFIX}`" in " ".join(told.split())
    layout = next(line for line in told.splitlines() if line.startswith("version 1"))
    sizes = [int(part.rpartition(" ")[2]) for part in layout.split(" │ ")]
    assert sum(sizes) * 4 // 3 == LENGTH - len(PREFIX)
    assert f"and {sum(sizes)} bytes" in " ".join(told.split())


def test_numbers():
    """Numbers that stand in prose are those of the code."""
    words = {1: "one", 5: "five"}
    told = " ".join(ARCHITECTURE.text.split())
    assert f"up to {MAX_BATCH} answers" in told
    assert f"pages are small: {PAGE_BYTES} bytes" in told
    assert f"the last {DAYS} days" in told
    assert f"Retries in {words[STREAK_LIMIT]} generations running" in told


def layers(contract: str) -> list[list[str]]:
    """The names of an import contract's layers, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [found] = (each for each in contracts["contracts"] if each["id"] == contract)
    return [[part.strip("() ") for part in layer.split("|")] for layer in found["layers"]]


def test_the_layers():
    """The table of parts has the layers of the import contract, in their order."""
    parts = [part for layer in layers("layers")[:-1] for part in layer]
    told = [names[0] for names in ARCHITECTURE.cells("The parts") if names]
    assert told == [f"remint.{part}" for part in parts]


def test_the_layers_of_the_issuer():
    """So has the table of its packages; its last row stands for the modules below them."""
    told = [sorted(row) for row in ARCHITECTURE.cells("Inside the issuer")][1:]
    order = [sorted(layer) for layer in layers("issuer")]
    assert told.pop() == []
    assert told == order[: len(told)]
    rest = {name for layer in order[len(told) :] for name in layer}
    assert not {name for name in rest if (ROOT / "src/remint/issuer" / name).is_dir()}


def test_the_data_directory(tmp_path):
    """Each file that the program puts there has its row."""
    files = StoreFiles(tmp_path)
    told = _named(OPERATIONS, "The data directory")
    names = {file.name for file in (files.database, files.lock, files.journal)}
    assert names | {KEY_RING_FILE, "root.key"} <= told


def test_the_dialects_that_come_along():
    """The README names each of them."""
    assert set(builtin_names()) <= set(README.spans)
