"""The echo floor: what an HTTP server does with this load when the application does nothing."""

import sys
from pathlib import Path

from bench.load.burst import Load, Shape

SERVERS = ("uvicorn", "granian")

# As long as a renewal, so that the server parses as much.
_SHAPE = Shape(
    "POST",
    "/oauth/token",
    {"Content-Type": "application/x-www-form-urlencoded"},
    "grant_type=refresh_token&client_id=rmc_0123456789abcdef"
    f"&client_secret=rms_{'0' * 48}&refresh_token=rmr_{'0' * 150}",
)


def command(server: str, port: int) -> list[str]:
    """The echo app under `server`, set up as `remint serve` sets it up."""
    if server == "uvicorn":
        options = (
            f"--port {port} --http httptools --loop uvloop --ws none --lifespan on "
            "--no-proxy-headers --no-access-log --no-server-header --no-date-header "
            "--log-level warning"
        )
    else:
        options = (
            f"--port {port} --interface asgi --workers 1 --loop uvloop --no-ws --no-access-log"
        )
    return [sys.executable, "-m", server, *options.split(), "bench.echo:app"]


def load(port: int, folder: Path, connections: int = 64) -> Load:
    """The load on it."""
    return Load(port, _SHAPE, folder, connections=connections)
