"""What a test that fails, or a process that crashes, leaves behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.keeper.provider import access_token, provider, refresh_token

PROGRAM = """
import faulthandler, os
from remint import Keeper

def a_call():
    keeper = Keeper("memory:")
    given = {"client_id": "me", "refresh_token": os.environ.pop("GIVEN")}
    keeper.connect("ada", "oauth2", base_url=os.environ["PLACE"], **given)
    del given
    token = keeper.token("ada")
    access = keeper.access("ada")
    headers = keeper.headers("ada")
    held = keeper.around.store.load("ada")
    everything = [token, access, headers, {"Access-Token": token}, held, keeper]
    if "IS_CRASH" in globals():
        faulthandler._sigsegv()
    assert everything == [], "something else went wrong"
"""


@pytest.fixture
def crash(tmp_path):
    """``crash(arguments, program)``: all that a run of it, which fails, has said."""

    def run(arguments, program):
        (tmp_path / "test_it.py").write_text(PROGRAM + program)
        with provider() as supplier:
            done = subprocess.run(
                [sys.executable, *arguments, "test_it.py"],
                cwd=tmp_path,
                env={"PLACE": supplier.base_url, "GIVEN": refresh_token("ada")},
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode != 0
        said = done.stdout + done.stderr
        assert "a_call" in said
        for number in (0, 1):
            for secret in (access_token("ada", number), refresh_token("ada", number)):
                assert secret not in said
                assert secret[-16:] not in said
        return said

    return run


@pytest.mark.parametrize("options", [["-l"], ["-l", "-vv", "--full-trace"], ["--tb=short", "-l"]])
def test_a_test_that_fails(crash, options):
    """pytest shows the local variables of each frame, and what it compared."""
    said = crash(
        ["-m", "pytest", "-p", "no:cacheprovider", *options], "def test_it():\n    a_call()\n"
    )
    assert "AccessToken('********')" in said


def test_a_traceback_of_rich(crash):
    """With local variables, which rich takes apart, and cuts."""
    said = crash(
        [],
        "from rich.traceback import install\n"
        "install(show_locals=True, locals_max_string=20)\na_call()\n",
    )
    assert "********" in said


def test_a_crash_in_c(crash):
    """faulthandler tells of frames alone."""
    said = crash(["-X", "faulthandler"], "IS_CRASH = True\na_call()\n")
    assert "Segmentation fault" in said
