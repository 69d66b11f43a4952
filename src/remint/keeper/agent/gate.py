"""Who is let in: whoever has the key, and no web page."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Final

from remint.keeper.agent.answers import Answer, no
from remint.secret import Secret

# Any name may be made to resolve to this machine by whoever owns it; these are nobody's.
_LOOPBACK: Final = re.compile(
    rb"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE
)
_UNAUTHORIZED: Final = no(
    401,
    "unauthorized",
    "Show the agent's key: Authorization: Bearer KEY.",
    ((b"www-authenticate", b"Bearer"),),
)
_FOREIGN_HOST: Final = no(
    403, "forbidden", "The Host is not this machine's: call 127.0.0.1, [::1] or localhost."
)
_WEB_PAGE: Final = no(
    403, "forbidden", "Web pages get no tokens: send no Origin, no Sec-Fetch-Site."
)

Headers = Mapping[bytes, bytes]


class Gate:
    """The checks of every request. ``key`` is ``None`` on a Unix socket: who could open it is let in."""

    def __init__(self, key: Secret | None) -> None:
        self._key = None if key is None else key.reveal().encode()

    def refusal(self, headers: Headers) -> Answer | None:
        """What to answer in place of what was asked for, if the caller is to get nothing."""
        if self._key is not None and not self._is_shown(headers.get(b"authorization", b"")):
            return _UNAUTHORIZED
        return self.stranger(headers)

    def stranger(self, headers: Headers) -> Answer | None:
        """The refusal of what a web page may have sent, by its own name for this machine or from its own."""
        if self._key is not None and not _LOOPBACK.fullmatch(headers.get(b"host", b"")):
            return _FOREIGN_HOST
        if b"origin" in headers or b"sec-fetch-site" in headers:
            return _WEB_PAGE
        return None

    def _is_shown(self, authorization: bytes) -> bool:
        scheme, _, shown = authorization.partition(b" ")
        key = self._key or b""
        return hmac.compare_digest(shown, key) and scheme.lower() == b"bearer"
