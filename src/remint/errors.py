"""The one tree of errors.

::

    RemintError                     everything that Remint raises on purpose
    ├── ConfigurationError          a setting or file is wrong: names file, line, key, what would do
    │   ├── DialectError            a dialect file
    │   ├── RootKeyError            the root key is missing, readable by others, or wrong
    │   └── KeyRingError            the key ring is damaged or of another installation
    ├── StoreError                  storage answered something that it never should
    │   ├── StoreUnavailable        storage is away, busy or full; trying again later may do
    │   │   └── TransactionRefused  others were in the way, and nothing was done: try again
    │   └── VaultError              what a keeper's store holds does not unseal: another key, or changed
    ├── NotFound                    a command or use case named something that is not there
    │   └── UnknownConnection       the keeper holds no connection of that name
    ├── Conflict                    what was asked for exists already, or cannot be as things are
    │   └── StaleVersion            somebody else changed it since it was read; nothing was overwritten
    ├── Unauthenticated             who asks did not show who they are, or no longer can
    ├── Denied                      who asks is known, and may not
    ├── ConnectionDead              the keeper cannot renew this connection any more; a person can
    ├── RenewalDelayed              no token now, and none is lost; trying again later may do
    └── Refusal                     the protocol's "no": all that a caller of an endpoint ever sees

An error has a public half (what was wrong, where, what would do) and, for a ``Refusal``, a logged half
that never leaves the process. Neither ever holds a secret.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class RemintError(Exception):
    """Base of every error that Remint raises on purpose. It can go from process to process."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The logged half stays at home.
        state = {name: value for name, value in vars(self).items() if name != "logged"}
        return _again, (type(self), self.args, state)


class ConfigurationError(RemintError):
    """A setting or a file is wrong.

    The text reads ``FILE:LINE: KEY: MESSAGE (expected EXPECTED)``, with the parts that are known.
    """

    def __init__(
        self,
        message: str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
        expected: str | None = None,
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.key = key
        self.expected = expected
        super().__init__(self._text())

    def _text(self) -> str:
        place = "" if self.file is None else f"{self.file}"
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.key, self.message) if part]
        text = ": ".join(parts)
        return f"{text} (expected {self.expected})" if self.expected else text


class DialectError(ConfigurationError):
    """A dialect file says something that the vocabulary does not know, or contradicts itself."""


class RootKeyError(ConfigurationError):
    """The root key is missing, readable by others, malformed, or not the one that sealed the key ring."""


class KeyRingError(ConfigurationError):
    """The key ring is damaged, lacks a key that is needed, or belongs to another installation."""


class StoreError(RemintError):
    """Storage answered something that it never should."""


class StoreUnavailable(StoreError):
    """Storage is away, busy, full or read-only.

    ``retry_after_seconds`` is when trying again may do.
    """

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class TransactionRefused(StoreUnavailable):
    """Others changed the same at that moment, and the database gave way to them: nothing of it was done."""


class VaultError(StoreError):
    """What a keeper's store holds does not unseal: another key sealed it, or somebody changed or moved it.

    The text reads ``WHERE: MESSAGE (expected EXPECTED)``, with the parts that are known.
    """

    def __init__(self, message: str, *, where: Path | str = "", expected: str = "") -> None:
        self.message = message
        self.where = where
        self.expected = expected
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text} (expected {expected})" if expected else text)


class NotFound(RemintError):
    """A use case named something that is not there."""


class UnknownConnection(NotFound):
    """The keeper holds no connection of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no connection {name!r}; `remint connect {name}` makes one")


class ConnectionDead(RemintError):
    """The provider renews this connection no more, or wants a person.

    ``outcome`` is ``dead`` where the refresh token is no good and ``login`` where something else has to be
    put right, such as the client's secret. It stays so until the connection is made again or a renewal that
    is asked for in so many words succeeds.
    """

    def __init__(self, name: str, code: str, description: str, *, outcome: str = "dead") -> None:
        self.name = name
        self.code = code
        self.description = description
        self.outcome = outcome
        words = f": {description}" if description else ""
        super().__init__(
            f"connection {name!r} is dead: {code}{words} (`remint connect {name}` makes it anew)"
        )


class RenewalDelayed(RemintError):
    """There is no token that works now. Nothing is lost; ``retry_after_seconds`` is when to ask again."""

    def __init__(self, name: str, description: str, *, retry_after_seconds: float) -> None:
        self.name = name
        self.description = description
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"connection {name!r} cannot be renewed now: {description} "
            f"(again in {max(1, round(retry_after_seconds))} s)"
        )


class Conflict(RemintError):
    """What was asked for exists already, or cannot be as things are."""


class StaleVersion(Conflict):
    """Somebody else changed it since it was read. Nothing was written; read it again, and decide anew."""


class Unauthenticated(RemintError):
    """Who asks did not show who they are, or what they showed has ended."""


class Denied(RemintError):
    """Who asks is known, and may not do that here. ``permission`` is what it would take."""

    def __init__(self, message: str, *, permission: str = "") -> None:
        self.permission = permission
        super().__init__(message)


class Refusal(RemintError):
    """The protocol's "no": a code (RFC 6749 §5.2 and the few that HTTP adds) and a description.

    ``where`` is the carrier at fault (``query``, ``header``, ``body``, ``path``), ``name`` the parameter's
    name on the wire and ``kind`` a machine word (``missing``, ``type``, ``duplicate``, ``length``,
    ``syntax``, ``value``): what a dialect needs to word its own error body. ``logged`` is the half that
    stays in our logs. ``outcome`` is what it means to a caller that holds the token: ``dead``, ``login``,
    ``later`` or ``early``; empty where nothing follows from it.
    """

    def __init__(
        self,
        code: str,
        description: str,
        *,
        where: str = "",
        name: str = "",
        kind: str = "",
        retry_after_seconds: int | None = None,
        logged: str = "",
        outcome: str = "",
    ) -> None:
        self.code = code
        self.description = description
        self.where = where
        self.name = name
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds
        self.logged = logged
        self.outcome = outcome
        super().__init__(f"{code}: {description}")


def _again(kind: type[RemintError], arguments: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """An error as it was in the process that raised it."""
    error = kind.__new__(kind, *arguments)
    vars(error).update({"logged": ""} if issubclass(kind, Refusal) else {}, **state)
    return error
