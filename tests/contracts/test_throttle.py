"""Log-ins over the bounds of an address, on a server of its own: every other test comes from there, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.callers import log_in_genlogs, log_in_partner, renew_partner
from tests.contracts.wire import Wire
from tests.contracts.workspace import Person, Workspace
from tests.servers import RunningServer, serving

_ATTEMPTS = 6


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that suffers few wrong passwords from one address."""
    data = tmp_path_factory.mktemp("guarded") / "data"
    with serving(Settings(data_dir=data, password_attempts_per_address=_ATTEMPTS)) as running:
        yield running


def test_an_address_that_guesses_is_slowed_down(guarded: RunningServer):
    """Failed attempts are throttled per address, over all users and dialects; renewals go on."""
    installation = Installation(guarded.settings, environ={})
    wire, workspace = Wire(guarded.port), Workspace(installation)
    partner = workspace.client("partner", "none")
    company = workspace.client("genlogs", "api_key")
    person = workspace.person("ada@guarded.test", "the right one")
    token = workspace.grant(partner)
    installation.close()
    assert log_in_partner(wire, partner, person).status == 200
    for number in range(_ATTEMPTS):
        stranger = Person(f"user-{number}@guarded.test", "a guess", "")
        assert log_in_partner(wire, partner, stranger).status == 400
    for answer in (log_in_partner(wire, partner, person), log_in_genlogs(wire, company, person)):
        assert answer.status == 429 and int(answer.headers["retry-after"]) >= 1
    assert renew_partner(wire, partner, token).status == 200
