"""Opening an installation for one command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from remint.cli.output import remark
from remint.cli.whereabouts import Whereabouts
from remint.errors import ConfigurationError

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.issuer.settings import Settings
    from remint.store.places import Place


@contextlib.contextmanager
def opened(where: Whereabouts, *, create: bool = False) -> Iterator[Installation]:
    """The installation that is there, until the block's end.

    Only with ``create`` is one made where there is none: a mistyped path must not become an empty issuer.
    Raises ``ConfigurationError`` that says what to do.
    """
    # Late, because these load the database's half of the world, which a wrong option need not wait for.
    from remint.issuer.installation import Installation

    settings = where.settings()
    is_new = not _is_there(settings)
    if is_new and not create:
        raise ConfigurationError(
            "there is no installation here",
            file=settings.data_dir,
            expected="the data directory of an issuer, by --data-dir or REMINT_DATA_DIR, or its"
            " database, by --database or REMINT_DATABASE; "
            "`remint app create`, `remint workspace create` or `remint serve` makes a new one",
        )
    installation = Installation(settings)
    if is_new:
        remark(f"Made a new installation in {told_place(settings, installation.place)}.")
    try:
        yield installation
    finally:
        installation.close()


def told_place(settings: Settings, place: Place) -> str:
    """Where the data is, for people: the directory, or the database's address without a password."""
    return (
        f"{place}, its keys in {settings.data_dir}" if place.is_shared else str(settings.data_dir)
    )


def _is_there(settings: Settings) -> bool:
    from remint.store.places import place_of
    from remint.token.ringfile import KEY_RING_FILE

    # A directory that has only one of the two is damaged; opening it says how.
    if (settings.data_dir / KEY_RING_FILE).exists():
        return True
    spread = settings.database_is_sharded
    place = place_of(settings.database, settings.data_dir, is_spread=spread)
    # On a server the tables may be there before anybody has begun.
    return place.holds_installation() if place.is_shared else place.exists()
