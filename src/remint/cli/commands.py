"""The commands that there are, and where each is found when it is called."""

from __future__ import annotations

from typing import Final, NamedTuple


class Place(NamedTuple):
    """Where a command is: ``MODULE:NAME`` of a group or a function, and the extra that it needs."""

    where: str
    extra: str = "cli"


#: In the order of the help. A module is loaded when its command is called, or helped with.
COMMANDS: Final[dict[str, Place]] = {
    "connect": Place("remint.cli.connect:connect"),
    "token": Place("remint.cli.token:token"),
    "serve": Place("remint.cli.serving:serve", "issuer"),
    "app": Place("remint.cli.apps:app", "issuer"),
    "api-key": Place("remint.cli.apikey:app", "issuer"),
    "user": Place("remint.cli.user:app", "issuer"),
    "grant": Place("remint.cli.grant:app", "issuer"),
    "key": Place("remint.cli.key:app", "issuer"),
    "dialect": Place("remint.cli.dialect:app", "issuer"),
    "agent": Place("remint.cli.agent:serve_tokens", "agent"),
}
