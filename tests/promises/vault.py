"""Every secret that a scenario has issued or shown, in the shapes that a leak could have."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from remint.token.refresh import PREFIX

_RANDOM_DIGITS = 43


class Vault:
    """Remembers secrets, and looks for them."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._secrets)

    def keep(self, kind: str, secret: str) -> str:
        """Remembers a secret, and gives it back."""
        self._secrets[secret] = kind
        return secret

    def found_in(self, content: bytes) -> set[str]:
        """The shapes of secrets that stand in ``content``, as "kind, shape"."""
        folded = content.lower()
        return {
            f"{kind}, {shape}"
            for secret, kind in self._secrets.items()
            for shape, needle in shapes(kind, secret)
            if (needle.lower() in folded if shape == "hex" else needle in content)
        }

    def found_under(self, *places: Path) -> dict[str, set[str]]:
        """The same for every file at or below the places that has any."""
        files = [file for place in places for file in [place, *place.rglob("*")] if file.is_file()]
        found = {str(file): self.found_in(file.read_bytes()) for file in files}
        return {name: leaks for name, leaks in found.items() if leaks}


def shapes(kind: str, secret: str) -> Iterator[tuple[str, bytes]]:
    """The byte strings that would tell a secret, or enough of it to use."""
    plain = secret.encode()
    yield "plain", plain
    yield "quoted", quote(secret, safe="").encode()
    yield "quoted as a form", quote_plus(secret).encode()
    yield "reversed", plain[::-1]
    yield "hex", plain.hex().encode()
    yield "UTF-16", secret.encode("utf-16-le")
    # Whatever stands before it: base64 has three ways of spelling the same bytes.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4]
        yield "base64", encoded
        yield "base64", encoded.translate(bytes.maketrans(b"+/", b"-_"))
    match kind:
        case "refresh token":
            # Without either of its MACs a token is not one.
            raw = base64.urlsafe_b64decode(secret.removeprefix(PREFIX))
            for part in (raw, raw[-24:-8]):
                yield "raw", part
                yield "hex", part.hex().encode()
            yield "its MACs", secret[-32:].encode()
            yield "its hash", hashlib.sha256(plain).digest()
        case "access token" | "ID token":
            _, claims, signature = secret.split(".")
            yield "its signature", signature.encode()
            yield "raw signature", base64.urlsafe_b64decode(signature + "==")
            yield "its claims", claims.encode()
        case "client secret" | "API key":
            digits = secret[secret.rindex("_") + 1 :][:_RANDOM_DIGITS]
            yield "its random part", digits.encode()
        case "legacy token":
            yield "its hash", hashlib.sha256(plain).digest()
            yield "hex", hashlib.sha256(plain).hexdigest().encode()
