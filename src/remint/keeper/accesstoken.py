"""An access token that can be sent, and is not shown by accident."""

from __future__ import annotations

from typing import Self


class AccessToken(str):
    """A string that shows itself only where it is used as one.

    It goes into headers and f-strings like any string. Its ``repr`` is a mask, so that tracebacks with
    variables, debuggers, failing tests and ``%r`` in a log give nothing away. ``expires_at_ms`` is in
    milliseconds since the epoch, ``None`` where the token never ends; ``type`` is what the provider calls it.
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

    def __repr__(self) -> str:
        return "AccessToken('********')"

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (str(self),), {"expires_at_ms": self.expires_at_ms, "type": self.type}
