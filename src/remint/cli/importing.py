"""``remint import``: connections from a file, ours or another library's."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli import connectoptions as options
from remint.cli.connecting import LOGIN, SETTINGS, Wanted
from remint.cli.inputs import PLAIN, given_inputs
from remint.cli.keeping import KEYRING, DialectFolders, StorePlace, opened_keeper, place_of
from remint.cli.options import Json
from remint.cli.passphrase import PassphraseFile

File = Annotated[str, typer.Argument(help="The file.", metavar="FILE", show_default=False)]
Name = Annotated[
    str,
    typer.Option(
        help="What to call the connection, for a file of another library.",
        metavar="NAME",
        show_default=False,
    ),
]


def import_connections(
    file: File,
    passphrase_file: PassphraseFile = "",
    name: Name = "",
    dialect: options.DialectName = "oauth2",
    base_url: options.BaseUrl = "",
    token_url: options.TokenUrl = "",
    client_id: options.ClientId = "",
    extra: options.Extra = None,
    secrets: options.SecretsFile = "",
    rotation: options.Rotation = "",
    grace_seconds: options.GraceSeconds = None,
    replace: options.Replace = False,
    insecure: options.Insecure = False,
    keyring: options.Keyring = False,
    store: StorePlace = None,
    dialects: DialectFolders = None,
    as_json: Json = False,
) -> None:
    """Imports connections from what `remint export` wrote, or one from a token file of another library.

    Known are tokens of Authlib and requests-oauthlib, and credentials of google-auth and gcloud, as JSON. Say
    what to call the connection, and what the file does not: the client, and where the provider is.

        remint import connections.export
        remint import token.json --name acme --base-url https://id.acme.example --client-id my-app
        remint import authorized_user.json --name sheets

    No call is made for a token that has not expired. What is there already stays, unless --replace is given,
    and is told; the exit status is 1 then. From now on nobody else may use these refresh tokens.
    """
    from remint.cli.importwork import import_file

    plain = (client_id, None, "", "")
    settings = (base_url, token_url, rotation, grace_seconds, replace, insecure)
    wanted = Wanted(
        name,
        dialect,
        "refresh_token",
        given_inputs(dict(zip(PLAIN, plain, strict=True)), extra, secrets),
        dict(zip(SETTINGS, settings, strict=True)),
        dict.fromkeys(LOGIN, ""),
        opens=False,
    )
    with opened_keeper(store, dialects, create=True, key=KEYRING if keyring else None) as keeper:
        status = import_file(
            keeper, place_of(store), file, passphrase_file, wanted, as_json=as_json
        )
    raise typer.Exit(status)
