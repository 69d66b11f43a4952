"""A fault of ours: contracts/README.md, "the dialect's 500 with a request id and nothing else"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.badinput.treasury import AUTHENTICATION
from tests.contracts.callers import RENEW
from tests.contracts.wire import Wire
from tests.contracts.workspace import Workspace
from tests.servers import RunningServer, serving

DIALECTS = ("oauth2", "eshopbox", "partner", "genlogs")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of its own: here faults are wanted."""
    with serving(Settings(data_dir=tmp_path_factory.mktemp("faults") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def estate(failing: RunningServer) -> Iterator[Workspace]:
    """What it serves."""
    installation = Installation(failing.settings, environ={})
    yield Workspace(installation)
    installation.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_fault_of_ours_tells_a_request_id_and_nothing_else(
    dialect: str, failing: RunningServer, estate: Workspace
):
    """An app whose row cannot be read; for genlogs genlogs.md, Errors: ``Internal Server Error``."""
    wire = Wire(failing.port)
    client = estate.broken_client(dialect, AUTHENTICATION.get(dialect, "secret"))
    answer = RENEW[dialect](wire, client, "nothing")
    request_id = answer.headers["x-request-id"]
    assert answer.status == 500
    if dialect == "genlogs":
        assert answer.json == {"detail": "Internal Server Error"}
    else:
        assert answer.json == {"error": "server_error", "request_id": request_id}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert request_id in failing.stderr.read_text()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_terms_that_cannot_be_read_pass_no_verdict(
    dialect: str, failing: RunningServer, estate: Workspace
):
    """It is our row, not the caller's token: a 5xx, and the same client's other grants are well."""
    wire = Wire(failing.port)
    client = estate.client(dialect, AUTHENTICATION.get(dialect, "secret"))
    assert RENEW[dialect](wire, client, estate.broken_grant(client)).status in (500, 503)
    assert RENEW[dialect](wire, client, estate.grant(client)).status == 200


def test_an_answer_that_lacks_what_the_dialect_always_sends_is_a_fault_of_ours(
    failing: RunningServer, estate: Workspace
):
    """genlogs.md: company_id is always sent; where nobody said which, the answer is no half of one."""
    client = estate.client("genlogs", "api_key", claims={})
    answer = RENEW["genlogs"](Wire(failing.port), client, estate.grant(client))
    assert (answer.status, answer.json) == (500, {"detail": "Internal Server Error"})
