"""``remint policy``: the rules that an app's grants can be made under."""

from __future__ import annotations

import typer

from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Json
from remint.cli.output import print_json, print_record, remark
from remint.cli.whereabouts import Whereabouts

app = typer.Typer(
    no_args_is_help=True, help="Policies: the standards' presets, and each dialect's own."
)


@command(app, "list")
def list_policies(*, where: Whereabouts, as_json: Json = False) -> None:
    """Lists the policies to begin with, each rule in a sentence.

    `remint app create --preset NAME` takes a preset; without it an app has its dialect's own.
    """
    import msgspec

    from remint.issuer.apps.policychoices import policies
    from remint.issuer.apps.policytold import HOLDS

    with opened(where) as installation:
        found = policies(installation)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for each in found:
        typer.secho(f"{each.title} ({each.kind} {each.name})", bold=True)
        typer.echo(each.summary)
        print_record({"from": each.standard, **{rule.title: rule.words for rule in each.rules}})
        typer.echo()
    remark(HOLDS)
