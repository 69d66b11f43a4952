"""httpx: ``httpx.Client(auth=KeeperAuth(keeper, "crm"))``, and the same for ``AsyncClient``."""

from __future__ import annotations

from remint.keeper.auth.keepers import missing

try:
    import httpx
except ModuleNotFoundError as error:
    raise missing(__name__, "httpx", error) from None

from remint.keeper.auth.httpxlike import KeptFlow, Library, concealing


class KeeperAuth(KeptFlow, httpx.Auth):
    """Shows the token of a connection to an API, and another one if it had run out.

    A ``Client`` takes a ``Keeper``, an ``AsyncClient`` an ``AsyncKeeper``. A request is sent again once, if
    its body can be: one that comes from a generator cannot, and its 401 is the caller's. Redirects within
    the API show the token, others do not. ``origins`` names those that may see it at all, such as
    ``https://api.example.com``. Requests raise what ``Keeper.token`` raises.
    """

    _library = Library(concealing(httpx.Headers), httpx.ByteStream, ("httpx", "httpcore"))
