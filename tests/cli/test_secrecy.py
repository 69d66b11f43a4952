"""No secret in what a command says, in the list of processes, in a log or in a traceback: looked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import REMINT
from tests.keeper.browser.visits import log_in, redeem
from tests.keeper.provider import access_token, refresh_token, refusal

SECRET = "canary-client-secret"


def canaries():
    """Whatever must not be seen, by any of its parts that would do."""
    found = [SECRET, "canary-pass-phrase", "canary-code"]
    for subject in ("acme", "ada"):
        for number in range(4):
            found += [access_token(subject, number), refresh_token(subject, number)]
    return found


class Watcher:
    """Reads every command line there is, over and over."""

    def __init__(self):
        self.seen = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.wait(0.005):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(entry.read_bytes())
                except OSError:
                    continue


@pytest.fixture
def run(supplier, monkeypatch, tmp_path):
    """``run("token", "acme")``: the command under ``-X dev``, watched; all that it said on standard error."""
    supplier.delay_seconds = 0.1
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    monkeypatch.setenv("HISTFILE", str(tmp_path / "history"))

    def command(*arguments, status=0, **environ):
        with Watcher() as watcher:
            done = subprocess.run(
                [sys.executable, "-X", "dev", REMINT, *map(str, arguments)],
                env={**os.environ, **environ},
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode == status, done.stderr
        lines = b"\n".join(watcher.seen).decode(errors="replace")
        assert str(arguments[0]) in lines
        for canary in canaries():
            assert canary not in lines
            assert canary not in done.stderr
        assert "Warning" not in done.stderr
        assert "Traceback" not in done.stderr
        return done

    return command


def test_no_command_shows_a_secret(run, supplier, tmp_path, place):
    """Each is run while canaries travel; only ``token`` and a plain export have one, on standard output."""
    passphrase = tmp_path / "passphrase"
    passphrase.touch(0o600)
    passphrase.write_text("canary-pass-phrase")
    made = run(
        *("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me"),
        REMINT_REFRESH_TOKEN=refresh_token("acme"),
        REMINT_CLIENT_SECRET=SECRET,
    )
    file, others = tmp_path / "acme.export", ("--passphrase-file", passphrase)
    quiet = [
        made,
        run("status"),
        run("status", "acme", "--json"),
        run("renew", "acme"),
        run("rekey"),
        run("export", "--to", file, *others),
        run("import", file, *others, "--store", tmp_path / "other"),
        run("renew", "--all-due"),
        run("token", "nobody", status=5),
    ]
    for done in quiet:
        assert not any(canary in done.stdout for canary in canaries())
    assert access_token("acme", 2) in run("token", "acme").stdout
    assert access_token("acme", 2) in run("token", "acme", "--header").stdout
    supplier.do(lambda _provider, call: refusal("invalid_grant", 400))
    run("renew", "acme", status=3)
    run("forget", "acme", "--yes")
    assert not (tmp_path / "history").exists()
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        if path != passphrase:
            assert not any(canary.encode() in path.read_bytes() for canary in canaries()), path


def test_a_provider_that_repeats_what_it_was_sent(run, supplier):
    """Its words come without the secrets in them."""

    def repeat(_provider, call):
        words = f"{call.body.decode()} {SECRET} {refresh_token('acme')}"
        body = f'{{"error":"invalid_grant","error_description":"{words}"}}'.encode()
        return 400, {"Content-Type": "application/json"}, body

    supplier.do(repeat, repeat)
    for _ in range(2):
        run(
            *("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me"),
            status=1,
            REMINT_REFRESH_TOKEN=refresh_token("acme"),
            REMINT_CLIENT_SECRET=SECRET,
        )


def test_a_login_in_a_browser(run, supplier, tmp_path):
    """Neither the code nor the verifier is in a command line; the browser gets the address alone."""
    supplier.do(log_in, redeem)
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys, urllib.request\nurllib.request.urlopen(sys.argv[1], timeout=30).read()\n"
    )
    done = run(
        *("connect", "acme", "--grant", "authorization_code", "--client-id", "me"),
        *("--base-url", supplier.base_url, "--login-timeout", 60),
        REMINT_CLIENT_SECRET=SECRET,
        BROWSER=f"{sys.executable} {browser} %s",
    )
    assert "acme is connected" in done.stderr
    assert run("token", "acme").stdout == access_token("ada", 0) + "\n"


CRASH = """
import sys
from remint.keeper import exchange
def crash(self, send):
    wire = send.wire
    raise RuntimeError("here")
exchange.Exchange.send = crash
from remint.cli import main
sys.argv[1:] = {arguments!r}
main()
"""


def test_a_crash_in_the_middle(expired, supplier):
    """A fault of ours is a traceback with lines of code, not with their values."""
    expired("acme", subject="acme")
    code = CRASH.format(arguments=["renew", "acme"])
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "RuntimeError: here" in done.stderr
    assert not any(canary in done.stdout + done.stderr for canary in canaries())


def test_a_signal_in_the_middle(expired, supplier, tmp_path):
    """Nor does the dump of a fatal signal show any."""
    expired("acme", subject="acme")
    called = threading.Event()

    def stall(_provider, _call):
        called.set()
        threading.Event().wait(20)

    supplier.do(stall)
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", REMINT, "renew", "acme"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert called.wait(60)
    process.send_signal(signal.SIGSEGV)
    out, err = process.communicate(timeout=60)
    assert "Fatal Python error" in err
    assert not any(canary in out + err for canary in canaries())
