"""``remint grant import``: legacy tokens come in by their hashes, whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from remint.issuer.grants.importplace import PlaceFile
from remint.issuer.installation import Installation
from remint.issuer.settings import load_settings
from tests.cli.conftest import REMINT, running

HEADER = "token_sha256,client_id,subject,scope,expires_at,claims\n"


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def file(tmp_path, remint):
    """``file(text)``: the file to import, for the app ``acme``."""
    remint("app", "create", "Acme", "--client-id", "acme", "--scope", "read write")

    def write(text, name="tokens.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def grants():
    installation = Installation(load_settings())
    held = installation.listing.of_workspace(None, limit=100_000)
    installation.close()
    return held


def test_csv_with_every_column(remint, file):
    """Hashes in hexadecimal or base64; a time as seconds or ISO 8601; claims as JSON."""
    plain = base64.b64encode(hashlib.sha256(b"two").digest()).decode()
    urlsafe = base64.urlsafe_b64encode(hashlib.sha256(b"three").digest()).decode().rstrip("=")
    path = file(
        HEADER
        + f'{digest("one")},acme,user-1,read,4102444800,"{{""tier"":""gold""}}"\n'
        + f"{plain},acme,user-2,,2100-01-01T00:00:00Z,\n"
        + f"{urlsafe},acme,user-3,,2100-01-01 00:00:00,\r\n"
        + f"{digest('four').upper()},acme,user-4,,,\n"
    )
    told = remint("grant", "import", path, "--json").json()
    assert told == {
        "lines": 4, "imported": 4, "present": 0, "expired": 0, "refused": 0, "reasons": {}
    }  # fmt: skip
    by_subject = {each.grant.subject: each for each in grants()}
    assert by_subject["user-1"].terms.scope == "read"
    assert by_subject["user-1"].terms.claims == {"tier": "gold"}
    assert {each.grant.expires_at for each in by_subject.values()} == {4102444800, 0}
    assert by_subject["user-4"].terms.scope == "read write"
    assert all(each.grant.imported for each in by_subject.values())


def test_json_lines(remint, file):
    """The same columns, as members."""
    lines = [
        {"token_sha256": digest("one"), "client_id": "acme", "subject": "user-1"},
        {
            "token_sha256": digest("two"),
            "client_id": "acme",
            "subject": "user-2",
            "expires_at": 4102444800,
            "claims": {"level": 3},
        },
    ]
    path = file("\n".join(map(json.dumps, lines)), "tokens.jsonl")
    assert remint("grant", "import", path, "--json").json()["imported"] == 2
    assert {each.terms.claims.get("level") for each in grants()} == {None, 3}


def test_importing_twice_is_harmless(remint, file):
    """What is there already is counted as such, and left as it is."""
    path = file(HEADER + f"{digest('one')},acme,user-1,,,\n" * 2)
    assert remint("grant", "import", path, "--json").json()["present"] == 1
    before = grants()
    assert remint("grant", "import", path, "--json").json()["present"] == 2
    assert grants() == before


def test_what_has_expired_stays_out(remint, file):
    """It is no error: an old system keeps such rows."""
    path = file(HEADER + f"{digest('one')},acme,user-1,,1000000000,\n")
    told = remint("grant", "import", path, "--json").json()
    assert (told["expired"], told["imported"], told["refused"]) == (1, 0, 0)
    assert grants() == []


@pytest.mark.parametrize(
    "line, said",
    [
        ("nonsense,acme,u,,,", "token_sha256: this is no SHA-256 (expected the SHA-256"),
        ("{hash},nobody,u,,,", "client_id: there is no app of that client id (expected"),
        ("{hash},acme,,,,", "subject: there is nothing in this column"),
        ("{hash},acme,u,admin,,", "the scope asks for more than the app has"),
        ("{hash},acme,u,,tomorrow,", "expires_at: this is no time (expected seconds since"),
        ("{hash},acme,u,,1700000000000,", "expires_at: this is no time (expected seconds since"),
        ("{hash},acme,u,,,[1]", "claims: the claims are no JSON object"),
        ("{hash},acme,u,,,gold", "claims: the claims are no JSON object"),
        ("{hash},acme,u", "the number of columns is 3 (expected 6, as the header has)"),
        ('{hash},acme,"u,,,', "the line is not CSV"),
        ("{hash},acme," + "u" * 256 + ",,,", "subject: the subject is empty or too long"),
        ("{hash},acme," + "u" * 70_000 + ",,,", "the line is too long (expected 65536 bytes"),
        (b"{hash},acme,\xff,,,", "the line is not UTF-8"),
    ],
)
def test_a_bad_line_is_named_and_the_others_come_in(remint, file, line, said):
    """File and line, what was expected, and never what stands in it."""
    raw = line if isinstance(line, bytes) else line.encode()
    raw = raw.replace(b"{hash}", digest("bad").encode())
    good = [f"{digest(name)},acme,{name},,,\n".encode() for name in ("one", "two")]
    path = file(HEADER.encode() + good[0] + raw + b"\n" + good[1])
    done = remint("grant", "import", path)
    assert done.status == 1
    assert f"{path}:3: " in done.err
    assert said in done.err
    assert digest("bad") not in done.err + done.out
    assert {each.grant.subject for each in grants()} == {"one", "two"}


@pytest.mark.parametrize(
    "line",
    ["[]", "{", '{"token_sha256": 1}', '{"token_sha256": "x", "client_id": "a", "user": "b"}'],
)
def test_a_bad_line_of_json(remint, file, line):
    """Is told like one of CSV."""
    good = json.dumps({"token_sha256": digest("one"), "client_id": "acme", "subject": "s"})
    path = file(f"{good}\n{line}\n\n", "tokens.jsonl")
    told = remint("grant", "import", path)
    assert told.status == 1
    assert f"{path}:2: " in told.err
    assert len(grants()) == 1


@pytest.mark.parametrize(
    "text",
    ["", "a,b,c\n", "token_sha256,client_id\n", HEADER.replace("claims", "claim"), "\xff\n"],
)
def test_a_file_that_is_no_such_file_is_refused_whole(remint, file, text):
    """The header says what the columns are, and is the first line."""
    path = file(text + f"{digest('one')},acme,user-1,,,\n")
    done = remint("grant", "import", path)
    assert done.status == 1
    assert f"{path}:1: " in done.err
    assert "expected token_sha256,client_id,subject and" in done.err or "UTF-8" in done.err
    assert remint("grant", "import", path.with_name("none.csv")).err.endswith(
        "none.csv: cannot be read: No such file or directory\n"
    )


def test_refused_lines_are_collected_to_be_mended(remint, file, tmp_path):
    """With the header, as they were, in a private file that can be imported in turn."""
    path = file(HEADER + f"{digest('one')},acme,u,,,\n{digest('two')},acne,u,,,\n")
    refused = tmp_path / "refused.csv"
    assert remint("grant", "import", path, "--rejects", refused).status == 1
    assert refused.read_text() == HEADER + f"{digest('two')},acne,u,,,\n"
    assert refused.stat().st_mode & 0o777 == 0o600
    refused.write_text(refused.read_text().replace("acne", "acme"))
    assert remint("grant", "import", refused, "--json").json()["imported"] == 1


def test_thousands_of_refusals_are_counted(remint, file):
    """A few are told, and the kinds are counted."""
    path = file(HEADER + "x,acme,u,,,\n" * 1200)
    done = remint("grant", "import", path, "--json")
    assert done.status == 1
    assert json.loads(done.out)["reasons"] == {"this is no SHA-256": 1200}
    assert done.err.count("\n") == 51


def test_an_import_begins_at_a_line(remint, file):
    """What is before it is left out; the header is read all the same."""
    lines = "".join(f"{digest(str(n))},acme,user-{n},,,\n" for n in range(2, 6))
    told = remint("grant", "import", file(HEADER + lines), "--from-line", 4, "--json").json()
    assert told["imported"] == 2
    assert {each.grant.subject for each in grants()} == {"user-4", "user-5"}


def test_a_killed_import_goes_on_where_it_was(remint, file, data_dir, tmp_path):
    """Killed in mid-file, run again: every token is there once, every refused line is collected once."""
    count = 30_000
    lines = [
        f"{digest(str(n))},{'acme' if n % 100 else 'nobody'},user-{n % 500},,,\n"
        for n in range(count)
    ]
    path, refused = file(HEADER + "".join(lines)), tmp_path / "refused.csv"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [REMINT, "grant", "import", path, "--rejects", refused],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environ,
    )
    deadline = time.monotonic() + 60
    while not _begun(data_dir) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _begun(data_dir)
    assert 0 < len(grants()) < count
    done = remint("grant", "import", path, "--rejects", refused)
    assert "Going on at line " in done.err
    told = {each.grant.subject for each in grants()}
    assert len(grants()) == count - count // 100
    assert len(told) == 495
    assert "lines     30000" in done.out
    assert refused.read_text() == HEADER + "".join(lines[::100])
    assert not list(data_dir.glob("import-*"))


def _begun(data_dir):
    return bool(list(data_dir.glob("import-*.json")))


def test_an_edited_file_is_read_from_its_beginning(remint, file, data_dir):
    """And so is any with ``--restart``."""
    path = file(HEADER + f"{digest('one')},acme,u,,,\n")
    places = PlaceFile(data_dir, path)
    with path.open("rb") as opened:
        place = places.load(opened)
        place.offset, place.line = path.stat().st_size, 3
        places.save(place, opened)
    assert remint("grant", "import", path, "--json").json()["imported"] == 0
    with path.open("rb") as opened:
        places.save(place, opened)
    path.write_text(HEADER + f"{digest('two')},acme,u,,,\n")
    assert remint("grant", "import", path, "--json").json()["imported"] == 1
    with path.open("rb") as opened:
        places.save(place, opened)
    assert remint("grant", "import", path, "--json").json()["lines"] == 0
    with path.open("rb") as opened:
        places.save(place, opened)
    assert remint("grant", "import", path, "--restart", "--json").json()["present"] == 1


def test_a_running_server_accepts_what_was_imported(remint, file, data_dir):
    """By the token itself, twice: the second is the retry of the first; a stranger's token is refused."""
    remint("app", "create", "P", "--client-id", "p", "--dialect", "partner", "--number", 1)
    path = file(HEADER + f"{digest('the old token')},p,user-1,,,\n")
    with running("serve", "--port", 0, ready="Remint serves at") as (_, said):
        base_url = said[-1].split("Remint serves at ")[1].split(",")[0]
        assert remint("grant", "import", path).status == 0

        def renew(token):
            request = urllib.request.Request(
                f"{base_url}/v1/auth/token",
                json.dumps({"refreshToken": token}).encode(),
                {
                    "partnerId": "1",
                    "grantType": "refresh_token",
                    "Content-Type": "application/json",
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                return error.code

        deadline = time.monotonic() + 20
        while (first := renew("the old token")) == 400 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert first["refresh_token"].startswith("remint_rt_")
        assert renew("the old token")["refresh_token"] == first["refresh_token"]
        assert renew(first["refresh_token"])["access_token"]
        assert renew("another token") == 400


def test_a_bar_shows_how_far_it_is(file, data_dir):
    """At a terminal, by bytes; the summary is on standard output alone."""
    import pty

    path = file(HEADER + "".join(f"{digest(str(n))},acme,u,,,\n" for n in range(3000)) + "bad\n")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [REMINT, "grant", "import", path],
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
    )
    os.close(follower)
    said = b""
    try:
        while more := os.read(leader, 4096):
            said += more
    except OSError:
        pass
    os.close(leader)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"tokens.csv" in said
    assert b"3,001 lines" in said
    assert f"{path}:3002: the number of columns is 1".encode() in said
    assert b"imported  3000" in out
