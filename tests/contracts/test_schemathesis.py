"""schemathesis over the generated OpenAPI: the server does what it says, and breaks at nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from remint.dialect import builtin, builtin_names, openapi
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from tests.contracts.badinput.treasury import Treasury, fresh
from tests.contracts.wire import Wire
from tests.contracts.workspace import Workspace
from tests.servers import RunningServer, serving

load_all_checks()

DESCRIPTION = openapi(
    [builtin(name) for name in builtin_names()],
    server_url="http://issuer.test",
    title="Remint",
    version="1",
)
SCHEMA = schemathesis.openapi.from_dict(
    DESCRIPTION,
    config=schemathesis.Config.from_dict(
        {"generation": {"deterministic": True, "database": "none"}, "seed": 1}
    ),
)
BOUNDED = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
_DIALECT = {
    "/oauth/token": "oauth2",
    "/api/v1/generateToken": "eshopbox",
    "/v1/auth/token": "partner",
    "/auth/token": "genlogs",
    "/auth/token/refresh": "genlogs",
}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of its own: thousands of wrong passwords are to be tried, not throttled."""
    chosen = Settings(
        data_dir=tmp_path_factory.mktemp("fuzzed") / "data",
        password_attempts=1_000_000,
        password_attempts_per_address=1_000_000,
    )
    with serving(chosen) as running:
        yield running
        counted = Wire(running.port).get("/metrics").body.decode()
        assert 'outcome="fault"' not in counted and 'outcome="server_error"' not in counted
        assert not [line for line in running.log() if line["event"] == "fault"]


@pytest.fixture(scope="module")
def known(fuzzed: RunningServer) -> Iterator[dict[str, Treasury]]:
    """Credentials that are good, however often they are used."""
    installation = Installation(fuzzed.settings, environ={})
    workspace = Workspace(installation)
    policy = {"rotation": "keep", "keep_unauthenticated": True}
    policy["budget"] = {"renewals": 100_000, "per_seconds": 3600}
    yield {
        dialect: fresh(
            dialect,
            workspace,
            person=workspace.person(f"{dialect}@fuzz.test", "password"),
            policy=policy,
        )
        for dialect in builtin_names()
    }
    installation.close()


def test_the_server_publishes_this_description(fuzzed: RunningServer):
    """``/openapi.json`` is the description that the tests here go by, but for its address and title."""
    served = Wire(fuzzed.port).get("/openapi.json").json
    assert served["paths"] == DESCRIPTION["paths"]
    assert served["components"] == DESCRIPTION["components"]


@SCHEMA.parametrize()
@BOUNDED
def test_a_stranger_finds_nothing(case: schemathesis.Case, fuzzed: RunningServer):
    """Every check of schemathesis, with whatever credentials it makes up."""
    case.call_and_validate(base_url=fuzzed.base_url)


@SCHEMA.parametrize()
@BOUNDED
def test_somebody_known_finds_nothing(
    case: schemathesis.Case, fuzzed: RunningServer, known: dict[str, Treasury]
):
    """The same with credentials that are good, so that the requests get beyond the first check."""
    if case.meta is None or case.meta.generation.mode.is_positive:
        _introduce(case, known[_DIALECT[case.path]])
    case.call_and_validate(
        base_url=fuzzed.base_url,
        excluded_checks=[positive_data_acceptance],
        additional_checks=[refused_for_a_reason],
    )


def _introduce(case: schemathesis.Case, held: Treasury) -> None:
    """Puts good credentials where made-up ones are; the refresh token stays made up half of the time."""
    names: Mapping[str, Any] = {
        "client_id": held.client.id,
        "client_secret": held.client.secret,
        "partnerId": str(held.client.app.number),
        "x-api-key": held.client.api_key,
    }
    if str(case.id) and ord(str(case.id)[0]) % 2:
        tokens = {"refresh_token": held.refresh_token, "refreshToken": held.refresh_token}
        people = dict.fromkeys(("email", "username"), held.person.username)
        names = {**names, **tokens, **people, "password": held.person.password}
    for part in (case.headers, case.query, case.body):
        if isinstance(part, dict | Mapping):
            for name in [each for each in part if each in names]:
                part[name] = names[name]


def refused_for_a_reason(
    _context: object, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """From somebody known, what fits the description is refused only for what no description can say.

    That is: a token or a scope that is not good, and a client in Basic and body at once.
    """
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert response.status_code in (200, 400, 401), response.text
        if response.status_code == 400 and "more than once" not in response.text:
            assert response.json()["error"] in ("invalid_grant", "invalid_scope"), response.text
