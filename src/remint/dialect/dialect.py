"""A dialect, compiled: what a file becomes when it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remint.dialect.authorize import Authorize
from remint.dialect.call import Call, make_calls
from remint.dialect.endpoint import Endpoint, make_endpoints
from remint.dialect.loader import load_form
from remint.dialect.renewal import Renewal
from remint.dialect.use import Use, make_use
from remint.dialect.vocabulary import DialectForm


@dataclass(frozen=True)
class Dialect:
    """A wire format.

    ``policy`` is the ``[policy]`` table: the issuer's defaults for apps of this dialect, with the keys that
    the file has. ``endpoints`` are for serving (none where the file says ``serve = false``), ``calls`` for
    calling; ``renewal`` says what a caller must know of the provider, ``use`` how the API takes the token
    and ``authorize`` where a browser gets the first one, if there is such a place.
    """

    name: str
    title: str
    summary: str
    policy: dict[str, Any]
    endpoints: tuple[Endpoint, ...]
    calls: tuple[Call, ...]
    renewal: Renewal
    use: Use
    authorize: Authorize | None
    file: Path
    form: DialectForm = field(repr=False, compare=False)

    def line_of(self, key: str) -> int:
        """The line on which a key of the file stands, such as ``policy.rotation``."""
        return self.form.source.line_of(key)

    @property
    def served(self) -> tuple[Call, ...]:
        """The calls that its endpoints offer."""
        return tuple(call for call in self.calls if call.served)

    def call(self, grant: str) -> Call:
        """The call of a grant type. Raises ``KeyError``."""
        return {call.grant: call for call in self.calls}[grant]


def load(file: Path) -> Dialect:
    """Reads and compiles a dialect file. Raises ``DialectError`` that names file, line and key."""
    file = Path(file)
    form = load_form(file)
    return Dialect(
        name=form.name,
        title=form.title,
        summary=form.summary,
        policy=form.policy,
        endpoints=make_endpoints(form),
        calls=make_calls(form),
        renewal=form.renewal,
        use=make_use(f"remint dialect {form.name}", form.use),
        authorize=form.authorize,
        file=file,
        form=form,
    )
