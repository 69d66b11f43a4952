"""``remint token``: a token that works now, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from remint.cli.keeping import ConnectionName, DialectFolders, StorePlace, opened_keeper
from remint.cli.output import print_json

if TYPE_CHECKING:
    from remint.keeper.access import Access

Header = Annotated[
    bool,
    typer.Option(
        "--header", help="Print the headers that the API wants, one a line, for curl.", metavar=""
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print token, type, expiry and headers as JSON.", metavar="")
]


def token(
    name: ConnectionName,
    header: Header = False,
    as_json: AsJson = False,
    store: StorePlace = None,
    dialects: DialectFolders = None,
) -> None:
    """Prints an access token that works now, and nothing else; renews it first where that is due.

        curl -H "Authorization: Bearer $(remint token acme)" https://api.example.com/orders
        remint token acme --header | curl -H @- https://api.example.com/orders
        remint token acme --json

    The second line keeps the token out of the list of processes, and is right for any API, also one that
    wants to see its token elsewhere than in Authorization. The exit status is 0 with a token, 3 where the
    connection is dead and wants a person, 4 where trying again later will do, 5 where there is no such
    connection, and 1 for any other fault.
    """
    if header and as_json:
        raise typer.BadParameter("either --header or --json", param_hint="--header, --json")
    with opened_keeper(store, dialects) as keeper:
        access = keeper.access(name)
        if as_json:
            print_json(_told(access, keeper.around.clock.now_ms()))
        elif header:
            for key, value in access.headers:
                typer.echo(f"{key}: {value}")
        else:
            typer.echo(str(access.token))


def _told(access: Access, now_ms: int) -> dict[str, Any]:
    from remint.cli.output import moment

    ends_ms = access.token.expires_at_ms
    return {
        "access_token": str(access.token),
        "token_type": access.token.type,
        "expires_at": None if ends_ms is None else moment(ends_ms // 1000),
        "expires_in": None if ends_ms is None else max(0, (ends_ms - now_ms) // 1000),
        "headers": {name: str(value) for name, value in access.headers},
        "query": {name: str(value) for name, value in access.query},
    }
