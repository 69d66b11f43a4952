"""``remint api-key``: what the apps of some dialects show instead of a secret."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.apptold import told_api_keys
from remint.cli.credential import read_secret
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import ClientId, Json
from remint.cli.output import print_json, print_table, tell
from remint.cli.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="API keys: an app may have several.")


@command(app, "create")
def create(
    client_id: ClientId,
    existing: Annotated[
        bool,
        typer.Option(
            "--existing-stdin",
            help="Take over a key that the client has already: read it from standard input.",
            metavar="",
        ),
    ] = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives an app a further API key, shown once. Those before it stay good: revoke them when you like.

    remint api-key create CLIENT_ID
    remint api-key create CLIENT_ID --existing-stdin <key.txt
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.credentials import add_api_key

    given = read_secret() if existing else None
    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        key = add_api_key(installation, found, given, actor=COMMAND)
        number = installation.credentials.api_keys(found)[-1].id
    told = {"client_id": client_id, "id": number}
    if existing:
        tell(told, as_json=as_json)
    else:
        tell({**told, "api_key": key.reveal()}, as_json=as_json, secret="API key")


@command(app, "list")
def list_keys(client_id: ClientId, *, where: Whereabouts, as_json: Json = False) -> None:
    """Lists an app's API keys, oldest first: when each was made, and ended."""
    with opened(where) as installation:
        found = told_api_keys(installation, installation.catalogue.app(client_id))
    if as_json:
        print_json(found)
        return
    columns = ("id", "hint", "created_at", "revoked_at")
    print_table(
        columns, ([each[key] for key in columns] for each in found), empty="It has no API key."
    )


@command(app, "revoke")
def revoke(
    client_id: ClientId,
    key_id: Annotated[
        int,
        typer.Argument(
            help="The key: its number in `remint api-key list`.", metavar="ID", show_default=False
        ),
    ],
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Ends an API key for good, within a second."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.credentials import revoke_api_key

    with opened(where) as installation:
        revoke_api_key(installation, installation.catalogue.app(client_id), key_id, actor=COMMAND)
    tell({"client_id": client_id, "id": key_id, "revoked": True}, as_json=as_json)
