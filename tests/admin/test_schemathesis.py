"""schemathesis over the admin API's OpenAPI: the server does what it says, and breaks at nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from remint.issuer.admin import OPERATIONS
from remint.issuer.admin.openapi import describe
from remint.issuer.settings import Settings
from tests.admin.world import World, furnish
from tests.servers import RunningServer, serving

load_all_checks()


def _schema(*, boundaries: bool) -> schemathesis.BaseSchema:
    """The description. With ``boundaries`` the values at the edges of each field are tried, too."""
    return schemathesis.openapi.from_dict(
        describe(OPERATIONS),
        config=schemathesis.Config.from_dict(
            {
                "generation": {"deterministic": True, "database": "none"},
                "seed": 1,
                "phases": {"coverage": {"enabled": boundaries}},
                # A missing If-Match has a status of its own (RFC 6585 §3).
                "checks": {"missing_required_header": {"expected-statuses": ["428", "401", "422"]}},
            }
        ),
    )


#: A stranger is turned away before a field is looked at.
STRANGERS = _schema(boundaries=False)
HOLDERS = _schema(boundaries=True)
#: `ADMIN_EXAMPLES=1000 make test ARGS=tests/admin/test_schemathesis.py` looks longer.
BOUNDED = settings(
    max_examples=int(os.environ.get("ADMIN_EXAMPLES", "5")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
_BY_NAME = {each.name: each for each in OPERATIONS}
#: What would end the key that asks, the workspace that is asked about, or what others need.
_ENDING = {"revoke_installation_admin_key", "revoke_admin_key", "close_workspace"}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, RunningServer]]:
    """A furnished installation of its own, on a server that has no fault at the end."""
    world = furnish(Settings(data_dir=tmp_path_factory.mktemp("fuzzed") / "data"))
    with serving(world.settings) as running:
        yield world, running
        assert not [line for line in running.log() if line["event"] == "fault"]


@STRANGERS.parametrize()
@BOUNDED
def test_a_stranger_finds_nothing(case: schemathesis.Case, fuzzed: tuple[World, RunningServer]):
    """Every check of schemathesis, with whatever keys it makes up."""
    case.call_and_validate(base_url=fuzzed[1].base_url)


@HOLDERS.parametrize()
@BOUNDED
def test_the_holder_of_a_key_finds_nothing(
    case: schemathesis.Case, fuzzed: tuple[World, RunningServer]
):
    """The same with a key for everything, on paths that lead somewhere."""
    world, server = fuzzed
    operation = _BY_NAME[case.operation.definition.raw["operationId"]]
    is_lawful = case.meta is not None and case.meta.generation.mode.is_positive
    if is_lawful and operation.name not in _ENDING:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = world.ids.get(name, case.path_parameters[name])
        if operation.versioned and case.headers is not None:
            case.headers["If-Match"] = "*"
    case.call_and_validate(
        base_url=server.base_url,
        headers=world.key("root"),
        excluded_checks=[positive_data_acceptance],
        additional_checks=[refused_for_a_reason],
    )


def refused_for_a_reason(
    _context: object, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """What fits the description is refused only for what no description can say.

    That is: what is not there, what is taken, a version that was, and a value that only the whole
    installation can judge, such as a claim that a dialect's answers lack. The last names its field.
    """
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert response.status_code in (200, 201, 204, 304, 404, 409, 412, 422), response.text
        if response.status_code == 422:
            assert response.json()["field"], response.text
