"""The store of connections that the keeper's commands work on, opened for one of them."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from remint.cli.address import refuse_password
from remint.cli.fault import NoStore
from remint.errors import ConfigurationError

if TYPE_CHECKING:
    from remint.keeper.asynckeeper import AsyncKeeper
    from remint.keeper.keeper import Keeper
    from remint.keeper.store.keysource import AskedKey

KEYRING: Final = "keyring"
_MEMORY: Final = "memory:"

StorePlace = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Where the connections are: a directory or postgresql://…; else REMINT_KEEPER_STORE, else"
        " remint in the user's data directory.",
        metavar="PLACE",
        show_default=False,
    ),
]
DialectFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--dialects",
        help="A folder of dialect files, before those of REMINT_KEEPER_DIALECTS. Again for more.",
        metavar="DIR",
        show_default=False,
    ),
]
ConnectionName = Annotated[
    str, typer.Argument(help="The connection.", metavar="NAME", show_default=False)
]


@contextlib.contextmanager
def opened_keeper(
    store: str | None,
    dialects: Sequence[Path] | None,
    *,
    create: bool = False,
    key: AskedKey = None,
) -> Iterator[Keeper]:
    """A keeper on the store that is meant, until the block's end.

    Only with ``create`` is a store made where there is none: a mistyped path must not become an empty one.
    Raises ``NoStore``, and what the store raises.
    """
    from remint.keeper.keeper import Keeper

    place = place_of(store)
    if not create and not is_there(place):
        raise NoStore(place)
    quiet()
    with Keeper(place, key=key, dialects=dialects or ()) as keeper:
        yield keeper


@contextlib.asynccontextmanager
async def opened_async_keeper(
    store: str | None, dialects: Sequence[Path] | None
) -> AsyncIterator[AsyncKeeper]:
    """The same for an event loop, of a store that is there."""
    from remint.keeper.asynckeeper import AsyncKeeper

    place = place_of(store)
    if not is_there(place):
        raise NoStore(place)
    quiet()
    async with AsyncKeeper(place, dialects=dialects or ()) as keeper:
        yield keeper


def place_of(store: str | None) -> str | Path:
    """Where the connections are. Raises a usage error for what the command line must not hold."""
    from remint.keeper.store.opening import default_place

    if not store:
        return default_place(os.environ)
    if store == _MEMORY:
        raise typer.BadParameter("would be gone when this command ends", param_hint="--store")
    if "://" in store:
        ways = "put the address into REMINT_KEEPER_STORE, or the password into ~/.pgpass"
        refuse_password(store, "--store", ways)
    return store


def directory_of(place: str | Path) -> Path | None:
    """The directory of a store; ``None`` where it is in a database elsewhere."""
    if isinstance(place, str) and "://" in place:
        return None
    try:
        return Path(place).expanduser()
    except RuntimeError:
        raise ConfigurationError(
            f"nobody is called as {place} says", key="store", expected="a directory"
        ) from None


def is_there(place: str | Path) -> bool:
    """Whether there is a store, as far as can be seen without opening it."""
    from remint.keeper.store.sqlite.files import StoreFiles

    directory = directory_of(place)
    return directory is None or StoreFiles(directory).exists()


def quiet() -> None:
    """Keeps the keeper's log to itself: what there is to say, the command says."""
    logging.getLogger("remint").addHandler(logging.NullHandler())
