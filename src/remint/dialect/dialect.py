"""A dialect, compiled: what a file becomes when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remint.dialect import baseurl
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
    and ``authorize`` where a browser gets the first one, if there is such a place. ``base_url`` is where the
    provider is, as far as the file knows, perhaps with placeholders: see ``address``. ``evidence`` is how
    well what the file says is known: by ``documentation``, an ``sdk`` or another's ``client``.
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
    base_url: str
    evidence: str
    file: Path
    form: DialectForm = field(repr=False, compare=False)

    def line_of(self, key: str) -> int:
        """The line on which a key of the file stands, such as ``policy.rotation``."""
        return self.form.source.line_of(key)

    @property
    def served(self) -> tuple[Call, ...]:
        """The calls that its endpoints offer."""
        return tuple(call for call in self.calls if call.served)

    def address(self, extras: Mapping[str, Any]) -> str:
        """``base_url`` with its placeholders filled from ``extras``; empty where the file does not say.

        Raises ``ConfigurationError`` where one is missing, or cannot stand in an address.
        """
        return baseurl.filled(self.base_url, extras)

    @property
    def address_extras(self) -> tuple[str, ...]:
        """The names of the extras that ``address`` needs."""
        return baseurl.placeholders(self.base_url)

    def call(self, grant: str) -> Call:
        """The call of a grant type. Raises ``KeyError``."""
        return {call.grant: call for call in self.calls}[grant]


def load(file: Path, *, hooks: bool = False) -> Dialect:
    """Reads and compiles a dialect file. Raises ``DialectError`` that names file, line and key.

    A file may name Python functions that have a say in its calls. They are imported and run only where
    ``hooks`` says that this file is trusted so far.
    """
    file = Path(file)
    form = load_form(file, hooks)
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
        base_url=form.base_url,
        evidence=form.evidence,
        file=file,
        form=form,
    )
