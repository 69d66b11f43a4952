"""``remint key``: the keys that sign access tokens and make refresh tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import moment, print_json, print_table, remark, tell
from remint.cli.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="Keys: they rotate by themselves; this is to look on.")

_COLUMNS = ("id", "use", "algorithm", "audience", "state", "created_at", "starts_at", "ends_at")


Algorithms = Annotated[
    list[str] | None,
    typer.Option(
        "--algorithm",
        help="Only signing keys of this algorithm: ES256, RS256 or EdDSA. Again for more.",
        metavar="NAME",
    ),
]
OfAudience = Annotated[
    str | None,
    typer.Option("--audience", help="Only the HS256 key of this audience.", metavar="URI"),
]
OfRefresh = Annotated[
    bool, typer.Option("--refresh", help="Only the key of refresh tokens.", metavar="")
]
Emergency = Annotated[
    bool,
    typer.Option(
        "--emergency",
        help="A signing key has leaked: the new one signs at once, and what the old one signed ends.",
        metavar="",
    ),
]


@command(app, "list")
def list_keys(*, where: Whereabouts, as_json: Json = False) -> None:
    """Lists the keys and when each is in use. Never a key itself."""
    from remint.issuer.upkeep.keyuse import tell_keys

    with opened(where) as installation:
        told = tell_keys(installation)
    _print(told, as_json=as_json, empty="No keys.")


@command(app, "rotate")
def rotate(
    algorithm: Algorithms = None,
    audience: OfAudience = None,
    refresh: OfRefresh = False,
    emergency: Emergency = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes new keys, for every algorithm in use and for refresh tokens unless it is told which.

    A new signing key is published a day before it signs, so that no verifier meets a key that it does not
    know; the old one stays published until what it signed has expired. No client notices.

        remint key rotate
        remint key rotate --algorithm ES256 --emergency     # it has leaked
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.upkeep.keyuse import rotate_keys, tell_keys

    with opened(where) as installation:
        before = {each["id"] for each in tell_keys(installation)}
        rotate_keys(
            installation,
            algorithms=algorithm or (),
            audience=audience,
            refresh=refresh,
            emergency=emergency,
            actor=COMMAND,
        )
        told = [each for each in tell_keys(installation) if each["id"] not in before]
    _print(told, as_json=as_json, empty="No new key.")
    if not as_json:
        remark("Running servers take the new keys up within a second.")


@command(app, "share")
def share(
    audience: Annotated[
        str,
        typer.Argument(help="The audience of the apps.", metavar="AUDIENCE", show_default=False),
    ],
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Shows the HS256 key of an audience, in hexadecimal, to be given to that resource server alone.

    Whoever has it can make access tokens for that audience. Other algorithms need no sharing: verifiers
    take their public keys from /.well-known/jwks.json.
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.upkeep.keyuse import share_secret

    with opened(where) as installation:
        secret = share_secret(installation, audience, actor=COMMAND)
    tell({"audience": audience, "key": secret.reveal()}, as_json=as_json)


def _print(told: Sequence[dict[str, Any]], *, as_json: bool, empty: str) -> None:
    times = ("created_at", "starts_at", "ends_at")
    found = [{**each, **{time: moment(each[time]) for time in times}} for each in told]
    if as_json:
        print_json(found)
        return
    print_table(_COLUMNS, ([each[key] for key in _COLUMNS] for each in found), empty=empty)
