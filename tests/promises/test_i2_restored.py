"""I2 and I1 together: a database that went back in time logs nobody out and brings nobody back."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from remint.grant import Revocation
from remint.issuer.people.passwords import hash_password
from remint.secret import Secret
from remint.store.protocols import AuditEvent
from tests.promises.estate import Client, Estate
from tests.promises.honest import company
from tests.promises.line import Answer, Line, post
from tests.promises.restoring import backup, cold_copy, put_back

PARTNER = 7001


@dataclass
class Population:
    """Grants of every fate, by name: their client and every refresh token they have had."""

    estate: Estate
    tokens: dict[str, list[str]] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def settle(self) -> None:
        """Makes them all, each with two renewals behind it."""
        estate, plain = self.estate, self.estate.client("plain")
        for name in ("idle", "busy", "busiest", "lost", "replayed", "revoked", "moved out"):
            self.add(name, plain, name)
        self.add("superseded", estate.client("narrow", grants_per_subject=1), "superseded")
        self.add("of the app", estate.client("doomed"), "subject")
        self.add("of the workspace", estate.client("sold", workspace="sold"), "subject")

    def add(self, name: str, client: Client, subject: str) -> None:
        """One more grant."""
        self.clients[name] = client
        self.tokens[name] = self.estate.grants(client, 1, subject=subject)
        self.renew(name, 2)

    def renew(self, name: str, times: int = 1) -> None:
        """Renews one of them with its newest token."""
        for _ in range(times):
            self.tokens[name].append(self.present(name, -1).token)

    def present(self, name: str, which: int) -> Answer:
        """Presents one of its tokens."""
        return self.estate.renew(self.clients[name], self.tokens[name][which])

    def live_on(self) -> None:
        """What happens after the copy: renewals, and a revocation of every kind."""
        self.renew("busy", 1)
        self.renew("busiest", 7)
        self.renew("lost", 2)
        assert self.present("lost", -1).status == 200, "and this answer is lost"
        for name in ("replayed", "revoked", "moved out", "superseded", "of the app"):
            self.renew(name, 2)
        assert self.present("replayed", 1).error == "invalid_grant"
        with self.estate.opened() as installation:
            (held,) = installation.listing.of_subject("revoked-0", limit=9)
            event = AuditEvent(self.estate.clock.now_ms(), "grant_revoked")
            assert installation.ledger.revoke(held.grant.id, Revocation.ASKED, event)
            app = self.clients["idle"].app
            event = AuditEvent(self.estate.clock.now_ms(), "subject_revoked")
            installation.ledger.revoke_subject(app.workspace_id, "moved out-0", event)
            installation.catalogue.revoke_app(installation.catalogue.app("doomed"))
            installation.workspaces.revoke(installation.workspaces.named("sold"))
        self.estate.grants(self.clients["superseded"], 1, subject="superseded")
        self.tokens["since"] = self.estate.grants(self.clients["idle"], 1, subject="since")
        self.clients["since"] = self.clients["idle"]
        self.renew("since", 2)

    def check(self) -> None:
        """After the copy was put back: every newest token renews, and what was revoked stays so."""
        for name in (
            "replayed",
            "revoked",
            "moved out",
            "superseded",
            "of the app",
            "of the workspace",
        ):
            assert self.present(name, -1).error == "invalid_grant", name
            assert self.present(name, 2).error == "invalid_grant", name
        for name in ("idle", "busy", "busiest", "lost"):
            answer = self.present(name, -1)
            assert answer.status == 200, name
            assert self.present(name, -1).token == answer.token, "a lost answer even so"
            self.tokens[name].append(answer.token)
            self.renew(name, 2)
        # Nothing tells of a grant that was made since, but that its token is genuine.
        for _ in range(3):
            assert self.present("since", -1).error == "invalid_grant"

    def check_thief(self) -> None:
        """An older token is as dead as ever, also where the copy took it for the newest."""
        assert self.present("busiest", 2).error == "invalid_grant"
        assert self.present("busiest", -1).error == "invalid_grant"


@pytest.fixture
def population(estate: Estate) -> Population:
    """Everybody, on a running server."""
    estate.server.start()
    made = Population(estate)
    made.settle()
    return made


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_I2_database_put_back_to_an_older_copy(
    estate: Estate, population: Population, tmp_path: Path, end: str
):
    """The file is replaced by a backup while the server is down."""
    backup(estate, tmp_path / "copy")
    population.live_on()
    getattr(estate.server, end)()
    put_back(estate, tmp_path / "copy")
    estate.server.start()
    population.check()
    assert len(estate.audit("rewound")) == 3
    assert len(estate.audit("orphaned")) == 1
    population.check_thief()
    assert len(estate.audit("reuse_detected")) == 1


def test_I2_files_of_a_crash_put_back(estate: Estate, population: Population, tmp_path: Path):
    """The copy is of the files as a crash left them, log and all; and it is put back twice."""
    estate.server.kill()
    cold_copy(estate, tmp_path / "copy")
    estate.server.start()
    population.live_on()
    for _ in range(2):
        estate.server.kill()
        put_back(estate, tmp_path / "copy")
        estate.server.start()
        population.check()
    population.check_thief()


@pytest.mark.parametrize("processes", [1, 2])
def test_I2_database_put_back_under_the_running_server(
    estate: Estate, population: Population, tmp_path: Path, processes: int
):
    """The server notices within a second or so that its file is another, and goes on with that."""
    estate.server.stop()
    estate.server.start(processes=processes)
    backup(estate, tmp_path / "copy")
    population.live_on()
    put_back(estate, tmp_path / "copy")
    time.sleep(2)
    population.check()
    population.check_thief()


def test_I2_older_copies_under_load(estate: Estate, tmp_path: Path):
    """Clients that lose answers renew without a pause while their database goes back in time, four times."""
    client = estate.client()
    tokens = estate.grants(client, 4)
    estate.server.start()
    at_work = company(estate.server.port, client, tokens)
    with at_work:
        for number in range(4):
            copy = tmp_path / f"copy-{number}"
            backup(estate, copy)
            at_work.all_renew()
            put_back(estate, copy)
            at_work.all_renew()
            time.sleep(1.2)
    assert estate.query("SELECT count(*) FROM grants WHERE revoked_at > 0") == [(0,)]
    assert estate.audit("rewound")
    assert not estate.audit("reuse_detected")


def test_I2_nobody_logs_in_to_the_old_file(estate: Estate, tmp_path: Path):
    """After the file was replaced under the server, people log in to the new one, and stay logged in."""
    with estate.opened() as installation:
        workspace = installation.workspaces.ensure("test")
        installation.people.create(
            workspace.id,
            "ann",
            subject="ann",
            password_hash=hash_password(Secret("correct horse")),
            claims={},
        )
    partner = estate.client("partner", dialect="partner", authentication="none", number=PARTNER)
    estate.server.start()
    backup(estate, tmp_path / "copy")
    with estate.opened() as installation:
        # The epoch that the copy knows nothing of must not take the newly logged in with it.
        installation.catalogue.revoke_app(installation.catalogue.app(partner.app.client_id))
    log_in(estate)
    put_back(estate, tmp_path / "copy")
    time.sleep(1.5)
    token = log_in(estate)
    for _ in range(3):
        token = at_partner(estate, "refresh_token", {"refreshToken": token})
    estate.server.kill()
    estate.server.start()
    at_partner(estate, "refresh_token", {"refreshToken": token})


def log_in(estate: Estate) -> str:
    """The refresh token of a first grant by password."""
    return at_partner(estate, "password", {"username": "ann", "password": "correct horse"})


def at_partner(estate: Estate, grant_type: str, body: dict[str, str]) -> str:
    """The refresh token that the partner's endpoint gives."""
    headers = (
        "Content-Type: application/json",
        f"partnerId: {PARTNER}",
        f"grantType: {grant_type}",
    )
    line = Line(estate.server.port)
    try:
        return line.ask(post("/v1/auth/token", json.dumps(body).encode(), *headers)).token
    finally:
        line.close()
