"""Assertions: a JWT that the caller signs instead of showing a secret (RFC 7523)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from remint.dialect.table import Table
from remint.dialect.template import Template, needed_template, read_claims, read_template

ALGORITHMS: Final = ("ES256", "RS256", "EdDSA", "HS256")
#: What a claim may name beside the fields of the request.
PLACES: Final = ("url", "base_url")


@dataclass(frozen=True)
class AssertionForm:
    """One assertion: who signs it, and what it says beside when it was made and until when it holds."""

    algorithm: str
    key: Template
    key_id: Template | None = None
    lifetime_seconds: int = 300
    jti: bool = True
    claims: dict[str, Any] = field(default_factory=dict)

    def templates(self) -> Iterator[Template]:
        """Every template."""
        yield self.key
        if self.key_id is not None:
            yield self.key_id
        for claim in self.claims.values():
            for each in claim if isinstance(claim, list) else [claim]:
                if isinstance(each, Template):
                    yield each


def read_assertion(table: Table) -> AssertionForm:
    """The table ``assertion`` of a request field."""
    algorithm = table.choice("algorithm", None, ALGORITHMS)
    if algorithm is None:
        raise table.absent("algorithm")
    claims = read_claims(table, "claims")
    for name in ("iat", "exp", "jti"):
        if name in claims:
            raise table.source.error(
                (*table.path, "claims", name), "is written by itself", expected="other claims"
            )
    return AssertionForm(
        algorithm=algorithm,
        key=needed_template(table, "key"),
        key_id=read_template(table, "key_id"),
        lifetime_seconds=table.whole("lifetime_seconds", 300, 1, 86_400) or 1,
        jti=table.flag("jti", True),
        claims=claims,
    )
