"""Brings a database's schema to the present, by Alembic, whatever the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from remint.errors import StoreUnavailable

HEAD: Final = "0003"
"""The newest revision; a test holds it to the newest file in ``migrations/versions``."""


def run(engine: Engine, present: str | None) -> None:
    """Upgrades the database behind ``engine``, which is at the revision ``present``; ``None`` for a new one.

    The caller sees to it that nobody else does so meanwhile. Raises ``StoreUnavailable`` for a database that
    a newer release has written.
    """
    # Alembic takes a while to import; a start that has nothing to upgrade goes without it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise StoreUnavailable(
            f"the database is at revision {present}, which this release does not know: "
            "it was written by a newer one; use that, or a backup from before it"
        )
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, "head")
    finally:
        engine.dispose()
