"""First tokens through the browser: authorization code with PKCE on a loopback port (RFC 8252, RFC 7636)."""

from remint.keeper.browser.authorization import authorize, authorize_async, metadata_of
from remint.keeper.browser.discovery import Metadata, discover
from remint.keeper.browser.login import Login

__all__ = ["Login", "Metadata", "authorize", "authorize_async", "discover", "metadata_of"]
