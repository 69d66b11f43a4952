"""The key that callers over TCP show."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from remint.clock import Entropy, system_entropy
from remint.errors import ConfigurationError, RootKeyError
from remint.keeper.agent.settings import KEY_FILE, KEY_VARIABLE
from remint.keeper.store.opening import MEMORY, data_directory, default_place
from remint.secret import Secret
from remint.token.durable import create_file
from remint.token.privatefile import read_private_file

_KEY_BYTES: Final = 32
_EXPECTED: Final = "32 to 512 letters, digits or -._~+/=, as `openssl rand -hex 32` prints"
# What may stand behind "Bearer" (RFC 6750 §2.1).
_KEY: Final = re.compile(r"[\w.~+/-]{32,512}=*", re.ASCII)


def key_place(store: Path | str | None, environ: Mapping[str, str]) -> Path:
    """Where the key of the agent over a store lies: beside it, or where a store would be by default."""
    where = default_place(environ) if store is None else store
    if isinstance(where, str) and (where == MEMORY or "://" in where):
        where = data_directory(environ)
    return Path(where).expanduser() / KEY_FILE


def agent_key(
    file: Path, environ: Mapping[str, str], entropy: Entropy = system_entropy
) -> tuple[Secret, bool]:
    """The key, and whether it was made just now: the environment's, or that of the file.

    Raises ``ConfigurationError`` where it is no key, or open to others.
    """
    given = environ.get(KEY_VARIABLE, "").strip()
    if given:
        return _checked(given, key=KEY_VARIABLE), False
    is_new = not file.exists() and _made(file, entropy)
    try:
        text = read_private_file(file, expected="the agent's key")
    except RootKeyError as error:
        message = error.message.replace("the root key", "the agent's key")
        raise ConfigurationError(message, file=file, expected=error.expected) from None
    return _checked(text.reveal().strip(), file=file), is_new


def _made(file: Path, entropy: Entropy) -> bool:
    drawn = base64.urlsafe_b64encode(entropy(_KEY_BYTES)).rstrip(b"=")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(file, drawn + b"\n", f"{os.getpid()}")
    except FileExistsError:
        # Another agent was quicker.
        return False
    except OSError as error:
        raise ConfigurationError(
            f"the agent's key cannot be written: {error.strerror}",
            file=file,
            expected=f"a directory that this user may write, --key-file, or {KEY_VARIABLE}",
        ) from None
    return True


def _checked(text: str, *, file: Path | None = None, key: str | None = None) -> Secret:
    if not _KEY.fullmatch(text):
        raise ConfigurationError("this is no key", file=file, key=key, expected=_EXPECTED)
    return Secret(text)
