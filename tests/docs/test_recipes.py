"""Each recipe, run as it stands: real servers, real workers, a real shell."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import lacking
from tests.docs.acme import Acme, acme, environment, run
from tests.docs.page import Block, Page
from tests.house.tree import ROOT
from tests.keeper.provider import access_token, refresh_token, refusal, reply
from tests.keeper.store.postgresplace import KEY
from tests.postgrescluster import Cluster

RECIPES = Page("docs/recipes.md")
_LONGEST_SECONDS = 60


def blocks_of(heading: str, language: str = "python") -> list[Block]:
    """The blocks below a heading."""
    lines = RECIPES.text.splitlines()
    start = lines.index(f"## {heading}")
    ends = [n for n, line in enumerate(lines) if n > start and line.startswith("## ")]
    within = range(start, ends[0] if ends else len(lines))
    return [each for each in RECIPES.blocks if each.language == language and each.line in within]


def needs(package: str) -> None:
    """The recipes' tools are no dependencies of ours."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}")


def wait_until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def world(tmp_path):
    """The provider and the API, and the connection made as the page says."""
    with acme() as world:
        run(_connecting(), world, tmp_path)
        yield world


def _connecting() -> Block:
    return next(block for block in RECIPES.blocks if block.language == "sh")


@contextlib.contextmanager
def started(command: list[str], folder: Path, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process, ended at the end; what it says is in the file ``said``."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder, {"PYTHONPATH": str(folder), **extra}),
            stdout=said,
            stderr=said,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_LONGEST_SECONDS)


def python(code: str, folder: Path, **extra: str) -> str:
    """Runs a program, and gives what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(folder, {"PYTHONPATH": str(folder), **extra}),
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def shorten_lives(world: Acme, folder: Path) -> None:
    """From now on tokens live for two seconds."""
    world.provider.lifetime_seconds = 2
    renew(folder)


def renew(folder: Path) -> None:
    python("from remint import Keeper; Keeper().renew('acme')", folder)


@pytest.mark.parametrize("name", ["fastapi_app.py", "lambda_handler.py", "orders.sh"])
def test_the_page_shows_the_examples(name):
    """Word for word."""
    shown = [block.code for block in RECIPES.blocks]
    assert (ROOT / "examples/keeper" / name).read_text() in shown


def _get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=_LONGEST_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None


def test_fastapi(world, tmp_path):
    """Two workers and many callers, while tokens of two seconds come and go; then the connection dies."""
    shorten_lives(world, tmp_path)
    (tmp_path / "shop.py").write_text(world.localised(blocks_of("FastAPI")[0].code))
    before = world.provider.renewals
    port_file = tmp_path / "said"
    command = [sys.executable, "-m", "uvicorn", "shop:app", "--workers", "2", "--port", "0"]
    with started(command, tmp_path):
        line = wait_until(lambda: _line(port_file, "Uvicorn running on"))
        url = line.partition("http://")[2].partition(" ")[0]
        wait_until(lambda: _get(f"http://{url}/orders")[0] == 200)
        with ThreadPoolExecutor(8) as pool:
            while world.provider.renewals < before + 3:
                answers = list(pool.map(lambda _: _get(f"http://{url}/orders"), range(8)))
                assert {status for status, _ in answers} == {200}
        assert not world.provider.revoked
        world.provider.do(*[lambda *_: refusal("invalid_grant")] * 9)
        status, body = wait_until(lambda: _refused(f"http://{url}/orders"))
        assert (status, body) == (502, {"detail": "Acme has to be connected again."})
    assert port_file.read_text().count("Application shutdown complete") == 2


def _line(file: Path, words: str) -> str:
    return next((line for line in file.read_text().splitlines() if words in line), "")


def _refused(url: str) -> Any:
    status, body = _get(url)
    return (status, body) if status not in (0, 200) else None


def test_celery(world, tmp_path):
    """Two forked workers, twenty tasks."""
    needs("celery")
    (tmp_path / "shop.py").write_text(world.localised(blocks_of("Celery")[0].code))
    (tmp_path / "queue").mkdir()
    (tmp_path / "celeryconfig.py").write_text(
        f"""
broker_url = "filesystem://"
broker_transport_options = {{
    "data_folder_in": {str(tmp_path / "queue")!r},
    "data_folder_out": {str(tmp_path / "queue")!r},
    "control_folder": {str(tmp_path / "queue")!r},
}}
result_backend = "file://{tmp_path / "results"}"
"""
    )
    (tmp_path / "results").mkdir()
    shorten_lives(world, tmp_path)
    extra = {"CELERY_CONFIG_MODULE": "celeryconfig"}
    command = [sys.executable, "-m", "celery", "-A", "shop", "worker", "--concurrency", "2"]
    asking = """
