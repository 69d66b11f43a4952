"""A server from its first socket to its last answer: alone, as several processes, and on Granian."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from remint.errors import ConfigurationError
from remint.issuer.server import listener
from remint.issuer.server.serving import run
from remint.issuer.server.worker import Order
from remint.issuer.settings import Settings
from tests.issuer.conftest import Line, get


def events(server) -> list[str]:
    """What the log tells, event by event."""
    return [line["event"] for line in server.log()]


def renewals(port: int) -> float:
    """The renewals that ``/metrics`` counts."""
    families = text_string_to_metric_families(get(port, "/metrics").body.decode())
    return sum(
        sample.value
        for family in families
        if family.name == "remint_renewals"
        for sample in family.samples
    )


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started."""
    return [
        int(each)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for each in (task / "children").read_text().split()
    ]


def wait_until(true, *, seconds: float = 15) -> None:
    """Waits for a condition; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_a_server_comes_up_and_ends_on_sigterm(serve):
    """It says where it serves, and a signal ends it with status 0."""
    server = serve()
    assert get(server.port, "/healthz").body == b"ok\n"
    assert server.stop() == 0
    first, *_, last = server.log()
    assert (first["event"], first["port"], last["event"]) == ("serving", server.port, "stopped")


def renew_all(port: int, client, rounds: int) -> None:
    """Renews every grant of ``client`` as often, each on a connection of its own, all at once."""

    def renew(token: str) -> None:
        line = Line(port)
        for _ in range(rounds):
            answer = line.ask(client.request(token))
            assert answer.status == 200, answer
            token = answer.json()["refresh_token"]
        line.close()

    failed: list[BaseException] = []

    def guarded(token: str) -> None:
        try:
            renew(token)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(token,)) for token in client.tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_two_workers_renew_and_their_metrics_add_up(serve, client):
    """Each process takes its share; whichever is asked knows the sum, also of one that died."""
    server = serve(workers=2)
    wait_until(lambda: len(list((server.settings.data_dir / "run").glob("*.json"))) == 2)
    renew_all(server.port, client, 5)
    asked = 5 * len(client.tokens)
    wait_until(lambda: {renewals(server.port) for _ in range(6)} == {asked})
    lines = server.access_log
    wait_until(lambda: len(lines()) == asked)
    # A request id begins with what tells its process.
    assert len({line["request_id"][:12] for line in lines()}) == 2
    first, _ = children(server.process.pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: "worker_died" in events(server))
    wait_until(lambda: len(children(server.process.pid)) == 2)
    wait_until(lambda: len(list((server.settings.data_dir / "run").glob("*.json"))) == 3)
    wait_until(lambda: {renewals(server.port) for _ in range(6)} == {asked})
    workers = children(server.process.pid)
    assert server.stop() == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_workers_end_with_their_parent(serve):
    """When the parent is killed, nobody holds the port."""
    server = serve(workers=2)
    workers = children(server.process.pid)
    wait_until(lambda: len(list((server.settings.data_dir / "run").glob("*.json"))) == 2)
    server.kill()
    wait_until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)


def test_granian_serves_too(serve, client):
    """The other server answers the same, on a port of its own choice too, and stops gracefully."""
    server = serve(server="granian")
    renew_all(server.port, client, 2)
    assert renewals(server.port) == 2 * len(client.tokens)
    assert get(server.port, "/docs").status == 200
    workers = children(server.process.pid)
    assert server.stop() == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("kind", ["uvicorn", "granian"])
def test_a_trusted_proxy_names_the_caller(serve, kind):
    """``X-Forwarded-For`` counts where it comes from a proxy that is trusted, and nowhere else."""
    told = "X-Forwarded-For: 203.0.113.9"
    for trusted, address in (("127.0.0.0/8", "203.0.113.9"), ("10.0.0.1", "127.0.0.1")):
        server = serve(server=kind, trusted_proxies=trusted)
        get(server.port, "/oauth/token", told)
        server.stop()
        assert server.access_log()[-1]["address"] == address


def refused(**settings) -> str:
    """The error of a server that does not come up."""
    with pytest.raises(ConfigurationError) as caught:
        run(Settings(**settings))
    return str(caught.value)


def test_a_port_in_use_is_named(tmp_path):
    """Whoever is there already, the message says which port, and what would do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(data_dir=tmp_path / "data", port=port)
    assert said.startswith(f"port: 127.0.0.1 port {port} is in use by another process (expected")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"host": "192.0.2.1", "port": 0}, "host: 192.0.2.1 is not an address of this machine"),
        ({"host": "not a host"}, "host: 'not a host' is not an address of this machine"),
        ({"trusted_proxies": "10.0.0.1, proxy"}, "trusted_proxies: 'proxy' is no address"),
    ],
)
def test_an_address_that_is_none_is_named(tmp_path, settings, said):
    """So is one that this machine does not have, and a proxy that is no address."""
    assert refused(data_dir=tmp_path / "data", **settings).startswith(said)


def test_what_the_system_says_of_a_port_is_passed_on(monkeypatch):
    """A port that only root may open, and whatever else the system says."""

    class Forbidden:
        error: OSError

        def __init__(self, *_):
            pass

        setsockopt = close = __init__

        def bind(self, address):
            raise self.error

    monkeypatch.setattr("remint.issuer.server.listener.socket.socket", Forbidden)
    for error, said in (
        (PermissionError(13, "Permission denied"), "may not be opened by this user"),
        (OSError(105, "No buffer space"), "cannot be opened: No buffer space"),
    ):
        Forbidden.error = error
        with pytest.raises(ConfigurationError, match=said):
            listener.bind(Settings(port=80))


def test_on_ready_is_called_once_with_the_port(tmp_path):
    """By the parent, when the port is bound; what it raises ends the server before it served."""
    seen = []

    def ready(installation):
        seen.append(installation.settings.port)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", installation.settings.port))
            seen.append("free")
        raise KeyboardInterrupt

    for kind in ("uvicorn", "granian"):
        with pytest.raises(KeyboardInterrupt):
            run(Settings(data_dir=tmp_path / "data", port=0, server=kind), on_ready=ready)
    assert len(seen) == 2
    assert all(port > 0 for port in seen)


def test_an_order_arrives_as_it_was_given(tmp_path):
    """A worker is told every setting, paths included."""
    from remint.issuer.server.worker import decode

    settings = Settings(
        data_dir=tmp_path, dialect_folders=(tmp_path,), root_key_file=tmp_path / "k"
    )
    order = Order(settings, 7, 8)
    assert decode(order.encode()) == order
    assert msgspec.structs.asdict(order)["descriptor"] == 7


def test_more_connections_than_files_is_said(serve):
    """Where the system does not allow so many open files, the log says so at the start."""
    server = serve(max_connections=100_000_000)
    server.stop()
    (warning,) = [line for line in server.log() if line["event"] == "few_files"]
    assert warning["max_connections"] == 100_000_000
