"""Opening an installation for one command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from remint.errors import ConfigurationError
from remint.issuer.settings import Settings, load_settings
from remint.token.ringfile import KEY_RING_FILE

if TYPE_CHECKING:
    from remint.issuer.installation import Installation


@contextlib.contextmanager
def opened(
    data_dir: Path | None, config: Path | None, *, create: bool = False
) -> Iterator[Installation]:
    """The installation in the data directory, until the block's end.

    Only with ``create`` is one made where there is none: a mistyped path must not become an empty issuer.
    Raises ``ConfigurationError`` that says what to do.
    """
    settings = load_settings({"data_dir": data_dir}, file=config)
    if not create and not _is_there(settings):
        raise ConfigurationError(
            "there is no installation here",
            file=settings.data_dir,
            expected="the data directory of an issuer, by --data-dir or REMINT_DATA_DIR; "
            "`remint app create` or `remint serve` makes a new one",
        )
    # Late, because it loads the database's half of the world, which a wrong option need not wait for.
    from remint.issuer.installation import Installation

    installation = Installation(settings)
    try:
        yield installation
    finally:
        installation.close()


def _is_there(settings: Settings) -> bool:
    # A directory that has only one of the two is damaged; opening it says how.
    return any((settings.data_dir / name).exists() for name in (KEY_RING_FILE, "remint.db"))
