"""What ``remint serve --demo`` prints and writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from remint.errors import ConfigurationError
from remint.issuer.apps.demo import Demonstration, prepare
from remint.issuer.manual.curl import curl_line
from remint.token.durable import replace_file

if TYPE_CHECKING:
    from remint.issuer.installation import Installation

_FIRST = "refresh_token"


def present(installation: Installation, credentials: Path | None) -> None:
    """Makes the demonstration, writes its credentials to a file if one is named, and prints how to use it."""
    demonstration = prepare(installation)
    if credentials is not None:
        write_credentials(demonstration, credentials)
    _print_banner(installation, demonstration, credentials)
    for line in lines(demonstration):
        # Plain, whatever the terminal's width: these are to be copied.
        typer.echo(line)


def lines(demonstration: Demonstration) -> list[str]:
    """A comment and a curl line for each call, renewals first, with blank lines between."""
    calls = sorted(demonstration.calls, key=lambda call: call.grant != _FIRST)
    found: list[str] = []
    for call in calls:
        found += [f"# {call.dialect}: {call.title}", curl_line(call.request), ""]
    return found


def write_credentials(demonstration: Demonstration, path: Path) -> None:
    """Puts the credentials in place of ``path``, whole, mode 0600. Raises ``ConfigurationError``."""
    document = {"base_url": demonstration.base_url, **demonstration.credentials}
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    try:
        replace_file(path, text + b"\n")
    except OSError as error:
        raise ConfigurationError(
            f"the credentials cannot be written: {error.strerror}",
            file=path,
            expected="a path in a folder that this user may write to",
        ) from None


def _print_banner(
    installation: Installation, demonstration: Demonstration, credentials: Path | None
) -> None:
    from rich.console import Console
    from rich.text import Text

    base_url, data_dir = demonstration.base_url, installation.settings.data_dir
    rows = [
        ("console", _console(installation)),
        ("docs", f"{base_url}/docs"),
        ("metrics", f"{base_url}/metrics"),
        ("data", f"{data_dir}, a demonstration: delete it whenever you like"),
        ("stop", "Ctrl-C"),
    ]
    if credentials is not None:
        rows.insert(4, ("credentials", f"{credentials}"))
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"\n  Remint serves a demonstration at {base_url}\n", style="bold green"))
    for name, value in rows:
        console.print(Text.assemble((f"  {name:<12}", "dim"), value))
    console.print(
        "\n  Copy a line into another terminal. Where the refresh token rotates, a line works once, and again"
        "\n  within the retry window; the answer has the token that comes next.\n"
    )


def _console(installation: Installation) -> str:
    """Where the console is; with the code that sets it up, as long as nobody has."""
    from remint.issuer.people.invitations import setup_link

    address = setup_link(installation)
    if address is None:
        return f"{installation.settings.base_url}/console"
    return f"{address.reveal()} (sets it up, once)"
