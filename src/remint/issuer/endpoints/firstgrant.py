"""The first grant by password, where a dialect offers it."""

from __future__ import annotations

import asyncio

from remint.dialect.message import TokenAnswer, TokenRequest
from remint.errors import Refusal
from remint.grant import Budget
from remint.issuer.actor import Actor
from remint.issuer.endpoints.answers import Answers
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.people.passwords import Passwords
from remint.issuer.people.throttle import Throttle, house_of
from remint.issuer.tenants.users import may_log_in_by
from remint.store.records import App


class FirstGrants:
    """Logs users in and issues their grants."""

    def __init__(self, installation: Installation, answers: Answers) -> None:
        settings = installation.settings
        period = settings.password_attempts_seconds
        self._installation = installation
        self._answers = answers
        self._passwords = Passwords()
        self._by_user = Throttle(Budget(settings.password_attempts, period))
        self._by_address = Throttle(Budget(settings.password_attempts_per_address, period))

    async def by_password(
        self, request: TokenRequest, app: App, address: str, sends: frozenset[str]
    ) -> TokenAnswer:
        """Tokens for a user who showed the right password. Raises ``Refusal`` or ``StoreUnavailable``."""
        username, password = request.username or "", request.password or ""
        user_key = f"{app.workspace_id}\0{username}"
        now_ms = self._installation.clock.now_ms()
        # Charged before it is tried, so that many at once get no more tries than one after another.
        self._by_address.charge(house_of(address), now_ms)
        self._by_user.charge(user_key, now_ms)
        people = self._installation.people
        user = await asyncio.to_thread(people.find, app.workspace_id, username)
        stored = None if user is None or user.disabled_at else user.password_hash
        right = await self._passwords.verify(stored, password)
        # Of another company's app no user learns whether the password was right.
        if user is None or not right or not may_log_in_by(app, user.company_id):
            raise Refusal(
                "invalid_grant",
                "Invalid username or password.",
                kind="credentials",
                logged="wrong username or password",
                outcome="login",
            )
        self._by_address.refund(house_of(address))
        self._by_user.refund(user_key)
        issued = await asyncio.to_thread(
            issue,
            self._installation,
            app,
            user.subject,
            scope=self._scope(request, app),
            claims=user.token_claims,
            actor=Actor(username, address),
            how="password",
        )
        held = issued.held
        return self._answers.make(
            app,
            held.grant,
            held.terms,
            scope=held.terms.scope,
            now_ms=held.grant.advanced_at_ms,
            refresh_token=issued.refresh_token.reveal(),
            sends=sends,
        )

    def close(self) -> None:
        """Ends the password threads."""
        self._passwords.close()

    def _scope(self, request: TokenRequest, app: App) -> str | None:
        if request.scope is None:
            return None
        if not set(request.scope.split()) <= set(app.scope.split()):
            raise Refusal(
                "invalid_scope",
                "The scope asks for more than the client may have.",
                name="scope",
                kind="value",
            )
        return request.scope
