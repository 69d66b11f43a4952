"""The command ``remint``: one file for each of its nouns."""

from __future__ import annotations

# Not from typing: see ``main``.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from remint.cli.root import app as app

__all__ = ["app", "main"]


def main() -> None:
    """Runs the command. For the exit status see ``remint.cli.fault``."""
    # Late, so that a token at hand is printed before the machinery for options would be loaded.
    from remint.cli.entry import run

    run()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The command's parts, imported now."""
        if name != "app":
            raise AttributeError(f"module 'remint.cli' has no attribute {name!r}")
        from remint.cli.root import app

        return app
