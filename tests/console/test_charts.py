"""Charts: where everything is drawn, what it says in words, and that it is drawn so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.issuer.console.charts import Axis, Chart, Layer, lines, round_step, stacked
from remint.issuer.console.templating import environment

HOUR = 3_600_000
MIDNIGHT = 1_795_219_200_000  # 2026-11-21T00:00:00Z
DAY = Axis(MIDNIGHT, HOUR, 24)
COUNTS = st.lists(st.integers(0, 10**7), min_size=24, max_size=24)


def draw(chart: Chart) -> str:
    macros = environment().get_template("components/charts.html").module
    return str(macros.chart(chart))  # type: ignore[attr-defined]


def one(values: list[int], **more) -> Chart:
    return stacked("c", "Renewals", DAY, [Layer("renewed", 1, values)], **more)


@given(COUNTS, COUNTS)
def test_bars_stand_on_one_another_within_the_drawing(first, second):
    """Each bar begins where the one below ends; the lowest stands on the ground, none is above the top."""
    chart = stacked("c", "Renewals", DAY, [Layer("a", 1, first), Layer("b", 2, second)])
    columns: dict[float, list] = {}
    for bar in chart.bars:
        columns.setdefault(bar.x, []).append(bar)
    for column in columns.values():
        foot = chart.ground
        for bar in column:
            assert bar.y + bar.height == pytest.approx(foot, abs=0.03)
            foot = bar.y
        assert foot >= 0
    assert sum(value > 0 for value in first + second) == len(chart.bars)


@given(st.floats(0, 1e12), st.booleans())
def test_a_step_is_round_and_large_enough(least, whole):
    """A step is 1, 2 or 5 times a power of ten, and no smaller than asked for."""
    step = round_step(least, whole=whole)
    assert step >= least
    digits = f"{step:.10e}".split("e")[0].rstrip("0").rstrip(".")
    assert digits in {"1", "2", "5"}
    assert not whole or step >= 1


def test_counts_have_no_half_ticks():
    """Where one renewal is the most that there was, the axis says 1 and nothing between."""
    assert [tick.label for tick in one([1] + [0] * 23).down] == ["1"]


def test_labels_of_an_axis_are_short():
    """Thousands and millions are told by a letter."""
    chart = one([2_000_000] + [0] * 23)
    assert [tick.label for tick in chart.down] == ["500k", "1M", "1.5M", "2M"]


@pytest.mark.parametrize(
    "axis, labels",
    [
        (Axis(MIDNIGHT, 300_000, 12), ["00:00", "00:10", "00:20", "00:30", "00:40", "00:50"]),
        (DAY, ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]),
        (
            Axis(MIDNIGHT, 6 * HOUR, 28),
            ["11-21", "11-22", "11-23", "11-24", "11-25", "11-26", "11-27"],
        ),
    ],
)
def test_time_is_told_at_round_moments(axis, labels):
    """An hour, a day and a week each have a handful of labels, at moments that people name."""
    chart = stacked("c", "t", axis, [Layer("a", 1, [1] * axis.buckets)])
    assert [tick.label for tick in chart.across] == labels


def test_a_label_lies_where_its_moment_does():
    """An axis that begins at half past has its first label at the next round moment."""
    chart = stacked("c", "t", Axis(MIDNIGHT + HOUR // 2, HOUR, 24), [Layer("a", 1, [1] * 24)])
    first = chart.across[0]
    assert first.at_ms == MIDNIGHT + 4 * HOUR
    assert first.place == pytest.approx(3.5 / 24 * 100, abs=0.01)


def test_a_line_is_broken_where_nothing_was_measured():
    """Buckets without a figure are gaps, never a drop to nought; a single one is a dot."""
    values = [1.0, 2.0, None, 4.0, None] + [None] * 19
    chart = lines("c", "Latency", DAY, [Layer("p50", 1, values)])
    [line] = chart.lines
    assert line.path.count("M") == 2
    assert line.path.endswith("h.01")


def test_what_is_told_of_a_bucket_leaves_out_what_did_not_happen():
    """A bucket says what it holds in words; an empty one says so."""
    layers = [Layer("renewed", 1, [5, 0] + [0] * 22), Layer("refused", 3, [0] * 24)]
    chart = stacked("c", "Renewals", DAY, layers)
    assert chart.told[0].said == "5 renewed"
    assert chart.told[1].said == "nothing"
    assert chart.description == "Bars of 1 hour each. In all: 5 renewed, 0 refused."


def test_nothing_measured_says_so():
    """A line without a figure is not drawn; the legend says that it was not measured."""
    chart = lines("c", "Latency", DAY, [Layer("p50", 1, [None] * 24)])
    assert chart.is_empty
    assert chart.keys[0].figure == "not measured"
    assert "Nothing yet." in draw(chart)


def test_a_drawing_needs_no_style_and_no_script():
    """Colours come from classes and shapes from attributes: the content security policy allows no more."""
    drawn = draw(one([3] * 24)) + draw(lines("d", "L", DAY, [Layer("p50", 1, [1.5] * 24)]))
    assert not re.search(r"\sstyle=|\son\w+=|<script|<style|javascript:", drawn)


def test_a_drawing_says_what_it_shows():
    """It has a title, a description, and a table with the same figures, a row for each bucket."""
    drawn = draw(one([7] * 24))
    assert 'role="img" aria-labelledby="c-title c-desc"' in drawn
    assert drawn.count('<th scope="row">') == 24
    assert drawn.count('<td class="number">7</td>') == 24


def test_each_tone_has_a_weave():
    """Who does not see colours tells all five outcomes apart: every tone but the first has a pattern."""
    layers = [Layer(f"l{tone}", tone, [1] * 24) for tone in (1, 2, 3, 4, 5)]
    drawn = draw(stacked("c", "t", DAY, layers))
    assert all(f'<pattern id="c-{tone}"' in drawn for tone in (2, 3, 4, 5))
    assert all(f'fill="url(#c-{tone})"' in drawn for tone in (2, 3, 4, 5))


def test_names_cannot_break_out():
    """What a chart is called is text, whatever is in it."""
    drawn = draw(stacked("c", "<b>&", DAY, [Layer("<i>", 1, [1] * 24)]))
    assert "<b>" not in drawn.replace("<b>24</b>", "")
    assert "<i>" not in drawn


def test_a_small_chart_is_pointed_at_where_something_happened():
    """It has a place to point at for each bucket that holds something, and no table."""
    drawn = draw(one([0] * 20 + [1, 2, 3, 4], is_small=True))
    assert drawn.count('class="hit"') == 4
    assert "<table" not in drawn
