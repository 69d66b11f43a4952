"""Assertions: a JWT that the caller signs instead of showing a secret (RFC 7523)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from remint.dialect.table import Table
from remint.dialect.template import Template, needed_template, read_claims, read_template

ALGORITHMS: Final = (
    *("ES256", "RS256", "EdDSA", "HS256", "PS256"),
    *("ES384", "RS384", "HS384", "PS384", "ES512", "RS512", "HS512", "PS512"),
)
#: What a claim may name beside the fields of the request.
PLACES: Final = ("url", "base_url", "host")


@dataclass(frozen=True)
class AssertionForm:
    """One assertion: who signs it, and what it says beside when it was made and until when it holds."""

    algorithm: str
    key: Template
    key_id: Template | None = None
    lifetime_seconds: int = 300
    age_seconds: int = 0  #: how long ago it says that it was made
    jti: bool = True
    nbf: bool = False
    headers: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)

    def templates(self) -> Iterator[Template]:
        """Every template."""
        yield self.key
        if self.key_id is not None:
            yield self.key_id
        for claim in (*self.headers.values(), *self.claims.values()):
            for each in claim if isinstance(claim, list) else [claim]:
                if isinstance(each, Template):
                    yield each


def read_assertion(table: Table) -> AssertionForm:
    """The table ``assertion`` of a request field."""
    algorithm = table.choice("algorithm", None, ALGORITHMS)
    if algorithm is None:
        raise table.absent("algorithm")
    claims = read_claims(table, "claims")
    headers = read_claims(table, "headers")
    written = {"claims": ("iat", "exp", "jti", "nbf"), "headers": ("alg", "kid")}
    for key, names in written.items():
        for name in names:
            if name in table.pairs(key):
                raise table.source.error(
                    (*table.path, key, name), "is written by itself", expected=f"other {key}"
                )
    return AssertionForm(
        algorithm=algorithm,
        key=needed_template(table, "key"),
        key_id=read_template(table, "key_id"),
        lifetime_seconds=table.whole("lifetime_seconds", 300, 1, 86_400) or 1,
        age_seconds=table.whole("age_seconds", 0, 0, 3600) or 0,
        jti=table.flag("jti", True),
        nbf=table.flag("nbf", False),
        headers=headers,
        claims=claims,
    )
