"""One login in the browser: where to send it, and what it comes back with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from remint.clock import Entropy, system_entropy
from remint.dialect import Authorize
from remint.errors import Refusal
from remint.keeper.browser.loopback import Loopback, address_of
from remint.keeper.browser.pages import DONE, NOT_THIS, OVER, Page, refused

_RANDOM_BYTES: Final = 32
_MOST_QUERY_LETTERS: Final = 16_384
_MOST_PARAMETERS: Final = 64
_LONGEST_WORDS: Final = 300
_UNSHOWN: Final = re.compile(r"[^\x20-\x7e]+")


class Login:
    """Sends a browser to ``url`` and waits for it to come back.

    It listens from its making to ``close``, on ``port`` of 127.0.0.1 (0: any that is free), or where
    ``redirect_uri`` says, for providers that want to know the whole address beforehand. ``scope`` is words
    separated by spaces; ``extras`` are the dialect's own. ``issuer``, where it is known, must be whom the
    answer names, if it names one (RFC 9207). Only one answer counts: the first that has our ``state``.

    Raises ``ConfigurationError`` for what is lacking, or where it cannot listen.
    """

    def __init__(
        self,
        authorize: Authorize,
        *,
        client_id: str,
        base_url: str = "",
        scope: str | None = None,
        extras: Mapping[str, Any] | None = None,
        issuer: str = "",
        redirect_uri: str = "",
        port: int = 0,
        entropy: Entropy = system_entropy,
    ) -> None:
        self._answer = authorize.answer
        self._issuer = issuer
        self._state = _random(entropy)
        self._verifier = _random(entropy) if authorize.pkce == "S256" else None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._is_judged = False
        self._code = ""
        self._refusal: Refusal | None = None
        self._stray = ""
        self._loopback = Loopback(address_of(redirect_uri, port), self._judge)
        try:
            self.redirect_uri = self._loopback.address.url
            self.url = authorize.url(
                base_url=base_url,
                client_id=client_id,
                redirect_uri=self.redirect_uri,
                scope=scope,
                state=self._state,
                code_challenge=_challenge(self._verifier) if self._verifier else None,
                extras=extras,
            )
        except BaseException:
            self._loopback.close()
            raise

    def wait(self, timeout_seconds: float) -> dict[str, str]:
        """What to give to ``connect``: ``code``, ``redirect_uri`` and, with PKCE, ``code_verifier``.

        Raises ``Refusal`` where the provider or the person says no, or nobody comes.
        """
        if not self._ended.wait(timeout_seconds):
            stray = f"; what came was another login ({self._stray})" if self._stray else ""
            raise Refusal(
                "access_denied",
                f"nobody came back from the browser within {timeout_seconds:g} seconds{stray}",
                outcome="login",
            )
        if self._refusal is not None:
            raise self._refusal
        given = {"code": self._code, "redirect_uri": self.redirect_uri}
        if self._verifier is not None:
            given["code_verifier"] = self._verifier
        return given

    def stop(self) -> None:
        """Has ``wait`` end, from another thread."""
        self._refusal = Refusal("access_denied", "the login was given up", outcome="login")
        self._ended.set()

    def close(self) -> None:
        """Listens no more."""
        self._loopback.close()

    def _judge(self, query: str) -> tuple[Page, Callable[[], None]]:
        given = _parameters(query)
        if given is None:
            return NOT_THIS, _nothing
        # Before anything else is believed: another page may have sent the browser here (RFC 6749 §10.12).
        state = given.get(self._answer.state, "")
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            self._stray = _shown(given.get(self._answer.error, "")) or "of another state"
            return NOT_THIS, _nothing
        with self._lock:
            if self._is_judged:
                return OVER, _nothing
            self._is_judged = True
        return self._verdict(given), self._ended.set

    def _verdict(self, given: Mapping[str, str]) -> Page:
        answer = self._answer
        if self._issuer and given.get("iss", self._issuer) != self._issuer:
            return self._refused("server_error", "The answer is another issuer's (RFC 9207).")
        error = _shown(given.get(answer.error, ""))
        code = given.get(answer.code, "")
        if error:
            words = _shown(given.get(answer.error_description, ""))
            return self._refused(error, words or "The provider gave no reason.")
        if not code:
            return self._refused("server_error", "The provider sent neither a code nor an error.")
        self._code = code
        return DONE

    def _refused(self, code: str, words: str) -> Page:
        self._refusal = Refusal(code, words, outcome="login")
        return refused(f"{code}: {words}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Login(redirect_uri={self.redirect_uri!r}, …)"


def _random(entropy: Entropy) -> str:
    return base64.urlsafe_b64encode(entropy(_RANDOM_BYTES)).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    # RFC 7636 §4.2
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _parameters(query: str) -> dict[str, str] | None:
    """The parameters, none of which may come twice (RFC 6749 §3.1); ``None`` where that is not so."""
    if len(query) > _MOST_QUERY_LETTERS:
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return None
    return dict(pairs) if len(dict(pairs)) == len(pairs) else None


def _shown(words: str) -> str:
    """Words of the network, fit for a terminal."""
    return _UNSHOWN.sub(" ", words).strip()[:_LONGEST_WORDS]


def _nothing() -> None:
    pass
