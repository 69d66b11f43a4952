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
BOUNDED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
_DIALECT = {
    "/oauth/token": "oauth2",
    "/api/v1/generateToken": "eshopbox",
    "/v1/auth/token": "partner",
    "/auth/token": "genlogs",
    "/auth/token/refresh": "genlogs",
}
_FIELDS = {
    "/auth/token": ("email", "password"),
    "/auth/token/refresh": ("refresh_token",),
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
    _call(case, fuzzed)


@SCHEMA.parametrize()
@BOUNDED
def test_somebody_known_finds_nothing(
    case: schemathesis.Case, fuzzed: RunningServer, known: dict[str, Treasury]
):
    """The same with credentials that are good, so that the requests get beyond the first check."""
    if case.meta is None or case.meta.generation.mode.is_positive:
        _introduce(case, known[_DIALECT[case.path]])
    _call(case, fuzzed)


def _call(case: schemathesis.Case, server: RunningServer) -> None:
    case.call_and_validate(
        base_url=server.base_url,
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
    """What fits the description is refused only for what no description can say.

    That is: credentials that are not good, a body that belongs to the other grant type, a client in Basic
    and body at once, and for genlogs, whose description is the vendor's, empty and unprintable values.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    assert response.status_code in (200, 400, 401, 422), response.status_code
    if response.status_code == 422:
        assert _genlogs_cannot_be(case), response.text
    elif response.status_code == 400 and response.json()["error"] == "invalid_request":
        assert _other_grant(case) or "more than once" in response.text, response.text
    elif response.status_code == 400:
        assert response.json()["error"] in ("invalid_grant", "invalid_scope"), response.text


def _other_grant(case: schemathesis.Case) -> bool:
    wanted = {"refresh_token": {"refreshToken"}, "password": {"username", "password"}}
    body = case.body if isinstance(case.body, dict) else {}
    return case.path == "/v1/auth/token" and not wanted[case.headers["grantType"]] <= body.keys()


def _genlogs_cannot_be(case: schemathesis.Case) -> bool:
    body = case.body if isinstance(case.body, dict) else {}
    given = [case.headers.get("x-api-key")]
    for name in _FIELDS[case.path]:
        both = [part[name] for part in (case.query or {}, body) if name in part]
        if len(both) != 1:
            return True
        given += both
    return any(not each or not str(each).isprintable() or len(str(each)) > 320 for each in given)
