"""The command ``remint``: one file for each of its nouns."""

from __future__ import annotations

# Not from typing: see ``main``.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from remint.cli.root import app as app

__all__ = ["app", "main"]


def main() -> None:
    """Runs the command. For the exit status see ``remint.cli.fault``."""
    import sys

    # First, and before the machinery for options would be loaded.
    from remint.cli.athand import print_token_at_hand

    if not print_token_at_hand(sys.argv[1:]):
        from remint.cli.entry import run

        run()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The command's parts, imported now."""
        if name != "app":
            raise AttributeError(f"module 'remint.cli' has no attribute {name!r}")
        from remint.cli.root import app

        return app
