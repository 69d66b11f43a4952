"""Credentials that people keep: recognisable to secret scanners, and checked before anything is looked up.

All but a refresh token are ``prefix ‖ 43 base62 digits of 32 random bytes ‖ 6 base62 digits of the CRC-32
of all before them``. The checksum lets a scanner tell a leaked credential from a look-alike without asking;
it protects nothing. Base62 has no hyphen, so a double click selects all of it.
"""

from __future__ import annotations

import hashlib
import re
import string
from typing import Final, Literal
from zlib import crc32

from remint.clock import Entropy
from remint.secret import Secret
from remint.token.refresh import LENGTH as REFRESH_TOKEN_LENGTH
from remint.token.refresh import PREFIX as REFRESH_TOKEN_PREFIX

CLIENT_SECRET_PREFIX: Final = "remint_cs_"
API_KEY_PREFIX: Final = "remint_ak_"
ADMIN_KEY_PREFIX: Final = "remint_mk_"
INVITATION_PREFIX: Final = "remint_iv_"
SESSION_PREFIX: Final = "remint_se_"

_RANDOM_BYTES = 32
_RANDOM_DIGITS = 43
_CHECKSUM_DIGITS = 6
_HINT_DIGITS = 4
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_DIGITS = _RANDOM_DIGITS + _CHECKSUM_DIGITS

_BODY = rf"[0-9A-Za-z]{{{_DIGITS}}}\b"

#: For secret scanners: what to search for. A match of any but the last then passes :func:`looks_like` or not.
CLIENT_SECRET_PATTERN: Final = rf"\b{CLIENT_SECRET_PREFIX}{_BODY}"
API_KEY_PATTERN: Final = rf"\b{API_KEY_PREFIX}{_BODY}"
ADMIN_KEY_PATTERN: Final = rf"\b{ADMIN_KEY_PREFIX}{_BODY}"
INVITATION_PATTERN: Final = rf"\b{INVITATION_PREFIX}{_BODY}"
SESSION_PATTERN: Final = rf"\b{SESSION_PREFIX}{_BODY}"
REFRESH_TOKEN_PATTERN: Final = (
    rf"\b{REFRESH_TOKEN_PREFIX}"
    rf"[0-9A-Za-z_-]{{{REFRESH_TOKEN_LENGTH - len(REFRESH_TOKEN_PREFIX)}}}(?![0-9A-Za-z_-])"
)

Kind = Literal["client_secret", "api_key", "admin_key", "invitation", "session", "refresh_token"]

PATTERNS: Final[dict[Kind, re.Pattern[str]]] = {
    "client_secret": re.compile(CLIENT_SECRET_PATTERN, re.ASCII),
    "api_key": re.compile(API_KEY_PATTERN, re.ASCII),
    "admin_key": re.compile(ADMIN_KEY_PATTERN, re.ASCII),
    "invitation": re.compile(INVITATION_PATTERN, re.ASCII),
    "session": re.compile(SESSION_PATTERN, re.ASCII),
    "refresh_token": re.compile(REFRESH_TOKEN_PATTERN, re.ASCII),
}


def mint_client_secret(entropy: Entropy) -> Secret:
    """A client secret of 256 random bits."""
    return _mint(CLIENT_SECRET_PREFIX, entropy)


def mint_api_key(entropy: Entropy) -> Secret:
    """An API key of 256 random bits."""
    return _mint(API_KEY_PREFIX, entropy)


def mint_admin_key(entropy: Entropy) -> Secret:
    """A bearer key of the admin API, of 256 random bits."""
    return _mint(ADMIN_KEY_PREFIX, entropy)


def mint_invitation(entropy: Entropy) -> Secret:
    """The code of a link that is good once, of 256 random bits."""
    return _mint(INVITATION_PREFIX, entropy)


def mint_session(entropy: Entropy) -> Secret:
    """The cookie of a log-in to the console, of 256 random bits."""
    return _mint(SESSION_PREFIX, entropy)


def hint_of(credential: Secret) -> str:
    """The last four characters, to tell one's credentials apart by: they are of the checksum."""
    return credential.reveal()[-_HINT_DIGITS:]


def new_client_id(entropy: Entropy) -> str:
    """A client id of 128 random bits in 22 letters and digits. It is no secret."""
    return _base62(int.from_bytes(entropy(16), "big"), 22)


def fingerprint(value: str) -> bytes:
    """What is stored in place of a credential: its SHA-256, 32 bytes.

    A slow password hash would protect no better: what it defends against is guessing, and nobody guesses 256
    random bits.
    """
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def looks_like(kind: Kind, value: str) -> bool:
    """Whether ``value`` has the form of a credential of ours, with its checksum. Not whether it is valid."""
    if PATTERNS[kind].fullmatch(value) is None:
        return False
    return (
        kind == "refresh_token" or _checksum(value[:-_CHECKSUM_DIGITS]) == value[-_CHECKSUM_DIGITS:]
    )


def _mint(prefix: str, entropy: Entropy) -> Secret:
    number = int.from_bytes(entropy(_RANDOM_BYTES), "big")
    body = prefix + _base62(number, _RANDOM_DIGITS)
    return Secret(body + _checksum(body))


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode("ascii")), _CHECKSUM_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text
