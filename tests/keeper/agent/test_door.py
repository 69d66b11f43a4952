"""Where an agent listens: on this machine, where nobody else does, and closed to other users."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from remint.errors import ConfigurationError
from remint.keeper.agent.door import open_file, open_port


@pytest.fixture
def path(tmp_path):
    """Where a socket may be: in a folder of this user's alone."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder / "a.sock"


def test_a_socket_where_somebody_else_listens_is_left_alone(path):
    """Whoever it is: only a file that nobody listens at is replaced."""
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(path))
        stranger.listen()
        with pytest.raises(ConfigurationError, match="is in use"):
            open_file(path)
        assert path.is_socket()
    # Now nobody does.
    door = open_file(path)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
    door.close()
    assert not path.exists()


def test_two_doors_in_one_place(path):
    """The lock tells, also while the other is not listening yet."""
    door = open_file(path)
    door.listener.close()
    with pytest.raises(ConfigurationError, match="is in use"):
        open_file(path)
    door.close()
    open_file(path).close()


def test_no_other_file_is_replaced(path):
    """A path that was mistyped costs no file."""
    path.write_text("precious")
    with pytest.raises(ConfigurationError, match="no socket"):
        open_file(path)
    assert path.read_text() == "precious"


def test_the_lock_is_no_way_elsewhere(path, tmp_path):
    """A symbolic link in its place is not followed."""
    path.with_name("a.sock.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        open_file(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_open_to_others(path):
    """The socket's folder has to be this user's alone."""
    path.parent.chmod(0o750)
    with pytest.raises(ConfigurationError, match=f"chmod 700 {path.parent}"):
        open_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else(path):
    """Whoever owns the folder could put another socket there."""
    os.chown(path.parent, 65534, 65534)
    with pytest.raises(ConfigurationError, match="another user"):
        open_file(path)


def test_a_folder_that_cannot_be(tmp_path):
    """Its parent is a file, say."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        open_file(tmp_path / "file" / "a.sock")


def test_a_folder_is_made(tmp_path):
    """For this user alone, whatever the umask."""
    door = open_file(tmp_path / "new" / "a.sock")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "a.sock").stat().st_mode) == 0o600
    door.close()


def test_a_path_that_is_too_long(path):
    """A socket's path has some hundred bytes at most."""
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_file(path.with_name("x" * 120))


@pytest.mark.parametrize(
    "listen",
    [
        "0.0.0.0:8757",
        "192.0.2.7:80",
        "[::]:80",
        "example.com:80",
        "8757",
        "127.0.0.1:99999",
        ":80",
        "",
        "[localhost]:80",
        "127.0.0.1",
        "localhost:http",
    ],
)
def test_only_this_machine_is_listened_to(listen):
    """Any other address is refused, with one that would do."""
    with pytest.raises(ConfigurationError) as caught:
        open_port(listen)
    assert caught.value.expected is not None
    assert "127.0.0.1:8757" in caught.value.expected


@pytest.mark.parametrize("listen", ["localhost:0", "127.0.0.1:0", "127.0.0.9:0"])
def test_loopback(listen):
    """By number or by name; port 0 is a free one."""
    door = open_port(listen)
    assert door.address.startswith("http://127.0.0.")
    assert not door.address.endswith(":0")
    door.close()


def test_an_address_of_ipv6():
    """The other loopback, where there is one."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("needs IPv6")
    door = open_port("[::1]:0")
    assert door.address.startswith("http://[::1]:")
    door.close()


def test_a_port_that_is_taken():
    """It is said, and what would do."""
    door = open_port("127.0.0.1:0")
    address = door.address.removeprefix("http://")
    with pytest.raises(ConfigurationError, match="is in use"):
        open_port(address)
    door.close()
    open_port(address).close()


def test_home_is_understood(monkeypatch, tmp_path):
    """A path may begin with a tilde."""
    monkeypatch.setenv("HOME", str(tmp_path))
    door = open_file(Path("~/run/a.sock"))
    assert (tmp_path / "run" / "a.sock").is_socket()
    door.close()
