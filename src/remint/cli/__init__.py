"""The command ``remint``: one file for each of its nouns."""

from remint.cli.root import app, main

__all__ = ["app", "main"]
