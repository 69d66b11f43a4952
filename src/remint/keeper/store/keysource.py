"""Where the root key of a keeper's store comes from: the caller, the environment, a file, or the keyring."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from remint.clock import Entropy
from remint.errors import RootKeyError
from remint.secret import Secret
from remint.token.durable import replace_file, sync_directory
from remint.token.privatefile import read_private_file
from remint.token.rootkey import ROOT_KEY_BYTES, RootKey, create_root_key, parse_root_key

KEEPER_KEY_VARIABLE: Final = "REMINT_KEEPER_KEY"
KEY_FILE: Final = "keeper.key"
KEYRING_SERVICE: Final = "remint keeper"
_STAGED: Final = ".new"

SourceName = Literal["given", "environment", "file", "keyring"]
AskedKey = RootKey | Secret | Literal["environment", "file", "keyring"] | None
"""What a caller may say: the key itself, where to look for it, or nothing."""

_WORDED: Final[dict[SourceName, str]] = {
    "given": "the key that was given",
    "environment": KEEPER_KEY_VARIABLE,
    "file": f"the file {KEY_FILE}",
    "keyring": "the keyring of the system",
}

#: Where a drawn key can be put away.
_HOLDING: Final = ("file", "keyring")


@dataclass(frozen=True)
class KeySource:
    """How the key of one store is looked for.

    ``asked`` wins; then the environment, if it has a key; then what the store remembers to have been made
    with; and for a new store a file in ``directory``, where there is one.
    """

    asked: AskedKey
    environ: Mapping[str, str]
    directory: Path | None = None

    def chosen(self, remembered: str = "") -> SourceName:
        """Where the key comes from. ``remembered`` is what the store was made with; empty for a new one."""
        if self.asked is not None:
            return self.asked if isinstance(self.asked, str) else "given"
        if self.environ.get(KEEPER_KEY_VARIABLE, "").strip():
            return "environment"
        for name in _WORDED:
            if name == remembered:
                return name
        return "file"

    def find(self, store_id: bytes, remembered: str) -> RootKey:
        """The key of a store that is there. It is never made anew: a new one would open nothing.

        Raises ``RootKeyError``.
        """
        chosen = self.chosen(remembered)
        key = self._found(chosen, store_id)
        if key is None:
            known = remembered if remembered in _WORDED else chosen
            raise RootKeyError(
                f"there is no key in {_WORDED[chosen]}",
                file=self.directory,
                expected=f"that of {_WORDED[known]}, which this store was made with",
            )
        return key

    def find_or_make(self, store_id: bytes, entropy: Entropy) -> RootKey:
        """The key for a new store; drawn, and put away, where the source can hold one and has none.

        Raises ``RootKeyError``.
        """
        chosen = self.chosen()
        key = self._found(chosen, store_id)
        if key is not None:
            return key
        if chosen == "file":
            return create_root_key(self._file(), entropy)
        if chosen == "keyring":
            key = RootKey(entropy(ROOT_KEY_BYTES))
            Keyring().put(store_id, key)
            return key
        raise RootKeyError(
            "there is no key",
            key=KEEPER_KEY_VARIABLE,
            expected="32 random bytes, as `openssl rand -hex 32` prints",
        )

    def stage(self, store_id: bytes, entropy: Entropy) -> RootKey:
        """The key that shall take the place of this store's; a drawn one lies beside the old one until then.

        Raises ``RootKeyError``.
        """
        chosen = self.chosen()
        if chosen not in _HOLDING:
            key = self._found(chosen, store_id)
            if key is None:
                raise RootKeyError("there is no key", key=KEEPER_KEY_VARIABLE, expected="a key")
            return key
        key = RootKey(entropy(ROOT_KEY_BYTES))
        if chosen == "keyring":
            Keyring().put(store_id, key, _STAGED)
        else:
            try:
                replace_file(self._file(_STAGED), key.reveal().reveal().encode() + b"\n")
            except OSError as error:
                problem = f"the root key cannot be written: {error.strerror}"
                raise RootKeyError(problem, file=self._file(_STAGED)) from None
        return key

    def staged(self, store_id: bytes, remembered: str) -> RootKey | None:
        """The key that ``stage`` put beside the old one, if it is still there."""
        chosen = self.chosen(remembered)
        return self._found(chosen, store_id, _STAGED) if chosen in _HOLDING else None

    def promote(self, store_id: bytes, remembered: str) -> None:
        """Puts what was staged in the old one's place. Whoever comes second finds it done."""
        chosen = self.chosen(remembered)
        if chosen == "keyring":
            Keyring().promote(store_id, _STAGED)
        elif chosen == "file":
            try:
                self._file(_STAGED).replace(self._file())
                sync_directory(self._file().parent)
            except FileNotFoundError:
                return
            except OSError as error:
                problem = f"the root key cannot be put in place: {error.strerror}"
                raise RootKeyError(problem, file=self._file()) from None

    def worded(self, remembered: str) -> str:
        """The source in words, with what the store was made with where that is another."""
        chosen = self.chosen(remembered)
        if remembered in _WORDED and remembered != chosen:
            made = _WORDED[remembered]
            return f"{_WORDED[chosen]} (it was made with {made})"
        return _WORDED[chosen]

    def _found(self, chosen: SourceName, store_id: bytes, suffix: str = "") -> RootKey | None:
        if chosen == "given":
            return self._given()
        if chosen == "environment":
            text = self.environ.get(KEEPER_KEY_VARIABLE, "").strip()
            return parse_root_key(Secret(text), key=KEEPER_KEY_VARIABLE) if text else None
        if chosen == "keyring":
            return Keyring().get(store_id, suffix)
        path = self._file(suffix)
        if not path.exists():
            return None
        text_of_file = read_private_file(path, expected="the key of this store")
        return parse_root_key(text_of_file, file=path)

    def _given(self) -> RootKey | None:
        if isinstance(self.asked, Secret):
            return parse_root_key(self.asked, key="key")
        return self.asked if isinstance(self.asked, RootKey) else None

    def _file(self, suffix: str = "") -> Path:
        if self.directory is None:
            raise RootKeyError(
                "every machine opens this store with the same key, and none is given",
                key=KEEPER_KEY_VARIABLE,
                expected="64 hexadecimal digits, as `openssl rand -hex 32` prints them once for all machines;"
                " or key='keyring'",
            )
        return self.directory / f"{KEY_FILE}{suffix}"


