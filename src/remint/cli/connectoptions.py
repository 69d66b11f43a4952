"""The options of ``remint connect``, and of what else makes a connection."""

from __future__ import annotations

from typing import Annotated

import typer

DialectName = Annotated[
    str,
    typer.Option(
        "--dialect",
        help="How the provider speaks: see `remint dialect list`. Or a dialect file, which is kept.",
        metavar="NAME|FILE",
    ),
]
Grant = Annotated[
    str,
    typer.Option(
        help="How to get the first token: refresh_token (hand one over), authorization_code (log in with the"
        " browser), password or client_credentials; else what is given tells, and where that says nothing it"
        " is the browser.",
        metavar="TYPE",
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str,
    typer.Option(
        help="Where the provider is, if the dialect does not say.",
        metavar="URL",
        show_default=False,
    ),
]
TokenUrl = Annotated[
    str,
    typer.Option(
        help="The whole address of its token endpoint, where that is another than the dialect's.",
        metavar="URL",
        show_default=False,
    ),
]
AuthorizeUrl = Annotated[
    str,
    typer.Option(
        help="Where the browser has to go, where that is another than the dialect's.",
        metavar="URL",
        show_default=False,
    ),
]
Issuer = Annotated[
    str,
    typer.Option(
        help="The issuer's name: its well-known address tells the others (RFC 8414, OpenID Connect).",
        metavar="URL",
        show_default=False,
    ),
]
ClientId = Annotated[str, typer.Option(help="Your client's id.", metavar="ID", show_default=False)]
ClientNumber = Annotated[
    int | None,
    typer.Option(help="Your client's number, where the dialect wants one.", metavar="N"),
]
Username = Annotated[
    str,
    typer.Option(help="Who logs in, for the grant password.", metavar="NAME", show_default=False),
]
Scope = Annotated[
    str,
    typer.Option(
        help="What the token is to cover: words separated by spaces.",
        metavar="WORDS",
        show_default=False,
    ),
]
Extra = Annotated[
    list[str] | None,
    typer.Option(
        help="One of the dialect's own values. Again for more.",
        metavar="NAME=VALUE",
        show_default=False,
    ),
]
SecretsFile = Annotated[
    str,
    typer.Option(
        "--secrets",
        help="Read secrets from this file, TOML or JSON of mode 0600, or from standard input (-).",
        metavar="FILE",
        show_default=False,
    ),
]
Rotation = Annotated[
    str,
    typer.Option(
        help="What this provider does with a refresh token that was used: strict (it is good once), grace or"
        " keep (it stays good); else what the dialect says.",
        metavar="RULE",
        show_default=False,
    ),
]
GraceSeconds = Annotated[
    int | None,
    typer.Option(help="With --rotation grace: for how long.", min=1, metavar="SECONDS"),
]
Port = Annotated[
    int,
    typer.Option(
        help="Have the browser come back to this port of 127.0.0.1; 0 is any that is free.",
        min=0,
        max=65_535,
        metavar="PORT",
        show_default=False,
    ),
]
RedirectUri = Annotated[
    str,
    typer.Option(
        help="Have it come back here, where the provider must know the whole address beforehand: "
        "http://127.0.0.1:PORT/PATH, or localhost.",
        metavar="URL",
        show_default=False,
    ),
]
NoBrowser = Annotated[
    bool,
    typer.Option(
        "--no-browser", help="Print the address to go to instead of opening a browser.", metavar=""
    ),
]
LoginTimeout = Annotated[
    float,
    typer.Option(
        "--login-timeout", help="How long to wait for the browser.", min=1, metavar="SECONDS"
    ),
]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Take the place of a connection that has the name.", metavar=""),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Let tokens go over plain HTTP to another machine. For tests only.",
        metavar="",
    ),
]
Keyring = Annotated[
    bool,
    typer.Option(
        "--keyring",
        help="Keep the key of a new store in the system's keyring, and not in a file beside it.",
        metavar="",
    ),
]
