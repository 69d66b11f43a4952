"""Sessions of the console: logging in, being known, logging out."""

from __future__ import annotations

import threading
from typing import Final

import msgspec

from remint.errors import ConfigurationError, NotFound, Unauthenticated
from remint.grant import Budget
from remint.issuer.actor import Actor, note
from remint.issuer.installation import Installation
from remint.issuer.people.access import Principal
from remint.issuer.people.accounts import is_account_password, plain_email
from remint.issuer.people.throttle import Throttle, house_of
from remint.secret import Secret
from remint.store.peoplerecords import Account, Session
from remint.token.credentials import fingerprint, looks_like, mint_session

IDLE_SECONDS: Final = 12 * 3600
LIFETIME_SECONDS: Final = 7 * 86_400
_SEEN_EVERY_SECONDS: Final = 60
_LONGEST_AGENT: Final = 200


class LoggedIn(msgspec.Struct, frozen=True):
    """A new session, and the cookie that stands for it: it is shown once."""

    account: Account
    session: Session
    cookie: Secret


class Visitor(msgspec.Struct, frozen=True):
    """Who comes with a good cookie, and what they may do."""

    account: Account
    session: Session
    principal: Principal


class LogIn:
    """Logs people in by password. One for a process: failed attempts are counted in its memory."""

    def __init__(self, installation: Installation) -> None:
        settings = installation.settings
        period = settings.password_attempts_seconds
        self._installation = installation
        self._by_account = Throttle(Budget(settings.password_attempts, period))
        self._by_address = Throttle(Budget(settings.password_attempts_per_address, period))
        self._counting = threading.Lock()

    def log_in(self, email: str, password: Secret, *, origin: str, agent: str) -> LoggedIn:
        """A new session for who knows the password. Waits its turn; for a thread, not for a loop.

        Raises ``Refusal`` (``slow_down``) after too many failures of the account or the address, looking at
        no password then, and ``Unauthenticated``, in the same words and as late, for an unknown account, a
        disabled one and a wrong password.
        """
        installation, address = self._installation, plain_email(email)
        self._charge(address, origin)
        account = installation.accounts.find(address)
        if not is_account_password(account, password) or account is None:
            # What was typed for an address may be a password: only one that is known is written down.
            known = "" if account is None else account.email
            note(installation, "log_in_refused", Actor(known, origin))
            raise Unauthenticated("the e-mail address or the password is wrong")
        self._refund(address, origin)
        return start_session(installation, account, origin=origin, agent=agent)

    def confirm(self, account: Account, password: Secret, *, origin: str) -> None:
        """Has somebody who is logged in show their password again, before they change it.

        A session that was left open is no way to try passwords either: counted as a log-in is. Raises
        ``Refusal`` (``slow_down``), and ``ConfigurationError`` for a wrong password.
        """
        self._charge(account.email, origin)
        if not is_account_password(account, password):
            note(self._installation, "log_in_refused", Actor(account.email, origin))
            raise ConfigurationError("that is not your password", key="old")
        self._refund(account.email, origin)

    def _charge(self, address: str, origin: str) -> None:
        # Before it is tried, so that many at once get no more tries than one after another.
        now_ms = self._installation.clock.now_ms()
        with self._counting:
            self._by_address.charge(house_of(origin), now_ms)
            self._by_account.charge(address, now_ms)

    def _refund(self, address: str, origin: str) -> None:
        with self._counting:
            self._by_address.refund(house_of(origin))
            self._by_account.refund(address)


def start_session(
    installation: Installation, account: Account, *, origin: str, agent: str
) -> LoggedIn:
    """A session for somebody who has shown who they are, by a password or a link.

    Raises ``Unauthenticated`` if what they showed stopped to be good meanwhile.
    """
    cookie = mint_session(installation.entropy)
    now_s = installation.clock.now_ms() // 1000
    session = Session(
        sha256=fingerprint(cookie.reveal()),
        account_id=account.id,
        created_at=now_s,
        seen_at=now_s,
        expires_at=now_s + LIFETIME_SECONDS,
        origin=origin,
        agent=agent[:_LONGEST_AGENT],
    )
    with installation.database.write():
        now = installation.accounts.numbered(account.id)
        if now.disabled_at or now.password_hash != account.password_hash:
            raise _ended()
        installation.sessions.create(session)
        note(installation, "logged_in", Actor(account.email, origin))
    return LoggedIn(account, session, cookie)


def visitor(installation: Installation, cookie: str, *, origin: str = "") -> Visitor:
    """Who comes with that cookie, from the address ``origin``. Raises ``Unauthenticated``."""
    session = None
    if looks_like("session", cookie):
        session = installation.sessions.find(fingerprint(cookie))
    if session is None or not _lives(installation, session):
        raise _ended()
    account = installation.accounts.numbered(session.account_id)
    if account.disabled_at:
        raise _ended()
    return Visitor(account, session, _principal(installation, account, origin or session.origin))


def log_out(installation: Installation, session: Session, *, actor: Actor) -> None:
    """Ends a session for good. One that has ended already is no error."""
    with installation.database.write():
        if installation.sessions.end(session.account_id, session.sha256):
            note(installation, "logged_out", actor)


def sessions_of(installation: Installation, account: Account) -> list[Session]:
    """The account's sessions that are good, the one seen last first."""
    kept = installation.sessions.of_account(account.id)
    now_s = installation.clock.now_ms() // 1000
    return [session for session in kept if _is_good(session, now_s)]


def end_session(
    installation: Installation, account: Account, sha256: bytes, *, actor: Actor
) -> None:
    """Ends one session of the account. Raises ``NotFound``."""
    with installation.database.write():
        if not installation.sessions.end(account.id, sha256):
            raise NotFound("that session has ended already")
        note(installation, "session_ended", actor, account=account.email)


def end_others(
    installation: Installation, account: Account, keep: bytes | None, *, actor: Actor
) -> int:
    """Ends the account's sessions but for the one to ``keep``; says how many ended."""
    with installation.database.write():
        ended = installation.sessions.end_all(account.id, keep=keep)
        note(installation, "sessions_ended", actor, account=account.email, count=ended)
    return ended


def _lives(installation: Installation, session: Session) -> bool:
    now_s = installation.clock.now_ms() // 1000
    if not _is_good(session, now_s):
        return False
    if abs(now_s - session.seen_at) >= _SEEN_EVERY_SECONDS:
        installation.sessions.see(session, now_s)
    return True


def _is_good(session: Session, now_s: int) -> bool:
    # Either way: a clock that was set back must not make an old session young again.
    return now_s < session.expires_at and abs(now_s - session.seen_at) < IDLE_SECONDS


def _ended() -> Unauthenticated:
    return Unauthenticated("the session has ended; log in again")


def _principal(installation: Installation, account: Account, origin: str) -> Principal:
    return Principal(
        Actor(account.email, origin),
        account_id=account.id,
        is_operator=account.operator,
        roles=installation.members.roles(account.id),
    )
