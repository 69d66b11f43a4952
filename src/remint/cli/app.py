"""``remint app``: the clients that may renew."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from remint.cli.credential import read_secret
from remint.cli.opening import opened
from remint.cli.options import (
    ACTOR,
    DEFAULT_WORKSPACE,
    Claims,
    Config,
    DataDir,
    Json,
    WorkspaceName,
    pairs,
)
from remint.cli.output import moment, print_json, print_record, print_table, remark
from remint.issuer.apps import DEFAULT_OVERLAP_SECONDS, AppDraft, create_app, rotate_secret, switch
from remint.store.records import App

app = typer.Typer(no_args_is_help=True, help="Clients: who may renew, in which dialect and how.")

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", show_default=False)]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What people call it.", show_default=False)],
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect",
            help="The wire format it speaks: see `remint dialect list`.",
            metavar="NAME",
        ),
    ] = "oauth2",
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    client_id: Annotated[
        str, typer.Option(help="Its id, if it has one already; else one is drawn.", metavar="ID")
    ] = "",
    number: Annotated[
        int | None,
        typer.Option(
            help="Its number, in dialects that know clients by one; else the next free one.",
            metavar="N",
        ),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="It cannot keep a secret, so it shows none.")
    ] = False,
    scope: Annotated[
        str,
        typer.Option(help="What its grants may cover, words separated by spaces.", metavar="WORDS"),
    ] = "",
    audience: Annotated[
        str,
        typer.Option(
            help="Who its access tokens are for; else the issuer's address.", metavar="URI"
        ),
    ] = "",
    claim: Claims = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Begin with a standard's policy: rfc9700-public, rfc9700-confidential, fapi2-confidential.",
            metavar="NAME",
        ),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="A rule that differs, such as access_lifetime_seconds=900. Again for more.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    existing: Annotated[
        bool,
        typer.Option(
            "--existing-stdin",
            help="Keep the secret or API key that the client has already: read it from standard input.",
        ),
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    r"""Makes an app. Its secret or API key is shown once, now.

    How it authenticates, and the rules of its grants, follow from the dialect; say what differs.

    \b
        remint app create "Acme orders"
        remint app create "Web shop" --public --scope "openid orders:read"
        remint app create Carrier --dialect genlogs --claim company_id=7713
        remint app create Wallet --dialect partner --number 42
        remint app create Bank --preset fapi2-confidential --policy access_algorithm=RS256
        remint app create Old --client-id old-1 --existing-stdin < secret.txt
    """
    draft = AppDraft(
        name=name,
        dialect=dialect,
        workspace=workspace,
        client_id=client_id,
        number=number,
        public=public,
        scope=scope,
        audience=audience,
        claims=pairs(claim, "--claim"),
        preset=preset,
        policy=pairs(policy, "--policy"),
        existing=read_secret() if existing else None,
    )
    with opened(data_dir, config, create=True) as installation:
        made = create_app(installation, draft, actor=ACTOR)
    told: dict[str, Any] = {
        "client_id": made.app.client_id,
        "name": made.app.name,
        "dialect": made.app.dialect,
        "authentication": made.app.authentication,
    }
    if made.app.number is not None:
        told["number"] = made.app.number
    for key, secret in (("client_secret", made.client_secret), ("api_key", made.api_key)):
        if secret is not None and draft.existing is None:
            told[key] = secret.reveal()
    _tell(told, as_json=as_json, secret=len(told.keys() & {"client_secret", "api_key"}) > 0)


@app.command("list")
def list_apps(
    workspace: Annotated[
        str | None, typer.Option(help="Only those of this tenant.", metavar="NAME")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Lists the apps, oldest first."""
    with opened(data_dir, config) as installation:
        catalogue = installation.catalogue
        names = {each.id: each.name for each in catalogue.workspaces()}
        within = None if workspace is None else catalogue.workspace(workspace).id
        found = [_brief(each, names) for each in catalogue.apps(within)]
    if as_json:
        print_json(found)
        return
    columns = ("client id", "name", "dialect", "authentication", "number", "workspace", "disabled")
    keys = [column.replace(" ", "_") for column in columns]
    print_table(
        columns,
        ([each[key] for key in keys] for each in found),
        empty="There are no apps yet: `remint app create NAME` makes one.",
    )


@app.command("show")
def show(
    client_id: ClientId, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Shows an app and its policy; of its secrets, when they were made and when they end."""
    with opened(data_dir, config) as installation:
        found = installation.catalogue.app(client_id)
        names = {each.id: each.name for each in installation.catalogue.workspaces()}
        keys = installation.catalogue.api_keys(found)
    told = {
        **_brief(found, names),
        "scope": found.scope,
        "audience": found.audience,
        "claims": found.claims,
        "created_at": moment(found.created_at),
        "policy": msgspec.to_builtins(found.policy),
        "secrets": [
            {
                "id": each.id,
                "created_at": moment(each.created_at),
                "expires_at": moment(each.expires_at),
            }
            for each in found.secrets
        ],
        "api_keys": [
            {
                "id": each.id,
                "created_at": moment(each.created_at),
                "revoked_at": moment(each.revoked_at),
            }
            for each in keys
        ],
    }
    if as_json:
        print_json(told)
        return
    policy: dict[str, Any] = msgspec.to_builtins(found.policy)
    print_record({key: value for key, value in told.items() if key != "policy"})
    remark("\npolicy")
    print_record(policy)


@app.command("rotate-secret")
def rotate(
    client_id: ClientId,
    overlap: Annotated[
        int,
        typer.Option(
            help="For so many seconds the present secret stays good; 0 ends it at once.",
            min=0,
            max=31_536_000,
            metavar="SECONDS",
        ),
    ] = DEFAULT_OVERLAP_SECONDS,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    r"""Gives an app a new secret, shown once. Two are good at a time, so that no call fails meanwhile.

    \b
        remint app rotate-secret CLIENT_ID
        remint app rotate-secret CLIENT_ID --overlap 0     # it has leaked
    """
    with opened(data_dir, config) as installation:
        found = installation.catalogue.app(client_id)
        secret = rotate_secret(installation, found, overlap_seconds=overlap, actor=ACTOR)
    _tell({"client_id": client_id, "client_secret": secret.reveal()}, as_json=as_json, secret=True)


@app.command("disable")
def disable(
    client_id: ClientId, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Has an app refused, within a second, like one that does not exist. Its grants stay."""
    _switch(client_id, data_dir, config, on=False, as_json=as_json)


@app.command("enable")
def enable(
    client_id: ClientId, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Lets a disabled app renew again."""
    _switch(client_id, data_dir, config, on=True, as_json=as_json)


def _switch(client_id: str, data_dir: DataDir, config: Config, *, on: bool, as_json: bool) -> None:
    with opened(data_dir, config) as installation:
        switch(installation, installation.catalogue.app(client_id), on=on, actor=ACTOR)
    _tell({"client_id": client_id, "disabled": not on}, as_json=as_json)


def _brief(found: App, workspaces: dict[int, str]) -> dict[str, Any]:
    return {
        "client_id": found.client_id,
        "name": found.name,
        "dialect": found.dialect,
        "authentication": found.authentication,
        "number": found.number,
        "workspace": workspaces.get(found.workspace_id, ""),
        "disabled": bool(found.disabled_at),
    }


def _tell(told: dict[str, Any], *, as_json: bool, secret: bool = False) -> None:
    if as_json:
        print_json(told)
        return
    print_record(told)
    if secret:
        remark("\nKeep the secret now: only its hash is stored, and it is not shown again.")
