"""Settings: where they come from, what is refused and how, and that each is documented."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import msgspec
import pytest

from remint.errors import ConfigurationError
from remint.issuer import Settings, load_settings
from tests.house.tree import ROOT

PAGE = (ROOT / "docs/configuration.md").read_text()
ROWS = {
    row[0]: row[1:]
    for row in re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE
    )
}
WORDED_DEFAULTS = {
    "issuer_url": "from `host` and `port`",
    "root_key_file": "`root.key` in `data_dir`",
    "dialect_folders": "none",
    "console": "`true`",
    "database": "none",
    "database_is_sharded": "`false`",
    "trusted_proxies": "none",
}


def documented_type(name: str) -> str:
    """A setting's type as the page words it."""
    kind = msgspec.inspect.type_info(typing.get_type_hints(Settings, include_extras=True)[name])
    match kind:
        case msgspec.inspect.IntType(ge=low, le=None):
            return f"{low} or more"
        case msgspec.inspect.IntType(ge=low, le=high):
            return f"{low} to {high}"
        case msgspec.inspect.LiteralType():
            hint = typing.get_type_hints(Settings)[name]
            return " or ".join(f"`{value}`" for value in typing.get_args(hint))
        case msgspec.inspect.StrType():
            return "text"
        case msgspec.inspect.BoolType():
            return "`true` or `false`"
        case msgspec.inspect.VarTupleType():
            return "list of paths"
    return "path"


def test_every_setting_is_documented_and_no_other():
    """The table has a row for each setting, in their order."""
    assert list(ROWS) == list(Settings.__struct_fields__)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_a_setting_is_documented_as_it_is(name):
    """Its row gives its type, its default, its variable and what it means."""
    kind, default, variable, meaning = ROWS[name]
    assert kind == documented_type(name)
    assert default == WORDED_DEFAULTS.get(name, f"`{getattr(Settings(), name)}`")
    assert variable == f"REMINT_{name.upper()}"
    assert meaning.endswith(".")


def test_the_documented_file_is_a_configuration():
    """The example of the page loads."""
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert msgspec.toml.decode(example.encode(), type=Settings, dec_hook=lambda _, v: Path(v))


@pytest.fixture
def config(tmp_path):
    """``config(text)``: a configuration file."""

    def write(text: str) -> Path:
        file = tmp_path / "remint.toml"
        file.write_text(text)
        return file

    return write


def test_the_nearest_source_wins(config):
    """Command line, environment, file, default: the first that has a setting."""
    file = config('port = 1\nworkers = 2\nhost = "::1"\nserver = "granian"\n')
    environ = {"REMINT_PORT": "3", "REMINT_WORKERS": "4", "REMINT_CONFIG": str(file)}
    settings = load_settings({"port": 5, "workers": None}, environ=environ)
    assert (settings.port, settings.workers, settings.host) == (5, 4, "::1")
    assert (settings.server, settings.max_waiting) == ("granian", 4096)
    assert load_settings(file=file, environ={}).port == 1


def test_variables_of_others_are_left_alone():
    """The root key's variable is no setting, nor is what has another prefix."""
    environ = {"REMINT_ROOT_KEY": "x", "OTHER_PORT": "1", "REMINT_DIALECT_FOLDERS": "/a:/b"}
    settings = load_settings(environ=environ)
    assert settings.dialect_folders == (Path("/a"), Path("/b"))
    assert settings.port == 8080


REFUSED = [
    ('host = "a"\nport = "many"\n', ":2: port: expected `int`, got `str` (expected port = 8080)"),
    ("port = 70000\n", ":1: port: expected `int` <= 65535 (expected port = 8080)"),
    ("workers = 0\n", ":1: workers: expected `int` >= 1 (expected workers = 1)"),
    ("wokers = 2\n", ":1: wokers: there is no such setting (expected workers)"),
    (
        'server = "apache"\n',
        ":1: server: invalid enum value 'apache' (expected server = \"uvicorn\")",
    ),
    ("\n[remint]\nport = 1\n", ":2: remint: there is no such setting"),
    ("port = \n", ": is not TOML: "),
    ("port = 1\nport = 2\n", ": is not TOML: "),
    ("data_dir = 5\n", ":1: data_dir: expected a path"),
    ("root_key_file = true\n", ":1: root_key_file: expected a path"),
    ('dialect_folders = "/a"\n', ":1: dialect_folders: expected `array`, got `str`"),
]


@pytest.mark.parametrize("text, said", REFUSED, ids=[text.strip() for text, _ in REFUSED])
def test_what_is_wrong_in_a_file_is_named(config, text, said):
    """The message has the file, the line, the key and a value that would do."""
    file = config(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file=file, environ={})
    assert str(caught.value).startswith(f"{file}{said}")


def test_what_is_wrong_elsewhere_is_named():
    """A variable or an option is named in the place of file and line."""
    with pytest.raises(ConfigurationError, match=r"^REMINT_PORT: expected `int`.*port = 8080"):
        load_settings(environ={"REMINT_PORT": "http"})
    with pytest.raises(ConfigurationError, match=r"^REMINT_PROT: there is no such setting.*port"):
        load_settings(environ={"REMINT_PROT": "1"})
    with pytest.raises(ConfigurationError, match=r"^--workers: expected `int` <= 64"):
        load_settings({"workers": 99}, environ={})


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """So is one that is not there, and one that is no text."""
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: cannot be read: No such file"):
        load_settings(file=tmp_path / "nothing.toml", environ={})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"binary\.toml: is not TOML"):
        load_settings(file=tmp_path / "binary.toml", environ={})


@pytest.mark.parametrize(
    "settings, url",
    [
        (Settings(), "http://127.0.0.1:8080"),
        (Settings(host="::1", port=81), "http://[::1]:81"),
        (Settings(issuer_url="https://auth.example.com/"), "https://auth.example.com"),
    ],
)
def test_the_base_url(settings, url):
    """The issuer's address is what was set, or is made from host and port."""
    assert settings.base_url == url
