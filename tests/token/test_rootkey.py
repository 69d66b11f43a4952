"""The root key: where it may come from, who may read it, and what it does."""

from __future__ import annotations

import base64
import os
import pickle
import random
import stat

import pytest

from remint.errors import RootKeyError
from remint.token.rootkey import RootKey, create_root_key, load_root_key

KEY = random.Random(1).randbytes(32)
URL_SAFE = base64.urlsafe_b64encode(KEY).decode()
FORMS = {
    "hex": KEY.hex(),
    "upper-case hex": KEY.hex().upper(),
    "base64url": URL_SAFE.rstrip("="),
    "base64url, padded": URL_SAFE,
    "base64": base64.b64encode(KEY).decode(),
    "a line": KEY.hex() + "\n",
    "blanks around": f"  {KEY.hex()}\r\n",
}
BAD = {
    "empty": "",
    "a word": "secret",
    "31 bytes": KEY[:31].hex(),
    "33 bytes": (KEY + b"x").hex(),
    "16 bytes": base64.b64encode(KEY[:16]).decode(),
    "no hex": "g" * 64,
    "not ASCII": "ключ" * 11,
    "NUL": KEY.hex()[:-1] + "\0",
    "two keys": f"{KEY.hex()}\n{KEY.hex()}",
    "a placeholder": "00" * 32,
    "another": "A" * 43,
}


def write(path, text: str, mode: int = 0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def is_the_key(root_key: RootKey) -> bool:
    return root_key.derive("x") == RootKey(KEY).derive("x")


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_every_usual_text_form_is_read_from_both_places(tmp_path, text):
    """Hex or base64 of either alphabet, padded or not, in a file or in the environment."""
    assert is_the_key(load_root_key(write(tmp_path / "root.key", text), {}))
    assert is_the_key(load_root_key(None, {"REMINT_ROOT_KEY": text}))


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path, text):
    """The refusal says which file and what would do, but never shows what it read."""
    path = write(tmp_path / "root.key", text)
    with pytest.raises(RootKeyError) as caught:
        load_root_key(path, {})
    assert caught.value.file == path
    assert "openssl rand -hex 32" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_bad_variable_is_named():
    """The refusal names the environment variable, not a file."""
    with pytest.raises(RootKeyError, match="REMINT_ROOT_KEY: the root key is malformed"):
        load_root_key(None, {"REMINT_ROOT_KEY": "not a key!"})


def test_the_variable_wins_over_the_file_and_an_empty_one_does_not(tmp_path):
    """An empty variable counts as unset, as in a compose file that passes nothing on."""
    other = write(tmp_path / "root.key", random.Random(2).randbytes(32).hex())
    assert is_the_key(load_root_key(other, {"REMINT_ROOT_KEY": KEY.hex()}))
    assert not is_the_key(load_root_key(other, {"REMINT_ROOT_KEY": " "}))


def test_no_root_key_at_all(tmp_path):
    """Without variable and file the refusal says what may be given."""
    with pytest.raises(RootKeyError, match="no root key was given"):
        load_root_key(None, {})
    with pytest.raises(RootKeyError, match="there is no root key here"):
        load_root_key(tmp_path / "root.key", {})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o666])
def test_a_file_that_others_may_touch_is_refused(tmp_path, mode):
    """Any permission for group or others is too much; the refusal says which command helps."""
    path = write(tmp_path / "root.key", KEY.hex(), mode)
    with pytest.raises(RootKeyError, match=rf"mode {mode:04o}.*chmod 600"):
        load_root_key(path, {})


def test_a_read_only_file_will_do(tmp_path):
    """Mode 0400, as an orchestrator mounts it, is as good."""
    assert is_the_key(load_root_key(write(tmp_path / "root.key", KEY.hex(), 0o400), {}))


