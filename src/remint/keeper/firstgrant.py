"""How a connection begins: a refresh token that is handed over, or a first grant."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from remint.errors import ConfigurationError, Conflict, ConnectionDead, Refusal, RenewalDelayed
from remint.keeper.connection import Answer, Held, Setup, Tokens
from remint.keeper.effects import Do, Effect, Flow, Received, Send
from remint.keeper.events import Event
from remint.keeper.flow import RenewalFlow, Wish
from remint.keeper.request import EXTRA, call_of, token_request, wire_request
from remint.keeper.timing import renew_at_ms, renewal_of
from remint.keeper.understanding import VISIBLE, reading
from remint.secret import MaskedString, masked

if TYPE_CHECKING:
    from remint.keeper.core import Core

_NAME: Final = re.compile(
    r"(?!.*[\ud800-\udfff])[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?"
)
#: What is given by name, and is no secret.
PLAIN: Final = ("grant", "base_url", "token_url", "rotation")
_LATEST_MS: Final = 2**53
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
#: Used up by the first call, and of no use afterwards.
_SPENT: Final = frozenset(
    {"code", "code_verifier", "redirect_uri", "refresh_token", "access_token"}
)


class FirstGrant:
    """The making of one connection.

    ``given`` are credentials by meaning, as the dialect's call takes them: ``refresh_token``,
    ``client_id``, ``client_secret``, ``client_number``, ``api_key``, ``scope``, ``username``,
    ``password``, ``code``, ``code_verifier``, ``redirect_uri``; ``extras`` holds the dialect's own.
    ``grant`` is the grant type of the first call; where it is left out, what is given tells. A refresh
    token is handed over: it is renewed at once, unless an ``access_token`` with its ``expires_at_ms``
    comes along. ``base_url`` is where the provider is (the dialect's own address, if it has one),
    ``token_url`` the whole address of its token endpoint, where that is another than the dialect says.
    ``rotation`` (``strict``, ``grace``, ``keep``) and ``grace_seconds`` say better than the dialect what
    this provider does with a refresh token that was used. ``replace`` lets it take the place of a
    connection that has the name, and ``insecure`` lets it go over plain HTTP.

    Raises ``ConfigurationError``, ``Conflict``, ``Refusal`` (the provider's no) and ``RenewalDelayed``.
    """

    def __init__(
        self,
        core: Core,
        name: str,
        dialect: str,
        *,
        grant: str = "",
        base_url: str = "",
        token_url: str = "",
        expires_at_ms: int | None = None,
        rotation: str = "",
        grace_seconds: int | None = None,
        replace: bool = False,
        insecure: bool = False,
        extras: Mapping[str, Any] | None = None,
        **credentials: Any,
    ) -> None:
        self._core = core
        self._around = core.around
        self._replace = replace
        self._expires_at_ms = expires_at_ms
        self._given = {key: _bare(value) for key, value in credentials.items() if value is not None}
        self._given |= {f"{EXTRA}{key}": _bare(value) for key, value in (extras or {}).items()}
        self._grant = grant or _guessed(self._given)
        self._dialect = core.dialect(dialect)
        self._check(name)
        self._name = name
        self._setup = Setup(
            dialect,
            base_url=base_url or self._dialect.address(extras or {}),
            token_url=token_url,
            grant=self._grant,
            credentials={key: value for key, value in self._given.items() if key not in _SPENT},
            rotation=rotation,
            grace_seconds=grace_seconds,
        )
        _check_address(self._setup, insecure)
        self._renewal: RenewalFlow | None = None

    def steps(self) -> Flow:
        """Yields effects, and returns the connection as it was made."""
        store = self._around.store
        before = yield Do("load", lambda: store.load(self._name))
        if before is not None and not self._replace:
            raise self._taken()
        if self._grant == "refresh_token":
            return (yield from self._hand_over(before is not None))
        tokens = yield from self._call()
        held = self._held(self._settled_setup(tokens), tokens)
        yield Do("create", lambda: self._create(held))
        return held

    def abandon(self) -> None:
        """See ``Steps``."""
        if self._renewal is not None:
            self._renewal.abandon()

    def _hand_over(self, in_place: bool) -> Flow:
        """Keeps the token first and tries it then, so that no answer is lost.

        What is to be replaced stays until the new token has done its work, which it does under a name of its
        own: a mistyped token must not cost the connection that there is.
        """
        tokens = Tokens(
            access_token=self._given.get("access_token", ""),
            issued_at_ms=self._around.clock.now_ms(),
            expires_at_ms=self._expires_at_ms,
            refresh_token=self._given.get("refresh_token"),
            scope=self._given.get("scope"),
        )
        is_whole = bool(tokens.access_token) and self._expires_at_ms is not None
        if not is_whole:
            # Younger than any bound of the provider's: it is to be renewed at once.
            tokens = replace(tokens, issued_at_ms=0)
        held = self._held(self._setup, tokens)
        if is_whole:
            yield Do("create", lambda: self._create(held))
            return held
        tried = held
        if in_place:
            tried = replace(held, name=f"{self._name} (new, {held.id[:6]})")
        yield Do("create", lambda: self._create(tried))
        found = yield from self._tried(tried)
        if not in_place:
            return found
        made = replace(
            found, id=self._around.entropy(16).hex(), name=self._name, version=1, swapped_fence=0
        )
        yield Do("replace", lambda: self._create(made))
        yield Do("forget", lambda: self._around.store.forget(tried.name))
        return made

    def _tried(self, held: Held) -> Flow:
        """Renews once. What the provider will not renew never was a connection."""
        patience_ms = int(self._around.timing.patience_seconds * 1000)
        wish = Wish(held.name, version=held.version, patience_ms=patience_ms)
        self._renewal = RenewalFlow(self._around, wish)
        try:
            return (yield from self._renewal.steps())
        except ConfigurationError:
            yield Do("forget", lambda: self._around.store.forget(held.name))
            raise
        except ConnectionDead as error:
            yield Do("forget", lambda: self._around.store.forget(held.name))
            raise Refusal(error.code, error.description, outcome=error.outcome) from None

    def _call(self) -> Generator[Effect, Any, Tokens]:
        around, call = self._around, call_of(self._dialect, self._grant)
        now_ms = around.clock.now_ms()
        wire = wire_request(
            call,
            token_request(self._grant, self._given, Tokens()),
            base_url=self._setup.base_url,
            token_url=self._setup.token_url,
            now_ms=now_ms,
            random=around.entropy,
        )
        result = yield Send(wire, lambda: True, call.answer_headers)
        if not isinstance(result, Received):
            raise RenewalDelayed(self._name, result.why, retry_after_seconds=1)
        answer = Answer(
            0,
            "",
            around.clock.now_ms(),
            result.elapsed_ms,
            result.status,
            result.headers,
            result.body,
        )
        held = self._held(replace(self._setup, credentials=self._given), Tokens())
        renewal = renewal_of(self._setup, self._dialect.renewal)
        found = reading(call, renewal, around.timing, held, answer)
        if isinstance(found, Refusal):
            raise found
        return found

    def _settled_setup(self, tokens: Tokens) -> Setup:
        """How it is renewed from now on: a password is kept only where there is no other way."""
        can_renew = any(call.grant == "refresh_token" for call in self._dialect.calls)
        if self._grant == "authorization_code" or (tokens.refresh_token and can_renew):
            kept = {
                key: value
                for key, value in self._setup.credentials.items()
                if key not in ("username", "password")
            }
            return replace(self._setup, grant="refresh_token", credentials=kept)
        return self._setup

    def _held(self, setup: Setup, tokens: Tokens) -> Held:
        around = self._around
        renewal = renewal_of(setup, self._dialect.renewal)
        return Held(
            id=around.entropy(16).hex(),
            name=self._name,
            setup=setup,
            tokens=tokens,
            created_at_ms=around.clock.now_ms(),
            renew_at_ms=renew_at_ms(tokens, renewal, around.timing, around.fraction()),
        )

    def _create(self, held: Held) -> None:
        if not self._around.store.create(held, replace=self._replace):
            raise self._taken()
        self._around.tell(Event("connected", held.name, held.created_at_ms))

    def _taken(self) -> Conflict:
        return Conflict(
            f"there is a connection {self._name!r} already; forget it first, or replace it"
        )

    def _check(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                "cannot name a connection", key="name", expected="1 to 200 printable characters"
            )
        call = call_of(self._dialect, self._grant)
        later = [each for each in self._dialect.calls if each.grant == "refresh_token"]
        taken = [*call.inputs, *self._dialect.use.inputs, *(i for c in later for i in c.inputs)]
        known = {each.meaning for each in taken} | _SPENT | {"scope"}
        for key in self._given:
            if not key.startswith(EXTRA) and key not in known:
                raise ConfigurationError(
                    f"the dialect {self._dialect.name!r} has no use for it in {self._grant!r}",
                    key=key,
                    expected=f"some of {', '.join(sorted(known))}",
                )
        for key, value in masked(self._given).items():
            _check_value(key, value)
        if self._expires_at_ms is not None and not 0 <= self._expires_at_ms <= _LATEST_MS:
            raise ConfigurationError(
                "is no moment", key="expires_at_ms", expected="milliseconds since the epoch"
            )
        for each in call.inputs:
            if each.required and not self._given.get(each.meaning):
                raise ConfigurationError(
                    f"the dialect {self._dialect.name!r} needs it for {self._grant!r}",
                    key=each.meaning,
                )


def _check_value(key: str, value: Any) -> None:
    """Refuses what no store can keep and no request can carry. Never says the value."""
    if not isinstance(value, str):
        return
    if any("\ud800" <= each <= "\udfff" for each in value):
        raise ConfigurationError("is not Unicode text", key=key, expected="text without surrogates")
    if key in ("access_token", "refresh_token") and not VISIBLE.fullmatch(value):
        raise ConfigurationError(
            "has characters that no token has", key=key, expected="visible ASCII (RFC 6749 §A.12)"
        )


def _bare(value: Any) -> Any:
    # What is kept is encoded, and what is masked is not for that.
    return str(value) if isinstance(value, MaskedString) else value


def _guessed(given: Mapping[str, Any]) -> str:
    if given.get("code"):
        return "authorization_code"
    if given.get("refresh_token") or given.get("access_token"):
        return "refresh_token"
    return "password" if given.get("password") else "client_credentials"


def _check_address(setup: Setup, insecure: bool) -> None:
    key = "token_url" if setup.token_url else "base_url"
    address = setup.token_url or setup.base_url
    try:
        parts = urlsplit(address)
        # An @ behind a slash or a wrong port: a password with odd letters, which is no part of the host.
        host = (parts.hostname or "") if parts.port is None or "@" not in address else ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            "is no address" if address else "is missing",
            key=key,
            expected="where the provider is, such as https://id.example.com",
        )
    if parts.username or parts.password:
        raise ConfigurationError("holds a user or a password", key=key, expected="an address alone")
    if parts.scheme == "http" and host not in _LOOPBACK and not insecure:
        raise ConfigurationError(
            "plain HTTP shows every token to the network",
            key=key,
            expected="https://, or to say that it is meant (insecure)",
        )
