"""``remint app``: the clients that may renew."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from remint.cli.appchange import change, show_app
from remint.cli.appinstall import install, refresh_token, uninstall
from remint.cli.apptold import brief, in_full, workspace_names
from remint.cli.credential import read_secret
from remint.cli.help import command
from remint.cli.opening import opened
from remint.cli.options import Claims, ClientId, Json, WorkspaceName, pairs
from remint.cli.output import print_rows, tell
from remint.cli.saleschannel import sales_channel
from remint.cli.whereabouts import Whereabouts
from remint.issuer.defaults import DEFAULT_OVERLAP_SECONDS, DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True, help="Clients: who may renew, in which dialect and how.")

_CALLED = {"client_secret": "client secret", "api_key": "API key"}

Name = Annotated[
    str, typer.Argument(help="What people call it.", metavar="NAME", show_default=False)
]
DialectName = Annotated[
    str,
    typer.Option(
        "--dialect", help="The wire format it speaks: see `remint dialect list`.", metavar="NAME"
    ),
]
OwnId = Annotated[
    str,
    typer.Option(
        "--client-id",
        help="The id that it has already; else one is drawn.",
        metavar="ID",
        show_default=False,
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        help="Its number, in dialects that know clients by one; else the next free one.",
        metavar="N",
    ),
]
Public = Annotated[
    bool,
    typer.Option("--public", help="It cannot keep a secret, so it shows none.", metavar=""),
]
Scope = Annotated[
    str,
    typer.Option(
        help="What its grants may cover: words separated by spaces.",
        metavar="WORDS",
        show_default=False,
    ),
]
Audience = Annotated[
    str,
    typer.Option(
        help="Whom its access tokens are for; else the issuer's own address.",
        metavar="URI",
        show_default=False,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Begin with a standard's rules: rfc9700-public, rfc9700-confidential or fapi2-confidential.",
        metavar="NAME",
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        help="A rule that differs, such as access_lifetime_seconds=900. Again for more.",
        metavar="KEY=VALUE",
    ),
]
Existing = Annotated[
    bool,
    typer.Option(
        "--existing-stdin",
        help="Keep the secret or API key that the client has already: read it from standard input.",
        metavar="",
    ),
]
Overlap = Annotated[
    int,
    typer.Option(
        help="For so many seconds the present secret stays good; 0 ends it at once.",
        min=0,
        max=31_536_000,
        metavar="SECONDS",
    ),
]
Description = Annotated[
    str, typer.Option(help="What it is for.", metavar="TEXT", show_default=False)
]
CompanyNumber = Annotated[
    int | None,
    typer.Option(
        "--company",
        help="The company that it belongs to: only its users may log in by the app.",
        metavar="NUMBER",
    ),
]
SecretId = Annotated[
    int,
    typer.Argument(
        help="The secret: its number in `remint app show`.", metavar="ID", show_default=False
    ),
]
OnlyWorkspace = Annotated[
    str | None, typer.Option("--workspace", help="Only those of this tenant.", metavar="NAME")
]


@command(app, "create")
def create(
    name: Name,
    dialect: DialectName = "oauth2",
    workspace: WorkspaceName = DEFAULT_WORKSPACE,
    description: Description = "",
    client_id: OwnId = "",
    number: Number = None,
    public: Public = False,
    scope: Scope = "",
    audience: Audience = "",
    claim: Claims = None,
    company: CompanyNumber = None,
    preset: Preset = None,
    policy: Rules = None,
    existing: Existing = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes an app. Its secret or API key is shown once, now.

    How it authenticates, and the rules of its grants, follow from the dialect; say what differs.

        remint app create "Acme orders"
        remint app create "Web shop" --public --scope "openid orders:read"
        remint app create Carrier --dialect genlogs --claim company_id=7713
        remint app create Carrier --dialect genlogs --company 7713
        remint app create Wallet --dialect partner --number 42
        remint app create Bank --preset fapi2-confidential
        remint app create Bulk --policy budget='{"renewals":60,"per_seconds":3600}'
        remint app create Old --client-id old-1 --existing-stdin <secret.txt
    """
    import msgspec

    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.apps import AppDraft, create_app

    draft = AppDraft(
        name=name,
        dialect=dialect,
        workspace=workspace,
        description=description,
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
    with opened(where, create=True) as installation:
        if company is not None:
            home = installation.workspaces.named(workspace)
            belongs = installation.companies.with_number(home.id, company).id
            draft = msgspec.structs.replace(draft, company=belongs)
        made = create_app(installation, draft, actor=COMMAND)
        told: dict[str, Any] = brief(made.app, workspace_names(installation))
    shown = {"client_secret": made.client_secret, "api_key": made.api_key}
    new = {key: secret.reveal() for key, secret in shown.items() if secret and not existing}
    tell({**told, **new}, as_json=as_json, secret=_CALLED.get(next(iter(new), ""), ""))


@command(app, "list")
def list_apps(
    workspace: OnlyWorkspace = None,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Lists the apps, oldest first."""
    with opened(where) as installation:
        within = None if workspace is None else installation.workspaces.named(workspace).id
        names = workspace_names(installation)
        listed = installation.catalogue.apps(within)
        # What ended with its workspace is gone.
        found = [brief(each, names) for each in listed if each.workspace_id in names]
    columns = (
        "client_id",
        "name",
        "dialect",
        "authentication",
        "number",
        "workspace",
        "sales_channel",
        "disabled",
    )
    print_rows(
        columns,
        found,
        as_json=as_json,
        empty="There are no apps yet: `remint app create NAME` makes one.",
    )


@command(app, "show")
def show(client_id: ClientId, *, where: Whereabouts, as_json: Json = False) -> None:
    """Shows an app, where it is installed, and its policy; of its secrets, only how each ends."""
    with opened(where) as installation:
        told = in_full(installation, installation.catalogue.app(client_id))
    show_app(told, as_json=as_json)


@command(app, "rotate-secret")
def rotate(
    client_id: ClientId,
    overlap: Overlap = DEFAULT_OVERLAP_SECONDS,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Gives an app a new secret, shown once. Two are good at a time, so that no call fails meanwhile.

    remint app rotate-secret CLIENT_ID
    remint app rotate-secret CLIENT_ID --overlap 0     # it has leaked
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.credentials import rotate_secret

    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        secret = rotate_secret(installation, found, overlap_seconds=overlap, actor=COMMAND)
    told = {"client_id": client_id, "client_secret": secret.reveal()}
    tell(told, as_json=as_json, secret="client secret")


@command(app, "end-secret")
def end(
    client_id: ClientId,
    secret_id: SecretId,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Ends a secret of an app now, within a second everywhere."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.credentials import end_secret

    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        end_secret(installation, found, secret_id, actor=COMMAND)
    tell({"client_id": client_id, "id": secret_id, "ended": True}, as_json=as_json)


@command(app, "disable")
def disable(client_id: ClientId, *, where: Whereabouts, as_json: Json = False) -> None:
    """Has an app refused, within a second, like one that does not exist. Its grants stay."""
    _switch(client_id, where, on=False, as_json=as_json)


@command(app, "enable")
def enable(client_id: ClientId, *, where: Whereabouts, as_json: Json = False) -> None:
    """Lets a disabled app renew again."""
    _switch(client_id, where, on=True, as_json=as_json)


def _switch(client_id: str, where: Whereabouts, *, on: bool, as_json: bool) -> None:
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps.apps import switch

    with opened(where) as installation:
        switch(installation, installation.catalogue.app(client_id), on=on, actor=COMMAND)
    tell({"client_id": client_id, "disabled": not on}, as_json=as_json)


command(app, "change")(change)
command(app, "install")(install)
command(app, "uninstall")(uninstall)
command(app, "refresh-token")(refresh_token)
command(app, "sales-channel")(sales_channel)
