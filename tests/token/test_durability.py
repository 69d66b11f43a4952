"""Writing under faults, kills and company: old or new, never anything else."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from remint.errors import KeyRingError, RootKeyError
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey, create_root_key, load_root_key
from remint.token.rotation import Changes
from remint.token.schedule import Schedule
from tests.token.conftest import NOW_MS
from tests.token.faults import Steps
from tests.token.ringwriter import ROOT_KEY

REPLACING = ["unlink", "open", "fchmod", "fsync", "replace", "open", "fsync"]
CREATING = ["unlink", "open", "fchmod", "fsync", "link", "unlink", "open", "fsync"]
GROW = Changes(mac=True)


def disk_full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def writer(path: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.token.ringwriter", str(path), *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def file(tmp_path, entropy) -> KeyRingFile:
    """A ring file under the key that the writer processes use, with a ring in it."""
    made = KeyRingFile(tmp_path / "keyring.json", RootKey(ROOT_KEY), entropy)
    made.create(NOW_MS)
    return made


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(len(REPLACING)))
def test_a_fault_leaves_the_old_ring_or_the_new(file, step, after, monkeypatch):
    """At every system call of a write: new only after the rename, and the next write works."""
    steps = Steps(step, disk_full, after=after)
    with monkeypatch.context() as patch:
        steps.install(patch.setattr)
        with pytest.raises(KeyRingError, match="cannot be written: No space left"):
            file.rotate(NOW_MS, Schedule(), GROW)
    assert steps.names == REPLACING[: step + 1]
    renamed = (step, after) >= (REPLACING.index("replace"), True)
    assert file.load().revision == (2 if renamed else 1)
    assert file.rotate(NOW_MS, Schedule(), GROW).revision == (3 if renamed else 2)
    assert {path.name for path in file.path.parent.iterdir()} == {
        "keyring.json",
        "keyring.json.lock",
    }


def test_a_file_that_cannot_grow_leaves_the_old_ring(file):
    """The system itself cuts the write short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(KeyRingError, match="cannot be written: File too large"):
            file.rotate(NOW_MS, Schedule(), GROW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.load().revision == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [2, 3, 4, 6])
def test_a_killed_writer_leaves_the_old_ring_or_the_new(file, step, after):
    """A process that dies in mid-write takes nothing with it, its lock included."""
    with writer(file.path, "die", step, "after" if after else "before") as process:
        process.wait(30)
    assert process.returncode == -9
    renamed = (step, after) >= (REPLACING.index("replace"), True)
    assert file.load().revision == (2 if renamed else 1)
    assert file.rotate(NOW_MS, Schedule(), GROW).revision == (3 if renamed else 2)


@pytest.mark.parametrize("step", range(len(CREATING)))
def test_a_fault_leaves_no_root_key_or_a_whole_one(tmp_path, entropy, step, monkeypatch):
    """A root key is never half there."""
    path = tmp_path / "root.key"
    steps = Steps(step, disk_full)
    with monkeypatch.context() as patch:
        steps.install(patch.setattr)
        with pytest.raises(RootKeyError, match="cannot be written: No space left"):
            create_root_key(path, entropy)
    assert steps.names[: step + 1] == CREATING[: step + 1]
    assert path.exists() == (step > CREATING.index("link"))
    with suppress(RootKeyError):
        create_root_key(path, entropy)
    load_root_key(path, {})


def test_processes_that_change_a_ring_together_lose_nothing(file):
    """Four processes, five keys each, while this one reads: every key is there, every read is whole."""
    writers = [writer(file.path, "grow", 5) for _ in range(4)]
    revisions = []
    while any(process.poll() is None for process in writers):
        revisions.append(file.load().revision)
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    ring = file.load()
    assert len(ring.mac_keys) == ring.revision == 21
    assert revisions == sorted(revisions)


def test_processes_that_start_together_agree_on_one_ring(tmp_path):
    """One makes it, the others load it."""
    writers = [writer(tmp_path / "keyring.json", "start") for _ in range(4)]
    assert len({process.communicate()[0] for process in writers}) == 1
    assert {process.returncode for process in writers} == {0}
