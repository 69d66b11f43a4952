"""What a file of credentials calls the fields of a request."""

from __future__ import annotations

import pytest

from remint.dialect import builtin, load
from remint.errors import DialectError

FILE = """
name = "example"
[call.refresh_token]
path = "/renew"
[call.refresh_token.request]
refresh_token = {{ in = "json", name = "rt" }}
client_id = {{ in = "json", name = "cid"{more} }}
[answer.fields]
access_token = {{}}
"""


def credentials(dialect):
    return {
        field.meaning: field.credential for call in dialect.calls for field in call.form.request
    }


def test_a_credential_is_called_by_its_meaning(tmp_path):
    """Not by its name on the wire, which may be spelled as no key of a file should be."""
    file = tmp_path / "example.toml"
    file.write_text(FILE.format(more=""))
    assert credentials(load(file))["client_id"] == "client_id"


def test_a_file_may_say_otherwise(tmp_path):
    """``credential`` names the field in a file of credentials."""
    file = tmp_path / "example.toml"
    file.write_text(FILE.format(more=', credential = "store_id"'))
    assert credentials(load(file))["client_id"] == "store_id"
    assert credentials(builtin("partner"))["client_number"] == "partner_id"
    assert credentials(builtin("genlogs"))["username"] == "email"


def test_a_name_that_is_no_word_is_refused(tmp_path):
    """The error names file, line, key and what would do."""
    file = tmp_path / "example.toml"
    file.write_text(FILE.format(more=', credential = "store id"'))
    with pytest.raises(DialectError, match=r"example\.toml:7: .*credential.*store id.*letters"):
        load(file)
