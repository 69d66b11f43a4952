"""What the auth objects have in common: a keeper, a connection's name, and origins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remint.errors import ConfigurationError
from remint.keeper.access import Access
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.auth.origins import Origins
from remint.keeper.auth.turns import Ask
from remint.keeper.keeper import Keeper


class Kept:
    """Shows the token of the connection ``name`` to an API.

    ``origins``, where they are given, are the only ones that the token is shown to; a request to another goes
    out without it. They read like ``https://api.example.com``.
    """

    def __init__(
        self, keeper: Keeper | AsyncKeeper, name: str, *, origins: Iterable[str] | None = None
    ) -> None:
        self._keeper: Any = keeper
        self._name = name
        self._origins = Origins(origins)

    def __repr__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}({self._name!r})"

    def asked(self, ask: Ask) -> Access:
        """What a turn asks the keeper for, in a thread."""
        if not isinstance(self._keeper, Keeper):
            raise _unfit("Keeper", "a client that blocks")
        if ask.rejected:
            return self._keeper.replaced(self._name, ask.rejected)
        return self._keeper.access(self._name)

    async def asked_async(self, ask: Ask) -> Access:
        """What a turn asks the keeper for, in an event loop."""
        if not isinstance(self._keeper, AsyncKeeper):
            raise _unfit("AsyncKeeper", "a client for event loops")
        if ask.rejected:
            return await self._keeper.replaced(self._name, ask.rejected)
        return await self._keeper.access(self._name)


def _unfit(wanted: str, client: str) -> ConfigurationError:
    return ConfigurationError(f"cannot serve {client}", key="keeper", expected=f"a remint {wanted}")


def missing(module: str, package: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """What to raise where the client's package is not installed."""
    if (error.name or "").partition(".")[0] != package:
        return error
    text = f"{module} is for use with {package}, which is not installed (pip install {package})"
    return ModuleNotFoundError(text, name=package)
