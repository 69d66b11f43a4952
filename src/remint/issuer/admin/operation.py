"""One operation of the admin API: all that is to be known of it, in one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from remint.issuer.admin.call import Answer, Call
from remint.issuer.people.access import Permission

Handler = Callable[[Call], Answer]
Versioned = Literal["required", "honoured", ""]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What the dispatcher, the description, the documentation and the tests go by.

    - ``path``: below ``/admin/v1``, with ``{names}``. What has ``{workspace}`` in it is looked up there.
    - ``name``: unique, the ``operationId``. ``tag``: the resource, as a heading.
    - ``permission``: what the key needs, in the workspace or, without one, in the whole installation.
      ``None``: any key that is good. ``public``: not even that.
    - ``request``, ``query``, ``response``: structs; ``response`` is ``None`` where there is no body.
    - ``versioned``: whether ``If-Match`` is ``required`` or ``honoured`` where it is sent.
    - ``creates``: whether ``Idempotency-Key`` is taken.
    - ``command``, ``page``: the command and the page of the console that do the same, or "no: " and why
      there is none.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    name: str
    tag: str
    summary: str
    handler: Handler
    permission: Permission | None
    command: str
    page: str
    description: str = ""
    request: type | None = None
    query: type | None = None
    response: Any = None
    status: int = 200
    versioned: Versioned = ""
    creates: bool = False
    public: bool = False
    media_type: str = "application/json"

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body lacks something."""
        return self.request is not None and any(
            field.required for field in msgspec.structs.fields(self.request)
        )
