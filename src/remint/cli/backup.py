"""``remint backup`` and ``remint restore``: an installation in one sealed file, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import moment, remark, tell
from remint.cli.passphrase import PassphraseFile, passphrase_of
from remint.cli.whereabouts import Whereabouts
from remint.errors import ConfigurationError

To = Annotated[
    str,
    typer.Argument(
        help="The file, which must not be there yet; - is standard output.",
        metavar="TO",
        show_default=False,
    ),
]
From = Annotated[
    Path,
    typer.Argument(help="What `remint backup` wrote.", metavar="FROM", show_default=False),
]
AsClone = Annotated[
    bool,
    typer.Option(
        "--as-clone",
        help="Make another installation of it, with an id and keys of its own: no token of the original"
        " works there.",
        metavar="",
    ),
]


def backup(
    to: To,
    passphrase_file: PassphraseFile = "",
    *,
    where: Whereabouts,
) -> None:
    """Writes the database, the keys and the journal of revocations to one file, while servers go on.

    The file is sealed under a passphrase. The root key is not in it, and without that it is of no use: keep
    a copy of the root key elsewhere. On PostgreSQL it takes pg_dump, of the server's release or a newer one.

        remint backup remint-2027-01-31.backup
        remint backup - --passphrase-file passphrase.txt >/mnt/backups/remint.backup
    """
    from remint.cli.targetfile import Target
    from remint.issuer.upkeep.backup import back_up

    passphrase = passphrase_of(passphrase_file, is_new=True)
    with opened(where) as installation, Target(to) as target:
        try:
            manifest = back_up(installation, target.file, passphrase)
        except OSError as error:
            raise ConfigurationError(f"cannot be written: {error.strerror}", file=to) from None
        target.keep()
    remark(f"Installation {manifest.installation} is saved.")


def restore(
    file: From,
    as_clone: AsClone = False,
    passphrase_file: PassphraseFile = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Puts a backup in place, into the data directory and the database that the settings name.

    Every server is stopped. A SQLite database that is there is set aside; PostgreSQL's must be empty. Key
    rings and journals of revocations are merged: what was revoked since the backup stays revoked, and the
    refresh tokens that clients hold stay good, however many renewals the backup is behind. Everybody logs in
    to the console anew. What else was changed since the backup is as it was then: look at client secrets, API
    keys, admin keys and members.

        remint restore remint-2027-01-31.backup
        remint restore remint-2027-01-31.backup --as-clone --data-dir staging
    """
    from remint.clock import SystemClock, system_entropy
    from remint.issuer.upkeep.restoring import Restoring

    settings = where.settings()
    passphrase = passphrase_of(passphrase_file, is_new=False)
    restoring = Restoring(settings, SystemClock(), system_entropy, os.environ)
    try:
        with file.open("rb") as opened_file:
            done = restoring.restore(opened_file, file, passphrase, as_clone=as_clone)
    except OSError as error:
        name = error.filename or file
        raise ConfigurationError(f"cannot be used: {error.strerror}", file=str(name)) from None
    told = {
        "installation": done.installation,
        "clone_of": done.manifest.installation if done.is_clone else None,
        "saved_at": moment(done.manifest.at),
        "apps": done.apps,
        "grants": done.grants,
    }
    tell(told, as_json=as_json)
