"""Counts over time: they add up whoever adds them, and the old ones go."""

from __future__ import annotations

import threading

import pytest

from remint.store.activity import ALL, Activity, Counts, Step, app_series, sum_of

AT = 1_800_000_000


@pytest.fixture
def activity(store) -> Activity:
    """The counts of that store."""
    return Activity(store.database)


def test_what_is_added_sums_up(activity):
    """By step, outcome and place in the histogram; other series and spans are others."""
    activity.add({Step(ALL, 300, AT): Counts({"advanced": 2}, [1, 1])})
    activity.add(
        {
            Step(ALL, 300, AT): Counts({"advanced": 1, "retried": 4}, [0, 0, 5]),
            Step(ALL, 300, AT + 300): Counts({"kept": 1}, [1]),
            Step(ALL, 3600, AT): Counts({"kept": 9}, [9]),
            Step("app:1", 300, AT): Counts({"forged": 1}, [1]),
        }
    )
    assert activity.read(ALL, 300, AT, AT + 600) == [
        (AT, Counts({"advanced": 3, "retried": 4}, [1, 1, 5])),
        (AT + 300, Counts({"kept": 1}, [1])),
    ]
    assert activity.read(ALL, 300, AT + 1, AT + 300) == []
    assert activity.read("app:1", 300, 0, AT + 1) == [(AT, Counts({"forged": 1}, [1]))]


def test_nothing_is_added_for_nothing(activity):
    """No row comes of it."""
    activity.add({})
    assert activity.read(ALL, 300, 0, AT * 2) == []


def test_several_at_once_lose_nothing(activity):
    """Each adds to what the others have added, in whatever order they name the steps; none is in the way."""

    def add(steps: list[int]) -> None:
        for _ in range(10):
            activity.add({Step(ALL, 300, at): Counts({"advanced": 1}, [1]) for at in steps})

    steps = [AT + 300 * number for number in range(4)]
    threads = [threading.Thread(target=add, args=(steps[:: (-1) ** n],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [(at, Counts({"advanced": 40}, [40])) for at in steps]
    assert activity.read(ALL, 300, AT, AT + 1200) == expected


def test_the_oldest_go_one_moment_at_a_time(activity):
    """All series of a moment, none that is young enough, and none of another span."""
    for at in (AT, AT + 300, AT + 600):
        activity.add({Step(name, 300, at): Counts({"kept": 1}, [1]) for name in (ALL, "app:1")})
    activity.add({Step(ALL, 3600, AT): Counts({"kept": 1}, [1])})
    assert activity.forget_oldest(300, AT + 600)
    assert activity.forget_oldest(300, AT + 600)
    assert not activity.forget_oldest(300, AT + 600)
    for name in (ALL, "app:1"):
        assert [at for at, _ in activity.read(name, 300, 0, AT * 2)] == [AT + 600]
    assert activity.read(ALL, 3600, 0, AT * 2)
    assert not activity.forget_oldest(86_400, AT * 2)


def test_apps_that_stand_still(store, activity):
    """Of one workspace, enabled, made before then, and nothing counted since."""
    with store.database.write():
        used, idle, off = store.app("used"), store.app("idle"), store.app("off")
        store.app("other", "another")
        store.catalogue.set_disabled(off, True)
    since = AT // 3600 * 3600 + 3600
    store.clock.step(2 * 3_600_000)
    activity.add({Step(app_series(used.id), 3600, since): Counts({"kept": 1}, [1])})
    activity.add({Step(app_series(idle.id), 3600, since - 3600): Counts({"kept": 1}, [1])})
    found = activity.still_apps(used.workspace_id, 3600, since, limit=5)
    assert found == [("idle", "Idle")]
    assert activity.still_apps(used.workspace_id, 3600, AT - 7200, limit=5) == []


def test_counts_are_added_without_being_changed():
    """What was added up stays as it was."""
    one, other = Counts({"a": 1}, [1]), Counts({"a": 2, "b": 1}, [0, 3])
    assert sum_of([one, other]) == Counts({"a": 3, "b": 1}, [1, 3])
    assert sum_of([]) == Counts()
    one.count("b", 2, 5)
    assert one == Counts({"a": 1, "b": 5}, [1, 0, 5])
    assert Counts() == Counts({}, [])
