"""From a judged grant to the tokens of its answer."""

from __future__ import annotations

from typing import Final

from remint.clock import Entropy
from remint.dialect.message import TokenAnswer
from remint.grant import Grant, Policy, Terms
from remint.grant.rules import refresh_expires_at
from remint.issuer.keys import Keys
from remint.store.records import App
from remint.token.access import access_token
from remint.token.identity import id_token

_OPENID: Final = "openid"


class Answers:
    """Makes token answers for one issuer URL."""

    def __init__(self, keys: Keys, base_url: str, entropy: Entropy) -> None:
        self._keys = keys
        self._base_url = base_url
        # RFC 9068 §2.2: a `jti` is unique; a process's random half and its count make it so without
        # asking the kernel for each.
        self._process = entropy(9).hex()
        self._count = 0

    def make(
        self,
        app: App,
        grant: Grant,
        terms: Terms,
        *,
        scope: str,
        now_ms: int,
        refresh_token: str | None,
        sends: frozenset[str],
    ) -> TokenAnswer:
        """A token answer for ``grant`` with ``scope``, which is the grant's or narrower.

        ``sends`` are the meanings that the dialect has a place for: what costs something to find is made
        only where it travels.
        """
        policy = terms.policy
        issued_at = now_ms // 1000
        expires_at = issued_at + policy.access_lifetime_seconds
        claims = app.token_claims
        if terms.claims:
            claims = {**claims, **terms.claims}
        audience = app.audience or self._base_url
        self._count += 1
        access = access_token(
            self._keys.access_signer(policy.access_algorithm, audience, now_ms),
            issuer=self._base_url,
            subject=grant.subject,
            client_id=app.client_id,
            audience=audience,
            scope=scope,
            issued_at=issued_at,
            expires_at=expires_at,
            token_id=f"{self._process}{self._count:x}",
            extras=claims,
        )
        identity = None
        if _OPENID in scope and _OPENID in scope.split(" "):
            identity = self._identity(app, grant, policy, access, issued_at, now_ms)
        return TokenAnswer(
            access,
            policy.access_lifetime_seconds,
            expires_at,
            "Bearer",
            refresh_token,
            refresh_expires_at(grant, policy) if "refresh_expires_at" in sends else None,
            scope or None,
            identity,
            {**claims, "user_id": grant.subject} if "extras.user_id" in sends else claims,
        )

    def _identity(
        self, app: App, grant: Grant, policy: Policy, access: str, issued_at: int, now_ms: int
    ) -> str:
        return id_token(
            self._keys.identity_signer(policy.access_algorithm, now_ms),
            issuer=self._base_url,
            subject=grant.subject,
            client_id=app.client_id,
            issued_at=issued_at,
            expires_at=issued_at + policy.access_lifetime_seconds,
            auth_time=grant.created_at,
            access_token=access,
        )
