"""Signatures of requests: a digest, or a keyed one, of a template over the rest of the request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from remint.dialect.table import Table
from remint.dialect.template import Template, needed_template, read_template

#: How a text is signed, and whether that takes a key. ``text`` is the text itself.
ALGORITHMS: Final = {
    "hmac-sha256": True,
    "hmac-sha1": True,
    "hmac-sha512": True,
    "hmac-sha384": True,
    "hmac-md5": True,
    "rsa-sha256": True,
    "rsa-sha1": True,
    "rsa-sha512": True,
    "ecdsa-sha256": True,
    "ed25519": True,
    "sha256": False,
    "sha1": False,
    "sha512": False,
    "md5": False,
    "text": False,
}
#: Those whose key is a private one.
PRIVATE: Final = ("rsa-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "ed25519")
ENCODINGS: Final = ("hex", "HEX", "base64", "base64url", "plain")
#: What a template may name beside the fields of the request and the parts of the signature.
PLACES: Final = ("method", "host", "url", "path", "query", "body", "body_sha256", "sorted")
#: Carriers of named values, which can be put in order.
SORTABLE: Final = ("query", "form", "multipart", "header", "cookie", "json")

_PART: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class SortedForm:
    """How the parameters of a request, in the order of their names, become one text."""

    carriers: tuple[str, ...] = ("query", "form")
    assign: str = "="  #: between name and value
    join: str = "&"  #: between one and the next


@dataclass(frozen=True)
class SignatureForm:
    """One signature: what is signed, how, and how it is written."""

    algorithm: str
    over: Template
    key: Template | None = None
    encoding: str = "hex"
    prefix: str = ""
    sorted: SortedForm = field(default_factory=SortedForm)
    parts: dict[str, SignatureForm] = field(default_factory=dict)

    def templates(self) -> Iterator[tuple[Template, tuple[str, ...]]]:
        """Every template, with the names of the parts that it may use: those that stand before it."""
        for index, part in enumerate(self.parts.values()):
            known = tuple(f"parts.{name}" for name in list(self.parts)[:index])
            for template, _ in part.templates():
                yield template, known
        names = tuple(f"parts.{name}" for name in self.parts)
        yield self.over, names
        if self.key is not None:
            yield self.key, names

    def names(self) -> set[str]:
        """The placeholders of all its templates."""
        return {name for template, _ in self.templates() for name in template.names}


def read_signature(table: Table, *, is_part: bool = False) -> SignatureForm:
    """The table ``signature`` of a request field, or one of its parts."""
    algorithm = table.choice("algorithm", None, ALGORITHMS)
    if algorithm is None:
        raise table.absent("algorithm")
    key = read_template(table, "key")
    if ALGORITHMS[algorithm] and key is None:
        raise table.absent("key")
    if key is not None and not ALGORITHMS[algorithm]:
        raise table.wrong("key", f"{algorithm!r} takes none", "an hmac algorithm, or no key")
    encoding = table.choice("encoding", "plain" if algorithm == "text" else "hex", ENCODINGS) or ""
    if encoding == "plain" and algorithm != "text":
        raise table.wrong("encoding", "a digest is no text", "another")
    parts = {}
    for name in table.pairs("parts"):
        if is_part:
            raise table.wrong("parts", "a part has none", "parts one after the other")
        if not _PART.fullmatch(name):
            raise table.source.error(
                (*table.path, "parts", name),
                f"{name!r} cannot name a part",
                expected="letters, digits and underscores",
            )
        inner = Table(
            table.source, (*table.path, "parts", name), table.data["parts"][name], "signature"
        )
        parts[name] = read_signature(inner, is_part=True)
    return SignatureForm(
        algorithm=algorithm,
        over=needed_template(table, "over"),
        key=key,
        encoding=encoding,
        prefix=table.text("prefix") or "",
        sorted=_sorted(table.inner("sorted", "sorted")),
        parts=parts,
    )


def _sorted(table: Table) -> SortedForm:
    usual = SortedForm()
    return SortedForm(
        carriers=table.choices("in", SORTABLE) or usual.carriers,
        assign=table.string("assign", usual.assign),
        join=table.string("join", usual.join),
    )


def make_signature(algorithm: str, key: str, over: str, encoding: str) -> str:
    """The digest of ``over``, keyed where the algorithm is, as text."""
    if algorithm == "text":
        return over if encoding == "plain" else encoded(over.encode(), encoding)
    name = algorithm.removeprefix("hmac-")
    if ALGORITHMS[algorithm]:
        digest = hmac.digest(key.encode(), over.encode(), name)
    else:
        # Broken digests are here because providers demand them; nothing of ours relies on them.
        digest = hashlib.new(name, over.encode(), usedforsecurity=False).digest()
    return encoded(digest, encoding)


def encoded(digest: bytes, encoding: str) -> str:
    """Bytes as text."""
    if encoding == "hex":
        return digest.hex()
    if encoding == "HEX":
        return digest.hex().upper()
    if encoding == "base64":
        return base64.b64encode(digest).decode()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def in_order(pairs: Iterable[tuple[str, str | None]], assign: str, join: str) -> str:
    """Names and values in the order of their names, as one text; without those that have no value."""
    return join.join(
        f"{name}{assign}{value}"
        for name, value in sorted((n, v) for n, v in pairs if v is not None)
    )
