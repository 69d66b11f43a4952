"""Where the key lies, and what is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from remint.errors import ConfigurationError
from remint.keeper.agent.key import agent_key, key_place


@pytest.mark.parametrize("store", ["memory:", "postgresql://db.example/remint"])
def test_a_store_without_a_folder(store):
    """The key then lies where a store would by default, and never in a folder named after an address."""
    environ = {"XDG_DATA_HOME": "/somewhere", "REMINT_KEEPER_STORE": store}
    by_default = key_place(None, {"XDG_DATA_HOME": "/somewhere"})
    assert key_place(store, environ) == key_place(None, environ) == by_default
    assert by_default.name == "agent.key"


def test_a_store_in_a_folder():
    """The key lies in it, whoever names it."""
    assert key_place("/srv/tokens", {}) == Path("/srv/tokens/agent.key")
    named = {"REMINT_KEEPER_STORE": "/srv/tokens"}
    assert key_place(None, named) == Path("/srv/tokens/agent.key")


def test_a_key_is_made_once(tmp_path):
    """And is another for another agent."""
    key, is_new = agent_key(tmp_path / "a.key", {})
    assert is_new
    again, is_new = agent_key(tmp_path / "a.key", {})
    assert (again, is_new) == (key, False)
    assert agent_key(tmp_path / "b.key", {})[0] != key


def test_a_key_that_cannot_be_written(tmp_path):
    """The error names the file, and both ways around."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--key-file, or REMINT_AGENT_KEY"):
        agent_key(tmp_path / "file" / "folder" / "agent.key", {})


@pytest.mark.parametrize(
    "text", ["", "a-short-one", "with a blank " + "x" * 40, "x" * 600, "é" * 40]
)
def test_what_is_no_key(tmp_path, text):
    """It is refused, and not shown."""
    file = tmp_path / "a.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="this is no key") as caught:
        agent_key(file, {})
    assert not text or text not in str(caught.value)
