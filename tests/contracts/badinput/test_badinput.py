"""Malformed requests: each gets its documented answer, none breaks anything, none is told a secret."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
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
from tests.servers import RunningServer

_FAULTS = re.compile(
    r'^remint_\w+_total\{[^}]*outcome="(?:fault|server_error)"\} ([0-9.e+]+)$', re.MULTILINE
)

_ROWS = [
    pytest.param(dialect, row, id=f"{dialect}: {row.id}")
    for dialect, rows in TABLES.items()
    for row in rows
    if not row.slow
]
_SLOW = [(dialect, row) for dialect, rows in TABLES.items() for row in rows if row.slow]


@pytest.fixture(scope="module")
def treasuries(
    server: RunningServer, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Treasury]]:
    """Each dialect's credentials, good and bad. After all of the rows nothing may be broken or told."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("abroad"))
    abroad = Installation(settings, environ={})
    held = {dialect: fill(dialect, workspace, Workspace(abroad)) for dialect in TABLES}
    abroad.close()
    before = _faults(Wire(server.port))
    yield held
    _is_well(server, held)
    assert _faults(Wire(server.port)) == before


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


def _is_well(server: RunningServer, treasuries: dict[str, Treasury]) -> None:
    """The server is well, each good request still does, and no secret got into a log."""
    wire = Wire(server.port)
    assert wire.get("/healthz").status == wire.get("/readyz").status == 200
    for dialect, held in treasuries.items():
        for form, good in GOOD[dialect].items():
            answer = wire.send(good(held).message())
            assert answer.status == 200, (dialect, form, answer)
    written = server.stdout.read_text() + server.stderr.read_text()
    secrets = [secret for held in treasuries.values() for secret in held.secrets()]
    assert not [secret for secret in secrets if secret in written], "a log holds a secret"


@pytest.mark.parametrize("dialect, row", _ROWS)
def test_a_bad_request_gets_its_documented_answer(
    dialect: str, row: Row, wire: Wire, treasuries: dict[str, Treasury]
):
    """The row's answer has the contract's status, code and shape, and holds no secret."""
    held = treasuries[dialect]
    _check(dialect, row, _answer(wire, dialect, row, held), held)


def test_slow_requests_get_their_documented_answers(wire: Wire, treasuries: dict[str, Treasury]):
    """A body that does not come in time is refused in the dialect's shape, and its connection closed."""

    def answer_to(each: tuple[str, Row]) -> Answer:
        dialect, row = each
        return _answer(wire, dialect, row, treasuries[dialect])

    with ThreadPoolExecutor(len(_SLOW)) as threads:
        answers = list(threads.map(answer_to, _SLOW))
    for (dialect, row), answer in zip(_SLOW, answers, strict=True):
        _check(dialect, row, answer, treasuries[dialect])
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("dialect", TABLES)
def test_the_table_is_long_enough(dialect: str):
    """Each dialect has at least 60 rows, and no two of the same name."""
    rows = TABLES[dialect]
    assert len(rows) >= 60
    assert [name for name, count in Counter(row.id for row in rows).items() if count > 1] == []
