"""A server from its first socket to its last answer."""

from __future__ import annotations

import urllib.request

from remint.issuer.settings import Settings
from tests.servers import serving


def test_a_server_comes_up_and_ends_on_sigterm(tmp_path):
    """It says that it is ready, and a signal ends it with status 0."""
    with serving(Settings(data_dir=tmp_path / "data")) as server:
        with urllib.request.urlopen(f"{server.base_url}/healthz") as answer:
            assert answer.read() == b"ok\n"
        assert server.stop() == 0