class Keyring:
    """The keyring of the operating system, by the ``keyring`` package, which is loaded now.

    Raises ``RootKeyError`` where the package, or a keyring that it can use, is missing.
    """

    def __init__(self) -> None:
        try:
            self._keyring: Any = importlib.import_module("keyring")
            self._errors: Any = importlib.import_module("keyring.errors")
        except ImportError:
            raise RootKeyError(
                "the keyring package is not installed",
                key="key",
                expected="pip install 'remint[keyring]', or another source of the key",
            ) from None

    def get(self, store_id: bytes, suffix: str = "") -> RootKey | None:
        """The key of this store, or ``None``."""
        try:
            text = self._keyring.get_password(KEYRING_SERVICE, store_id.hex() + suffix)
        except self._errors.KeyringError as error:
            raise self._unusable(error) from None
        return None if text is None else parse_root_key(Secret(text), key=KEYRING_SERVICE)

    def put(self, store_id: bytes, key: RootKey, suffix: str = "") -> None:
        """Keeps the key of this store."""
        try:
            entry = store_id.hex() + suffix
            self._keyring.set_password(KEYRING_SERVICE, entry, key.reveal().reveal())
        except self._errors.KeyringError as error:
            raise self._unusable(error) from None

    def promote(self, store_id: bytes, suffix: str) -> None:
        """Puts the entry with that suffix in place of the one without."""
        key = self.get(store_id, suffix)
        if key is None:
            return
        self.put(store_id, key)
        try:
            self._keyring.delete_password(KEYRING_SERVICE, store_id.hex() + suffix)
        except self._errors.KeyringError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> RootKeyError:
        # The text of a backend's error is its own; its kind is enough, and holds no secret.
        return RootKeyError(
            f"the keyring of this system cannot be used ({type(error).__name__})",
            key="key",
            expected=f"an unlocked keyring, {KEEPER_KEY_VARIABLE}, or a file",
        )
