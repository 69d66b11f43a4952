"""An access token that can be sent, and is not shown by accident."""

from __future__ import annotations

from typing import Self

from remint.secret import MaskedString


class AccessToken(MaskedString):
    """An access token: a string, and masked where it is not used as one.

    ``expires_at_ms`` is in milliseconds since the epoch, ``None`` where the token never ends; ``type`` is
    what the provider calls it.
    """

    __slots__ = ("expires_at_ms", "type")

    expires_at_ms: int | None
    type: str

    def __new__(
        cls,
        value: str,
        *,
        expires_at_ms: int | None = None,
        type: str = "Bearer",  # noqa: A002
    ) -> Self:
        token = super().__new__(cls, value)
        token.expires_at_ms = expires_at_ms
        token.type = type
        return token

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (str(self),), {"expires_at_ms": self.expires_at_ms, "type": self.type}
