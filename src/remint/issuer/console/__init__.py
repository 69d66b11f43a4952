"""The console: pages for people, over the same use cases as the admin API and the commands."""

from remint.issuer.console.console import make_console as make_console
