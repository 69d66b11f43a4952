"""All that it takes to call an API once."""

from __future__ import annotations

import msgspec

from remint.dialect import Use
from remint.keeper.accesstoken import AccessToken
from remint.secret import OwnRepr


class Access(OwnRepr, msgspec.Struct, frozen=True):
    """A token, and how this API wants to see it.

    ``headers`` and ``query`` are pairs to add to a request, their values masked strings; ``use`` knows how
    the API says that a token has expired.
    """

    token: AccessToken
    headers: list[tuple[str, str]]
    query: list[tuple[str, str]]
    use: Use

    def __repr__(self) -> str:
        return f"Access(headers={[name for name, _ in self.headers]!r}, …)"
