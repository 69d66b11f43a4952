"""How the clients of a dialect are told apart and what they show: derived from what its calls carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remint.dialect import Dialect
from remint.dialect.vocabulary import INTEGER_BOUNDS, RequestField
from remint.errors import ConfigurationError, Conflict
from remint.issuer.installation import Installation
from remint.secret import Secret
from remint.store.records import Authentication

_SHORTEST_SECRET: Final = 16


def request_fields(dialect: Dialect, meaning: str) -> Iterator[RequestField]:
    """The fields by which the served calls of ``dialect`` carry ``meaning``."""
    for call in dialect.served:
        yield from (field for field in call.form.request if field.meaning == meaning)


def authentication_of(dialect: Dialect, *, public: bool) -> Authentication:
    """What an app of ``dialect`` must show. A ``public`` one shows nothing.

    Raises ``Conflict`` where the dialect's calls cannot say which client is calling, or demand a secret of
    a public one.
    """
    if any(request_fields(dialect, "api_key")):
        if public:
            raise Conflict(f"the dialect {dialect.name!r} knows its clients by an API key")
        return "api_key"
    named = any(request_fields(dialect, "client_id")) or takes_number(dialect)
    if not named:
        raise Conflict(f"the calls of the dialect {dialect.name!r} do not say who is calling")
    secrets = list(request_fields(dialect, "client_secret"))
    if not secrets:
        return "none"
    if public and any(field.required for field in secrets):
        raise Conflict(f"every call of the dialect {dialect.name!r} carries a client secret")
    return "none" if public else "secret"


def takes_number(dialect: Dialect) -> bool:
    """Whether its clients are known by a number."""
    return any(request_fields(dialect, "client_number"))


def number_for(installation: Installation, dialect: Dialect, wanted: int | None) -> int | None:
    """The number of a new app: the one that is ``wanted``, or the next free one from 1 on.

    ``None`` where the dialect has no numbers. Raises ``ConfigurationError`` for one that cannot travel.
    """
    fields = list(request_fields(dialect, "client_number"))
    if not fields:
        if wanted is not None:
            raise Conflict(f"the dialect {dialect.name!r} does not know its clients by a number")
        return None
    low, high = INTEGER_BOUNDS[fields[0].type]
    number = installation.catalogue.next_number() if wanted is None else wanted
    if not low <= number <= high:
        raise ConfigurationError(
            f"{number} is no number for a client of the dialect {dialect.name!r}",
            key="number",
            expected=f"a whole number from {low} to {high}",
        )
    return number


def taken_over(existing: Secret | None) -> Secret | None:
    """A credential from the system before this one. Raises ``ConfigurationError`` if it can be guessed."""
    if existing is not None and len(existing.reveal()) < _SHORTEST_SECRET:
        raise ConfigurationError(
            "the secret is so short that it can be guessed",
            expected=f"{_SHORTEST_SECRET} characters or more",
        )
    return existing
