"""What the overview says of a workspace's renewals, from counts to words and charts."""

from __future__ import annotations

import pytest

from remint.issuer.console.pages.overview import STRETCHES, charts_of, share, trend
from remint.issuer.upkeep.activity import Bucket, Overview

STEP = 300


def seen(*outcomes: dict[str, int]) -> Overview:
    buckets = [Bucket(n * STEP, each, [sum(each.values())]) for n, each in enumerate(outcomes)]
    return Overview(STEP, buckets, buckets[0])


@pytest.mark.parametrize(
    "now, before, words, way",
    [
        (110, 100, "10 % more than the day before", "up"),
        (50, 100, "50 % fewer than the day before", "down"),
        (100, 100, "as many as the day before", ""),
        (1000, 1001, "as many as the day before", ""),
        (5, 0, "", ""),
        (0, 5, "100 % fewer than the day before", "down"),
    ],
)
def test_a_day_is_compared_to_the_one_before(now, before, words, way):
    """The trend is a share of the day before; where there was nothing, nothing is said."""
    assert trend(now, before) == {"words": words, "way": way}


@pytest.mark.parametrize(
    "part, whole, figure",
    [(0, 0, "–"), (0, 9, "0"), (9, 9, "100"), (99_999, 100_000, "99.9"), (1, 3, "33.3")],
)
def test_a_share_is_all_of_it_only_if_it_is(part, whole, figure):
    """One call in a hundred thousand that failed still shows."""
    assert share(part, whole)["figure"] == figure


def test_outcomes_are_told_as_the_few_that_people_tell_apart():
    """Every call is in exactly one layer of the chart, whatever it came to."""
    counted = {
        "advanced": 3,
        "kept": 2,
        "issued": 1,
        "rewound": 1,
        "retried": 4,
        "expired": 5,
        "invalid_client": 1,
        "reuse_detected": 2,
        "unavailable": 3,
        "fault": 1,
    }
    chart = charts_of(seen(counted))["outcomes"]
    assert {key.name: key.figure for key in chart.keys} == {
        "renewed": "7",
        "retried": "4",
        "refused": "6",
        "reuse": "2",
        "failed": "4",
    }


def test_layers_that_are_rare_are_drawn_only_where_there_is_something():
    """A quiet day has no row for reuse or failures in its legend."""
    chart = charts_of(seen({"advanced": 1}))["outcomes"]
    assert [key.name for key in chart.keys] == ["renewed", "retried", "refused"]


@pytest.mark.parametrize("name", STRETCHES)
def test_a_stretch_fits_a_chart(name):
    """Each stretch is a whole number of steps, and no more of them than a chart has room for."""
    stretch = STRETCHES[name]
    assert stretch.step % stretch.span == 0
    assert stretch.seconds % stretch.step == 0
    assert stretch.seconds // stretch.step <= 90
