"""The issuer: token endpoints in every dialect, and what stands around them.

``Issuer`` is loaded when it is first asked for: a command that only reads settings goes without the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remint.issuer.settings import Settings, load_settings

if TYPE_CHECKING:
    from remint.issuer.app import Issuer as Issuer

__all__ = ["Issuer", "Settings", "load_settings"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """``Issuer``, imported now. Raises ``AttributeError`` for any other name."""
        if name != "Issuer":
            raise AttributeError(f"module 'remint.issuer' has no attribute {name!r}")
        from remint.issuer.app import Issuer

        return Issuer
