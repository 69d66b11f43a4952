"""The installation that the tests of apps use, for those whose apps they are."""

from tests.issuer.apps.conftest import app
from tests.issuer.people.conftest import clock, installation, unused, workspace

__all__ = ["app", "clock", "installation", "unused", "workspace"]