from shop import fetch_order
results = [fetch_order.delay(number) for number in range(20)]
print(len([result.get(timeout=50) for result in results]))
"""
    with started([*command, "--pool", "prefork"], tmp_path, **extra):
        assert python(asking, tmp_path, **extra) == "20"
        time.sleep(2.1)
        assert python(asking, tmp_path, **extra) == "20"
    assert not world.provider.revoked


def test_rq(world, tmp_path):
    """A worker that forks for each job, and a real Redis."""
    needs("rq")
    redis = shutil.which("redis-server")
    if redis is None:
        lacking("Redis")
    job, asking = (world.localised(block.code) for block in blocks_of("RQ"))
    (tmp_path / "jobs.py").write_text(job)
    socket = tmp_path / "redis"
    asking = asking.replace("Redis()", f"Redis(unix_socket_path={str(socket)!r})")
    asking = asking.replace("Queue(", "job = Queue(")
    server = [
        redis,
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    (tmp_path / "server").mkdir()
    with started(server, tmp_path / "server"):
        wait_until(socket.exists)
        identity = python(f"{asking}\nprint(job.id)", tmp_path)
        worker = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--url", f"unix://{socket}"]
        with started(worker, tmp_path) as process:
            assert process.wait(_LONGEST_SECONDS) == 0
        result = python(
            f"from redis import Redis\nfrom rq.job import Job\n"
            f"job = Job.fetch({identity!r}, connection=Redis(unix_socket_path={str(socket)!r}))\n"
            f"print(job.get_status().name, job.return_value())",
            tmp_path,
        )
    assert result == f"FINISHED {{'token': '{access_token('acme', 1)}'}}", (
        tmp_path / "said"
    ).read_text()


def test_a_notebook(tmp_path):
    """Its cells one after the other; what a cell shows of the token is a mask."""
    with acme() as world:
        cells = [world.localised(block.code) for block in blocks_of("A notebook")]
        code = "\n".join([*cells, "print(repr(keeper.token('acme')))", "print(orders)"])
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment(tmp_path),
            input=f"{refresh_token('acme')}\n",
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            start_new_session=True,
        )
    assert done.returncode == 0, done.stderr
    shown, orders = done.stdout.splitlines()[-2:]
    assert shown.endswith("AccessToken('********')")
    assert access_token("acme", 1) in orders


def test_a_cron_job(world, tmp_path):
    """Orders in a file; nothing said while the provider is away; a word when a person is needed."""
    if shutil.which("curl") is None:
        lacking("curl")
    script = tmp_path / "orders.sh"
    script.write_text(world.localised(blocks_of("A cron job", "sh")[0].code))

    def cron() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", script],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
        )

    def failed(done: subprocess.CompletedProcess[str]) -> Any:
        return done if done.returncode else None

    done = cron()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = json.loads((tmp_path / "orders.json").read_text())
    assert told == {"token": access_token("acme", 1)}
    shorten_lives(world, tmp_path)
    world.provider.do(*[lambda *_: refusal("invalid_grant")] * 9)
    done = wait_until(lambda: failed(cron()))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("acme has to be connected again")


def test_aws_lambda(world, tmp_path, postgres_folder):
    """Two instances with one PostgreSQL, connected from elsewhere; nothing is written at home."""
    handler, _ = (world.localised(block.code) for block in blocks_of("AWS Lambda"))
    (tmp_path / "function.py").write_text(handler)
    asking = (
        "import function\nfor _ in range(2):\n    print(function.handler({}, None)['statusCode'])"
    )
    cluster = Cluster(postgres_folder)
    try:
        shared = {"REMINT_KEEPER_STORE": cluster.url(), "REMINT_KEEPER_KEY": KEY.reveal()}
        # The refresh token of the file's connection is spent; this is another login.
        world.provider.newest.clear()
        run(_connecting(), world, tmp_path, {**shared, "HOME": str(tmp_path / "elsewhere")})
        nowhere = tmp_path / "nowhere"
        for instance in ("one", "other"):
            places = {"HOME": str(nowhere), "XDG_DATA_HOME": str(tmp_path / instance)}
            assert python(asking, tmp_path, **shared, **places).split() == ["200", "200"]
        assert not nowhere.exists()
    finally:
        cluster.close()


def test_aws_lambda_alone(world, tmp_path):
    """A store in memory for each instance."""
    _, alone = (world.localised(block.code) for block in blocks_of("AWS Lambda"))
    assert python(f"{alone}\nprint(keeper.token('acme'))", tmp_path) == access_token("machine", 2)


def test_one_connection_for_each_user(world, tmp_path):
    """A user who is not connected yet, then one who came back with a code."""
    world.provider.do(
        reply(
            200,
            json.dumps(
                {
                    "access_token": access_token("acme", 1),
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "refresh_token": "r",
                }
            ).encode(),
            Content_Type="application/json",
        )
    )
    code = world.localised(blocks_of("One connection for each user")[0].code)
    asking = """
assert orders_of(7) is None
connected(7, "the-code", "the-verifier")
print(orders_of(7)["token"])
"""
    assert python(f"{code}\n{asking}", tmp_path) == access_token("acme", 1)
    assert world.provider.calls[-1].form["code_verifier"] == "the-verifier"
    assert (tmp_path / ".local/share/remint/connections.db").exists()
