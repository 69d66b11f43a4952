"""Pages that are made from code say what the code says."""

from __future__ import annotations

import pytest

from scripts import generate_docs


def test_generated_pages_are_up_to_date():
    """Nobody changed a command or an endpoint without ``make docs``."""
    assert generate_docs.out_of_date() == []


def test_a_page_out_of_date_is_named(tmp_path, monkeypatch, capsys):
    """A page that differs from its code fails the check, and is mended by writing it."""
    monkeypatch.setattr(generate_docs, "ROOT", tmp_path)
    monkeypatch.setattr(generate_docs, "PAGES", {"page.md": lambda: "new\n"})
    (tmp_path / "page.md").write_text("old\n")
    assert generate_docs.main(["--check"]) == 1
    assert "page.md is out of date" in capsys.readouterr().err
    assert generate_docs.main([]) == 0
    assert (tmp_path / "page.md").read_text() == "new\n"
    assert generate_docs.main(["--check"]) == 0


@pytest.fixture
def small_command(monkeypatch):
    """A stand-in for the command: one group, one command with an argument and an option."""
    import typer

    from remint import cli

    app = typer.Typer(help="Renews tokens.")
    group = typer.Typer(help="Apps.")
    app.add_typer(group, name="app")

    @group.command()
    def show(name: str, port: int = typer.Option(8080, envvar="PORT", help="a|b")):
        """Shows one."""

    @group.command("list")
    def list_():
        """Lists all."""

    monkeypatch.setattr(cli, "app", app, raising=False)


def test_the_command_reference_lists_commands_and_options(small_command):
    """Each command has a heading, its help, and a row for each argument and option."""
    page = generate_docs.command_reference()
    assert "### `remint app`\n\nApps." in page
    assert "#### `remint app show`\n\nShows one." in page
    assert "$ remint app show [OPTIONS] {name}" in page
    assert "| `--port <int>` | a\\|b [env var: PORT; default: 8080] |" in page
    assert "| `--help" not in page
