"""The page's curl lines do what they say."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.admin.test_flow import renewed_with
from tests.admin.world import World
from tests.docs.page import Page
from tests.servers import RunningServer


def test_the_contracts_steps_by_curl(world: World, server: RunningServer, tmp_path: Path):
    """Each block of shell that is not a command's ends well; what was copied renews as a sales channel."""
    blocks = [
        block.code
        for block in Page("docs/administration.md").blocks
        if block.language == "sh" and not block.is_run
    ]
    assert len(blocks) == 3
    given = {
        "ISSUER": server.base_url,
        "KEY": world.keys["acme"],
        "WORKSPACE": world.ids["workspace"],
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    app = json.loads((tmp_path / "app.json").read_text())
    installed = json.loads((tmp_path / "installation.json").read_text())
    claims = renewed_with(server.base_url, app["client_secret"], installed, "sales_channel")
    assert (claims["sales_channel"], claims["product_identifier"]) == ("ACME-ORDERS", "sku")
    events = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert "sales_channel_set" in {each["event"] for each in events}
