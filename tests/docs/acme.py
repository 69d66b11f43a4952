"""The provider and the API that the pages on the keeper speak of, for their blocks to run against."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.page import Block
from tests.keeper.auth.api import Api, api
from tests.keeper.provider import Provider, access_token, provider, refresh_token

_SHELLS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
_LONGEST_SECONDS = 60
ACCOUNT = "acme"


@dataclass
class Acme:
    """``https://id.acme.example`` and ``https://api.acme.example``, on this machine."""

    provider: Provider
    api: Api

    def localised(self, text: str) -> str:
        """A block as it can run here."""
        text = text.replace("https://id.acme.example", self.provider.base_url)
        return text.replace("https://api.acme.example", self.api.url)


@contextlib.contextmanager
def acme() -> Iterator[Acme]:
    """Both, until the block's end. The API takes the newest token of the account."""
    with provider() as made:

        def newest() -> str:
            return access_token(ACCOUNT, made.newest.get(ACCOUNT, 0))

        with api(newest) as there:
            yield Acme(made, there)


def environment(folder: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of a user whose home is ``folder``."""
    dropped = ("REMINT_", "XDG_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    given = {"ACME_REFRESH_TOKEN": refresh_token(ACCOUNT), "ACME_SECRET": "a-secret"}
    return {**kept, "PATH": path, "HOME": str(folder), "COLUMNS": "200", **given, **(extra or {})}


def run(
    block: Block, world: Acme, folder: Path, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a block as a program of its own. Fails where that fails."""
    code = world.localised(block.code)
    done = subprocess.run(
        [*_SHELLS[block.language], code],
        cwd=folder,
        env=environment(folder, extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    said = f"line {block.line}:\n{code}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    assert "Traceback" not in done.stderr, said
    return done
