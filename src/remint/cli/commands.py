"""The commands that there are, and where each is found when it is called."""

from __future__ import annotations

from typing import Final, NamedTuple


class Place(NamedTuple):
    """Where a command is: ``MODULE:NAME`` of a group or a function, and the extra that it needs.

    ``panel`` is the heading that it stands under in the help.
    """

    where: str
    extra: str = "cli"
    panel: str = "The keeper: tokens that work"


_ISSUER: Final = "The issuer: tokens for your own API"

#: In the order of the help. A module is loaded when its command is called, or helped with.
COMMANDS: Final[dict[str, Place]] = {
    "connect": Place("remint.cli.connect:connect"),
    "token": Place("remint.cli.token:token"),
    "status": Place("remint.cli.status:status"),
    "renew": Place("remint.cli.renew:renew"),
    "forget": Place("remint.cli.forget:forget"),
    "export": Place("remint.cli.export:export"),
    "import": Place("remint.cli.importing:import_connections"),
    "keep": Place("remint.cli.keep:keep"),
    "agent": Place("remint.cli.agent:serve_tokens", "agent"),
    "rekey": Place("remint.cli.rekey:rekey"),
    "serve": Place("remint.cli.serving:serve", "issuer", _ISSUER),
    "app": Place("remint.cli.apps:app", "issuer", _ISSUER),
    "api-key": Place("remint.cli.apikey:app", "issuer", _ISSUER),
    "workspace": Place("remint.cli.workspace:app", "issuer", _ISSUER),
    "company": Place("remint.cli.company:app", "issuer", _ISSUER),
    "user": Place("remint.cli.user:app", "issuer", _ISSUER),
    "policy": Place("remint.cli.policy:app", "issuer", _ISSUER),
    "grant": Place("remint.cli.grant:app", "issuer", _ISSUER),
    "account": Place("remint.cli.account:app", "issuer", _ISSUER),
    "member": Place("remint.cli.member:app", "issuer", _ISSUER),
    "invitation": Place("remint.cli.invitation:app", "issuer", _ISSUER),
    "admin-key": Place("remint.cli.adminkey:app", "issuer", _ISSUER),
    "key": Place("remint.cli.key:app", "issuer", _ISSUER),
    "audit": Place("remint.cli.audit:app", "issuer", _ISSUER),
    "activity": Place("remint.cli.activity:activity", "issuer", _ISSUER),
    "database": Place("remint.cli.database:app", "issuer", _ISSUER),
    "backup": Place("remint.cli.backup:backup", "issuer", _ISSUER),
    "restore": Place("remint.cli.backup:restore", "issuer", _ISSUER),
    "dialect": Place("remint.cli.dialect:app", "issuer", "Both"),
}
