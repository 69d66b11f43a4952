"""docs/providers.md: its table is what the catalogue holds, and its code runs.

``python -m tests.dialect.test_providers_page`` writes the table anew.
"""

from __future__ import annotations

import re

from remint.dialect import builtin, provider_names
from tests.dialect.exchange import ROOT

PAGE = ROOT / "docs" / "providers.md"
HEAD = "| name | API | address | rotation | what is odd | evidence |\n| --- | --- | --- | --- | --- | --- |\n"


def row(name):
    dialect = builtin(name)
    call = dialect.call("refresh_token")
    address = f"`{call.method} {dialect.base_url}{call.path}`"
    cells = (
        *(f"`{name}`", dialect.title, address, dialect.renewal.rotation),
        *(dialect.summary, dialect.evidence),
    )
    return f"| {' | '.join(cells)} |\n"


def table():
    return HEAD + "".join(map(row, provider_names()))


def test_the_table_is_the_catalogue():
    """Every provider, as its file tells it."""
    assert PAGE.read_text().endswith(table())


def test_the_python_of_the_page_runs():
    """As printed."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    exec(compile(code, "docs/providers.md", "exec"), {})


def main():
    """Writes the table anew."""
    text = PAGE.read_text()
    PAGE.write_text(text[: text.index(HEAD)] + table())


if __name__ == "__main__":
    main()
