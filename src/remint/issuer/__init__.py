"""The issuer: token endpoints in every dialect, and what stands around them."""

from remint.issuer.app import Issuer
from remint.issuer.settings import Settings, load_settings

__all__ = ["Issuer", "Settings", "load_settings"]
