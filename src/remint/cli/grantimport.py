"""``remint grant import``: the live refresh tokens of the system before this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from remint.cli.importprogress import Refusals, progress
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import print_json, print_record, remark
from remint.cli.whereabouts import Whereabouts

if TYPE_CHECKING:
    from remint.issuer.grants.importplace import Place

File = Annotated[Path, typer.Argument(help="The file.", metavar="FILE", show_default=False)]
Rejects = Annotated[
    Path | None,
    typer.Option(
        help="Collect the lines that are refused in this file, to be mended and imported in turn.",
        metavar="FILE",
    ),
]
FromLine = Annotated[
    int,
    typer.Option(help="Skip what is before this line.", min=1, metavar="N", show_default=False),
]
Restart = Annotated[
    bool,
    typer.Option(
        "--restart", help="Begin anew, although an import of this file was stopped.", metavar=""
    ),
]


def import_tokens(
    file: File,
    rejects: Rejects = None,
    from_line: FromLine = 1,
    restart: Restart = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Imports live refresh tokens, as SHA-256 hashes, so that no client notices the change of system.

    The file is CSV, with a header, or JSON lines. Its columns are token_sha256 (hexadecimal or base64),
    client_id and subject and, if you like, scope, expires_at (seconds since the epoch, or ISO 8601) and
    claims (a JSON object). Make the apps first, with the ids and secrets that the clients have.

        remint app create Acme --client-id acme --existing-stdin <secret.txt
        remint grant import tokens.csv --rejects refused.csv

    tokens.csv:

        token_sha256,client_id,subject,scope,expires_at,claims
        1f0c…9a,acme,user-1,orders:read,2027-01-31T12:00:00Z,"{""company_id"":7713}"

    It goes on where it was stopped, and importing a token twice is harmless. Lines that will not do are told
    with what was expected, and left out; the exit status is 1 then. Running servers accept the imported
    tokens within a second of the end.
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.grants.importing import LegacyImport

    with opened(where) as installation, progress(file, quiet=as_json) as shown:
        refusals = Refusals(file, rejects, shown.print)

        def on_chunk(place: Place) -> None:
            place.refused_bytes = refusals.settle()
            shown.advance(place.offset, place.tally.lines)

        done = LegacyImport(
            installation, file, on_refusal=refusals.add, on_chunk=on_chunk, actor=COMMAND
        )
        place = done.place(restart=restart)
        if place.line > 1:
            remark(f"Going on at line {place.line}, where the import was stopped.")
        refusals.open(place.refused_bytes)
        try:
            tally = done.run(place, from_line=from_line)
        finally:
            refusals.close()
    told = msgspec.to_builtins(tally)
    if as_json:
        print_json(told)
    else:
        print_record(told)
    if tally.refused:
        raise typer.Exit(1)
