"""The dialects that an installation serves."""

from __future__ import annotations

from remint.dialect import Dialect
from remint.errors import Conflict, NotFound
from remint.issuer.installation import Installation


def find_dialect(installation: Installation, name: str) -> Dialect:
    """A dialect that can be served. Raises ``NotFound`` or ``Conflict``."""
    dialect = installation.dialects.get(name)
    if dialect is None:
        known = ", ".join(sorted(installation.dialects))
        raise NotFound(f"there is no dialect named {name!r}; there are {known}")
    if not dialect.endpoints:
        raise Conflict(f"the dialect {name!r} is for calling only: it cannot be served")
    return dialect
