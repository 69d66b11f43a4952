"""``remint connect``: the beginning of a connection."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from remint.cli import connectoptions as options
from remint.cli.connecting import LOGIN, SETTINGS, Wanted, connected
from remint.cli.inputs import PLAIN, given_inputs
from remint.cli.keeping import KEYRING, DialectFolders, StorePlace, opened_keeper, place_of
from remint.cli.options import Json
from remint.cli.output import print_json, remark
from remint.cli.statustold import in_short, told

Name = Annotated[
    str,
    typer.Argument(help="What you call the connection.", metavar="NAME", show_default=False),
]


def connect(
    name: Name,
    dialect: options.DialectName = "oauth2",
    grant: options.Grant = "",
    base_url: options.BaseUrl = "",
    token_url: options.TokenUrl = "",
    authorize_url: options.AuthorizeUrl = "",
    issuer: options.Issuer = "",
    client_id: options.ClientId = "",
    client_number: options.ClientNumber = None,
    username: options.Username = "",
    scope: options.Scope = "",
    extra: options.Extra = None,
    secrets: options.SecretsFile = "",
    rotation: options.Rotation = "",
    grace_seconds: options.GraceSeconds = None,
    port: options.Port = 0,
    redirect_uri: options.RedirectUri = "",
    no_browser: options.NoBrowser = False,
    login_timeout: options.LoginTimeout = 300,
    replace: options.Replace = False,
    insecure: options.Insecure = False,
    keyring: options.Keyring = False,
    store: StorePlace = None,
    dialects: DialectFolders = None,
    as_json: Json = False,
) -> None:
    """Makes a connection: gets a first token, or takes a refresh token over, and keeps it fresh from now on.

    Secrets are asked for unseen. Where nobody can be asked they come from a file (--secrets) or from the
    environment: REMINT_CLIENT_SECRET, REMINT_REFRESH_TOKEN, REMINT_API_KEY, REMINT_PASSWORD, and
    REMINT_EXTRA_NAME for a dialect's own. They are never options: those everybody on a machine can see.

        remint connect acme --base-url https://id.acme.example --client-id my-app
        remint connect work --issuer https://login.example.com --client-id my-app --scope openid
        remint connect robot --grant client_credentials --token-url https://id.example.com/token
        remint connect books --dialect zoho --secrets secrets.toml

    secrets.toml:

        client_id = "my-app"
        client_secret = "…"
        refresh_token = "…"

    A refresh token that is handed over is used at once: nobody else may use it from then on.
    """
    plain = (client_id, client_number, username, scope)
    settings = (base_url, token_url, rotation, grace_seconds, replace, insecure)
    login = (authorize_url, issuer, port, redirect_uri, login_timeout)
    wanted = Wanted(
        name,
        dialect,
        grant,
        given_inputs(dict(zip(PLAIN, plain, strict=True)), extra, secrets),
        dict(zip(SETTINGS, settings, strict=True)),
        dict(zip(LOGIN, login, strict=True)),
        opens=not no_browser,
    )
    with opened_keeper(store, dialects, create=True, key=KEYRING if keyring else None) as keeper:
        status = connected(keeper, place_of(store), wanted)
        now_ms = keeper.around.clock.now_ms()
    if as_json:
        print_json(told(status, now_ms))
    else:
        remark(f"{in_short(status, now_ms)}: `remint token {shlex.quote(name)}` prints a token.")
