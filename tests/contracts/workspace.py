"""A workspace to test against: apps, users and grants, made as the commands make them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import update

from remint.grant import NEVER, Revocation, policy_from
from remint.issuer.grants.issuing import Issued, issue, new_grant, terms_for
from remint.issuer.installation import Installation
from remint.issuer.people.passwords import hash_password
from remint.secret import Secret
from remint.store.protocols import AuditEvent
from remint.store.records import App, NewApp
from remint.store.schema import apps, grants, terms
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret, new_client_id

_numbers = itertools.count(7001)


@dataclass(frozen=True)
class Client:
    """An app and all that its owner would know."""

    app: App
    secret: str
    api_key: str

    @property
    def id(self) -> str:
        """The client id."""
        return self.app.client_id

    @property
    def number(self) -> int:
        """The 32-bit number."""
        assert self.app.number is not None
        return self.app.number


@dataclass(frozen=True)
class Person:
    """A user who may log in."""

    username: str
    password: str
    subject: str


class Workspace:
    """One workspace of an installation that a server may be running on."""

    def __init__(self, installation: Installation, name: str = "contracts") -> None:
        self.installation = installation
        self.record = installation.workspaces.ensure(name)

    def client(self, dialect: str, authentication: str = "secret", **changes: Any) -> Client:
        """A new app. ``changes`` are fields of ``NewApp``; ``policy`` is laid over the dialect's own."""
        entropy = self.installation.entropy
        secret, key = mint_client_secret(entropy).reveal(), mint_api_key(entropy).reveal()
        policy = {**self.installation.dialects[dialect].policy, **changes.pop("policy", {})}
        fields = {
            "number": next(_numbers) if authentication == "none" else None,
            "claims": {"company_id": 7713} if authentication == "api_key" else {},
            **changes,
        }
        new = NewApp(
            workspace_id=self.record.id,
            client_id=fields.pop("client_id", None) or new_client_id(entropy),
            name=f"{dialect} app",
            dialect=dialect,
            authentication=authentication,  # type: ignore[arg-type]
            policy=policy_from(policy),
            **fields,
        )
        app = self.installation.catalogue.create_app(
            new, fingerprint(secret) if authentication == "secret" else None
        )
        if authentication == "api_key":
            self.installation.credentials.add_api_key(app, fingerprint(key))
        return Client(app, secret, key)

    def new_secret(self, client: Client, *, old_expires_at: int) -> str:
        """A further secret of the client's."""
        secret = mint_client_secret(self.installation.entropy).reveal()
        self.installation.credentials.add_secret(
            client.app, fingerprint(secret), old_expires_at=old_expires_at
        )
        return secret

    def person(self, username: str, password: str, **claims: Any) -> Person:
        """A new user."""
        subject = f"subject-of-{username}"
        self.installation.people.create(
            self.record.id,
            username,
            subject=subject,
            password_hash=hash_password(Secret(password)),
            claims=claims,
        )
        return Person(username, password, subject)

    def grant(self, client: Client, subject: str = "ada", **agreed: Any) -> str:
        """The refresh token of a new grant."""
        return self.issued(client, subject, **agreed).refresh_token.reveal()

    def issued(self, client: Client, subject: str = "ada", **agreed: Any) -> Issued:
        """A new grant and its refresh token."""
        return issue(self.installation, client.app, subject, **agreed)

    def expired_grant(self, client: Client) -> str:
        """A refresh token whose own, absolute expiry has passed."""
        agreed = terms_for(client.app)
        now_s = self.installation.clock.now_ms() // 1000
        grant = new_grant(self.installation, client.app, "ada", agreed, expires_at=now_s - 5)
        event = AuditEvent(grant.advanced_at_ms, "grant_issued", client.app.id, grant.id)
        held = self.installation.ledger.issue(grant, agreed, event)
        line = self.installation.keys.codec.line(held.key_id, held.salt)
        assert line is not None and held.expires_at != NEVER
        return line.token(held.id, held.generation, held.expires_at)

    def idle_grant(self, client: Client) -> str:
        """A refresh token that was not used for longer than its idle lifetime."""
        issued = self.issued(client)
        idle_seconds = issued.held.terms.policy.idle_lifetime_seconds
        assert idle_seconds is not None
        long_ago_ms = self.installation.clock.now_ms() - idle_seconds * 1000 - 4_000_000
        self._alter(issued, advanced_at_ms=long_ago_ms)
        return issued.refresh_token.reveal()

    def revoked_grant(self, client: Client) -> str:
        """A refresh token that was revoked by command."""
        issued = self.issued(client)
        grant = issued.held.grant
        event = AuditEvent(
            self.installation.clock.now_ms(), "grant_revoked", client.app.id, grant.id
        )
        self.installation.ledger.revoke(grant.id, Revocation.ASKED, event)
        return issued.refresh_token.reveal()

    def broken_client(self, dialect: str, authentication: str) -> Client:
        """An app whose row in the database makes no sense: naming it is a fault of ours."""
        client = self.client(dialect, authentication)
        with self.installation.database.write() as connection:
            connection.execute(
                update(apps).where(apps.c.id == client.app.id).values(claims="{broken")
            )
        return client

    def broken_grant(self, client: Client) -> str:
        """A refresh token of a grant whose terms in the database make no sense."""
        issued = self.issued(client, claims={"broken": client.id})
        body = f'{{"policy": "{client.id}"}}'
        with self.installation.database.write() as connection:
            mine = terms.c.id == issued.held.grant.terms_id
            connection.execute(update(terms).where(mine).values(body=body))
        return issued.refresh_token.reveal()

    def _alter(self, issued: Issued, **values: Any) -> None:
        with self.installation.database.write() as connection:
            connection.execute(
                update(grants).where(grants.c.id == issued.held.grant.id).values(**values)
            )


def policy_of(client: Client) -> dict[str, Any]:
    """The policy that the client's next grant is made under, as plain data."""
    policy: dict[str, Any] = msgspec.to_builtins(client.app.policy)
    return policy
