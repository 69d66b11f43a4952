"""Opening an installation for one command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from remint.cli.output import remark
from remint.errors import ConfigurationError

if TYPE_CHECKING:
    from remint.issuer.installation import Installation
    from remint.issuer.settings import Settings


@contextlib.contextmanager
def opened(
    data_dir: Path | None, config: Path | None, *, create: bool = False
) -> Iterator[Installation]:
    """The installation in the data directory, until the block's end.

    Only with ``create`` is one made where there is none: a mistyped path must not become an empty issuer.
    Raises ``ConfigurationError`` that says what to do.
    """
    # Late, because these load the database's half of the world, which a wrong option need not wait for.
    from remint.issuer.installation import Installation
    from remint.issuer.settings import load_settings

    settings = load_settings({"data_dir": data_dir}, file=config)
    is_new = not _is_there(settings)
    if is_new and not create:
        raise ConfigurationError(
            "there is no installation here",
            file=settings.data_dir,
            expected="the data directory of an issuer, by --data-dir or REMINT_DATA_DIR; "
            "`remint app create`, `remint workspace create` or `remint serve` makes a new one",
        )
    installation = Installation(settings)
    if is_new:
        remark(f"Made a new installation in {settings.data_dir}.")
    try:
        yield installation
    finally:
        installation.close()


def _is_there(settings: Settings) -> bool:
    from remint.store.sqlite.files import StoreFiles
    from remint.token.ringfile import KEY_RING_FILE

    # A directory that has only one of the two is damaged; opening it says how.
    files = (settings.data_dir / KEY_RING_FILE, StoreFiles(settings.data_dir).database)
    return any(file.exists() for file in files)
