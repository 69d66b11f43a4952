"""A connection: one set of credentials at one provider, and what is known of it."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from remint.secret import OwnRepr

State = Literal["fresh", "renewing", "in_doubt", "dead"]

MOST_ANSWER_BYTES: Final = 48 * 1024
"""The longest body of an answer that is read: no token endpoint says more, and room for it is made ahead."""


class Setup(OwnRepr, msgspec.Struct, frozen=True):
    """What a person gave when the connection was made.

    ``grant`` is the grant type whose call renews it. ``credentials`` are by meaning, a dialect's own as
    ``extras.NAME``. ``token_url``, where it is given, stands in for the address that the dialect names;
    ``rotation`` and ``grace_seconds`` for what the dialect says of the provider.
    """

    dialect: str
    base_url: str = ""
    token_url: str = ""
    grant: str = "refresh_token"
    credentials: dict[str, Any] = {}
    rotation: str = ""
    grace_seconds: int | None = None

    def __repr__(self) -> str:
        return f"Setup(dialect={self.dialect!r}, grant={self.grant!r}, …)"


class Tokens(OwnRepr, msgspec.Struct, frozen=True):
    """The newest tokens. Times are milliseconds since the epoch; ``None`` is never, or not known.

    ``refresh_first_at_ms`` is when the first refresh token of the line came, ``extras`` what the provider
    sent besides.
    """

    access_token: str = ""
    token_type: str = "Bearer"
    issued_at_ms: int = 0
    expires_at_ms: int | None = None
    refresh_token: str | None = None
    refresh_first_at_ms: int = 0
    refresh_expires_at_ms: int | None = None
    scope: str | None = None
    id_token: str | None = None
    extras: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Tokens(expires_at_ms={self.expires_at_ms!r}, …)"


class Trouble(msgspec.Struct, frozen=True):
    """Why the last renewal brought nothing: a code of RFC 6749 §5.2 or one of ours, and words.

    ``outcome`` is ``dead``, ``login``, ``later``, ``early`` or, where nobody knows, ``doubt``.
    """

    code: str
    description: str
    outcome: str
    at_ms: int


class Intent(msgspec.Struct, frozen=True):
    """A renewal that may have been sent.

    ``fence`` is that of the lease it was sent under and ``tries`` how many there were without an answer.
    ``is_current`` tells whether the token that it sent is still the stored one.
    """

    fence: int
    at_ms: int
    tries: int = 1
    is_current: bool = True


class Held(OwnRepr, msgspec.Struct, frozen=True):
    """All that a store holds of one connection.

    ``renew_at_ms`` is when the scheduler shall see to it (``None``: never) and ``not_before_ms`` the earliest
    moment of the next call. ``swapped_fence`` is the lease under which the tokens came.
    """

    id: str
    name: str
    setup: Setup
    tokens: Tokens
    state: State = "fresh"
    version: int = 1
    created_at_ms: int = 0
    renewed_at_ms: int = 0
    renewals: int = 0
    renew_at_ms: int | None = None
    not_before_ms: int = 0
    failures: int = 0
    trouble: Trouble | None = None
    intent: Intent | None = None
    swapped_fence: int = 0

    @property
    def sent(self) -> str:
        """The token that a renewal offers, by which the swap is decided."""
        return presented(self.setup, self.tokens)

    def __repr__(self) -> str:
        return f"Held(name={self.name!r}, state={self.state!r}, version={self.version!r}, …)"


def presented(setup: Setup, tokens: Tokens) -> str:
    """The token that decides a swap: the refresh token, or where none is offered the access token."""
    if setup.grant == "refresh_token" and tokens.refresh_token:
        return tokens.refresh_token
    return tokens.access_token


class Answer(OwnRepr, msgspec.Struct, frozen=True):
    """A provider's answer, as it came: what is made durable before anything looks into it.

    ``sent`` is the token that it answers, ``elapsed_ms`` how long the call took. ``headers`` are the few that
    an interpretation needs, names in lower case. ``is_aside`` marks one that was read and not understood.
    """

    fence: int
    sent: str
    received_at_ms: int
    elapsed_ms: int
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_aside: bool = False

    def __repr__(self) -> str:
        return f"Answer(fence={self.fence!r}, status={self.status!r}, …)"


def asked_with(held: Held, answer: Answer) -> Held:
    """The connection as it was when the call was made that ``answer`` answers, as far as its token goes.

    ``held`` itself, unless the token was replaced since: a failure is written down for the token that was
    sent, and for no other.
    """
    if answer.sent == held.sent:
        return held
    tokens = msgspec.structs.replace(
        held.tokens, access_token=answer.sent, refresh_token=answer.sent
    )
    return msgspec.structs.replace(held, tokens=tokens)


class Lease(msgspec.Struct):
    """The right to renew one connection.

    ``until_ms`` is on this process's stopwatch and moves as the lease is renewed. ``fence`` is greater than
    that of any lease before it. ``held`` is the connection as it was when the lease was taken.
    """

    id: str
    name: str
    owner: str
    fence: int
    until_ms: int
    held: Held


class Busy(msgspec.Struct, frozen=True):
    """Somebody else has the lease; or, with ``settles_ms``, nobody is given one for so long, because another
    server has taken over and may lack what others bring. ``held`` is the connection as it is now.
    """

    held: Held
    settles_ms: int = 0


class Renewed(msgspec.Struct, frozen=True):
    """What a successful renewal leaves in place of what was."""

    tokens: Tokens
    at_ms: int
    renew_at_ms: int | None


class Setback(msgspec.Struct, frozen=True):
    """What an unsuccessful one leaves.

    ``keeps_intent`` while it may still have happened; ``consumes`` whether the answer has been read for good.
    """

    state: State
    trouble: Trouble
    failures: int
    not_before_ms: int
    renew_at_ms: int | None
    keeps_intent: bool = False
    consumes: bool = True


def swapped(held: Held, fence: int, renewed: Renewed) -> Held:
    """The connection as it is after a successful swap."""
    return msgspec.structs.replace(
        held,
        tokens=renewed.tokens,
        state="fresh",
        version=held.version + 1,
        renewed_at_ms=renewed.at_ms,
        renewals=held.renewals + 1,
        renew_at_ms=renewed.renew_at_ms,
        not_before_ms=0,
        failures=0,
        trouble=None,
        intent=None,
        swapped_fence=fence,
    )
