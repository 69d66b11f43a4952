"""Remint renews OAuth tokens, at both ends of the wire.

The names below are the public surface. Each is loaded when it is first asked for, so that
``import remint`` costs next to nothing and needs none of the extras.
"""

from __future__ import annotations

# Not from typing, which alone would double the cost of the import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from remint.dialect import Dialect as Dialect
    from remint.dialect.message import TokenAnswer as TokenAnswer
    from remint.dialect.message import TokenRequest as TokenRequest
    from remint.errors import ConfigurationError as ConfigurationError
    from remint.errors import Conflict as Conflict
    from remint.errors import ConnectionDead as ConnectionDead
    from remint.errors import DialectError as DialectError
    from remint.errors import KeyRingError as KeyRingError
    from remint.errors import NotFound as NotFound
    from remint.errors import Refusal as Refusal
    from remint.errors import RemintError as RemintError
    from remint.errors import RenewalDelayed as RenewalDelayed
    from remint.errors import RootKeyError as RootKeyError
    from remint.errors import StoreError as StoreError
    from remint.errors import StoreUnavailable as StoreUnavailable
    from remint.errors import UnknownConnection as UnknownConnection
    from remint.errors import VaultError as VaultError
    from remint.keeper.access import Access as Access
    from remint.keeper.accesstoken import AccessToken as AccessToken
    from remint.keeper.asynckeeper import AsyncKeeper as AsyncKeeper
    from remint.keeper.events import Event as Event
    from remint.keeper.keeper import Keeper as Keeper
    from remint.keeper.scheduler import Scheduler as Scheduler
    from remint.keeper.status import Status as Status
    from remint.keeper.timing import Timing as Timing
    from remint.secret import Secret as Secret

__version__ = "0.1.0"

_HOME = {
    "Access": "remint.keeper.access",
    "AccessToken": "remint.keeper.accesstoken",
    "AsyncKeeper": "remint.keeper.asynckeeper",
    "ConfigurationError": "remint.errors",
    "Conflict": "remint.errors",
    "ConnectionDead": "remint.errors",
    "Dialect": "remint.dialect",
    "DialectError": "remint.errors",
    "Event": "remint.keeper.events",
    "Keeper": "remint.keeper.keeper",
    "KeyRingError": "remint.errors",
    "NotFound": "remint.errors",
    "Refusal": "remint.errors",
    "RemintError": "remint.errors",
    "RenewalDelayed": "remint.errors",
    "RootKeyError": "remint.errors",
    "Scheduler": "remint.keeper.scheduler",
    "Secret": "remint.secret",
    "Status": "remint.keeper.status",
    "StoreError": "remint.errors",
    "StoreUnavailable": "remint.errors",
    "Timing": "remint.keeper.timing",
    "TokenAnswer": "remint.dialect.message",
    "TokenRequest": "remint.dialect.message",
    "UnknownConnection": "remint.errors",
    "VaultError": "remint.errors",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The public name, imported now. Raises ``AttributeError`` for any other."""
        if name not in _HOME:
            raise AttributeError(f"module 'remint' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
