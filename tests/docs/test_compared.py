"""The page that compares clients shows what was recorded, with a reason for each verdict."""

from __future__ import annotations

import pytest

from bench.clients import result
from bench.clients.reasons import REASONS
from bench.clients.scenes import SCENES


def test_the_page_shows_what_was_recorded():
    """The table is that of the recorded run: nobody mended a cell by hand."""
    page = result.PAGE.read_text()
    assert result.made_anew(page, result.read()) == page


def test_every_scene_was_played_with_every_library():
    """No cell is missing, and Remint survives all that is shown."""
    record = result.read()
    assert list(record["scenes"]) == [scene.name for scene in SCENES]
    for cells in record["scenes"].values():
        assert set(cells) == set(record["libraries"])
        assert cells["remint"]["verdict"] == "yes"


def test_every_cell_has_a_reason():
    """Whoever is told that a library fails is told why."""
    record = result.read()
    told = {key for key, text in REASONS.items() if text}
    shown = {(name, module) for name, cells in record["scenes"].items() for module in cells}
    assert shown <= told


def test_a_page_without_a_place_is_refused():
    """The table is not put just anywhere."""
    with pytest.raises(ValueError, match="no '<!-- Made"):
        result.made_anew("# Compared\n", result.read())


def test_what_is_played_again_takes_the_place_of_what_was():
    """One scene can be played again without the others."""
    before = result.read()
    cells = {"waiter": {"remint": {"verdict": "no", "seen": "x"}}}
    after = result.merged(before, {"python": "3", "libraries": {}, "scenes": cells})
    assert after["scenes"]["waiter"]["remint"]["verdict"] == "no"
    assert after["scenes"]["waiter"]["authlib"] == before["scenes"]["waiter"]["authlib"]
    assert after["scenes"]["crash"] == before["scenes"]["crash"]
