"""What the pages on the keeper say is what the code does; their Python runs against a provider and an API."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import remint
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.auth.answers import MOST_BODY_BYTES
from remint.keeper.connection import State
from remint.keeper.core import Core
from remint.keeper.events import Event, Kind
from remint.keeper.firstgrant import FirstGrant
from remint.keeper.keeper import Keeper
from remint.keeper.scheduler import Scheduler
from remint.keeper.status import Status
from remint.keeper.store.keysource import KEEPER_KEY_VARIABLE, KEY_FILE
from remint.keeper.store.sqlite.files import StoreFiles
from remint.keeper.timing import Timing
from tests.docs.acme import acme, run
from tests.docs.page import Page

KEEPER = Page("docs/keeper.md")


def _table(heading: str, first: str) -> list[list[str]]:
    """The rows of the table below a heading whose first column has that title; cells without backticks."""
    lines = KEEPER.section(heading).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("| ").split(" | ")])
    return rows


def _settings(heading: str, number: int = 0) -> dict[str, Any]:
    """Names and defaults of a table of settings: the one of that number below the heading."""
    told: list[dict[str, Any]] = []
    for line in KEEPER.section(heading).splitlines():
        if line.startswith("| setting |"):
            told.append({})
        elif line.startswith("| `"):
            name, default, _ = line.strip("| ").split(" | ", 2)
            told[-1][name.strip("`")] = eval(default.strip("`"))
    return told[number]


def _defaults(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {
        each.name: each.default
        for each in parameters
        if each.name not in ("self", "keeper") and each.kind is not each.VAR_KEYWORD
    }


def test_the_settings_of_a_keeper():
    """Each with its default, and no other."""
    assert _settings("Settings") == _defaults(Core.__init__)


def test_the_settings_of_timing():
    """Each with its default, and no other."""
    assert _settings("Settings", 1) == msgspec.structs.asdict(Timing())


def test_the_settings_of_the_scheduler():
    """Each with its default, and no other."""
    assert _settings("The scheduler") == _defaults(Scheduler.__init__)


def test_the_arguments_of_connect():
    """All but the credentials, which are told as a list."""
    told = {name for names in KEEPER.cells("Making a connection") for name in names}
    assert told == set(_defaults(FirstGrant.__init__)) - {"core", "name", "dialect"}
    described = set(re.findall(r"``(\w+)``", FirstGrant.__doc__ or ""))
    text = KEEPER.section("Making a connection")
    listed = text[text.index("Everything else") : text.index("A password is used")]
    assert set(re.findall(r"`(\w+)`", listed)) <= described


def test_states_and_events():
    """Every state and every kind of event has its row."""
    assert [row[0].strip("`") for row in _table("Concepts", "state")] == list(get_args(State))
    assert [row[0].strip("`") for row in _table("Events", "kind")] == list(get_args(Kind))
    assert all(f"`{name}`" in KEEPER.section("Events") for name in Event.__struct_fields__)


def test_methods():
    """Each public method of both keepers, with its arguments, and each field of a status."""
    told = {
        match[1]: match[2]
        for row in _table("Methods", "method")
        for match in re.finditer(r"(\w+)\(([^)]*)\)", row[0])
    }
    # What a fork and the scheduler call is nobody else's.
    made = {name for name in vars(Keeper) if not name.startswith("_")} - {"forked", "tend"}
    assert set(told) == made | {"statuses", "listen"}
    for name, arguments in told.items():
        for keeper in (Keeper, AsyncKeeper):
            has = [*inspect.signature(getattr(keeper, name)).parameters][1:]
            wanted = [each.strip() for each in arguments.split(",") if each.strip()]
            assert has == [each.replace("…", "given") for each in wanted]
    assert all(f"`{name}`" in KEEPER.section("Methods") for name in Status.__struct_fields__)


def test_errors():
    """Each error of the table can be had from ``remint``."""
    told = [name for row in _table("When something fails", "error") for name in row[:1]]
    names = [name for each in told for name in re.findall(r"`(\w+)`", each)]
    assert names
    assert all(issubclass(getattr(remint, name), remint.RemintError) for name in names)


def test_files_and_keys():
    """What lies in a store's directory."""
    files = StoreFiles(Path("x"))
    told = {name for names in KEEPER.cells("Where tokens lie") for name in names}
    mine = {each.name for each in (files.database, files.spool, files.owners, files.lock)}
    assert mine | {KEY_FILE, "dialects"} <= told
    assert KEEPER_KEY_VARIABLE in KEEPER.section("Keys")


def test_numbers():
    """Numbers that stand in prose are those of the code."""
    prose, timing = " ".join(KEEPER.prose.split()), Timing()
    assert f"up to {MOST_BODY_BYTES // 1024} KiB" in prose
    assert f"until {timing.advisory_seconds} s before the expiry" in prose
    assert f"the last {timing.leeway_seconds} s" in prose
    assert f"renewal, {timing.patience_seconds} s at most" in prose
    assert f"longer than {timing.longest_life_seconds // 86400:.0f} days" in prose
    pauses = f"from {timing.first_pause_seconds} s to {timing.longest_pause_seconds} s"
    assert pauses in prose


def test_the_auth_objects():
    """Each of the table is there."""
    for row in _table("Calling an API", "library"):
        module, _, name = row[1].strip("`").rpartition(".")
        assert hasattr(__import__(module, fromlist=[name]), name)


@pytest.mark.parametrize("path", ["docs/keeper.md"])
def test_the_python_of_the_pages_runs(path, tmp_path):
    """From top to bottom, each block a program of its own, with what those before have left."""
    with acme() as world:
        for block in Page(path).blocks:
            if block.language == "python":
                run(block, world, tmp_path)
