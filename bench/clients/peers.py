"""Which libraries there are, and under which Python each runs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Where bench/clients/install.sh puts them.
HOME = Path(__file__).parents[2] / ".cache" / "bench" / "clients"
_PEERS_PYTHON = HOME / "python" / "bin" / "python"
_ASK = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Library:
    """A library: the module under `users` that uses it, its name, and the Python that has it."""

    module: str
    name: str
    python: Path = _PEERS_PYTHON

    def version(self) -> str:
        """Its version; empty where it is not installed."""
        if not self.python.exists():
            return ""
        command = [str(self.python), "-c", _ASK, self.name]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()


LIBRARIES = (
    Library("remint", "remint", Path(sys.executable)),
    Library("authlib", "Authlib"),
    Library("requests_oauthlib", "requests-oauthlib"),
    Library("google_auth", "google-auth"),
    Library("httpx_auth", "httpx-auth"),
    Library("msal", "msal"),
)
