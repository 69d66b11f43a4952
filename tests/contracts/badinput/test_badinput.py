"""Malformed requests: each gets its documented answer, none breaks anything, none is told a secret."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.badinput.fault import CHECKS
from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.row import Row
from tests.contracts.badinput.tables import TABLES
from tests.contracts.badinput.treasury import Treasury, fill
from tests.contracts.wire import Answer, Wire
from tests.contracts.workspace import Workspace

_FAULTS = re.compile(
    r'^remint_\w+_total\{[^}]*outcome="(?:fault|server_error)"\} ([0-9.e+]+)$', re.MULTILINE
)


_DIALECTS = [
    pytest.param(dialect, id=dialect, marks=pytest.mark.xdist_group(f"badinput-{dialect}"))
    for dialect in TABLES
]
_ROWS = [
    pytest.param(
        dialect,
        row,
        id=f"{dialect}: {row.id}",
        marks=pytest.mark.xdist_group(f"badinput-{dialect}"),
    )
    for dialect, rows in TABLES.items()
    for row in rows
    if not row.slow
]


@pytest.fixture(scope="session")
def treasuries(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Treasury]:
    """Each dialect's credentials, good and bad."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("abroad"))
    abroad = Installation(settings, environ={})
    try:
        return {dialect: fill(dialect, workspace, Workspace(abroad)) for dialect in TABLES}
    finally:
        abroad.close()


def _answer(wire: Wire, dialect: str, row: Row, held: Treasury) -> Answer:
    draft = GOOD[dialect][row.form](held)
    row.change(draft, held)
    return wire.send(draft.message())


def _check(dialect: str, row: Row, answer: Answer, held: Treasury) -> None:
    CHECKS[dialect](answer, row.fault)
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["content-type"] == "application/json"
    leaked = [secret for secret in held.secrets() if secret in answer]
    assert not leaked, "the answer holds a secret"


def _faults(wire: Wire) -> float:
    return sum(float(count) for count in _FAULTS.findall(wire.get("/metrics").body.decode()))


@pytest.mark.parametrize("dialect, row", _ROWS)
def test_a_bad_request_gets_its_documented_answer(
    dialect: str, row: Row, wire: Wire, treasuries: dict[str, Treasury]
):
    """The row's answer has the contract's status, code and shape, holds no secret, and was no fault."""
    held = treasuries[dialect]
    _check(dialect, row, _answer(wire, dialect, row, held), held)
    assert _faults(wire) == 0


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_a_slow_request_gets_its_documented_answer(
    dialect: str, wire: Wire, treasuries: dict[str, Treasury]
):
    """A body that does not come in time is refused in the dialect's shape, and its connection closed."""
    held = treasuries[dialect]
    slow = [row for row in TABLES[dialect] if row.slow]
    with ThreadPoolExecutor(len(slow)) as threads:
        answers = list(threads.map(lambda row: _answer(wire, dialect, row, held), slow))
    for row, answer in zip(slow, answers, strict=True):
        _check(dialect, row, answer, held)
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_nothing_is_broken_afterwards(dialect: str, wire: Wire, treasuries: dict[str, Treasury]):
    """After its table the server is well, counts no fault, and each good request still does."""
    for form, good in GOOD[dialect].items():
        answer = wire.send(good(treasuries[dialect]).message())
        assert answer.status == 200, (form, answer)
    assert wire.get("/healthz").status == wire.get("/readyz").status == 200
    assert _faults(wire) == 0


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_the_table_is_long_enough(dialect: str):
    """Each dialect has at least 60 rows, and no two of the same name."""
    rows = TABLES[dialect]
    assert len(rows) >= 60
    assert [name for name, count in Counter(row.id for row in rows).items() if count > 1] == []
