"""The keys of a key ring, as values that do not show their secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NoReturn

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from remint.secret import Secret

Algorithm = Literal["ES256", "RS256", "EdDSA", "HS256"]
Family = tuple[Algorithm, str | None]
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey


class _Unpicklable:
    """Keeps a key out of pickles, and so out of caches, queues and crash reports."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; it holds a secret")


@dataclass(frozen=True, slots=True)
class MacKey(_Unpicklable):
    """A 32-byte HMAC key: of refresh tokens, or (an *alias key*) of imported legacy tokens.

    ``id`` is a random number in 1 … 2³²−1. ``mints_from_ms`` is the earliest moment at which a process may
    make new tokens with it; it verifies from the moment it is known.
    """

    id: int
    secret: bytes = field(repr=False)
    created_at_ms: int
    mints_from_ms: int

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts keys from the oldest to the newest."""
        return (self.mints_from_ms, self.created_at_ms, self.id)

    @property
    def name(self) -> str:
        """How the key ring and ``remint key list`` call it."""
        return f"mac-{self.id:08x}"


@dataclass(frozen=True, slots=True)
class SigningKey(_Unpicklable):
    """A key that signs JWTs.

    ``private`` is PKCS #8 DER, or for HS256 the raw 32 bytes. ``audience`` is set for HS256 only, where each
    audience has a key of its own. The key is published from ``created_at_ms``, signs from ``signs_from_ms``
    until ``retires_at_ms``, and leaves the JWKS at ``forgotten_at_ms``, when the last token it can have
    signed has expired. ``None`` means that no successor has been made yet.
    """

    kid: str
    algorithm: Algorithm
    private: bytes = field(repr=False)
    created_at_ms: int
    signs_from_ms: int
    audience: str | None = None
    retires_at_ms: int | None = None
    forgotten_at_ms: int | None = None

    @property
    def order(self) -> tuple[int, int, str]:
        """Sorts keys from the oldest to the newest."""
        return (self.signs_from_ms, self.created_at_ms, self.kid)

    @property
    def family(self) -> Family:
        """Algorithm and audience. Keys of one family succeed each other."""
        return (self.algorithm, self.audience)

    @property
    def is_symmetric(self) -> bool:
        """Whether the key must never be published."""
        return self.algorithm == "HS256"

    def is_retired(self, now_ms: int) -> bool:
        """Whether it has stopped signing."""
        return self.retires_at_ms is not None and self.retires_at_ms <= now_ms

    def is_forgotten(self, now_ms: int) -> bool:
        """Whether nothing that it signed is still valid."""
        return self.forgotten_at_ms is not None and self.forgotten_at_ms <= now_ms

    def private_key(self) -> PrivateKey:
        """The key as ``cryptography`` wants it. Not for HS256: see :meth:`shared_secret`."""
        key = load_der_private_key(self.private, None)
        assert isinstance(key, PrivateKey)
        return key

    def shared_secret(self) -> Secret:
        """An HS256 key in hex, for the one audience that verifies with it."""
        assert self.is_symmetric, "only HS256 keys are shared"
        return Secret(self.private.hex())
