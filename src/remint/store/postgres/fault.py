"""What an error of the database says: what became of the transaction, and what to do."""

from __future__ import annotations

from typing import Final

import psycopg

from remint.errors import StoreUnavailable
from remint.store.postgres.address import Address

#: Another transaction was in the way: a deadlock, or an engine that wants this one tried again. An engine
#: says so instead of a commit, too, and then the transaction has left nothing behind.
_REFUSED: Final = ("40001", "40P01")
#: What was prepared is not there, or somebody else's is.
_POOLED: Final = ("26000", "42P05")
_NO_RIGHT: Final = "42501"
POOLING: Final = (
    "a pooler gives each transaction another connection: have it pool by session, or keep what was prepared"
    " (PgBouncer from 1.21: max_prepared_statements)"
)
_RIGHTS: Final = (
    "the role has to own the tables, or to be granted SELECT, INSERT, UPDATE and DELETE on them all and USAGE"
    " on all sequences; and who makes them, `GRANT CREATE ON SCHEMA public`"
)
_TLS: Final = (
    "a database on another machine is asked for TLS and a certificate that can be verified: name who issued"
    " it by ?sslrootcert=FILE in the address, or ask for less by ?sslmode="
)


def is_refused(error: BaseException | None) -> bool:
    """Whether nothing of the transaction was done, and the same one may do if it is tried again."""
    return _sqlstate(error) in _REFUSED


def is_pooled(error: BaseException | None) -> bool:
    """Whether the connection is not ours alone, which it has to be."""
    return _sqlstate(error) in _POOLED


def is_denied(error: BaseException | None) -> bool:
    """Whether our role lacks a right, which its owner can give it at any time."""
    return _sqlstate(error) == _NO_RIGHT


def words_of(error: BaseException | None, address: Address) -> str:
    """What may be told of ``error``, and what to do where that is known. Never the password."""
    words = address.masked(str(error).strip() or type(error).__name__)
    if is_pooled(error):
        advice = POOLING
    elif is_denied(error):
        advice = _RIGHTS
    elif isinstance(error, psycopg.OperationalError) and "SSL" in words:
        advice = _TLS
    else:
        return words
    return f"{words}; {advice}"


def unavailable(error: BaseException, address: Address) -> StoreUnavailable:
    """The same as an error of ours. Raise it from ``None``: the driver's frames hold the password."""
    return StoreUnavailable(f"{address}: the database does not answer: {words_of(error, address)}")


def _sqlstate(error: BaseException | None) -> str | None:
    return getattr(error, "sqlstate", None)
