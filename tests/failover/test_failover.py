"""The primary dies under 32 clients, and the standby takes over: nobody is logged out, nothing is forked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from remint.clock import system_entropy
from remint.grant import Policy
from remint.issuer.grants.grants import revoke_grant
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.records import NewApp
from remint.token.credentials import fingerprint, mint_client_secret
from tests.failover.firstgrants import FirstGrants
from tests.failover.pair import Pair
from tests.promises.estate import Client
from tests.promises.honest import company
from tests.promises.line import Line
from tests.servers import serving

CLIENTS = 32
_BEHIND_SECONDS = 0.3


@pytest.fixture(params=["synchronous", "asynchronous", "behind"])
def mode(request: pytest.FixtureRequest) -> str:
    """A commit waits for the standby; it does not; it does not, and the standby is late."""
    return str(request.param)


@pytest.fixture
def pair(mode: str, postgres_folder: Path) -> Iterator[Pair]:
    """Two servers."""
    made = Pair(postgres_folder, is_synchronous=mode == "synchronous")
    yield made
    made.close()


def make_client(installation: Installation) -> Client:
    """An app."""
    secret = mint_client_secret(system_entropy).reveal()
    app = installation.catalogue.create_app(
        NewApp(
            workspace_id=installation.workspaces.ensure("test").id,
            client_id="app",
            name="App",
            dialect="oauth2",
            authentication="secret",
            policy=Policy(),
        ),
        fingerprint(secret),
    )
    return Client(app, secret)


def error_of(port: int, client: Client, token: str) -> str:
    """What a token is refused with."""
    with closing(Line(port)) as line:
        return line.ask(client.request(token)).error


def test_I1_I2_I4_failover(mode: str, pair: Pair, tmp_path: Path, record_property):
    """Honest clients go on with what they have; what was revoked before the kill stays revoked.

    Of grants, only those made in the last second before an asynchronous failover may be gone.
    """
    settings = Settings(data_dir=tmp_path / "data", database=pair.url)
    with closing(Installation(settings, environ={})) as installation:
        client = make_client(installation)
        made = [issue(installation, client.app, f"user-{n}") for n in range(CLIENTS + 2)]
        tokens = [each.refresh_token.reveal() for each in made]
    revoked, replayed = tokens[CLIENTS:]
    with serving(settings, covered=False) as server:
        first = replayed
        with closing(Line(server.port)) as line:
            for _ in range(2):
                replayed = line.ask(client.request(replayed)).token
        at_work = company(server.port, client, tokens[:CLIENTS])
        with at_work, FirstGrants(settings, client) as grants:
            at_work.all_renew()
            grants.begin()
            assert error_of(server.port, client, first) == "invalid_grant"
            if mode == "behind":
                pair.hold_back()
                time.sleep(_BEHIND_SECONDS)
            with closing(Installation(settings, environ={})) as installation:
                assert revoke_grant(installation, made[CLIENTS].held)
            killed = time.monotonic()
            pair.fail_over()
            promoted = time.monotonic()
            at_work.all_renew()
            outage = time.monotonic() - killed
            at_work.all_renew()
            for token in (revoked, replayed):
                assert error_of(server.port, client, token) == "invalid_grant"
            fate = grants.fate(server.port, killed)
    with pytest.raises(psycopg.OperationalError):
        pair.primary.execute("SELECT 1")
    events = left_behind(pair, sum(chain.renewals for chain in at_work.chains))
    assert fate.early
    assert fate.late
    assert events.get("orphaned", 0) == fate.gone
    assert mode != "synchronous" or not fate.gone
    told = (
        f"{mode}: {outage:.1f} s until all had renewed, {promoted - killed:.1f} s of it for the"
        f" promotion, {events.get('rewound', 0)} renewals made anew, {fate} first grants of the last"
        f" second gone, all {fate.early} from before it live"
    )
    record_property("failover", told)
    print(told)


def left_behind(pair: Pair, renewals: int) -> dict[str, int]:
    """Checks what the new primary holds; gives the events of its audit trail, counted."""
    ((revocations, generations),) = pair.standby.execute(
        "SELECT count(*) FILTER (WHERE revoked_at > 0), sum(generation) FROM grants",
        database="remint",
    )
    assert revocations == 2
    assert int(str(generations)) >= renewals
    counted = pair.standby.execute(
        "SELECT event, count(*) FROM audit GROUP BY event", database="remint"
    )
    events = {str(event): int(str(count)) for event, count in counted}
    assert events["reuse_detected"] == 1
    return events