def test_a_file_of_somebody_else_is_refused(tmp_path, monkeypatch):
    """The owner is this user, or root."""
    path = write(tmp_path / "root.key", KEY.hex())
    if os.geteuid() == 0:
        os.chown(path, 4242, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(RootKeyError, match="belongs to another user"):
        load_root_key(path, {})


def test_a_symbolic_link_is_judged_by_its_target(tmp_path):
    """A link to a safe file works; one to an open file is refused; one to nothing is missing."""
    target, link = write(tmp_path / "target", KEY.hex()), tmp_path / "root.key"
    link.symlink_to(target)
    assert is_the_key(load_root_key(link, {}))
    target.chmod(0o644)
    with pytest.raises(RootKeyError, match="open to others"):
        load_root_key(link, {})
    target.unlink()
    with pytest.raises(RootKeyError, match="there is no root key here"):
        load_root_key(link, {})


def test_a_link_in_a_circle_is_refused(tmp_path):
    """What the system cannot open is named with its reason."""
    (tmp_path / "root.key").symlink_to(tmp_path / "root.key")
    with pytest.raises(RootKeyError, match="cannot be read: Too many levels of symbolic links"):
        load_root_key(tmp_path / "root.key", {})


def test_only_a_regular_file_will_do(tmp_path):
    """A directory and a named pipe are refused at once; nothing waits for a writer."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(RootKeyError, match="not a regular file"):
            load_root_key(tmp_path / name, {})


def test_a_new_root_key_is_private_and_loads_again(tmp_path, entropy):
    """Mode 0600 under any umask, nothing else left in the folder."""
    path = tmp_path / "root.key"
    before = os.umask(0o277)
    try:
        made = create_root_key(path, entropy)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_root_key(path, {}).derive("x") == made.derive("x")
    assert [each.name for each in tmp_path.iterdir()] == ["root.key"]


def test_a_root_key_is_never_overwritten(tmp_path, entropy):
    """A second creation fails and leaves the first as it was, a dangling link included."""
    path = tmp_path / "root.key"
    create_root_key(path, entropy)
    before = path.read_bytes()
    with pytest.raises(RootKeyError, match="a file here already"):
        create_root_key(path, entropy)
    assert path.read_bytes() == before
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RootKeyError, match="a file here already"):
        create_root_key(tmp_path / "link", entropy)


def test_a_root_key_that_cannot_be_written_says_why(tmp_path, entropy):
    """A folder that is not there."""
    with pytest.raises(RootKeyError, match="No such file or directory"):
        create_root_key(tmp_path / "none" / "root.key", entropy)


def test_subkeys_differ_by_purpose_salt_and_key():
    """No two of them are equal, and none is the root key."""
    one, two = RootKey(KEY), RootKey(KEY[::-1])
    subkeys = {KEY, one.derive("a"), one.derive("b"), one.derive("a", b"salt"), two.derive("a")}
    assert len(subkeys) == 5


def test_what_is_sealed_opens_only_as_it_was_sealed(entropy):
    """Another key, purpose, associated data or any flipped bit gives nothing."""
    root_key = RootKey(KEY)
    sealed = root_key.seal(b"text", purpose="p", associated_data=b"a", entropy=entropy)
    assert root_key.unseal(sealed, purpose="p", associated_data=b"a") == b"text"
    assert root_key.unseal(sealed, purpose="q", associated_data=b"a") is None
    assert root_key.unseal(sealed, purpose="p", associated_data=b"b") is None
    assert RootKey(KEY[::-1]).unseal(sealed, purpose="p", associated_data=b"a") is None
    for place in range(len(sealed)):
        bad = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert root_key.unseal(bad, purpose="p", associated_data=b"a") is None
        assert root_key.unseal(sealed[:place], purpose="p", associated_data=b"a") is None


def test_sealing_twice_uses_two_nonces(entropy):
    """The same text never seals to the same bytes."""
    root_key = RootKey(KEY)
    one, two = (
        root_key.seal(b"t", purpose="p", associated_data=b"", entropy=entropy) for _ in "ab"
    )
    assert one[:12] != two[:12]


def test_a_root_key_has_32_bytes_and_keeps_them_to_itself():
    """Neither printing nor pickling gives it away; only ``reveal`` does, as a Secret."""
    with pytest.raises(RootKeyError, match="has 5 bytes"):
        RootKey(b"short")
    root_key = RootKey(KEY)
    for shown in (repr(root_key), str(root_key), f"{root_key}", repr(root_key.reveal())):
        assert "********" in shown
    with pytest.raises(TypeError):
        pickle.dumps(root_key)
    assert is_the_key(load_root_key(None, {"REMINT_ROOT_KEY": root_key.reveal().reveal()}))
