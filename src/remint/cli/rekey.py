"""``remint rekey``: new keys for the store."""

from __future__ import annotations

import os
from typing import Annotated, Final, Literal, Protocol, runtime_checkable

import typer

from remint.cli.keeping import StorePlace, opened_keeper
from remint.cli.output import counted, remark
from remint.errors import ConfigurationError
from remint.keeper.store.keysource import KEEPER_KEY_VARIABLE, AskedKey
from remint.secret import Secret

NEW_KEY_VARIABLE: Final = "REMINT_KEEPER_NEW_KEY"

Root = Annotated[
    Literal["file", "keyring", "environment"] | None,
    typer.Option(
        "--root",
        help="Put a new root key in place, too: drawn and kept in a file beside the store or in the system's"
        f" keyring, or taken from {NEW_KEY_VARIABLE} in the environment.",
        metavar="PLACE",
    ),
]


@runtime_checkable
class Rekeyable(Protocol):
    """A store whose keys can be changed."""

    def rotate(self) -> None:
        """Makes a new data key."""

    def reseal(self) -> int:
        """Seals some of the rest under it; gives how many are left."""

    def rewrap(self, key: AskedKey) -> None:
        """Puts another root key in place."""


def rekey(root: Root = None, store: StorePlace = None) -> None:
    """Seals all connections under a new key, while others go on using them.

    A root key opens the store; it seals data keys, and those the connections. This makes a new data key,
    and with --root a new root key first. After a leak do both, and connect anew: whoever had the old key and
    a copy of the store has what was in it.

        remint rekey
        remint rekey --root keyring
        REMINT_KEEPER_NEW_KEY=$(openssl rand -hex 32) remint rekey --root environment
    """
    with opened_keeper(store, None) as keeper:
        opened = keeper.around.store
        if not isinstance(opened, Rekeyable):
            raise ConfigurationError("has keys that cannot be changed here", key="store")
        if root is not None:
            opened.rewrap(_new_root(root))
        opened.rotate()
        while left := opened.reseal():
            remark(f"{counted(left)} left.")
    remark("All connections are sealed under a new key.")
    if root == "environment":
        remark(f"From now on {KEEPER_KEY_VARIABLE} has to hold what {NEW_KEY_VARIABLE} holds now.")
    elif root is not None and os.environ.get(KEEPER_KEY_VARIABLE):
        remark(f"From now on {KEEPER_KEY_VARIABLE} must not be set: it is another key.")


def _new_root(root: str) -> AskedKey:
    if root == "file":
        return "file"
    if root == "keyring":
        return "keyring"
    text = os.environ.get(NEW_KEY_VARIABLE, "").strip()
    if not text:
        raise ConfigurationError(
            "is not set", key=NEW_KEY_VARIABLE, expected="32 random bytes: openssl rand -hex 32"
        )
    return Secret(text)
